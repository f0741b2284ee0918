/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the API server's URL and the credentials (token, CA, client certificate) come from: the pod's service account,
 * a kubeconfig, or options. Of what is kept in files it finds the paths; endpoint.c reads them.
 */
#include "kubernetes/config/credential_source.h"

#include "backend/environment.h"
#include "base/text.h"
#include "kubernetes/config/credential_file.h"
#include "kubernetes/config/kubeconfig.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMESPACE_MAX = 1024 };

/* What every step needs. */
struct loading {
    struct endpoint *endpoint;
    const struct options *options;
    const struct backend_choice *choice;
    char *text;
    size_t size;
};

#define FAIL(loading, status, ...) (text_format((loading)->text, (loading)->size, __VA_ARGS__), (status))

static const char *chosen(const struct loading *loading, enum option option)
{
    const char *value = option_text(loading->options, option);

    return value[0] != '\0' ? value : NULL;
}

static bool copy(const char *value, char **target)
{
    *target = strdup(value);
    return *target != NULL;
}

/* ---- Service account ---- */

/* The API server's Service, as every pod with cluster DNS finds it, and in the certificates that the usual tools
 * make. */
static int usual_server(struct loading *loading)
{
    loading->endpoint->server_is_usual = true;
    return copy("https://kubernetes.default.svc:443", &loading->endpoint->server) ? LEADERLIFE_OK : LEADERLIFE_ENOMEM;
}

static int in_cluster_server(struct loading *loading)
{
    const char *host = environment_variable("KUBERNETES_SERVICE_HOST");
    const char *port = environment_variable("KUBERNETES_SERVICE_PORT");

    if (loading->choice->source == BACKEND_SERVICE_ACCOUNT_ALONE || host == NULL)
        return usual_server(loading);
    if (port == NULL)
        return FAIL(loading, LEADERLIFE_ECONFIG,
                    "KUBERNETES_SERVICE_HOST is set but KUBERNETES_SERVICE_PORT is not; the kubelet sets both: set the "
                    "port too, or give option server");
    bool bare_ipv6 = strchr(host, ':') != NULL && host[0] != '[';
    if (asprintf(&loading->endpoint->server, bare_ipv6 ? "https://[%s]:%s" : "https://%s:%s", host, port) < 0) {
        loading->endpoint->server = NULL;
        return LEADERLIFE_ENOMEM;
    }
    return LEADERLIFE_OK;
}

/* NULL without memory. */
static char *service_account_path(const struct loading *loading, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s", option_text(loading->options, OPTION_X_SERVICE_ACCOUNT_DIR), name) < 0)
        return NULL;
    return path;
}

/* It may be absent: there are other sources (P2). */
static int read_namespace_file(struct loading *loading)
{
    char *path = service_account_path(loading, "namespace");
    char *content;
    int status = LEADERLIFE_OK;

    if (path == NULL)
        return LEADERLIFE_ENOMEM;
    content = credential_file_read_text(path, NAMESPACE_MAX, "namespace file", loading->text, loading->size);
    if (content == NULL) {
        if (errno == ENOMEM)
            status = LEADERLIFE_ENOMEM;
        else if (errno != ENOENT && errno != ENOTDIR)
            status = LEADERLIFE_ECONFIG;
    } else {
        content[strcspn(content, " \t\r\n")] = '\0';
        if (content[0] != '\0')
            loading->endpoint->service_account_namespace = content;
        else
            free(content);
    }
    free(path);
    return status;
}

static int use_service_account(struct loading *loading)
{
    struct endpoint *endpoint = loading->endpoint;
    int status = LEADERLIFE_OK;

    if (chosen(loading, OPTION_CONTEXT) != NULL)
        return FAIL(
            loading, LEADERLIFE_ECONFIG,
            "option context is set, but the service account is used because %s; give option kubeconfig as well, or "
            "leave context out",
            loading->choice->source == BACKEND_SERVICE_ACCOUNT ? "KUBERNETES_SERVICE_HOST is set"
                                                               : "its directory is there");
    if (chosen(loading, OPTION_SERVER) == NULL)
        status = in_cluster_server(loading);
    if (status != LEADERLIFE_OK)
        return status;
    endpoint->token_path = service_account_path(loading, "token");
    endpoint->ca_path = service_account_path(loading, "ca.crt");
    if (!copy("service account", &endpoint->origin) || endpoint->token_path == NULL || endpoint->ca_path == NULL)
        return LEADERLIFE_ENOMEM;
    return read_namespace_file(loading);
}

/* ---- Kubeconfig ---- */

static int use_kubeconfig(struct loading *loading, const char *paths, bool list)
{
    struct endpoint *endpoint = loading->endpoint;
    struct kubeconfig found;
    const struct kubeconfig_query query = {
        .paths = paths,
        .list = list,
        .context = option_text(loading->options, OPTION_CONTEXT),
        .has_server = chosen(loading, OPTION_SERVER) != NULL,
        .has_ca = chosen(loading, OPTION_CA_FILE) != NULL,
        .has_credentials = chosen(loading, OPTION_TOKEN_FILE) != NULL,
    };
    int status = kubeconfig_load(&found, &query, loading->text, loading->size);

    if (status != LEADERLIFE_OK)
        return status;
    *endpoint = (struct endpoint){
        .server = found.server,
        .server_name = found.server_name,
        .proxy_url = found.proxy_url,
        .context_namespace = found.namespace_,
        .origin = found.origin,
        .ca = found.ca,
        .cert = found.cert,
        .key = found.key,
        .token = found.token,
        .ca_path = found.ca_path,
        .cert_path = found.cert_path,
        .key_path = found.key_path,
        .token_path = found.token_path,
        .exec = found.exec,
    };
    return LEADERLIFE_OK;
}

/* ---- The source, and what options say instead ---- */

static int use_options_only(struct loading *loading)
{
    if (chosen(loading, OPTION_SERVER) == NULL)
        return FAIL(
            loading, LEADERLIFE_ECONFIG,
            "no Kubernetes API server is known: KUBERNETES_SERVICE_HOST and KUBECONFIG are not set, and there is no "
            "service account's directory %s; a pod has the first and the last, elsewhere give option kubeconfig (or "
            "KUBECONFIG), or options server, ca-file and token-file",
            option_text(loading->options, OPTION_X_SERVICE_ACCOUNT_DIR));
    if (chosen(loading, OPTION_TOKEN_FILE) == NULL)
        return FAIL(loading, LEADERLIFE_ECONFIG,
                    "option server is set, but there are no credentials; give option token-file, or option kubeconfig");
    return copy("options", &loading->endpoint->origin) ? LEADERLIFE_OK : LEADERLIFE_ENOMEM;
}

static int load_source(struct loading *loading)
{
    switch (loading->choice->source) {
    case BACKEND_KUBECONFIG_OPTION: return use_kubeconfig(loading, chosen(loading, OPTION_KUBECONFIG), false);
    case BACKEND_KUBECONFIG_VARIABLE: return use_kubeconfig(loading, loading->choice->kubeconfig, true);
    case BACKEND_SERVICE_ACCOUNT:
    case BACKEND_SERVICE_ACCOUNT_ALONE: return use_service_account(loading);
    case BACKEND_OPTIONS:
    case BACKEND_LOCAL: break;
    }
    return use_options_only(loading);
}

/* An option takes the place of what the source said, inline or by path. */
static bool override(const char *value, char **path)
{
    if (value == NULL)
        return true;
    free(*path);
    return copy(value, path);
}

static int apply_options(struct loading *loading)
{
    struct endpoint *endpoint = loading->endpoint;

    return override(chosen(loading, OPTION_SERVER), &endpoint->server) &&
                   override(chosen(loading, OPTION_CA_FILE), &endpoint->ca_path) &&
                   override(chosen(loading, OPTION_TOKEN_FILE), &endpoint->token_path)
               ? LEADERLIFE_OK
               : LEADERLIFE_ENOMEM;
}

int credential_source_load(struct endpoint *endpoint, const struct options *options,
                           const struct backend_choice *choice, char *text, size_t size)
{
    struct loading loading = {.endpoint = endpoint, .options = options, .choice = choice, .text = text, .size = size};
    int status = load_source(&loading);

    return status == LEADERLIFE_OK ? apply_options(&loading) : status;
}
