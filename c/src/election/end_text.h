/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words how an election has ended.
 */
#ifndef LEADERLIFE_ELECTION_END_TEXT_H
#define LEADERLIFE_ELECTION_END_TEXT_H

#include "election/handle.h"

/* Of an end that is LOST or FAILED: end_status if it is not set yet, and the text into error_text. */
void end_text_set(struct leaderlife_election *election);

/* The program has closed descriptors: what has happened, with its cure. */
void end_text_of_closed_descriptors(const struct leaderlife_election *election, char *text, size_t size);

/* Why the own pod does not let this process take part (P2), with its cure. */
void end_text_of_own_pod(const struct knowledge *k, char *text, size_t size);

#endif
