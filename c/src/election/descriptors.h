/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends an election whose descriptors the host program has closed.
 */
#ifndef LEADERLIFE_ELECTION_DESCRIPTORS_H
#define LEADERLIFE_ELECTION_DESCRIPTORS_H

#include "election/handle.h"

/* Whether it has closed any that the election cannot do without, and nothing was done about that yet. Some system
 * calls; changes nothing. */
bool election_has_lost_descriptors(const struct leaderlife_election *election);

/* Ends the election if so. Before anything is done by a descriptor. */
void election_check_descriptors(struct leaderlife_election *election);

/* Before the handle is freed, for nobody may have looked since. */
void election_spare_others(struct leaderlife_election *election);

#endif
