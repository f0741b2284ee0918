/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a context of one or several kubeconfig files means.
 */
#include "kubernetes/config/kubeconfig.h"

#include "base/secret.h"
#include "base/text.h"
#include "kubernetes/config/kubeconfig_entry.h"
#include "kubernetes/config/kubeconfig_files.h"
#include "kubernetes/config/kubeconfig_schema.h"
#include "kubernetes/config/kubeconfig_user.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Files ---- */

static int add_file(struct merge *merge, const char *path)
{
    if (merge->count == FILES_MAX)
        return FAIL(merge, LEADERLIFE_ECONFIG, "KUBECONFIG names more than %d files; give fewer", FILES_MAX);
    int status = yaml_file_load(&merge->files[merge->count], path, merge->text, merge->size);
    if (status == LEADERLIFE_OK)
        status = kubeconfig_schema_judge(&merge->files[merge->count++], merge->text, merge->size);
    return status;
}

static bool is_known(const struct merge *merge, const char *path)
{
    for (size_t i = 0; i < merge->count; i++)
        if (strcmp(merge->files[i].path, path) == 0)
            return true;
    return false;
}

static int add_list(struct merge *merge)
{
    char *paths = strdup(merge->query->paths);
    char *rest = NULL;
    int status = LEADERLIFE_OK;

    if (paths == NULL)
        return LEADERLIFE_ENOMEM;
    for (char *path = strtok_r(paths, ":", &rest); path != NULL; path = strtok_r(NULL, ":", &rest)) {
        if (is_known(merge, path) || (access(path, F_OK) != 0 && errno == ENOENT))
            continue;
        status = add_file(merge, path);
        if (status != LEADERLIFE_OK)
            break;
    }
    free(paths);
    if (status == LEADERLIFE_OK && merge->count == 0)
        status = FAIL(
            merge, LEADERLIFE_ECONFIG,
            "no kubeconfig: KUBECONFIG names \"%.400s\" and no such file exists; correct KUBECONFIG or create the file",
            merge->query->paths);
    return status;
}

/* ---- Entries ---- */

/* The first file that has it wins, with the whole entry: as kubectl does. One without a name is called "". */
static bool find(struct merge *merge, const char *list, const char *kind, const char *name, struct entry *ret)
{
    for (size_t i = 0; i < merge->count; i++) {
        const struct yaml_file *file = &merge->files[i];
        const struct tree *items = yaml_tree_get(file->root, list);

        for (size_t j = 0; items != NULL && j < items->count; j++) {
            const struct tree *item = items->pairs[j].value;
            const char *found = yaml_tree_text(yaml_tree_get(item, "name"));

            if (strcmp(found != NULL ? found : "", name) != 0)
                continue;
            *ret = (struct entry){.file = file, .map = yaml_tree_get(item, kind), .kind = kind, .name = name};
            return true;
        }
    }
    return false;
}

/* ---- Context ---- */

static void append_names(struct merge *merge, const char *list)
{
    const char *before = "";
    size_t names = 0;

    for (size_t i = 0; i < merge->count; i++) {
        const struct tree *items = yaml_tree_get(merge->files[i].root, list);

        for (size_t j = 0; items != NULL && j < items->count && names < 10; j++) {
            const char *name = yaml_tree_text(yaml_tree_get(items->pairs[j].value, "name"));

            if (name == NULL)
                continue;
            text_append(merge->text, merge->size, "%s%.40s", before, name);
            before = ", ";
            names++;
        }
    }
    if (names == 0)
        text_append(merge->text, merge->size, "none");
}

static int absent(struct merge *merge, const char *list, const char *kind, const char *name)
{
    text_format(merge->text, merge->size,
                "kubeconfig %.400s has no %s \"%.100s\"; give one of those it has: ", merge->query->paths, kind, name);
    append_names(merge, list);
    return LEADERLIFE_ECONFIG;
}

/* The one asked for, else the first file's that names a current one. */
static const char *context_name(struct merge *merge)
{
    const char *name = merge->query->context;

    if (name != NULL && name[0] != '\0')
        return name;
    name = NULL;
    for (size_t i = 0; i < merge->count && name == NULL; i++)
        name = yaml_tree_text(yaml_tree_get(merge->files[i].root, "current-context"));
    return name;
}

/* The cluster or user that the context names. */
static int follow(struct merge *merge, const struct entry *context, const char *kind, const char *list,
                  int (*take)(struct merge *, const struct entry *))
{
    const char *name = kubeconfig_entry_value(context, kind);
    struct entry entry;

    if (name == NULL && find(merge, list, kind, "", &entry))
        return take(merge, &entry);
    if (name == NULL)
        return FAIL(merge, LEADERLIFE_ECONFIG,
                    "kubeconfig %s, context %s names no %s; add one (kubectl config set-context)", context->file->path,
                    context->name, kind);
    if (!find(merge, list, kind, name, &entry))
        return absent(merge, list, kind, name);
    return take(merge, &entry);
}

static bool has_entry(struct merge *merge, const struct entry *context, const char *kind, const char *list)
{
    const char *name = kubeconfig_entry_value(context, kind);
    struct entry entry;

    return find(merge, list, kind, name != NULL ? name : "", &entry);
}

static bool is_empty(const struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++)
        if (merge->files[i].root != NULL && merge->files[i].root->kind == TREE_MAP)
            return false;
    return true;
}

static int fail_without_context(struct merge *merge)
{
    if (is_empty(merge))
        return FAIL(merge, LEADERLIFE_ECONFIG,
                    "kubeconfig %.400s is empty; give a file as kubectl config view --raw --flatten writes it",
                    merge->query->paths);
    text_format(merge->text, merge->size,
                "kubeconfig %.400s has no current-context; set it (kubectl config use-context NAME) or give option "
                "context, one of: ",
                merge->query->paths);
    append_names(merge, "contexts");
    return LEADERLIFE_ECONFIG;
}

static int take_context(struct merge *merge)
{
    const char *name = context_name(merge);
    const struct kubeconfig_query *query = merge->query;
    struct entry context;
    int status = LEADERLIFE_OK;

    if (name == NULL && find(merge, "contexts", "context", "", &context))
        name = "";
    if (name == NULL)
        return fail_without_context(merge);
    if (!find(merge, "contexts", "context", name, &context))
        return absent(merge, "contexts", "context", name);
    if (asprintf(&merge->found.origin, "kubeconfig %s, context %s", context.file->path, name) < 0) {
        merge->found.origin = NULL;
        return LEADERLIFE_ENOMEM;
    }
    if (kubeconfig_entry_value(&context, "namespace") != NULL) {
        merge->found.namespace_ = strdup(kubeconfig_entry_value(&context, "namespace"));
        if (merge->found.namespace_ == NULL)
            return LEADERLIFE_ENOMEM;
    }
    bool needs_cluster = !query->has_server || !query->has_ca;
    if (needs_cluster || has_entry(merge, &context, "cluster", "clusters")) /* the cluster's proxy counts in any case */
        status = follow(merge, &context, "cluster", "clusters", kubeconfig_take_cluster);
    if (status == LEADERLIFE_OK && !query->has_credentials)
        status = follow(merge, &context, "user", "users", kubeconfig_take_user);
    return status;
}

int kubeconfig_load(struct kubeconfig *ret, const struct kubeconfig_query *query, char *text, size_t size)
{
    struct merge *merge = calloc(1, sizeof *merge);
    int status = LEADERLIFE_ENOMEM;

    if (merge == NULL)
        goto out;
    merge->query = query;
    merge->text = text;
    merge->size = size;
    status = query->list ? add_list(merge) : add_file(merge, query->paths);
    if (status == LEADERLIFE_OK)
        status = take_context(merge);
    for (size_t i = 0; i < merge->count; i++)
        yaml_file_clear(&merge->files[i]);
    if (status == LEADERLIFE_OK)
        *ret = merge->found;
    else
        kubeconfig_clear(&merge->found);
    free(merge);
    if (status != LEADERLIFE_OK)
        text_printable(text); /* names of the file are in it */
out:
    if (status == LEADERLIFE_ENOMEM)
        text_format(text, size, "no memory to read kubeconfig %s; give the process more", query->paths);
    return status;
}

void kubeconfig_clear(struct kubeconfig *kubeconfig)
{
    free(kubeconfig->origin);
    free(kubeconfig->namespace_);
    free(kubeconfig->server);
    free(kubeconfig->server_name);
    secret_free(kubeconfig->proxy_url);
    free(kubeconfig->ca);
    free(kubeconfig->ca_path);
    free(kubeconfig->cert);
    free(kubeconfig->cert_path);
    secret_free(kubeconfig->key);
    free(kubeconfig->key_path);
    secret_free(kubeconfig->token);
    free(kubeconfig->token_path);
    kubeconfig_exec_free(kubeconfig->exec);
    *kubeconfig = (struct kubeconfig){0};
}
