/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock: a ConfigMap to what the machine sees of it, and back. Bodies are NULL without memory; free() them.
 */
#ifndef LEADERLIFE_KUBERNETES_OBJECTS_LOCK_H
#define LEADERLIFE_KUBERNETES_OBJECTS_LOCK_H

#include "kubernetes/objects/document.h"
#include "machine/fact.h"

/* The lock as a ConfigMap or PartialObjectMetadata; false if it is neither (missing metadata, uid, version, another
 * kind). A lock without exactly one Pod owner, or with a foreign finalizer, is LOCK_VIEW_FOREIGN, and fault then says
 * why; but one whose owner was taken away is whose its annotations say (P14). */
bool lock_view_of(const struct document *document, struct lock_view *ret, char *fault, size_t size);

/* guarded: a holder record names the owner (P8). */
char *lock_body_new(const char *namespace_, const char *lock, const struct pod_id *owner, const char *nonce,
                    bool guarded);
/* The lock as it was read (data, labels and foreign annotations kept), with uid and version as preconditions and
 * the nonce and the owner written (P14); "" marks it as released and leaves the rest. */
char *lock_body_rewritten(const struct document *document, const char *uid, const char *version,
                          const struct pod_id *owner, const char *nonce, bool guarded);
char *lock_body_delete(const char *uid, const char *version);

#endif
