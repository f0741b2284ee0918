/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cluster and a user of a kubeconfig mean, and which of their settings are refused. Knows nothing of how they
 * were found.
 */
#include "kubernetes/kubeconfig_internal.h"

#include "kubernetes/base64.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <string.h>

static const yaml_node_t *node_of(const struct entry *entry, const char *key)
{
    return yaml_get(entry->file, entry->node, key);
}

const char *entry_value(const struct entry *entry, const char *key)
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

bool copy_path(const struct entry *entry, const char *value, char **target)
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
    data = entry_value(entry, name);
    if (data == NULL)
        return copy_path(entry, entry_value(entry, key), ret_path) ? LEADERLIFE_OK : LEADERLIFE_ENOMEM;
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

bool is_false(const char *value)
{
    static const char *const words[] = {"false", "False", "FALSE", "no", "No", "off", "n"};

    for (size_t i = 0; value != NULL && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(value, words[i]) == 0)
            return true;
    return value == NULL;
}

static int take_server(struct merge *merge, const struct entry *cluster)
{
    if (entry_value(cluster, "proxy-url") != NULL)
        return FAIL(merge, LEADERLIFE_ENOTSUP,
                    "kubeconfig %s, cluster %s: proxy-url is not supported; remove it, or give a server that can be "
                    "reached directly (option server)",
                    cluster->file->path, cluster->name);
    if (entry_value(cluster, "server") == NULL)
        return FAIL(
            merge, LEADERLIFE_ECONFIG,
            "kubeconfig %s, cluster %s has no server; add it (kubectl config set-cluster %s --server=https://...)",
            cluster->file->path, cluster->name, cluster->name);
    return copy(entry_value(cluster, "server"), &merge->found.server) &&
                   copy(entry_value(cluster, "tls-server-name"), &merge->found.server_name)
               ? LEADERLIFE_OK
               : LEADERLIFE_ENOMEM;
}

int take_cluster(struct merge *merge, const struct entry *cluster)
{
    int status = merge->query->has_server ? LEADERLIFE_OK : take_server(merge, cluster);

    if (status != LEADERLIFE_OK || merge->query->has_ca)
        return status;
    if (!is_false(entry_value(cluster, "insecure-skip-tls-verify")))
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
        {"auth-provider", LEADERLIFE_ENOTSUP, "auth-provider is not supported; Kubernetes has removed it as well"},
        {"username", LEADERLIFE_ECONFIG,
         "username and password are not supported; Kubernetes has removed them as well"},
        {"password", LEADERLIFE_ECONFIG,
         "username and password are not supported; Kubernetes has removed them as well"},
        {"as", LEADERLIFE_ENOTSUP, "impersonation (as) is not supported"},
        {"as-uid", LEADERLIFE_ENOTSUP, "impersonation (as-uid) is not supported"},
        {"as-groups", LEADERLIFE_ENOTSUP, "impersonation (as-groups) is not supported"},
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const yaml_node_t *node = node_of(user, keys[i].key);

        if (node == NULL || (node->type == YAML_SCALAR_NODE && yaml_text(node) == NULL))
            continue;
        return FAIL(
            merge, keys[i].status,
            "kubeconfig %s, user %s: %s; give a token, a tokenFile or a client certificate (or option token-file)",
            user->file->path, user->name, keys[i].why);
    }
    return LEADERLIFE_OK;
}

static bool take_token(struct merge *merge, const struct entry *user)
{
    const char *path = entry_value(user, "tokenFile");

    if (path != NULL) /* the file wins, as with kubectl: it is the one that is renewed */
        return copy_path(user, path, &merge->found.token_path);
    return copy(entry_value(user, "token"), &merge->found.token);
}

/* A token that is there wins, as with kubectl. With a certificate there would be two identities: kubectl sends both. */
static int take_plugin(struct merge *merge, const struct entry *user)
{
    const struct kubeconfig *found = &merge->found;
    const yaml_node_t *exec = node_of(user, "exec");

    if (exec == NULL || (exec->type == YAML_SCALAR_NODE && yaml_text(exec) == NULL))
        return LEADERLIFE_OK;
    if (found->token != NULL || found->token_path != NULL)
        return LEADERLIFE_OK;
    if (found->cert != NULL || found->cert_path != NULL)
        return FAIL(merge, LEADERLIFE_ECONFIG,
                    "kubeconfig %s, user %s has both a client-certificate and exec; take one of them away",
                    user->file->path, user->name);
    return take_exec(merge, user, exec);
}

static int check_credentials(struct merge *merge, const struct entry *user)
{
    const struct kubeconfig *found = &merge->found;
    bool has_cert = found->cert != NULL || found->cert_path != NULL;
    bool has_key = found->key != NULL || found->key_path != NULL;
    bool has_token = found->token != NULL || found->token_path != NULL || found->exec != NULL;

    if (has_cert != has_key)
        return FAIL(merge, LEADERLIFE_ECONFIG, "kubeconfig %s, user %s has %s but no %s; give both or neither",
                    user->file->path, user->name, has_cert ? "client-certificate" : "client-key",
                    has_cert ? "client-key" : "client-certificate");
    if (!has_cert && !has_token)
        return FAIL(
            merge, LEADERLIFE_ECONFIG,
            "kubeconfig %s, user %s has no credentials; add a token, a tokenFile, a client certificate (kubectl "
            "config set-credentials) or exec, or give option token-file",
            user->file->path, user->name);
    return LEADERLIFE_OK;
}

int take_user(struct merge *merge, const struct entry *user)
{
    struct kubeconfig *found = &merge->found;
    int status = refuse_strange_login(merge, user);

    if (status == LEADERLIFE_OK && !take_token(merge, user))
        status = LEADERLIFE_ENOMEM;
    if (status == LEADERLIFE_OK)
        status = take_data(merge, user, "client-certificate", &found->cert, &found->cert_path);
    if (status == LEADERLIFE_OK)
        status = take_data(merge, user, "client-key", &found->key, &found->key_path);
    if (status == LEADERLIFE_OK)
        status = take_plugin(merge, user);
    return status == LEADERLIFE_OK ? check_credentials(merge, user) : status;
}
