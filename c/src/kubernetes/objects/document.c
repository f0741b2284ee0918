/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON documents in general: parsing, Status objects, lines of a watch, lists.
 */
#include "kubernetes/objects/document.h"

#include "base/text.h"
#include "kubernetes/objects/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* As the parser sees it up to the first fault, where it stops. */
bool document_is_deep(const char *bytes, size_t size)
{
    bool quoted = false;
    size_t depth = 0;

    for (size_t i = 0; i < size; i++) {
        switch (bytes[i]) {
        case '"': quoted = !quoted; break;
        case '\\': i += quoted ? 1 : 0; break;
        case '{':
        case '[':
            if (!quoted && ++depth > DOCUMENT_DEPTH_MAX)
                return true;
            break;
        case '}':
        case ']': depth -= !quoted && depth > 0 ? 1 : 0; break;
        default: break;
        }
    }
    return false;
}

/* P14: what a living leader needs may be in it, so no cure removes the object. */
void document_append_deep(char *text, size_t size, const char *resource, const char *name)
{
    text_append(text, size,
                "is nested deeper than %d levels, as none of Kubernetes' own is, so it is not read: find what nests so "
                "(kubectl get %s %s -o json --show-managed-fields) and who writes that, and take it out of the object",
                DOCUMENT_DEPTH_MAX, resource, name);
}

/* The depth is bounded before anything recurses: the parser, and later whoever copies, writes or frees the document.
 * NUL is allowed inside strings because a ConfigMap's data may hold it; json_text refuses it where it matters. */
struct document *document_parse(const char *bytes, size_t size)
{
    json_t *json = document_is_deep(bytes, size) ? NULL : json_parse(bytes, size);

    if (json != NULL && !json_is_object(json)) {
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
    const json_t *causes = json_member(details, "causes");
    json_array_foreach(causes, index, cause) {
        if (json_member_is(cause, "reason", reason))
            return true;
    }
    return false;
}

static int64_t retry_after_of(const json_t *details)
{
    json_int_t seconds = json_integer_value(json_member(details, "retryAfterSeconds"));
    if (seconds <= 0)
        return 0;
    return (seconds < 86400 ? (int64_t)seconds : 86400) * 1000;
}

bool document_status_view(const struct document *document, struct status_view *ret)
{
    const json_t *root = json_of(document);
    const json_t *details = json_member(root, "details");
    const char *message = json_text(json_member(root, "message"));
    struct status_view view = {.code = 0};

    if (!json_member_is(root, "kind", "Status") || !json_member_is(root, "apiVersion", "v1"))
        return false;
    json_int_t code = json_integer_value(json_member(root, "code"));
    view.code = code > 0 && code < 1000 ? (int)code : 0;
    json_member_text(root, "reason", view.reason, sizeof view.reason);
    text_format(view.message, sizeof view.message, "%s", message != NULL ? message : "");
    text_printable(view.message);
    json_member_text(details, "kind", view.kind, sizeof view.kind);
    json_member_text(details, "name", view.name, sizeof view.name);
    view.namespace_terminating = has_cause(details, "NamespaceTerminating");
    view.retry_after_ms = retry_after_of(details);
    *ret = view;
    return true;
}

enum watch_type document_watch_type(const struct document *document, const struct document **ret_object)
{
    static const char *const names[] = {"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"};
    json_t *object = json_member(json_of(document), "object");

    if (!json_is_object(object))
        return WATCH_STRANGE;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (json_member_is(json_of(document), "type", names[i])) {
            *ret_object = json_document(object);
            return (enum watch_type)i;
        }
    }
    return WATCH_STRANGE;
}

/* Names that others chose stand in such causes alone as have a cure. */
bool document_fault_asks_removal(const char *fault)
{
    return fault[0] != '\0' && strstr(fault, ": ") == NULL;
}

void document_version(const struct document *document, char *target, size_t size)
{
    target[0] = '\0';
    json_member_text(json_member(json_of(document), "metadata"), "resourceVersion", target, size);
}

void document_uid(const struct document *document, char *target, size_t size)
{
    target[0] = '\0';
    json_member_text(json_member(json_of(document), "metadata"), "uid", target, size);
}

bool document_is_named(const struct document *object, const char *name)
{
    return json_member_is(json_member(json_of(object), "metadata"), "name", name);
}

bool document_is_held(const struct document *object)
{
    const json_t *metadata = json_member(json_of(object), "metadata");
    return json_member(metadata, "deletionTimestamp") != NULL &&
           json_array_size(json_member(metadata, "finalizers")) > 0;
}

bool document_is_initial_end(const struct document *object)
{
    const json_t *annotations = json_member(json_member(json_of(object), "metadata"), "annotations");
    return json_member_is(annotations, "k8s.io/initial-events-end", "true");
}

bool document_list_each(const struct document *document, void (*visit)(const struct document *item, void *context),
                        void *context)
{
    const json_t *root = json_of(document);
    const char *kind = json_text(json_member(root, "kind"));
    const json_t *items = json_member(root, "items");
    size_t length = kind != NULL ? strlen(kind) : 0;
    size_t index;
    json_t *item;

    if (length < 4 || strcmp(kind + length - 4, "List") != 0 || json_member(root, "metadata") == NULL)
        return false;
    if (items != NULL && !json_is_array(items)) /* "items": null is an empty list */
        return false;
    json_array_foreach(items, index, item) {
        if (!json_is_object(item))
            return false;
    }
    json_array_foreach(items, index, item)
        visit(json_document(item), context);
    return true;
}
