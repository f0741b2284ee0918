/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How lock and record are released (P10), and what an ended life has left behind (P3b).
 */
#ifndef LEADERLIFE_MACHINE_DECIDE_RESIGN_H
#define LEADERLIFE_MACHINE_DECIDE_RESIGN_H

#include "machine/decide.h"

void decide_delete_own_lock(const struct knowledge *k, struct decision *d);
/* What this life may release; false when nothing is left of it, and none of its writes can come late. */
bool decide_release_own(const struct knowledge *k, int64_t now, struct decision *d);
void decide_ended(const struct knowledge *k, int64_t now, struct decision *d);
void decide_resigning(const struct knowledge *k, int64_t now, struct decision *d);

#endif
