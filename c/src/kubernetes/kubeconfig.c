/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a context of one or several kubeconfig files means. Knows nothing of YAML's syntax, environment or options.
 */
#include "kubernetes/kubeconfig.h"

#include "base/secret.h"
#include "base/text.h"
#include "kubernetes/base64.h"
#include "kubernetes/kubeconfig_yaml.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 32 };

struct merge {
    const struct kubeconfig_query *query;
    struct yaml_file files[FILES_MAX];
    size_t count;
    struct kubeconfig found;
    char *text;
    size_t size;
};

/* An entry and the file that it is from. */
struct entry {
    struct yaml_file *file;
    const yaml_node_t *node;
    const char *kind; /* "cluster", "user" */
    const char *name;
};

#define FAIL(merge, status, ...) (text_format((merge)->text, (merge)->size, __VA_ARGS__), (status))

/* ---- Files ---- */

static int add_file(struct merge *merge, const char *path)
{
    if (merge->count == FILES_MAX)
        return FAIL(merge, LEADERLIFE_ECONFIG, "KUBECONFIG names more than %d files; give fewer", FILES_MAX);
    int status = yaml_file_load(&merge->files[merge->count], path, merge->text, merge->size);
    if (status == LEADERLIFE_OK)
        merge->count++;
    return status;
}

static int add_list(struct merge *merge)
{
    char *paths = strdup(merge->query->paths);
    char *rest = NULL;
    int status = LEADERLIFE_OK;

    if (paths == NULL)
        return LEADERLIFE_ENOMEM;
    for (char *path = strtok_r(paths, ":", &rest); path != NULL; path = strtok_r(NULL, ":", &rest)) {
        if (access(path, F_OK) != 0 && errno == ENOENT)
            continue;
        status = add_file(merge, path);
        if (status != LEADERLIFE_OK)
            break;
    }
    free(paths);
    if (status == LEADERLIFE_OK && merge->count == 0)
        status = FAIL(merge, LEADERLIFE_ECONFIG,
                      "no kubeconfig: KUBECONFIG names \"%.400s\" and no such file exists; correct KUBECONFIG or create the file",
                      merge->query->paths);
    return status;
}

/* ---- Entries ---- */

/* The first file that has it wins, with the whole entry: as kubectl does. */
static bool find(struct merge *merge, const char *list, const char *kind, const char *name, struct entry *ret)
{
    for (size_t i = 0; i < merge->count; i++) {
        struct yaml_file *file = &merge->files[i];
        const yaml_node_t *node = yaml_named(file, yaml_get(file, yaml_file_root(file), list), name);

        if (node == NULL)
            continue;
        *ret = (struct entry){.file = file, .node = yaml_get(file, node, kind), .kind = kind, .name = name};
        return true;
    }
    return false;
}

static const yaml_node_t *node_of(const struct entry *entry, const char *key)
{
    return yaml_get(entry->file, entry->node, key);
}

static const char *value_of(const struct entry *entry, const char *key)
{
    return yaml_text(node_of(entry, key));
}

static bool copy(const char *value, char **target)
{
    if (value == NULL)
        return true;
    *target = strdup(value);
    return *target != NULL;
}

/* Relative to the file that says it. */
static bool copy_path(const struct entry *entry, const char *value, char **target)
{
    const char *slash = strrchr(entry->file->path, '/');

    if (value == NULL || value[0] == '/' || slash == NULL)
        return copy(value, target);
    if (asprintf(target, "%.*s/%s", (int)(slash - entry->file->path), entry->file->path, value) >= 0)
        return true;
    *target = NULL;
    return false;
}

/* key-data, else the path under key. */
static int take_data(struct merge *merge, const struct entry *entry, const char *key, char **ret_text, char **ret_path)
{
    char name[64];
    const char *data;
    size_t size = 0;

    text_format(name, sizeof name, "%s-data", key);
    data = value_of(entry, name);
    if (data == NULL)
        return copy_path(entry, value_of(entry, key), ret_path) ? LEADERLIFE_OK : LEADERLIFE_ENOMEM;
    *ret_text = base64_decode(data, strlen(data), false, &size);
    if (*ret_text == NULL && errno == ENOMEM)
        return LEADERLIFE_ENOMEM;
    if (*ret_text != NULL && strlen(*ret_text) == size)
        return LEADERLIFE_OK;
    return FAIL(merge, LEADERLIFE_ECONFIG,
                "kubeconfig %s, %s %s: %s is not base64 of a PEM text; give it anew (kubectl config set-%s ... "
                "--embed-certs), or use %s with a path",
                entry->file->path, entry->kind, entry->name, name,
                strcmp(entry->kind, "user") == 0 ? "credentials" : entry->kind, key);
}

/* ---- Cluster ---- */

static bool is_false(const char *value)
{
    static const char *const words[] = {"false", "False", "FALSE", "no", "No", "off", "n"};

    for (size_t i = 0; value != NULL && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(value, words[i]) == 0)
            return true;
    return value == NULL;
}

static int take_server(struct merge *merge, const struct entry *cluster)
{
    if (value_of(cluster, "proxy-url") != NULL)
        return FAIL(merge, LEADERLIFE_ENOTSUP,
                    "kubeconfig %s, cluster %s: proxy-url is not supported; remove it, or give a server that can be "
                    "reached directly (option server)",
                    cluster->file->path, cluster->name);
    if (value_of(cluster, "server") == NULL)
        return FAIL(merge, LEADERLIFE_ECONFIG,
                    "kubeconfig %s, cluster %s has no server; add it (kubectl config set-cluster %s --server=https://...)",
                    cluster->file->path, cluster->name, cluster->name);
    return copy(value_of(cluster, "server"), &merge->found.server) &&
                   copy(value_of(cluster, "tls-server-name"), &merge->found.server_name)
               ? LEADERLIFE_OK
               : LEADERLIFE_ENOMEM;
}

static int take_cluster(struct merge *merge, const struct entry *cluster)
{
    int status = merge->query->has_server ? LEADERLIFE_OK : take_server(merge, cluster);

    if (status != LEADERLIFE_OK || merge->query->has_ca)
        return status;
    if (!is_false(value_of(cluster, "insecure-skip-tls-verify")))
        return FAIL(merge, LEADERLIFE_ECONFIG,
                    "kubeconfig %s, cluster %s: insecure-skip-tls-verify is refused, as anybody between could give the "
                    "answers; remove it and give certificate-authority (or option ca-file), and tls-server-name if the "
                    "certificate has another name",
                    cluster->file->path, cluster->name);
    return take_data(merge, cluster, "certificate-authority", &merge->found.ca, &merge->found.ca_path);
}

/* ---- User ---- */

/* Ways to log in, or to become somebody else, that would be wrong to pass over in silence. */
static int refuse_strange_login(struct merge *merge, const struct entry *user)
{
    static const struct {
        const char *key;
        int status;
        const char *why;
    } keys[] = {
        {"exec", LEADERLIFE_ENOTSUP, "credential plugins (exec) are not supported by this version"},
        {"auth-provider", LEADERLIFE_ENOTSUP, "auth-provider is not supported; Kubernetes has removed it as well"},
        {"username", LEADERLIFE_ECONFIG, "username and password are not supported; Kubernetes has removed them as well"},
        {"password", LEADERLIFE_ECONFIG, "username and password are not supported; Kubernetes has removed them as well"},
        {"as", LEADERLIFE_ENOTSUP, "impersonation (as) is not supported"},
        {"as-uid", LEADERLIFE_ENOTSUP, "impersonation (as-uid) is not supported"},
        {"as-groups", LEADERLIFE_ENOTSUP, "impersonation (as-groups) is not supported"},
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const yaml_node_t *node = node_of(user, keys[i].key);

        if (node == NULL || (node->type == YAML_SCALAR_NODE && yaml_text(node) == NULL))
            continue;
        return FAIL(merge, keys[i].status,
                    "kubeconfig %s, user %s: %s; give a token, a tokenFile or a client certificate (or option token-file)",
                    user->file->path, user->name, keys[i].why);
    }
    return LEADERLIFE_OK;
}

static bool take_token(struct merge *merge, const struct entry *user)
{
    const char *path = value_of(user, "tokenFile");

    if (path != NULL) /* the file wins, as with kubectl: it is the one that is renewed */
        return copy_path(user, path, &merge->found.token_path);
    return copy(value_of(user, "token"), &merge->found.token);
}

static int check_credentials(struct merge *merge, const struct entry *user)
{
    const struct kubeconfig *found = &merge->found;
    bool has_cert = found->cert != NULL || found->cert_path != NULL;
    bool has_key = found->key != NULL || found->key_path != NULL;
    bool has_token = found->token != NULL || found->token_path != NULL;

    if (has_cert != has_key)
        return FAIL(merge, LEADERLIFE_ECONFIG, "kubeconfig %s, user %s has %s but no %s; give both or neither",
                    user->file->path, user->name, has_cert ? "client-certificate" : "client-key",
                    has_cert ? "client-key" : "client-certificate");
    if (!has_cert && !has_token)
        return FAIL(merge, LEADERLIFE_ECONFIG,
                    "kubeconfig %s, user %s has no credentials; add a token, a tokenFile or a client certificate (kubectl "
                    "config set-credentials), or give option token-file",
                    user->file->path, user->name);
    return LEADERLIFE_OK;
}

static int take_user(struct merge *merge, const struct entry *user)
{
    struct kubeconfig *found = &merge->found;
    int status = refuse_strange_login(merge, user);

    if (status == LEADERLIFE_OK && !take_token(merge, user))
        status = LEADERLIFE_ENOMEM;
    if (status == LEADERLIFE_OK)
        status = take_data(merge, user, "client-certificate", &found->cert, &found->cert_path);
    if (status == LEADERLIFE_OK)
        status = take_data(merge, user, "client-key", &found->key, &found->key_path);
    return status == LEADERLIFE_OK ? check_credentials(merge, user) : status;
}

/* ---- Context ---- */

static void append_names(struct merge *merge, const char *list)
{
    const char *before = "";
    size_t names = 0;

    for (size_t i = 0; i < merge->count; i++) {
        struct yaml_file *file = &merge->files[i];
        const yaml_node_t *sequence = yaml_get(file, yaml_file_root(file), list);

        if (sequence == NULL || sequence->type != YAML_SEQUENCE_NODE)
            continue;
        for (const yaml_node_item_t *item = sequence->data.sequence.items.start;
             item < sequence->data.sequence.items.top && names < 10; item++) {
            const char *name = yaml_text(yaml_get(file, yaml_document_get_node(&file->document, *item), "name"));

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
    text_format(merge->text, merge->size, "kubeconfig %.400s has no %s \"%.100s\"; give one of those it has: ",
                merge->query->paths, kind, name);
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
        name = yaml_text(yaml_get(&merge->files[i], yaml_file_root(&merge->files[i]), "current-context"));
    return name;
}

/* The cluster or user that the context names. */
static int follow(struct merge *merge, const struct entry *context, const char *kind, const char *list,
                  int (*take)(struct merge *, const struct entry *))
{
    const char *name = value_of(context, kind);
    struct entry entry;

    if (name == NULL)
        return FAIL(merge, LEADERLIFE_ECONFIG, "kubeconfig %s, context %s names no %s; add one (kubectl config set-context)",
                    context->file->path, context->name, kind);
    if (!find(merge, list, kind, name, &entry))
        return absent(merge, list, kind, name);
    return take(merge, &entry);
}

static int take_context(struct merge *merge)
{
    const char *name = context_name(merge);
    const struct kubeconfig_query *query = merge->query;
    struct entry context;
    int status = LEADERLIFE_OK;

    if (name == NULL) {
        text_format(merge->text, merge->size,
                    "kubeconfig %.400s has no current-context; set it (kubectl config use-context NAME) or give option "
                    "context, one of: ",
                    query->paths);
        append_names(merge, "contexts");
        return LEADERLIFE_ECONFIG;
    }
    if (!find(merge, "contexts", "context", name, &context))
        return absent(merge, "contexts", "context", name);
    if (asprintf(&merge->found.origin, "kubeconfig %s, context %s", context.file->path, name) < 0) {
        merge->found.origin = NULL;
        return LEADERLIFE_ENOMEM;
    }
    if (!copy(value_of(&context, "namespace"), &merge->found.namespace_))
        return LEADERLIFE_ENOMEM;
    if (!query->has_server || !query->has_ca)
        status = follow(merge, &context, "cluster", "clusters", take_cluster);
    if (status == LEADERLIFE_OK && !query->has_credentials)
        status = follow(merge, &context, "user", "users", take_user);
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
    free(kubeconfig->ca);
    free(kubeconfig->ca_path);
    free(kubeconfig->cert);
    free(kubeconfig->cert_path);
    secret_free(kubeconfig->key);
    free(kubeconfig->key_path);
    secret_free(kubeconfig->token);
    free(kubeconfig->token_path);
    *kubeconfig = (struct kubeconfig){0};
}
