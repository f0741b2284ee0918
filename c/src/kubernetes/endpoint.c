/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chooses where the API server is and with what it is asked, and keeps the files' contents fresh. Knows nothing of
 * elections or of how requests are made.
 */
#include "kubernetes/endpoint.h"

#include "base/secret.h"
#include "base/text.h"
#include "kubernetes/endpoint_file.h"
#include "kubernetes/endpoint_url.h"
#include "kubernetes/kubeconfig.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFRESH_MS = 60000, NAMESPACE_MAX = 1024 };

/* What every step of loading needs. */
struct loading {
    struct endpoint *endpoint;
    const struct options *options;
    char *text;
    size_t size;
};

#define FAIL(loading, status, ...) (text_format((loading)->text, (loading)->size, __VA_ARGS__), (status))

static const char *environment(const char *name)
{
    const char *value = secure_getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

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

static int in_cluster_server(struct loading *loading)
{
    const char *host = environment("KUBERNETES_SERVICE_HOST");
    const char *port = environment("KUBERNETES_SERVICE_PORT");
    bool bare_ipv6 = strchr(host, ':') != NULL && host[0] != '[';

    if (port == NULL)
        return FAIL(loading, LEADERLIFE_ECONFIG,
                    "KUBERNETES_SERVICE_HOST is set but KUBERNETES_SERVICE_PORT is not; the kubelet sets both: set the "
                    "port too, or give option server");
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
    content = endpoint_read_file(path, NAMESPACE_MAX, "namespace file", loading->text, loading->size);
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
            "option context is set, but the service account is used because KUBERNETES_SERVICE_HOST is set; give "
            "option kubeconfig as well, or leave context out");
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

/* ---- Choice ---- */

static int use_options_only(struct loading *loading)
{
    if (chosen(loading, OPTION_SERVER) == NULL)
        return FAIL(
            loading, LEADERLIFE_ECONFIG,
            "no Kubernetes API server is known: KUBERNETES_SERVICE_HOST and KUBECONFIG are not set; a pod has the "
            "first, elsewhere give option kubeconfig (or KUBECONFIG), or options server, ca-file and token-file");
    if (chosen(loading, OPTION_TOKEN_FILE) == NULL)
        return FAIL(loading, LEADERLIFE_ECONFIG,
                    "option server is set, but there are no credentials; give option token-file, or option kubeconfig");
    return copy("options", &loading->endpoint->origin) ? LEADERLIFE_OK : LEADERLIFE_ENOMEM;
}

static int choose(struct loading *loading)
{
    const char *given = chosen(loading, OPTION_KUBECONFIG);
    const char *list = environment("KUBECONFIG");

    if (given != NULL)
        return use_kubeconfig(loading, given, false);
    if (environment("KUBERNETES_SERVICE_HOST") != NULL)
        return use_service_account(loading);
    if (list != NULL)
        return use_kubeconfig(loading, list, true);
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

/* ---- Checks ---- */

static int check_server(struct loading *loading)
{
    struct endpoint *endpoint = loading->endpoint;
    const char *fault = endpoint_url_fault(endpoint->server);
    size_t length = strlen(endpoint->server);

    if (fault != NULL)
        return FAIL(loading, LEADERLIFE_ECONFIG,
                    "the server's URL (option server, else %s) %s; give it as https://HOST:PORT", endpoint->origin,
                    fault);
    while (endpoint->server[length - 1] == '/')
        endpoint->server[--length] = '\0';
    if (endpoint->server_name != NULL && text_dns_subdomain_fault(endpoint->server_name, TEXT_NAME - 1) != NULL)
        return FAIL(loading, LEADERLIFE_ECONFIG,
                    "%s: tls-server-name is not a DNS name; give a name that is in the "
                    "server's certificate",
                    endpoint->origin);
    return LEADERLIFE_OK;
}

/* ---- Contents ---- */

/* A place in the endpoint, with its path. */
struct part {
    enum endpoint_part part;
    char **content;
    char **path;
};

enum { PARTS = 4 };

static void parts_of(struct endpoint *endpoint, struct part ret[PARTS])
{
    ret[0] = (struct part){PART_TOKEN, &endpoint->token, &endpoint->token_path};
    ret[1] = (struct part){PART_CA, &endpoint->ca, &endpoint->ca_path};
    ret[2] = (struct part){PART_CERT, &endpoint->cert, &endpoint->cert_path};
    ret[3] = (struct part){PART_KEY, &endpoint->key, &endpoint->key_path};
}

/* A path wins over what is inline; the old content stays if the file cannot be read. */
static int refresh_part(const struct part *part, bool *changed, char *text, size_t size)
{
    char *content = NULL;
    int status;

    if (*part->path == NULL)
        return LEADERLIFE_OK;
    status = endpoint_part_read(part->part, *part->path, &content, text, size);
    if (status != LEADERLIFE_OK)
        return status;
    if (*part->content == NULL || !text_equal(content, *part->content))
        *changed = true;
    secret_free(*part->content);
    *part->content = content;
    return LEADERLIFE_OK;
}

static int check_inline(struct loading *loading, const struct part *part)
{
    static const char *const keys[] = {
        [PART_TOKEN] = "token",
        [PART_CA] = "certificate-authority-data",
        [PART_CERT] = "client-certificate-data",
        [PART_KEY] = "client-key-data",
    };
    char where[512];

    if (*part->path != NULL || *part->content == NULL)
        return LEADERLIFE_OK;
    text_format(where, sizeof where, "%s: %s", loading->endpoint->origin, keys[part->part]);
    return endpoint_part_check(part->part, *part->content, where, loading->text, loading->size);
}

static int read_contents(struct loading *loading)
{
    struct part parts[PARTS];
    bool changed = false;

    parts_of(loading->endpoint, parts);
    for (int i = 0; i < PARTS; i++) {
        int status = check_inline(loading, &parts[i]);

        if (status == LEADERLIFE_OK)
            status = refresh_part(&parts[i], &changed, loading->text, loading->size);
        if (status == LEADERLIFE_OK)
            continue;
        if (text_equal(loading->endpoint->origin, "service account") && i < 2)
            text_append(loading->text, loading->size,
                        "; a pod has it unless automountServiceAccountToken is false (else give option %s)",
                        i == 0 ? "token-file" : "ca-file");
        return status;
    }
    return LEADERLIFE_OK;
}

int endpoint_load(struct endpoint *endpoint, const struct options *options, int64_t now, char *text, size_t size)
{
    struct endpoint fresh = {0};
    struct loading loading = {.endpoint = &fresh, .options = options, .text = text, .size = size};
    int status = choose(&loading);

    if (status == LEADERLIFE_OK)
        status = apply_options(&loading);
    if (status == LEADERLIFE_OK)
        status = check_server(&loading);
    if (status == LEADERLIFE_OK)
        status = read_contents(&loading);
    fresh.read_at = now;
    if (status == LEADERLIFE_OK)
        *endpoint = fresh;
    else
        endpoint_clear(&fresh);
    if (status == LEADERLIFE_ENOMEM)
        text_format(text, size, "no memory to find the Kubernetes API server; give the process more");
    return status;
}

int endpoint_refresh(struct endpoint *endpoint, int64_t now, bool force, bool *ret_changed, char *text, size_t size)
{
    struct part parts[PARTS];
    bool changed = false;
    int status = LEADERLIFE_OK;

    if (force || now - endpoint->read_at >= REFRESH_MS) {
        endpoint->read_at = now;
        parts_of(endpoint, parts);
        for (int i = 0; i < PARTS; i++) { /* one that cannot be read does not keep the others old */
            char fault[TEXT_MESSAGE];
            int one = refresh_part(&parts[i], &changed, fault, sizeof fault);

            if (one == LEADERLIFE_OK || status != LEADERLIFE_OK)
                continue;
            status = one;
            text_format(text, size, "%s",
                        one == LEADERLIFE_ENOMEM ? "no memory to read credentials; give the process more" : fault);
        }
    }
    *ret_changed = changed;
    return status;
}

void endpoint_clear(struct endpoint *endpoint)
{
    free(endpoint->server);
    free(endpoint->server_name);
    free(endpoint->context_namespace);
    free(endpoint->service_account_namespace);
    free(endpoint->origin);
    free(endpoint->ca);
    free(endpoint->cert);
    secret_free(endpoint->key);
    secret_free(endpoint->token);
    free(endpoint->ca_path);
    free(endpoint->cert_path);
    free(endpoint->key_path);
    free(endpoint->token_path);
    kubeconfig_exec_free(endpoint->exec);
    *endpoint = (struct endpoint){0};
}
