/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyaml, with bounds. Knows nothing of what the keys mean.
 */
#include "kubernetes/kubeconfig_yaml.h"

#include "base/secret.h"
#include "base/text.h"
#include "kubernetes/endpoint.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, EVENTS_MAX = 200000, DEPTH_MAX = 64 };

struct reading {
    const char *path;
    char *text;
    size_t size;
};

static int fail_at(const struct reading *reading, const yaml_mark_t *mark, const char *what)
{
    text_format(reading->text, reading->size, "kubeconfig %s, line %zu: %s", reading->path, mark->line + 1, what);
    return LEADERLIFE_ECONFIG;
}

static int fail_parse(const struct reading *reading, const yaml_parser_t *parser)
{
    if (parser->error == YAML_MEMORY_ERROR)
        return LEADERLIFE_ENOMEM;
    text_format(reading->text, reading->size,
                "kubeconfig %s, line %zu, column %zu: %s; it is not valid YAML: correct it there", reading->path,
                parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                parser->problem != NULL ? parser->problem : "cannot be read");
    return LEADERLIFE_ECONFIG;
}

static bool has_anchor(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT: return true;
    case YAML_SCALAR_EVENT: return event->data.scalar.anchor != NULL;
    case YAML_SEQUENCE_START_EVENT: return event->data.sequence_start.anchor != NULL;
    case YAML_MAPPING_START_EVENT: return event->data.mapping_start.anchor != NULL;
    default: return false;
    }
}

static void wipe_scalar(yaml_char_t *value, size_t length)
{
    if (value != NULL)
        explicit_bzero(value, length);
}

static void delete_document(yaml_document_t *document)
{
    const yaml_node_t *node;

    for (int i = 1; (node = yaml_document_get_node(document, i)) != NULL; i++)
        if (node->type == YAML_SCALAR_NODE)
            wipe_scalar(node->data.scalar.value, node->data.scalar.length);
    yaml_document_delete(document);
}

static int depth_change(yaml_event_type_t type)
{
    if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
        return 1;
    return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT ? -1 : 0;
}

/* The whole first document without keeping it: so a tree is made only of what is small and plain. The
 * depth is bounded for time as well, as libyaml's is quadratic in it. */
static int check_events(const struct reading *reading, yaml_parser_t *parser)
{
    int depth = 0;

    for (int count = 0;; count++) {
        yaml_event_t event;
        int status = LEADERLIFE_OK;

        if (!yaml_parser_parse(parser, &event))
            return fail_parse(reading, parser);
        bool end = event.type == YAML_DOCUMENT_END_EVENT || event.type == YAML_STREAM_END_EVENT;
        depth += depth_change(event.type);
        if (has_anchor(&event))
            status =
                fail_at(reading, &event.start_mark, "anchors and aliases are not supported; write the value itself");
        else if (count > EVENTS_MAX || depth > DEPTH_MAX)
            status = fail_at(reading, &event.start_mark, "too many or too deep entries; give a smaller kubeconfig");
        if (event.type == YAML_SCALAR_EVENT)
            wipe_scalar(event.data.scalar.value, event.data.scalar.length);
        yaml_event_delete(&event);
        if (status != LEADERLIFE_OK || end)
            return status;
    }
}

static int with_parser(const struct reading *reading, const char *bytes, yaml_document_t *ret_document)
{
    yaml_parser_t parser;
    int status = LEADERLIFE_OK;

    if (!yaml_parser_initialize(&parser))
        return LEADERLIFE_ENOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, strlen(bytes));
    if (ret_document == NULL)
        status = check_events(reading, &parser);
    else if (!yaml_parser_load(&parser, ret_document))
        status = fail_parse(reading, &parser);
    yaml_parser_delete(&parser);
    return status;
}

static int check_root(const struct reading *reading, struct yaml_file *file)
{
    const yaml_node_t *root = yaml_document_get_root_node(&file->document);
    const char *kind;

    if (root == NULL || root->type != YAML_MAPPING_NODE) {
        text_format(reading->text, reading->size,
                    "kubeconfig %s is %s; give a file as kubectl config view --raw --flatten writes it", reading->path,
                    root == NULL ? "empty" : "no mapping of keys, so no kubeconfig");
        return LEADERLIFE_ECONFIG;
    }
    kind = yaml_text(yaml_get(file, root, "kind"));
    if (kind != NULL && strcmp(kind, "Config") != 0) {
        text_format(reading->text, reading->size, "kubeconfig %s is of kind %.40s, not Config; give another file",
                    reading->path, kind);
        return LEADERLIFE_ECONFIG;
    }
    return LEADERLIFE_OK;
}

static int load_document(const struct reading *reading, const char *bytes, struct yaml_file *file)
{
    int status = with_parser(reading, bytes, NULL);

    if (status == LEADERLIFE_OK)
        status = with_parser(reading, bytes, &file->document);
    if (status != LEADERLIFE_OK)
        return status;
    status = check_root(reading, file);
    if (status != LEADERLIFE_OK)
        delete_document(&file->document);
    return status;
}

int yaml_file_load(struct yaml_file *ret, const char *path, char *text, size_t size)
{
    const struct reading reading = {.path = path, .text = text, .size = size};
    struct yaml_file file = {.path = strdup(path)};
    char *bytes = NULL;
    int status = LEADERLIFE_ENOMEM;

    if (file.path == NULL)
        goto out;
    bytes = endpoint_read_file(path, FILE_MAX, "kubeconfig", text, size);
    if (bytes == NULL) {
        status = errno == ENOMEM ? LEADERLIFE_ENOMEM : LEADERLIFE_ECONFIG;
        goto out;
    }
    status = load_document(&reading, bytes, &file);
out:
    secret_free(bytes);
    if (status == LEADERLIFE_OK) {
        *ret = file;
        return status;
    }
    free(file.path);
    if (status == LEADERLIFE_ENOMEM)
        text_format(text, size, "no memory to read kubeconfig %s; give the process more", path);
    return status;
}

void yaml_file_clear(struct yaml_file *file)
{
    delete_document(&file->document);
    free(file->path);
    file->path = NULL;
}

yaml_node_t *yaml_file_root(struct yaml_file *file)
{
    return yaml_document_get_root_node(&file->document);
}

yaml_node_t *yaml_get(struct yaml_file *file, const yaml_node_t *map, const char *key)
{
    if (map == NULL || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
        const char *name = yaml_text(yaml_document_get_node(&file->document, pair->key));

        if (name != NULL && strcmp(name, key) == 0)
            return yaml_document_get_node(&file->document, pair->value);
    }
    return NULL;
}

const char *yaml_text(const yaml_node_t *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    const char *value;

    if (node == NULL || node->type != YAML_SCALAR_NODE)
        return NULL;
    value = (const char *)node->data.scalar.value;
    if (value[0] == '\0' || strlen(value) != node->data.scalar.length)
        return NULL;
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++)
        if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && strcmp(value, nulls[i]) == 0)
            return NULL;
    return value;
}

yaml_node_t *yaml_named(struct yaml_file *file, const yaml_node_t *sequence, const char *name)
{
    if (sequence == NULL || sequence->type != YAML_SEQUENCE_NODE)
        return NULL;
    for (const yaml_node_item_t *item = sequence->data.sequence.items.start; item < sequence->data.sequence.items.top;
         item++) {
        yaml_node_t *entry = yaml_document_get_node(&file->document, *item);
        const char *found = yaml_text(yaml_get(file, entry, "name"));

        if (found != NULL && strcmp(found, name) == 0)
            return entry;
    }
    return NULL;
}
