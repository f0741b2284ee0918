/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The facts that several files of the Kubernetes backend put into its queue.
 */
#ifndef LEADERLIFE_KUBERNETES_BACKEND_FACTS_H
#define LEADERLIFE_KUBERNETES_BACKEND_FACTS_H

#include "kubernetes/backend/state.h"

/* What finds no room is dropped; facts_have_room is asked first. */
void facts_put(struct kubernetes *kube, const struct fact *fact);
bool facts_have_room(const struct kubernetes *kube);
void facts_note(struct kubernetes *kube, int status, int level, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* P14: says why the object with that uid is foreign (kubernetes/objects/objects.h: fault), once; "" forgets it. */
void facts_note_foreign(struct kubernetes *kube, enum foreign which, const char *uid, const char *fault);

#endif
