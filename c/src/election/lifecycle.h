/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Begins an election.
 */
#ifndef LEADERLIFE_ELECTION_LIFECYCLE_H
#define LEADERLIFE_ELECTION_LIFECYCLE_H

#include "election/handle.h"

/* The same as leaderlife_election_start, for a caller that has entered. */
int election_start(struct leaderlife_election *election);

#endif
