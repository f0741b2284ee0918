/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writes of a process that is played: sent, judged, answered, lost. Each is a line of the run, without its first
 * word.
 */
#ifndef LEADERLIFE_TRACES_REPLAY_WRITES_H
#define LEADERLIFE_TRACES_REPLAY_WRITES_H

#include "replay_machine.h"

void writes_send(const char *name);
void writes_judge(const char *verdict);
void writes_written(const char *rest); /* as the model's own write has left it */
void writes_answer(const char *verdict);
void writes_late(const char *what);

/* What the machine wants, once it was refused whatever the server refuses. */
struct command writes_after_refusals(void);

#endif
