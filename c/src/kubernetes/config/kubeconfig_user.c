/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cluster and a user of a kubeconfig mean, and which of their settings are refused.
 */
#include "kubernetes/config/kubeconfig_user.h"

#include "base/base64.h"
#include "kubernetes/config/kubeconfig_entry.h"
#include "kubernetes/config/kubeconfig_exec.h"
#include "kubernetes/config/kubeconfig_path.h"
#include "kubernetes/config/server_url.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <string.h>

static bool copy(const char *value, char **target)
{
    if (value == NULL)
        return true;
    *target = strdup(value);
    return *target != NULL;
}

/* key-data, or the path under key. With both nobody could say which is renewed: kubectl refuses that as well. */
static int take_data(struct merge *merge, const struct entry *entry, const char *key, char **ret_text, char **ret_path)
{
    char name[64];
    size_t size = 0;

    text_format(name, sizeof name, "%s-data", key);
    const char *data = kubeconfig_entry_value(entry, name);
    if (data != NULL && kubeconfig_entry_value(entry, key) != NULL)
        return FAIL(merge, LEADERLIFE_ECONFIG, "kubeconfig %s, %s %s has both %s and %s; remove one of them",
                    entry->file->path, entry->kind, entry->name, key, name);
    if (data == NULL)
        return kubeconfig_path_copy(entry, kubeconfig_entry_value(entry, key), ret_path) ? LEADERLIFE_OK
                                                                                         : LEADERLIFE_ENOMEM;
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

/* Also beside option server, as kubectl does it with --server. */
static int take_proxy(struct merge *merge, const struct entry *cluster)
{
    const char *url = kubeconfig_entry_value(cluster, "proxy-url");

    const char *fault = url == NULL ? NULL : server_url_proxy_fault(url);

    if (fault != NULL) /* the URL is not shown: it may hold a login */
        return FAIL(merge, LEADERLIFE_ECONFIG, "kubeconfig %s, cluster %s: proxy-url %s; correct it",
                    cluster->file->path, cluster->name, fault);
    return copy(url, &merge->found.proxy_url) ? LEADERLIFE_OK : LEADERLIFE_ENOMEM;
}

static int take_server(struct merge *merge, const struct entry *cluster)
{
    if (kubeconfig_entry_value(cluster, "server") == NULL)
        return FAIL(
            merge, LEADERLIFE_ECONFIG,
            "kubeconfig %s, cluster %s has no server; add it (kubectl config set-cluster %s --server=https://...)",
            cluster->file->path, cluster->name, cluster->name);
    return copy(kubeconfig_entry_value(cluster, "server"), &merge->found.server) &&
                   copy(kubeconfig_entry_value(cluster, "tls-server-name"), &merge->found.server_name)
               ? LEADERLIFE_OK
               : LEADERLIFE_ENOMEM;
}

/* What kubectl hands to a plugin that wants to know of the cluster. */
static bool has_plugin_settings(const struct entry *cluster)
{
    const struct tree *list = yaml_tree_get(cluster->map, "extensions");

    for (size_t i = 0; list != NULL && i < list->count; i++) {
        const char *name = yaml_tree_text(yaml_tree_get(list->pairs[i].value, "name"));

        if (name != NULL && strcmp(name, "client.authentication.k8s.io/exec") == 0 &&
            yaml_tree_get(list->pairs[i].value, "extension") != NULL)
            return true;
    }
    return false;
}

int kubeconfig_take_cluster(struct merge *merge, const struct entry *cluster)
{
    int status = take_proxy(merge, cluster);

    merge->has_plugin_settings = has_plugin_settings(cluster);
    if (status == LEADERLIFE_OK && !merge->query->has_server)
        status = take_server(merge, cluster);
    if (status != LEADERLIFE_OK || merge->query->has_ca)
        return status;
    if (kubeconfig_entry_flag(cluster, "insecure-skip-tls-verify"))
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
        {"as-user-extra", LEADERLIFE_ENOTSUP, "impersonation (as-user-extra) is not supported"},
    };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const struct tree *value = yaml_tree_get(user->map, keys[i].key);

        if (value == NULL || (value->kind == TREE_TEXT && yaml_tree_text(value) == NULL) ||
            (value->kind != TREE_TEXT && value->count == 0 && i > 0))
            continue;
        return FAIL(
            merge, keys[i].status,
            "kubeconfig %s, user %s: %s; give a token, a tokenFile or a client certificate (or option token-file)",
            user->file->path, user->name, keys[i].why);
    }
    return LEADERLIFE_OK;
}

/* Of both the file counts while it can be read, as with kubectl: it is the one that is renewed. */
static bool take_token(struct merge *merge, const struct entry *user)
{
    return kubeconfig_path_copy(user, kubeconfig_entry_value(user, "tokenFile"), &merge->found.token_path) &&
           copy(kubeconfig_entry_value(user, "token"), &merge->found.token);
}

/* A key without a certificate is passed over, as kubectl does. */
static int take_certificate(struct merge *merge, const struct entry *user)
{
    struct kubeconfig *found = &merge->found;
    int status = take_data(merge, user, "client-certificate", &found->cert, &found->cert_path);

    if (status != LEADERLIFE_OK || (found->cert == NULL && found->cert_path == NULL))
        return status;
    status = take_data(merge, user, "client-key", &found->key, &found->key_path);
    if (status == LEADERLIFE_OK && found->key == NULL && found->key_path == NULL)
        return FAIL(merge, LEADERLIFE_ECONFIG,
                    "kubeconfig %s, user %s has client-certificate but no client-key; give both or neither",
                    user->file->path, user->name);
    return status;
}

/* A token or a certificate that is there wins, as with kubectl. */
static int take_plugin(struct merge *merge, const struct entry *user)
{
    const struct kubeconfig *found = &merge->found;
    const struct tree *exec = yaml_tree_get(user->map, "exec");
    bool has_other =
        found->token != NULL || found->token_path != NULL || found->cert != NULL || found->cert_path != NULL;

    return exec == NULL ? LEADERLIFE_OK : kubeconfig_exec_take(merge, user, exec, !has_other);
}

static int check_credentials(struct merge *merge, const struct entry *user)
{
    const struct kubeconfig *found = &merge->found;
    bool has_cert = found->cert != NULL || found->cert_path != NULL;
    bool has_token = found->token != NULL || found->token_path != NULL || found->exec != NULL;

    if (!has_cert && !has_token)
        return FAIL(
            merge, LEADERLIFE_ECONFIG,
            "kubeconfig %s, user %s has no credentials; add a token, a tokenFile, a client certificate (kubectl "
            "config set-credentials) or exec, or give option token-file",
            user->file->path, user->name);
    return LEADERLIFE_OK;
}

int kubeconfig_take_user(struct merge *merge, const struct entry *user)
{
    int status = refuse_strange_login(merge, user);

    if (status == LEADERLIFE_OK && !take_token(merge, user))
        status = LEADERLIFE_ENOMEM;
    if (status == LEADERLIFE_OK)
        status = take_certificate(merge, user);
    if (status == LEADERLIFE_OK)
        status = take_plugin(merge, user);
    return status == LEADERLIFE_OK ? check_credentials(merge, user) : status;
}
