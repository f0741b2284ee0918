/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state that a program is shown.
 */
#ifndef LEADERLIFE_ELECTION_PUBLIC_STATE_H
#define LEADERLIFE_ELECTION_PUBLIC_STATE_H

#include "election/handle.h"

/* One of LEADERLIFE_STATE_.... */
int public_state(const struct leaderlife_election *election);

/* The status of how it has ended, or is about to (resigning); its text becomes that of the last failure. */
int election_end_status(struct leaderlife_election *election);

#endif
