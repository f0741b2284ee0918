/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the objects*.c files share: bounded, typed access to JSON members. Included by them alone, since it includes
 * jansson.
 */
#ifndef LEADERLIFE_KUBERNETES_OBJECTS_JSON_H
#define LEADERLIFE_KUBERNETES_OBJECTS_JSON_H

#include "kubernetes/objects/document.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define NONCE_ANNOTATION "leaderlife.dev/holder-nonce"

/* NULL if it is not JSON (duplicate keys are refused), and without memory. */
json_t *json_parse(const char *bytes, size_t size);

/* A document is its JSON root under another name. */
json_t *json_of(const struct document *document);
const struct document *json_document(json_t *json);

/* A member that is there and not null; NULL. */
json_t *json_member(const json_t *object, const char *key);

/* The string without what could deceive: NULL if it is no string or has a NUL inside. */
const char *json_text(const json_t *string);

/* Copies the member's text; false, and the target untouched, if it is absent, no string, or too long. */
bool json_member_text(const json_t *object, const char *key, char *target, size_t size);
bool json_member_is(const json_t *object, const char *key, const char *wanted);

/* Kubernetes' own finalizers go away by themselves; any other may keep the object for ever. False: none. */
bool json_foreign_finalizer(const json_t *metadata, char *ret_shown, size_t size);

/* False without memory, or where there is no object. */
bool json_set_text(json_t *object, const char *key, const char *text);

/* The member that is an object, made where there is none; NULL without memory. Borrowed. */
json_t *json_object_in(json_t *parent, const char *key);

/* The kind is this one, or not said (items of a list do not say it). */
bool json_may_be_kind(const json_t *object, const char *kind);

/* JSON text that free() frees, whatever allocator the host program gave to jansson; takes the reference. */
char *json_dump_and_release(json_t *json);

#endif
