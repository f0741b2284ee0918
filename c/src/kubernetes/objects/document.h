/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubernetes objects as JSON, and what any of them has.
 */
#ifndef LEADERLIFE_KUBERNETES_OBJECTS_DOCUMENT_H
#define LEADERLIFE_KUBERNETES_OBJECTS_DOCUMENT_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A parsed document; opaque outside of this folder. */
struct document;

/* Of nesting, the document itself included. Kubernetes' own objects and their managedFields need less than 20 levels,
 * those that others write may have thousands; and jansson recurses for each, so a stack of 64 KiB decides. */
enum { DOCUMENT_DEPTH_MAX = 64 };

/* NULL if it is not one JSON object (duplicate keys, too deep, bad UTF-8 ... are refused). Owned by the caller. */
struct document *document_parse(const char *bytes, size_t size);
void document_free(struct document *document);
struct document *document_copy(const struct document *document); /* NULL without memory */
/* The bytes are nested deeper than DOCUMENT_DEPTH_MAX, whatever else they are. */
bool document_is_deep(const char *bytes, size_t size);
/* Appends "is nested deeper than ..., so it is not read: ...", with the cure, to a text that has the subject. */
void document_append_deep(char *text, size_t size, const char *resource, const char *name);

/* A Status object; other kinds give false. */
struct status_view {
    int code;
    char reason[64];
    char message[512];          /* made printable */
    char kind[64];              /* details.kind: what it is about, e.g. "pods" */
    char name[TEXT_NAME];       /* details.name */
    bool namespace_terminating; /* details.causes has the reason NamespaceTerminating */
    int64_t retry_after_ms;     /* details.retryAfterSeconds */
};
bool document_status_view(const struct document *document, struct status_view *ret);

/* A fault is the cause, then ": " and the cure; but no cure where only the removal of the object is one. To advise
 * that, one must know who lives (P14; machine/removal_advice.h). */
bool document_fault_asks_removal(const char *fault);

/* One line of a watch. object is part of document and is valid as long as it; NULL if there is none. */
enum watch_type { WATCH_ADDED, WATCH_MODIFIED, WATCH_DELETED, WATCH_BOOKMARK, WATCH_ERROR, WATCH_STRANGE };
enum watch_type document_watch_type(const struct document *document, const struct document **ret_object);
/* metadata.resourceVersion of any object or list, "" if it has none. */
void document_version(const struct document *document, char *target, size_t size);
/* metadata.uid, "" if it has none. */
void document_uid(const struct document *document, char *target, size_t size);
/* metadata.name is this one: a server or proxy that ignores a selector must not deceive us. */
bool document_is_named(const struct document *object, const char *name);
/* A DELETE was accepted, but finalizers keep the object. */
bool document_is_held(const struct document *object);
/* BOOKMARK: has the annotation k8s.io/initial-events-end: "true". */
bool document_is_initial_end(const struct document *object);
/* Items of a list: calls visit for each; false if it is no list. */
bool document_list_each(const struct document *document, void (*visit)(const struct document *item, void *context),
                        void *context);

#endif
