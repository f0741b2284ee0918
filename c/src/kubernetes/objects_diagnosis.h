/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON that only a diagnosis reads and writes: access reviews, the server's version, a pod's labels. Knows nothing of
 * requests.
 */
#ifndef LEADERLIFE_KUBERNETES_OBJECTS_DIAGNOSIS_H
#define LEADERLIFE_KUBERNETES_OBJECTS_DIAGNOSIS_H

#include "kubernetes/objects.h"

#include <stdbool.h>
#include <stddef.h>

/* A SelfSubjectAccessReview; namespace_ is "" for what belongs to none, name for all. NULL without memory; free() it. */
char *review_body(const char *namespace_, const char *verb, const char *group, const char *resource, const char *name);

/* Whether it is allowed; false if the document is no answered review. */
bool review_answer(const struct document *document, bool *ret_allowed);

/* "v1.30.2", made printable, and its minor number where the major one is 1 (else 0); "?" and 0 if it says none. */
void server_version_of(const struct document *document, char *target, size_t size, int *ret_minor);

/* A selector "a=b,c=d" of the pod's labels, but for those that differ between revisions and replicas of one controller;
 * "" if it has no other, or too many. */
void pod_selector_of(const struct document *document, char *target, size_t size);

#endif
