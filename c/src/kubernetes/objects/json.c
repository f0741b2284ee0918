/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded, typed access to JSON members.
 */
#include "kubernetes/objects/json.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

json_t *json_of(const struct document *document)
{
    return (json_t *)(uintptr_t)document;
}

const struct document *json_document(json_t *json)
{
    return (const struct document *)json;
}

json_t *json_member(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

const char *json_text(const json_t *string)
{
    const char *text = json_string_value(string);
    return text != NULL && strlen(text) == json_string_length(string) ? text : NULL;
}

bool json_member_text(const json_t *object, const char *key, char *target, size_t size)
{
    const char *text = json_text(json_member(object, key));
    if (text == NULL || strlen(text) >= size)
        return false;
    text_copy(target, size, text);
    return true;
}

bool json_member_is(const json_t *object, const char *key, const char *wanted)
{
    const char *text = json_text(json_member(object, key));
    return text != NULL && strcmp(text, wanted) == 0;
}

bool json_foreign_finalizer(const json_t *metadata, char *ret_shown, size_t size)
{
    size_t index;
    json_t *finalizer;

    json_array_foreach(json_member(metadata, "finalizers"), index, finalizer) {
        const char *name = json_text(finalizer);
        if (name != NULL && (strcmp(name, "foregroundDeletion") == 0 || strcmp(name, "orphan") == 0))
            continue;
        text_format(ret_shown, size, "%s", name != NULL ? name : "(unreadable)");
        text_printable(ret_shown);
        return true;
    }
    return false;
}

bool json_set_text(json_t *object, const char *key, const char *text)
{
    return json_object_set_new(object, key, json_string(text)) == 0;
}

json_t *json_object_in(json_t *parent, const char *key)
{
    json_t *child = json_object_get(parent, key);

    if (!json_is_object(child)) {
        child = json_object();
        if (json_object_set_new(parent, key, child) != 0)
            return NULL;
    }
    return child;
}

bool json_may_be_kind(const json_t *object, const char *kind)
{
    return json_member(object, "kind") == NULL || json_member_is(object, "kind", kind);
}

/* json_dumps would hand out memory of jansson's allocator, which the host program may have replaced. */
char *json_dump_and_release(json_t *json)
{
    char *text = NULL;
    size_t size = json != NULL ? json_dumpb(json, NULL, 0, JSON_COMPACT) : 0;
    if (size > 0)
        text = malloc(size + 1);
    if (text != NULL && json_dumpb(json, text, size, JSON_COMPACT) != size) {
        free(text);
        text = NULL;
    }
    if (text != NULL)
        text[size] = '\0';
    json_decref(json);
    return text;
}
