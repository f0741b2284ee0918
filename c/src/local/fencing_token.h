/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The versions of the lock, which are its fencing tokens (P11).
 */
#ifndef LEADERLIFE_LOCAL_FENCING_TOKEN_H
#define LEADERLIFE_LOCAL_FENCING_TOKEN_H

#include "local/state.h"

/* P11: writes a token that is greater than all before: within a boot, in all processes that call this while they hold
 * the lock. now: the boot's clock, in ns. target holds TEXT_VERSION bytes. */
void local_next_token(struct local *local, uint64_t now, char *target);
/* What is known of somebody else's lock gets a version of now. */
void local_stamp_view(struct local *local, struct lock_view *view);

#endif
