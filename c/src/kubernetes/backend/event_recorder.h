/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Events that tell the cluster of a term (option events).
 */
#ifndef LEADERLIFE_KUBERNETES_BACKEND_EVENT_RECORDER_H
#define LEADERLIFE_KUBERNETES_BACKEND_EVENT_RECORDER_H

#include "kubernetes/backend/state.h"

/* struct backend_ops, publish. */
bool event_recorder_publish(struct kubernetes *kube, bool warning, const char *text);
/* Looks whether it is done. */
void event_recorder_run(struct kubernetes *kube);
void event_recorder_clear(struct kubernetes *kube);

#endif
