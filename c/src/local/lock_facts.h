/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports the lock to the machine.
 */
#ifndef LEADERLIFE_LOCAL_LOCK_FACTS_H
#define LEADERLIFE_LOCAL_LOCK_FACTS_H

#include "local/state.h"

/* Answers the GET that waits, or tells the watch what is new. */
void local_say_lock(struct local *local, const struct lock_view *view);
void local_say_absent(struct local *local);
/* After local_end_holder: nobody holds the lock, as far as is known. */
void local_say_free(struct local *local);
/* A GET that cannot be answered now. */
void local_put_off(struct local *local, enum outcome outcome, int status, int64_t after, const char *text);
/* The next look is due at once. */
void local_look_soon(struct local *local);

#endif
