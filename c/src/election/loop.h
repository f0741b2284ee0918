/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of an election, one step at a time.
 */
#ifndef LEADERLIFE_ELECTION_LOOP_H
#define LEADERLIFE_ELECTION_LOOP_H

#include "election/handle.h"

/* A fact changes what is known, and people are told. */
void election_learn(struct leaderlife_election *election, const struct fact *fact);

/* Everything that is due now, without waiting. */
void election_step(struct leaderlife_election *election);

/* Makes the descriptor readable when work is due, and, if hot, while events are queued. */
void election_arm(struct leaderlife_election *election, bool hot);

#endif
