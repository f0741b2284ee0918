/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requests in flight: the command, and the question beside it.
 */
#ifndef LEADERLIFE_KUBERNETES_BACKEND_IN_FLIGHT_H
#define LEADERLIFE_KUBERNETES_BACKEND_IN_FLIGHT_H

#include "kubernetes/backend/state.h"

/* In place of a question that is under way. */
void in_flight_start(struct kubernetes *kube, const struct command *command);
/* Goes on with what waits for a credential; after client_run. */
void in_flight_go(struct kubernetes *kube);
int64_t in_flight_deadline(const struct kubernetes *kube);
/* Turns calls that are done into answers. */
void in_flight_take(struct kubernetes *kube);
void in_flight_clear(struct kubernetes *kube);

#endif
