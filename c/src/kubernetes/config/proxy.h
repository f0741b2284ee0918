/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which proxy stands between this process and the API server, if any: as client-go decides it, from the kubeconfig
 * and the environment. Pure.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_PROXY_H
#define LEADERLIFE_KUBERNETES_CONFIG_PROXY_H

#include <stdbool.h>
#include <stddef.h>

/* A variable that may have two names: the one that is set, and its value; both NULL if none is. */
struct proxy_variable {
    const char *name;
    const char *value;
};

struct proxy_question {
    const char *server;    /* its URL, as the endpoint has it */
    const char *origin;    /* of server and proxy_url, for people */
    const char *proxy_url; /* of the kubeconfig's cluster; NULL. It wins, and NO_PROXY does not count for it */
    bool in_cluster;       /* the server is that of this pod's own cluster, as the kubelet names it */
    struct proxy_variable https_proxy;
    struct proxy_variable no_proxy;
    const char *unused; /* a variable that is set and says nothing of https, as ALL_PROXY; NULL */
};

struct proxy {
    char *url;      /* "SCHEME://HOST:PORT", SCHEME one of http, https, socks5h; NULL: directly */
    char *user;     /* the login, decoded; NULL: none */
    char *password; /* with user */
    char *name;     /* for people: "http://HOST:PORT (HTTPS_PROXY)"; NULL: directly */
    char *cure; /* for people: what to do if there is no way through it; directly: why that is, NULL in a usual pod */
    bool cure_first; /* it is likelier than that the proxy is at fault */
};

/* LEADERLIFE_OK; or _ECONFIG, _ENOMEM with a text that names cause and cure, and no login. */
int proxy_choose(struct proxy *ret, const struct proxy_question *question, char *text, size_t size);

/* Wipes the login. */
void proxy_clear(struct proxy *proxy);

#endif
