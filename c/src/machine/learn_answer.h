/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How answers to commands and questions change knowledge.
 */
#ifndef LEADERLIFE_MACHINE_LEARN_ANSWER_H
#define LEADERLIFE_MACHINE_LEARN_ANSWER_H

#include "machine/knowledge.h"

/* An answer that nobody waits for any more is passed over. */
void learn_answer(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random);

#endif
