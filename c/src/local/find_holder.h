/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds who holds the lock.
 */
#ifndef LEADERLIFE_LOCAL_FIND_HOLDER_H
#define LEADERLIFE_LOCAL_FIND_HOLDER_H

#include "local/state.h"

/* Carries out the look that is due, if one is. */
void local_look(struct local *local, int64_t now);
/* A create found the name taken. */
void local_learn_taken(struct local *local, int64_t now);
void local_want(struct local *local, bool watching);
/* GET_LOCK; answered at once, or by a later look. */
void local_ask(struct local *local, unsigned number);
/* The host program may have closed the connection to the holder: then the next look makes another one. */
void local_check_waiter(struct local *local);

#endif
