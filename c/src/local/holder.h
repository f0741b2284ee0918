/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Follows a holder that is known, and learns of its end.
 */
#ifndef LEADERLIFE_LOCAL_HOLDER_H
#define LEADERLIFE_LOCAL_HOLDER_H

#include "local/state.h"

bool local_knows_holder(const struct local *local);
/* Somebody new holds the lock, as a look has seen it (NULL: none could), or as a connection tells it (NULL: there is
 * none). */
void local_meet_holder(struct local *local, const struct unix_socket *lock_socket, const struct kernel_lock_peer *peer);
/* Notices about a holder: each once. */
void local_note_holder(struct local *local, int64_t now);
/* Connects, to be told at once: 0, or an errno as kernel_lock_wait; then it may also be another holder than before. */
int local_follow_holder(struct local *local);
/* The holder has released the lock. Puts the fact that the holder is dead, not yet that the lock is free. */
void local_end_holder(struct local *local);
/* Whether that holder is alive still; false for one that is not known any more. */
bool local_is_alive(struct local *local, const char *uid);
void local_forget_holder(struct local *local, bool forked);

#endif
