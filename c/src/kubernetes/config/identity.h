/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who this process is (P2): namespace, pod name and UID, each from the first source that has it, and an error when
 * two sources differ. The hostname is never used. And whether this process is where that pod is.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_IDENTITY_H
#define LEADERLIFE_KUBERNETES_CONFIG_IDENTITY_H

#include "base/options.h"
#include "kubernetes/config/endpoint.h"
#include "kubernetes/objects/pod.h"
#include "kubernetes/objects/token_claims.h"
#include "machine/knowledge.h"

#include <stdbool.h>
#include <stddef.h>

/* LEADERLIFE_OK, or LEADERLIFE_EIDENTITY (missing or contradictory; the text shows both values and their sources, and
 * the downward API as the cure), _ENAME (a namespace that cannot be one). need_pod is false in mode observe. */
int identity_find(struct identity_found *ret, const struct options *options, const struct endpoint *endpoint,
                  bool need_pod, char *text, size_t size);

/* P2: the pod's addresses are known, and none of them is one of this network namespace. Whatever is in doubt says
 * no. */
bool identity_is_elsewhere(const struct pod_facts *pod);

/* Notes that in the view of the own pod, unless option pod-network is 'any'. The facts of another UID, or of a pod that
 * is not there any more, say nothing. */
void identity_place(const struct options *options, const struct pod_facts *pod, struct pod_view *ret);

#endif
