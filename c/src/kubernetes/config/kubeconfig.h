/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubeconfig files: which server a context names, and the credentials for it. Files that a kubeconfig names are only
 * named here (endpoint reads them, again and again); what it holds inline is decoded.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_H
#define LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_H

#include <stdbool.h>
#include <stddef.h>

/* What is read, and what is given elsewhere and so neither needed nor judged here. */
struct kubeconfig_query {
    const char *paths; /* one path, or several joined by ':' */
    bool list; /* several: merged as kubectl does, the first that sets something wins; absent ones are skipped */
    const char *context; /* NULL or "": the current one */
    bool has_server;
    bool has_ca;
    bool has_credentials;
};

/* A credential plugin. */
struct kubeconfig_exec {
    const char *version; /* apiVersion */
    char **argv;         /* the command first: a path, or a name for PATH */
    char **env;          /* "NAME=VALUE", beside our own environment */
    char *hint;          /* how to install it; NULL */
    bool tell_cluster;   /* it wants to know of the cluster */
};

/* Of each pair the text or the path is set, or neither; of the token maybe both: the path counts while it can be read.
 * Paths are absolute. */
struct kubeconfig {
    char *origin; /* for people: "kubeconfig PATH, context NAME" */
    char *namespace_;
    char *server;
    char *server_name;
    char *proxy_url; /* of the cluster; may hold a login */
    char *ca;
    char *ca_path;
    char *cert;
    char *cert_path;
    char *key;
    char *key_path;
    char *token;
    char *token_path;
    struct kubeconfig_exec *exec; /* what gives token or certificate; NULL */
};

/* LEADERLIFE_OK; _ECONFIG, _ENOTSUP (a way to log in that this version cannot), _ENOMEM with a text that names file,
 * cause and cure. */
int kubeconfig_load(struct kubeconfig *ret, const struct kubeconfig_query *query, char *text, size_t size);

/* Wipe secrets before they free them. */
void kubeconfig_clear(struct kubeconfig *kubeconfig);
void kubeconfig_exec_free(struct kubeconfig_exec *exec);

#endif
