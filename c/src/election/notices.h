/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices about conditions that last.
 */
#ifndef LEADERLIFE_ELECTION_NOTICES_H
#define LEADERLIFE_ELECTION_NOTICES_H

#include "election/handle.h"

void notices_of_conditions(struct leaderlife_election *election, const struct knowledge *before);
void notices_of_guard(struct leaderlife_election *election, const struct knowledge *before);
void notices_of_nodes(struct leaderlife_election *election, const struct knowledge *before);

/* Gives the time when it is to be called again. */
int64_t notices_of_waiting(struct leaderlife_election *election, int64_t now);

#endif
