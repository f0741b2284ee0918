/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which URLs an API server and a proxy can have, and how they are written.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_SERVER_URL_H
#define LEADERLIFE_KUBERNETES_CONFIG_SERVER_URL_H

/* The server's URL as it is asked, as client-go understands the one given: "https://HOST[:PORT][/PATH]", without '/' at
 * the end, dot segments, query and what else is never sent; nothing in it needs an escape in JSON. NULL with *ret_fault
 * set, the end of a sentence that begins with "the URL"; it never shows the URL, which may hold a password. NULL with
 * *ret_fault NULL: no memory. */
char *server_url_clean(const char *url, const char **ret_fault);

/* What client-go has against it as a proxy's URL, as the end of a sentence; NULL. Never shows it. */
const char *server_url_proxy_fault(const char *url);

/* The name in a server's certificate as a URL has it: an IPv6 address in brackets, in its usual form (curl
 * compares the letters). NULL as above. */
char *server_url_name(const char *name, const char **ret_fault);

#endif
