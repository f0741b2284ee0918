/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kubeconfig may hold, and of which type: the whole file is judged as kubectl judges it, also what the chosen
 * context does not use. Unknown keys are passed over.
 */
#include "kubernetes/config/kubeconfig_schema.h"

#include "base/base64.h"
#include "base/secret.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum type {
    TYPE_TEXT,
    TYPE_FLAG,
    TYPE_DATA,     /* base64 */
    TYPE_TEXTS,    /* a list */
    TYPE_TEXT_MAP, /* any keys */
    TYPE_TEXTS_MAP,
    TYPE_MAP,  /* of the fields */
    TYPE_LIST, /* of such maps */
    TYPE_NAMED /* such a list, in which each name is there once */
};

struct field {
    const char *key; /* NULL: the end */
    enum type type;
    const struct field *fields;
};

static const struct field extension[] = {{"name", TYPE_TEXT, NULL}, {0}};

static const struct field preferences[] = {{"colors", TYPE_FLAG, NULL}, {"extensions", TYPE_NAMED, extension}, {0}};

static const struct field cluster[] = {
    {"server", TYPE_TEXT, NULL},
    {"tls-server-name", TYPE_TEXT, NULL},
    {"insecure-skip-tls-verify", TYPE_FLAG, NULL},
    {"certificate-authority", TYPE_TEXT, NULL},
    {"certificate-authority-data", TYPE_DATA, NULL},
    {"proxy-url", TYPE_TEXT, NULL},
    {"disable-compression", TYPE_FLAG, NULL},
    {"extensions", TYPE_NAMED, extension},
    {0},
};

static const struct field variable[] = {{"name", TYPE_TEXT, NULL}, {"value", TYPE_TEXT, NULL}, {0}};

static const struct field exec[] = {
    {"command", TYPE_TEXT, NULL},         {"args", TYPE_TEXTS, NULL},
    {"env", TYPE_LIST, variable},         {"apiVersion", TYPE_TEXT, NULL},
    {"installHint", TYPE_TEXT, NULL},     {"provideClusterInfo", TYPE_FLAG, NULL},
    {"interactiveMode", TYPE_TEXT, NULL}, {0},
};

static const struct field provider[] = {{"name", TYPE_TEXT, NULL}, {"config", TYPE_TEXT_MAP, NULL}, {0}};

static const struct field user[] = {
    {"client-certificate", TYPE_TEXT, NULL},
    {"client-certificate-data", TYPE_DATA, NULL},
    {"client-key", TYPE_TEXT, NULL},
    {"client-key-data", TYPE_DATA, NULL},
    {"token", TYPE_TEXT, NULL},
    {"tokenFile", TYPE_TEXT, NULL},
    {"as", TYPE_TEXT, NULL},
    {"as-uid", TYPE_TEXT, NULL},
    {"as-groups", TYPE_TEXTS, NULL},
    {"as-user-extra", TYPE_TEXTS_MAP, NULL},
    {"username", TYPE_TEXT, NULL},
    {"password", TYPE_TEXT, NULL},
    {"auth-provider", TYPE_MAP, provider},
    {"exec", TYPE_MAP, exec},
    {"extensions", TYPE_NAMED, extension},
    {0},
};

static const struct field context[] = {
    {"cluster", TYPE_TEXT, NULL},
    {"user", TYPE_TEXT, NULL},
    {"namespace", TYPE_TEXT, NULL},
    {"extensions", TYPE_NAMED, extension},
    {0},
};

static const struct field named_cluster[] = {{"name", TYPE_TEXT, NULL}, {"cluster", TYPE_MAP, cluster}, {0}};
static const struct field named_user[] = {{"name", TYPE_TEXT, NULL}, {"user", TYPE_MAP, user}, {0}};
static const struct field named_context[] = {{"name", TYPE_TEXT, NULL}, {"context", TYPE_MAP, context}, {0}};

static const struct field config[] = {
    {"kind", TYPE_TEXT, NULL},
    {"apiVersion", TYPE_TEXT, NULL},
    {"preferences", TYPE_MAP, preferences},
    {"clusters", TYPE_NAMED, named_cluster},
    {"users", TYPE_NAMED, named_user},
    {"contexts", TYPE_NAMED, named_context},
    {"current-context", TYPE_TEXT, NULL},
    {"extensions", TYPE_NAMED, extension},
    {0},
};

struct judging {
    const char *path;
    char *text;
    size_t size;
};

/* ---- Failures ---- */

static int fail_type(struct judging *judging, const struct tree *value, const char *key, const char *wanted)
{
    text_format(judging->text, judging->size, "kubeconfig %s, line %zu: %.60s needs %s, and this is %s; %s",
                judging->path, value->line, key, wanted, yaml_tree_kind_name(value->kind),
                value->kind == TREE_NUMBER || value->kind == TREE_FLAG ? "put it in quotes" : "correct it");
    return LEADERLIFE_ECONFIG;
}

static int fail_value(struct judging *judging, const struct tree *value, const char *key, const char *what)
{
    text_format(judging->text, judging->size, "kubeconfig %s, line %zu: %.60s %s", judging->path, value->line, key,
                what);
    return LEADERLIFE_ECONFIG;
}

/* ---- Scalars ---- */

static int judge_text(struct judging *judging, const struct tree *value, const char *key)
{
    if (value->kind == TREE_NULL)
        return LEADERLIFE_OK;
    if (value->kind != TREE_TEXT)
        return fail_type(judging, value, key, "a text");
    return value->odd ? fail_value(judging, value, key, "holds bytes that are no text; correct it") : LEADERLIFE_OK;
}

static int judge_flag(struct judging *judging, const struct tree *value, const char *key)
{
    if (value->kind == TREE_NULL || value->kind == TREE_FLAG)
        return LEADERLIFE_OK;
    text_format(judging->text, judging->size,
                "kubeconfig %s, line %zu: %.60s needs true or false, without quotes; correct it", judging->path,
                value->line, key);
    return LEADERLIFE_ECONFIG;
}

static int judge_data(struct judging *judging, const struct tree *value, const char *key)
{
    size_t size = 0;

    if (value->kind == TREE_LIST && value->count == 0)
        return LEADERLIFE_OK; /* an empty list is read as no bytes */
    int status = judge_text(judging, value, key);
    if (status != LEADERLIFE_OK || value->kind == TREE_NULL)
        return status;
    char *bytes = base64_decode(value->text, strlen(value->text), false, &size);
    if (bytes == NULL && errno == ENOMEM)
        return LEADERLIFE_ENOMEM;
    if (bytes != NULL)
        secret_wipe(bytes, size);
    if (bytes == NULL || !base64_is_strict(value->text))
        status = fail_value(judging, value, key,
                            "is not base64; give it anew (kubectl config set-... --embed-certs), or give a path under "
                            "the key without -data");
    free(bytes);
    return status;
}

/* ---- Lists and maps ---- */

static int judge_type(struct judging *judging, const struct tree *value, const struct field *field, const char *key);

static int judge_fields(struct judging *judging, const struct tree *map, const struct field *fields, const char *key)
{
    int status = LEADERLIFE_OK;

    if (map->kind == TREE_NULL)
        return LEADERLIFE_OK;
    if (map->kind != TREE_MAP)
        return fail_type(judging, map, key, "a map");
    for (size_t i = 0; i < map->count && status == LEADERLIFE_OK; i++)
        for (const struct field *field = fields; field->key != NULL && status == LEADERLIFE_OK; field++)
            if (strcmp(field->key, map->pairs[i].key) == 0)
                status = judge_type(judging, map->pairs[i].value, field, field->key);
    return status;
}

/* Every value as the type says. */
static int judge_all(struct judging *judging, const struct tree *owner, enum tree_kind kind, enum type type,
                     const struct field *fields, const char *key)
{
    const struct field each = {.type = type, .fields = fields};
    int status = LEADERLIFE_OK;

    if (owner->kind == TREE_NULL)
        return LEADERLIFE_OK;
    if (owner->kind != kind)
        return fail_type(judging, owner, key, yaml_tree_kind_name(kind));
    for (size_t i = 0; i < owner->count && status == LEADERLIFE_OK; i++)
        status = judge_type(judging, owner->pairs[i].value, &each, key);
    return status;
}

/* A name in a list. */
struct name {
    const char *text;
    size_t at;
    bool counts;
};

static int compare_names(const void *a, const void *b)
{
    const struct name *one = a;
    const struct name *other = b;
    int order = strcmp(one->text, other->text);

    if (order != 0)
        return order;
    return one->at < other->at ? -1 : 1;
}

static int find_repeated(struct judging *judging, const struct name *names, size_t count, const char *key)
{
    bool taken = false;

    for (size_t i = 0; i < count; i++) {
        if (i > 0 && strcmp(names[i].text, names[i - 1].text) != 0)
            taken = false;
        if (taken) {
            text_format(judging->text, judging->size,
                        "kubeconfig %s has two %.20s of the name \"%.100s\"; rename or remove one", judging->path, key,
                        names[i].text);
            return LEADERLIFE_ECONFIG;
        }
        taken = names[i].counts;
    }
    return LEADERLIFE_OK;
}

/* Two of one name: nobody could say which is meant. An extension in which nothing is leaves its name to another. */
static int judge_names(struct judging *judging, const struct tree *list, const char *key)
{
    struct name *names = list->count > 0 ? calloc(list->count, sizeof *names) : NULL;

    if (list->count > 0 && names == NULL)
        return LEADERLIFE_ENOMEM;
    for (size_t i = 0; i < list->count; i++) {
        const struct tree *item = list->pairs[i].value;
        const char *name = yaml_tree_text(yaml_tree_get(item, "name"));

        names[i].text = name != NULL ? name : "";
        names[i].at = i;
        names[i].counts = strcmp(key, "extensions") != 0 || yaml_tree_get(item, "extension") != NULL;
    }
    if (list->count > 1)
        qsort(names, list->count, sizeof *names, compare_names);
    int status = find_repeated(judging, names, list->count, key);
    free(names);
    return status;
}

static int judge_named(struct judging *judging, const struct tree *list, const struct field *fields, const char *key)
{
    int status = judge_all(judging, list, TREE_LIST, TYPE_MAP, fields, key);

    return status == LEADERLIFE_OK && list->kind == TREE_LIST ? judge_names(judging, list, key) : status;
}

static int judge_type(struct judging *judging, const struct tree *value, const struct field *field, const char *key)
{
    switch (field->type) {
    case TYPE_TEXT: return judge_text(judging, value, key);
    case TYPE_FLAG: return judge_flag(judging, value, key);
    case TYPE_DATA: return judge_data(judging, value, key);
    case TYPE_TEXTS: return judge_all(judging, value, TREE_LIST, TYPE_TEXT, NULL, key);
    case TYPE_TEXT_MAP: return judge_all(judging, value, TREE_MAP, TYPE_TEXT, NULL, key);
    case TYPE_TEXTS_MAP: return judge_all(judging, value, TREE_MAP, TYPE_TEXTS, NULL, key);
    case TYPE_MAP: return judge_fields(judging, value, field->fields, key);
    case TYPE_LIST: return judge_all(judging, value, TREE_LIST, TYPE_MAP, field->fields, key);
    case TYPE_NAMED: break;
    }
    return judge_named(judging, value, field->fields, key);
}

/* ---- What it is ---- */

/* In any case of letters, as kubectl looks for these two: the last in the order of bytes. All must be texts. */
static int find_header(struct judging *judging, const struct tree *root, const char *key, const char **ret)
{
    const struct tree_pair *found = NULL;
    int status = LEADERLIFE_OK;

    for (size_t i = 0; i < root->count && status == LEADERLIFE_OK; i++) {
        const struct tree_pair *pair = &root->pairs[i];

        if (strcasecmp(pair->key, key) != 0 || pair->value->kind == TREE_NULL)
            continue;
        status = judge_text(judging, pair->value, key);
        if (found == NULL || strcmp(found->key, pair->key) < 0)
            found = pair;
    }
    *ret = found == NULL ? NULL : yaml_tree_text(found->value);
    return status;
}

static int judge_header(struct judging *judging, const struct tree *root)
{
    const char *kind = NULL;
    const char *version = NULL;
    int status = find_header(judging, root, "kind", &kind);

    if (status == LEADERLIFE_OK)
        status = find_header(judging, root, "apiVersion", &version);
    if (status != LEADERLIFE_OK)
        return status;
    if (kind != NULL && strcmp(kind, "Config") != 0) {
        text_format(judging->text, judging->size, "kubeconfig %s is of kind %.40s, not Config; give another file",
                    judging->path, kind);
        return LEADERLIFE_ECONFIG;
    }
    if (version == NULL || strcmp(version, "v1") == 0 || strcmp(version, "/v1") == 0 || strcmp(version, "/") == 0)
        return LEADERLIFE_OK;
    text_format(judging->text, judging->size, "kubeconfig %s is of apiVersion %.40s, not v1; give another file",
                judging->path, version);
    return LEADERLIFE_ECONFIG;
}

int kubeconfig_schema_judge(const struct yaml_file *file, char *text, size_t size)
{
    struct judging judging = {.path = file->path, .text = text, .size = size};

    if (file->root == NULL || file->root->kind == TREE_NULL)
        return LEADERLIFE_OK; /* empty: it adds nothing */
    if (file->root->kind != TREE_MAP) {
        text_format(text, size,
                    "kubeconfig %s is no mapping of keys, so no kubeconfig; give a file as kubectl config view --raw "
                    "--flatten writes it",
                    file->path);
        return LEADERLIFE_ECONFIG;
    }
    for (const struct tree *value = file->values; value != NULL; value = value->next)
        if (value->kind == TREE_NUMBER && value->odd)
            return fail_value(&judging, value, value->text, "is a number that JSON does not have; correct it");
    int status = judge_header(&judging, file->root);
    return status == LEADERLIFE_OK ? judge_fields(&judging, file->root, config, "the file") : status;
}
