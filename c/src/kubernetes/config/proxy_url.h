/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A URL in its parts. Pure.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_PROXY_URL_H
#define LEADERLIFE_KUBERNETES_CONFIG_PROXY_URL_H

#include <stdbool.h>

struct proxy_url {
    const char *scheme; /* "http", "https", "socks5", "socks5h" */
    char *host;         /* without brackets */
    char *port;         /* the scheme's usual one if none is given */
    char *user;         /* decoded; NULL: no login */
    char *password;     /* with user; "" if there is none */
    bool is_ipv6;       /* host had brackets */
};

/* LEADERLIFE_OK; _ENOMEM; or _ECONFIG, and what is wrong, as the end of a sentence that begins with "the URL" and never
 * shows it. Without a scheme it is http, if that is allowed. A path, a query and a fragment do not count. */
int proxy_url_parse(struct proxy_url *ret, const char *text, bool needs_scheme, const char **ret_fault);

/* Wipes the login. */
void proxy_url_clear(struct proxy_url *url);

#endif
