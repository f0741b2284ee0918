/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of commands.
 */
#ifndef LEADERLIFE_MACHINE_COMMAND_KIND_H
#define LEADERLIFE_MACHINE_COMMAND_KIND_H

#include "machine/fact.h"

const char *command_name(enum command_kind kind);
bool command_writes_record(enum command_kind kind);
bool command_is_of_record(enum command_kind kind); /* or reads it */
bool command_writes_lock(enum command_kind kind);
bool command_writes(enum command_kind kind);
bool command_is_question(enum command_kind kind); /* nothing waits for its answer but what needs it */

#endif
