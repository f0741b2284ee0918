/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the backend that was chosen.
 */
#ifndef LEADERLIFE_ELECTION_BACKEND_NEW_H
#define LEADERLIFE_ELECTION_BACKEND_NEW_H

#include "election/handle.h"

/* The backend that the options and the environment choose, and why that one: a status, with the text of a failure in
 * error_text. */
int election_backend_new(struct leaderlife_election *election, bool observe, struct counters *counters,
                         struct backend **ret_backend, const char **ret_reason);

#endif
