/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON documents in general: parsing, Status objects, lines of a watch, lists. Must not know what a lock or a pod
 * means; objects_lock.c and objects_pod.c do.
 */
#include "kubernetes/objects_json.h"

#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

json_t *json_of(const struct document *document)
{
    return (json_t *)(uintptr_t)document;
}

const struct document *document_of(json_t *json)
{
    return (const struct document *)json;
}

json_t *member(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

const char *text_of(const json_t *string)
{
    const char *text = json_string_value(string);
    return text && strlen(text) == json_string_length(string) ? text : NULL;
}

bool member_text(const json_t *object, const char *key, char *target, size_t size)
{
    const char *text = text_of(member(object, key));
    if (!text || strlen(text) >= size)
        return false;
    text_copy(target, size, text);
    return true;
}

bool member_is(const json_t *object, const char *key, const char *wanted)
{
    const char *text = text_of(member(object, key));
    return text && strcmp(text, wanted) == 0;
}

bool foreign_finalizer(const json_t *metadata, char *ret_shown, size_t size)
{
    size_t index;
    json_t *finalizer;

    json_array_foreach(member(metadata, "finalizers"), index, finalizer) {
        const char *name = text_of(finalizer);
        if (name && (strcmp(name, "foregroundDeletion") == 0 || strcmp(name, "orphan") == 0))
            continue;
        text_format(ret_shown, size, "%s", name ? name : "(unreadable)");
        text_printable(ret_shown);
        return true;
    }
    return false;
}

bool set_text(json_t *object, const char *key, const char *text)
{
    return json_object_set_new(object, key, json_string(text)) == 0;
}

json_t *object_in(json_t *parent, const char *key)
{
    json_t *child = json_object_get(parent, key);

    if (!json_is_object(child)) {
        child = json_object();
        if (json_object_set_new(parent, key, child) != 0)
            return NULL;
    }
    return child;
}

bool may_be_kind(const json_t *object, const char *kind)
{
    return !member(object, "kind") || member_is(object, "kind", kind);
}

/* json_dumps would hand out memory of jansson's allocator, which the host program may have replaced. */
char *dump_and_release(json_t *json)
{
    char *text = NULL;
    size_t size = json ? json_dumpb(json, NULL, 0, JSON_COMPACT) : 0;
    if (size > 0)
        text = malloc(size + 1);
    if (text && json_dumpb(json, text, size, JSON_COMPACT) != size) {
        free(text);
        text = NULL;
    }
    if (text)
        text[size] = '\0';
    json_decref(json);
    return text;
}

/* NUL is allowed inside strings because a ConfigMap's data may hold it; text_of refuses it where it matters. */
struct document *document_parse(const char *bytes, size_t size)
{
    json_error_t error;
    json_t *json = json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (json && !json_is_object(json)) {
        json_decref(json);
        json = NULL;
    }
    return (struct document *)json;
}

void document_free(struct document *document)
{
    json_decref(json_of(document));
}

struct document *document_copy(const struct document *document)
{
    return (struct document *)json_deep_copy(json_of(document));
}

static bool has_cause(const json_t *details, const char *reason)
{
    size_t index;
    json_t *cause;
    const json_t *causes = member(details, "causes");
    json_array_foreach(causes, index, cause) {
        if (member_is(cause, "reason", reason))
            return true;
    }
    return false;
}

static int64_t retry_after_of(const json_t *details)
{
    json_int_t seconds = json_integer_value(member(details, "retryAfterSeconds"));
    if (seconds <= 0)
        return 0;
    return (seconds < 86400 ? (int64_t)seconds : 86400) * 1000;
}

bool status_view_of(const struct document *document, struct status_view *ret)
{
    const json_t *root = json_of(document);
    const json_t *details = member(root, "details");
    const char *message = text_of(member(root, "message"));
    struct status_view view = {.code = 0};

    if (!member_is(root, "kind", "Status") || !member_is(root, "apiVersion", "v1"))
        return false;
    json_int_t code = json_integer_value(member(root, "code"));
    view.code = code > 0 && code < 1000 ? (int)code : 0;
    member_text(root, "reason", view.reason, sizeof view.reason);
    text_format(view.message, sizeof view.message, "%s", message ? message : "");
    text_printable(view.message);
    member_text(details, "kind", view.kind, sizeof view.kind);
    member_text(details, "name", view.name, sizeof view.name);
    view.namespace_terminating = has_cause(details, "NamespaceTerminating");
    view.retry_after_ms = retry_after_of(details);
    *ret = view;
    return true;
}

enum watch_type watch_type_of(const struct document *document, const struct document **ret_object)
{
    static const char *const names[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"};
    json_t *object = member(json_of(document), "object");

    if (!json_is_object(object))
        return WATCH_STRANGE;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (member_is(json_of(document), "type", names[i])) {
            *ret_object = document_of(object);
            return (enum watch_type)i;
        }
    }
    return WATCH_STRANGE;
}

/* Names that others chose stand in such causes alone as have a cure. */
bool fault_asks_removal(const char *fault)
{
    return fault[0] != '\0' && strstr(fault, ": ") == NULL;
}

void version_of(const struct document *document, char *target, size_t size)
{
    target[0] = '\0';
    member_text(member(json_of(document), "metadata"), "resourceVersion", target, size);
}

void uid_of(const struct document *document, char *target, size_t size)
{
    target[0] = '\0';
    member_text(member(json_of(document), "metadata"), "uid", target, size);
}

bool is_named(const struct document *object, const char *name)
{
    return member_is(member(json_of(object), "metadata"), "name", name);
}

bool is_held(const struct document *object)
{
    const json_t *metadata = member(json_of(object), "metadata");
    return member(metadata, "deletionTimestamp") && json_array_size(member(metadata, "finalizers")) > 0;
}

bool is_initial_end(const struct document *object)
{
    const json_t *annotations = member(member(json_of(object), "metadata"), "annotations");
    return member_is(annotations, "k8s.io/initial-events-end", "true");
}

bool list_each(const struct document *document, void (*visit)(const struct document *item, void *context),
               void *context)
{
    const json_t *root = json_of(document);
    const char *kind = text_of(member(root, "kind"));
    const json_t *items = member(root, "items");
    size_t length = kind ? strlen(kind) : 0;
    size_t index;
    json_t *item;

    if (length < 4 || strcmp(kind + length - 4, "List") != 0 || !member(root, "metadata"))
        return false;
    if (items && !json_is_array(items)) /* "items": null is an empty list */
        return false;
    json_array_foreach(items, index, item) {
        if (!json_is_object(item))
            return false;
    }
    json_array_foreach(items, index, item)
        visit(document_of(item), context);
    return true;
}
