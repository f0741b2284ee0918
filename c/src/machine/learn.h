/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts, commands and questions change knowledge.
 */
#ifndef LEADERLIFE_MACHINE_LEARN_H
#define LEADERLIFE_MACHINE_LEARN_H

#include "machine/knowledge.h"

/* A fact changes what is known. random is any fresh number. */
void learn_fact(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random);

/* The command of a decision has been handed to the backend; after it, its question. */
void learn_command(struct knowledge *k, const struct command *command, int64_t now, uint32_t random);
void learn_question(struct knowledge *k, const struct command *question, int64_t now);

#endif
