/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON that only a diagnosis reads and writes: access reviews, the server's version, a pod's labels.
 */
#ifndef LEADERLIFE_KUBERNETES_OBJECTS_ACCESS_REVIEW_H
#define LEADERLIFE_KUBERNETES_OBJECTS_ACCESS_REVIEW_H

#include "kubernetes/objects/document.h"

#include <stdbool.h>
#include <stddef.h>

/* A SelfSubjectAccessReview; namespace_ is "" for what belongs to none, name for all. NULL without memory; free()
 * it. */
char *access_review_body(const char *namespace_, const char *verb, const char *group, const char *resource,
                         const char *name);

/* Whether it is allowed; false if the document is no answered review. */
bool access_review_answer(const struct document *document, bool *ret_allowed);

/* "v1.30.2", made printable, and its minor number where the major one is 1 (else 0); "?" and 0 if it says none. */
void object_server_version(const struct document *document, char *target, size_t size, int *ret_minor);

/* A selector "a=b,c=d" of the pod's labels, but for those that differ between revisions and replicas of one controller;
 * "" if it has no other, or too many. */
void object_pod_selector(const struct document *document, char *target, size_t size);

#endif
