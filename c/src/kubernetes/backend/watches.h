/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four API watches of the backend.
 */
#ifndef LEADERLIFE_KUBERNETES_BACKEND_WATCHES_H
#define LEADERLIFE_KUBERNETES_BACKEND_WATCHES_H

#include "kubernetes/backend/state.h"

/* The answer to COMMAND_GET_OWN_POD, which api_fact has filled from that document (NULL: the pod is absent), is told
 * whether the pod is elsewhere (P2), as its watch's facts are; and its containers are counted. */
void watches_note_own_pod(struct kubernetes *kube, const struct document *document, struct fact *answer);
void watches_init(struct kubernetes *kube);
void watches_want(struct kubernetes *kube, unsigned watches, const struct pod_id *pod);
/* Turns what the watches bring into facts while there is room. */
void watches_run(struct kubernetes *kube, int64_t now);
/* The server has answered: watches that wait because the connection failed go on. */
void watches_hurry(struct kubernetes *kube, bool expired);
int64_t watches_deadline(const struct kubernetes *kube);
void watches_free(struct kubernetes *kube, bool forked);

#endif
