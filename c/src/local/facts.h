/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts that several files of the local backend put into its queue.
 */
#ifndef LEADERLIFE_LOCAL_FACTS_H
#define LEADERLIFE_LOCAL_FACTS_H

#include "local/state.h"

struct fact *local_answer(struct local *local, unsigned number, enum outcome outcome);
void local_say_pod(struct local *local, const char *uid, enum pod_sign sign);
/* A notice, unless it was given since the condition began. */
void local_note(struct local *local, unsigned condition, int status, const char *text);
/* Whether a call that failed so will fail for ever. */
bool local_is_refusal(int error);

#endif
