/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remembers for people who led, and where.
 */
#ifndef LEADERLIFE_ELECTION_HOLDER_HISTORY_H
#define LEADERLIFE_ELECTION_HOLDER_HISTORY_H

#include "election/handle.h"

/* Keeps what people may ask for or are told; tells the cluster of a term. */
void holder_history_learn(struct leaderlife_election *election, const struct knowledge *before,
                          const struct fact *fact);

/* Who leads, for people: NULL as long as nothing but a word that outlives its pod, a record or a lock without its
 * owner, says so, and that pod has not been looked for. */
const struct pod_id *holder_for_people(const struct leaderlife_election *election);

#endif
