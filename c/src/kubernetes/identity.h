/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who we are (P2): namespace, pod name and UID, each from the first source that has it, and an error when two sources
 * differ. The hostname is never used. And whether this is where that pod is.
 */
#ifndef LEADERLIFE_KUBERNETES_IDENTITY_H
#define LEADERLIFE_KUBERNETES_IDENTITY_H

#include "kubernetes/endpoint.h"
#include "kubernetes/objects.h"
#include "machine.h"
#include "options.h"

#include <stdbool.h>
#include <stddef.h>

struct identity_found {
    char namespace_[TEXT_NAME];
    struct pod_id pod;
};

/* LEADERLIFE_OK, or LEADERLIFE_EIDENTITY (missing or contradictory; the text shows both values and their sources, and
 * the downward API as the cure), _ENAME (a namespace that cannot be one). need_pod is false in mode observe. */
int identity_find(struct identity_found *ret, const struct options *options, const struct endpoint *endpoint,
                  bool need_pod, char *text, size_t size);

/* Pod name, UID and namespace from the payload of a bound service account token; fields are "" where it has none.
 * False if it is no JWT of that shape. */
bool identity_from_token(const char *token, struct identity_found *ret);

/* P2: the pod's addresses are known, and none of them is one of this network namespace. Whatever is in doubt says no. */
bool identity_is_elsewhere(const struct pod_facts *pod);

/* Notes that in the view of the own pod, unless option pod-network is 'any'. The facts of another UID, or of a pod that is
 * not there any more, say nothing. */
void identity_place(const struct options *options, const struct pod_facts *pod, struct pod_view *ret);

#endif
