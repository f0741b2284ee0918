/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The holder record: a Lease to what the machine sees of it, and back.
 */
#ifndef LEADERLIFE_KUBERNETES_OBJECTS_RECORD_H
#define LEADERLIFE_KUBERNETES_OBJECTS_RECORD_H

#include "kubernetes/objects/document.h"
#include "machine/fact.h"

/* The holder record; false if it is no Lease or has no uid or version. One that is not as a candidate writes it, that
 * has an owner or a finalizer, is RECORD_VIEW_FOREIGN; fault then says why (P14). */
bool record_view_of(const struct document *document, struct record_view *ret, char *fault, size_t size);

/* What is written into the record; an empty holder, nonce and time empty it. */
struct record_write {
    const char *namespace_;
    const char *name;
    const char *uid; /* with version: the preconditions; both "" create it */
    const char *version;
    struct pod_id holder;
    const char *nonce;
    const char *token;
    int64_t term;
    const char *time; /* since when, for people: RFC 3339 with microseconds; "" */
};

/* read: the record in that version, of which labels and foreign annotations are kept; NULL to create it. NULL without
 * memory; free() it. */
char *record_body(const struct document *read, const struct record_write *write);

#endif
