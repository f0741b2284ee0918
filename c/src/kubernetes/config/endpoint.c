/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint: the API server's URL and the credentials for it, checked, and read anew from their files as they
 * rotate. Where they come from is in credential_source.c.
 */
#include "kubernetes/config/endpoint.h"

#include "base/secret.h"
#include "base/text.h"
#include "kubernetes/config/credential_file.h"
#include "kubernetes/config/credential_source.h"
#include "kubernetes/config/kubeconfig.h"
#include "kubernetes/config/server_url.h"

#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFRESH_MS = 60000 };

/* What every step of loading needs. */
struct loading {
    struct endpoint *endpoint;
    char *text;
    size_t size;
};

#define FAIL(loading, status, ...) (text_format((loading)->text, (loading)->size, __VA_ARGS__), (status))

/* ---- Checks ---- */

static int check_server(struct loading *loading)
{
    struct endpoint *endpoint = loading->endpoint;
    const char *fault = NULL;
    char *clean = server_url_clean(endpoint->server, &fault);

    if (fault != NULL)
        return FAIL(loading, LEADERLIFE_ECONFIG,
                    "the server's URL (option server, else %s) %s; give it as https://HOST:PORT", endpoint->origin,
                    fault);
    if (clean == NULL)
        return LEADERLIFE_ENOMEM;
    free(endpoint->server);
    endpoint->server = clean;
    if (endpoint->server_name == NULL)
        return LEADERLIFE_OK;
    clean = server_url_name(endpoint->server_name, &fault);
    if (fault != NULL)
        return FAIL(loading, LEADERLIFE_ECONFIG, "%s: tls-server-name %s", endpoint->origin, fault);
    free(endpoint->server_name);
    endpoint->server_name = clean;
    return clean != NULL ? LEADERLIFE_OK : LEADERLIFE_ENOMEM;
}

/* ---- Contents ---- */

/* A place in the endpoint, with its path. */
struct part {
    enum credential_part part;
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

    if (*part->path == NULL)
        return LEADERLIFE_OK;
    int status = credential_read(part->part, *part->path, &content, text, size);
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
    return credential_check(part->part, *part->content, where, loading->text, loading->size);
}

/* The token beside a file that gives none counts, as with client-go. */
static int read_token(struct loading *loading, const struct part *part, bool *changed)
{
    struct endpoint *endpoint = loading->endpoint;

    if (endpoint->token == NULL || endpoint->token_path == NULL || !credential_token_is_missing(endpoint->token_path))
        return refresh_part(part, changed, loading->text, loading->size);
    return check_inline(loading, &(struct part){PART_TOKEN, &endpoint->token, &(char *){NULL}});
}

static int read_contents(struct loading *loading)
{
    struct part parts[PARTS];
    bool changed = false;

    parts_of(loading->endpoint, parts);
    for (int i = 0; i < PARTS; i++) {
        int status = check_inline(loading, &parts[i]);

        if (status == LEADERLIFE_OK)
            status = parts[i].part == PART_TOKEN ? read_token(loading, &parts[i], &changed)
                                                 : refresh_part(&parts[i], &changed, loading->text, loading->size);
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

int endpoint_load(struct endpoint *endpoint, const struct options *options, const struct backend_choice *choice,
                  int64_t now, char *text, size_t size)
{
    struct endpoint fresh = {0};
    struct loading loading = {.endpoint = &fresh, .text = text, .size = size};
    int status = credential_source_load(&fresh, options, choice, text, size);

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
        for (int i = 0; i < PARTS; i++) { /* if one cannot be read, the others are refreshed all the same */
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
    secret_free(endpoint->proxy_url);
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
