/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices about a lock or record that is foreign (P14).
 */
#ifndef LEADERLIFE_ELECTION_FOREIGN_NOTICES_H
#define LEADERLIFE_ELECTION_FOREIGN_NOTICES_H

#include "election/handle.h"

/* Keeps a note about something foreign, or tells it at once. */
void foreign_notice_keep(struct leaderlife_election *election, const struct fact *fact);

/* Tells what was kept when its cure is known, or gives the time when it is to be called again. */
int64_t foreign_notice_tell(struct leaderlife_election *election, int64_t now);

#endif
