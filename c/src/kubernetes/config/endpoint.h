/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint: the API server's URL and the credentials for it, from options, the pod's service account, or a
 * kubeconfig. Files are opened by path every time, for they rotate by symlink.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_ENDPOINT_H
#define LEADERLIFE_KUBERNETES_CONFIG_ENDPOINT_H

#include "backend/backend_choice.h"
#include "base/options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kubeconfig_exec;

struct endpoint {
    char *server;                    /* "https://host:port", IPv6 in brackets, no '/' at the end; may have a path */
    char *server_name;               /* tls-server-name of the kubeconfig, as a URL has it, or NULL */
    char *proxy_url;                 /* of the kubeconfig, or NULL; may hold a login */
    char *context_namespace;         /* of the kubeconfig's context (P2's last source of the namespace), or NULL */
    char *service_account_namespace; /* the namespace file's, or NULL (P2) */
    char *origin;                    /* for people: "service account" or "kubeconfig PATH, context NAME" */
    char *ca;                        /* PEM, or NULL: the system's */
    char *cert;                      /* PEM of a client certificate, or NULL */
    char *key;
    char *token;   /* bearer, or NULL */
    char *ca_path; /* re-read from here, or NULL: inline */
    char *cert_path;
    char *key_path;
    char *token_path;
    bool server_is_usual;         /* nobody named it: BACKEND_SERVICE_ACCOUNT_ALONE, without option server */
    int64_t read_at;              /* ms, when the files were read */
    struct kubeconfig_exec *exec; /* gives token or cert and key, which are NULL until then; NULL */
};

/* LEADERLIFE_OK; or LEADERLIFE_ECONFIG, _ENOMEM with a text that names file, cause and cure. From the source that the
 * place names; options server, ca-file and token-file override what it says. */
int endpoint_load(struct endpoint *endpoint, const struct options *options, const struct backend_choice *choice,
                  int64_t now, char *text, size_t size);

/* Reads token, CA and client certificate anew if a minute has passed since, or force (after a 401).
 * *ret_changed tells whether something differs. A file that cannot be read now leaves the old content and answers
 * LEADERLIFE_ECONFIG with a text; the others are read all the same, and *ret_changed is set in every case. */
int endpoint_refresh(struct endpoint *endpoint, int64_t now, bool force, bool *ret_changed, char *text, size_t size);

/* Wipes secrets from memory before it frees them. */
void endpoint_clear(struct endpoint *endpoint);

#endif
