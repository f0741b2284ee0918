/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml's events as a tree, with bounds.
 */
#include "kubernetes/config/yaml.h"

#include "base/secret.h"
#include "base/text.h"
#include "kubernetes/config/yaml_scalar.h"

#include <leaderlife/leaderlife.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* The depth is bounded for the stack, and for time as well, as libyaml's is quadratic in it. What a file can say again
 * in a few bytes, by aliases and merges, is bounded by the values and bytes that it then has. */
enum {
    VALUES_MAX = 200000,
    VALUE_BYTES = 64, /* so many more of a text weigh as much as a value */
    KEY_BYTES_MAX = 2 * YAML_FILE_MAX,
    DEPTH_MAX = 32,
    KEYS_MAX = 1024,
    ANCHORS_MAX = 1024
};

struct anchor {
    char *name;
    struct tree *value;
};

struct reading {
    struct yaml_file *file;
    yaml_parser_t parser;
    struct anchor anchors[ANCHORS_MAX];
    size_t anchor_count;
    int depth;
    size_t value_count;
    size_t key_bytes;
    char *text;
    size_t size;
};

static int fail_at(struct reading *reading, size_t line, const char *what)
{
    text_format(reading->text, reading->size, "kubeconfig %s, line %zu: %s", reading->file->path, line, what);
    return LEADERLIFE_ECONFIG;
}

static int fail_bounds(struct reading *reading, size_t line)
{
    return fail_at(reading, line, "too many or too deep entries; give a smaller kubeconfig");
}

static int next_event(struct reading *reading, yaml_event_t *event)
{
    const yaml_parser_t *parser = &reading->parser;

    if (yaml_parser_parse(&reading->parser, event))
        return LEADERLIFE_OK;
    if (parser->error == YAML_MEMORY_ERROR)
        return LEADERLIFE_ENOMEM;
    text_format(reading->text, reading->size,
                "kubeconfig %s, line %zu, column %zu: %s; it is not valid YAML: correct it there", reading->file->path,
                parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                parser->problem != NULL ? parser->problem : "cannot be read");
    return LEADERLIFE_ECONFIG;
}

static void delete_event(yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT && event->data.scalar.value != NULL)
        secret_wipe(event->data.scalar.value, event->data.scalar.length);
    yaml_event_delete(event);
}

/* ---- Values ---- */

static struct tree *add_value(struct reading *reading, enum tree_kind kind, size_t line)
{
    struct tree *value = calloc(1, sizeof *value);

    if (value == NULL)
        return NULL;
    *value = (struct tree){.next = reading->file->values, .kind = kind, .line = line, .weight = 1};
    reading->file->values = value;
    return value;
}

/* Takes the key, also when there is no memory. */
static int add_pair(struct reading *reading, struct tree *owner, char *key, struct tree *value)
{
    for (size_t i = 0; key != NULL && i < owner->count; i++)
        if (strcmp(owner->pairs[i].key, key) == 0) { /* of equal keys the last counts */
            secret_free(key);
            owner->pairs[i].value = value;
            return LEADERLIFE_OK;
        }
    if (owner->count == owner->room) {
        size_t room = owner->room == 0 ? 8 : owner->room * 2;
        struct tree_pair *larger = realloc(owner->pairs, room * sizeof *larger);

        if (larger == NULL) {
            secret_free(key);
            return LEADERLIFE_ENOMEM;
        }
        owner->pairs = larger;
        owner->room = room;
    }
    owner->pairs[owner->count++] = (struct tree_pair){.key = key, .value = value};
    return key != NULL && owner->count > KEYS_MAX ? fail_bounds(reading, value->line) : LEADERLIFE_OK;
}

static int copy_key(struct reading *reading, const char *key, size_t line, char **ret)
{
    reading->key_bytes += strlen(key);
    if (reading->key_bytes > KEY_BYTES_MAX)
        return fail_bounds(reading, line);
    *ret = strdup(key);
    return *ret == NULL ? LEADERLIFE_ENOMEM : LEADERLIFE_OK;
}

/* A file that is small and means much, by aliases of aliases, is refused: kubectl does so as well. */
static int weigh(struct reading *reading, struct tree *value)
{
    for (size_t i = 0; i < value->count && value->weight <= VALUES_MAX; i++)
        value->weight += value->pairs[i].value->weight;
    value->open = false;
    return value->weight > VALUES_MAX ? fail_bounds(reading, value->line) : LEADERLIFE_OK;
}

/* ---- Anchors ---- */

static int set_anchor(struct reading *reading, const yaml_char_t *name, struct tree *value)
{
    struct anchor *anchor = &reading->anchors[reading->anchor_count];

    if (name == NULL)
        return LEADERLIFE_OK;
    if (reading->anchor_count == ANCHORS_MAX)
        return fail_bounds(reading, value->line);
    *anchor = (struct anchor){.name = strdup((const char *)name), .value = value};
    if (anchor->name == NULL)
        return LEADERLIFE_ENOMEM;
    reading->anchor_count++;
    return LEADERLIFE_OK;
}

/* The last of that name. */
static int follow_alias(struct reading *reading, const yaml_event_t *event, struct tree **ret)
{
    size_t line = event->start_mark.line + 1;

    for (size_t i = reading->anchor_count; i-- > 0;) {
        const struct anchor *anchor = &reading->anchors[i];

        if (strcmp(anchor->name, (const char *)event->data.alias.anchor) != 0)
            continue;
        *ret = anchor->value;
        return anchor->value->open ? fail_at(reading, line, "an alias means what it is in; write the value itself")
                                   : LEADERLIFE_OK;
    }
    return fail_at(reading, line, "an alias has no anchor; add the anchor before it, or write the value itself");
}

/* ---- Maps and lists ---- */

static int read_value(struct reading *reading, const yaml_event_t *event, struct tree **ret);

static int read_next(struct reading *reading, struct tree **ret)
{
    yaml_event_t event;
    int status = next_event(reading, &event);

    if (status != LEADERLIFE_OK)
        return status;
    status = read_value(reading, &event, ret);
    delete_event(&event);
    return status;
}

static int merge_map(struct reading *reading, struct tree *map, const struct tree *merged)
{
    int status = LEADERLIFE_OK;

    if (merged->kind != TREE_MAP)
        return fail_at(reading, merged->line, "<< needs a map or a list of maps; correct it");
    for (size_t i = 0; i < merged->count && status == LEADERLIFE_OK; i++) {
        char *key = NULL;

        if (reading->value_count++ >= VALUES_MAX)
            return fail_bounds(reading, merged->line);
        status = copy_key(reading, merged->pairs[i].key, merged->line, &key);
        if (status == LEADERLIFE_OK)
            status = add_pair(reading, map, key, merged->pairs[i].value);
    }
    return status;
}

/* The value of "<<": a map, an alias of one, or a list of those, of which the first counts. */
static int read_merge(struct reading *reading, struct tree *map)
{
    struct tree *merged = NULL;
    yaml_event_t event;
    int status = next_event(reading, &event);

    if (status != LEADERLIFE_OK)
        return status;
    bool is_list = event.type == YAML_SEQUENCE_START_EVENT;
    status = read_value(reading, &event, &merged);
    delete_event(&event);
    if (status != LEADERLIFE_OK)
        return status;
    if (!is_list)
        return merge_map(reading, map, merged);
    for (size_t i = merged->count; i-- > 0 && status == LEADERLIFE_OK;)
        status = merge_map(reading, map, merged->pairs[i].value);
    return status;
}

/* Its key has been read; a key is what JSON can have, in writing. */
static int read_pair(struct reading *reading, struct tree *map, const yaml_event_t *event)
{
    struct tree *key = NULL;
    struct tree *value = NULL;
    char *name = NULL;

    if (yaml_scalar_is_merge(event))
        return read_merge(reading, map);
    int status = read_value(reading, event, &key);
    if (status == LEADERLIFE_OK &&
        (key->text == NULL || key->kind == TREE_NULL || (key->odd && key->kind == TREE_TEXT)))
        status = fail_at(reading, key->line, "a key is no text; correct it");
    if (status == LEADERLIFE_OK)
        status = read_next(reading, &value);
    if (status != LEADERLIFE_OK)
        return status;
    key->odd = false; /* JSON has every number as a key */
    status = copy_key(reading, key->kind != TREE_FLAG ? key->text : key->on ? "true" : "false", key->line, &name);
    return status == LEADERLIFE_OK ? add_pair(reading, map, name, value) : status;
}

static int read_items(struct reading *reading, struct tree *owner)
{
    for (;;) {
        struct tree *item = NULL;
        yaml_event_t event;
        int status = next_event(reading, &event);

        if (status != LEADERLIFE_OK)
            return status;
        bool end = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        if (!end && owner->kind == TREE_MAP)
            status = read_pair(reading, owner, &event);
        else if (!end)
            status = read_value(reading, &event, &item);
        delete_event(&event);
        if (status == LEADERLIFE_OK && item != NULL)
            status = add_pair(reading, owner, NULL, item);
        if (status != LEADERLIFE_OK)
            return status;
        if (end)
            return weigh(reading, owner);
    }
}

static int read_owner(struct reading *reading, const yaml_event_t *event, struct tree *owner)
{
    const yaml_char_t *anchor =
        owner->kind == TREE_MAP ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    int status = set_anchor(reading, anchor, owner);

    owner->open = true;
    if (status == LEADERLIFE_OK && reading->depth == DEPTH_MAX)
        status = fail_bounds(reading, owner->line);
    if (status != LEADERLIFE_OK)
        return status;
    reading->depth++;
    status = read_items(reading, owner);
    reading->depth--;
    return status;
}

static int read_scalar(struct reading *reading, const yaml_event_t *event, struct tree *value)
{
    int status = yaml_scalar_resolve(event, value);

    if (status == LEADERLIFE_ECONFIG)
        return fail_at(reading, value->line, "a value is not what its tag says; correct it, or leave the tag out");
    value->weight += event->data.scalar.length / VALUE_BYTES;
    return status == LEADERLIFE_OK ? set_anchor(reading, event->data.scalar.anchor, value) : status;
}

static int read_value(struct reading *reading, const yaml_event_t *event, struct tree **ret)
{
    enum tree_kind kind = event->type == YAML_MAPPING_START_EVENT    ? TREE_MAP
                          : event->type == YAML_SEQUENCE_START_EVENT ? TREE_LIST
                                                                     : TREE_TEXT;

    if (event->type == YAML_ALIAS_EVENT)
        return follow_alias(reading, event, ret);
    if (reading->value_count++ >= VALUES_MAX)
        return fail_bounds(reading, event->start_mark.line + 1);
    *ret = add_value(reading, kind, event->start_mark.line + 1);
    if (*ret == NULL)
        return LEADERLIFE_ENOMEM;
    return kind == TREE_TEXT ? read_scalar(reading, event, *ret) : read_owner(reading, event, *ret);
}

/* ---- The file ---- */

/* The first document, as kubectl does; what is behind it is not read. */
static int read_document(struct reading *reading)
{
    for (;;) {
        yaml_event_t event;
        int status = next_event(reading, &event);

        if (status != LEADERLIFE_OK)
            return status;
        bool end = event.type == YAML_DOCUMENT_END_EVENT || event.type == YAML_STREAM_END_EVENT;
        if (!end && event.type != YAML_STREAM_START_EVENT && event.type != YAML_DOCUMENT_START_EVENT)
            status = read_value(reading, &event, &reading->file->root);
        delete_event(&event);
        if (status != LEADERLIFE_OK || end)
            return status;
    }
}

/* libyaml frees its buffers, which hold the file's text, and what it has read ahead as they are. */
static void delete_parser(yaml_parser_t *parser)
{
    if (parser->raw_buffer.start != NULL)
        secret_wipe(parser->raw_buffer.start, (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
    if (parser->buffer.start != NULL)
        secret_wipe(parser->buffer.start, (size_t)(parser->buffer.end - parser->buffer.start));
    for (const yaml_token_t *token = parser->tokens.head; token != parser->tokens.tail; token++)
        if (token->type == YAML_SCALAR_TOKEN && token->data.scalar.value != NULL)
            secret_wipe(token->data.scalar.value, token->data.scalar.length);
    yaml_parser_delete(parser);
}

int yaml_file_read(struct yaml_file *file, const char *bytes, size_t length, char *text, size_t size)
{
    struct reading *reading = calloc(1, sizeof *reading);
    int status = LEADERLIFE_ENOMEM;

    if (reading == NULL)
        return status;
    reading->file = file;
    reading->text = text;
    reading->size = size;
    if (yaml_parser_initialize(&reading->parser)) {
        yaml_parser_set_input_string(&reading->parser, (const unsigned char *)bytes, length);
        status = read_document(reading);
        delete_parser(&reading->parser);
    }
    for (size_t i = 0; i < reading->anchor_count; i++)
        free(reading->anchors[i].name);
    free(reading);
    return status;
}
