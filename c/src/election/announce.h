/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emits an event for each change of what is known.
 */
#ifndef LEADERLIFE_ELECTION_ANNOUNCE_H
#define LEADERLIFE_ELECTION_ANNOUNCE_H

#include "election/handle.h"

/* A fact that has a text, before it is learned. */
void announce_fact(struct leaderlife_election *election, const struct fact *fact);
void announce_change(struct leaderlife_election *election, const struct knowledge *before);
void announce_state(struct leaderlife_election *election);

#endif
