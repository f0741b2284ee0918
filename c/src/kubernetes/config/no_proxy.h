/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matches a host against a list as in NO_PROXY, with the same answers as Go's golang.org/x/net/http/httpproxy. Pure.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_NO_PROXY_H
#define LEADERLIFE_KUBERNETES_CONFIG_NO_PROXY_H

#include <stdbool.h>

/* Entries are separated by commas: "*", an address, a network as 10.0.0.0/8, a domain (itself and what is below it),
 * ".domain" and "*.domain" (what is below it); all but the first and a network may end in ":port". What is none of
 * these names nothing. The list may be NULL; host is without brackets. */
bool no_proxy_names(const char *list, const char *host, const char *port);

/* This machine's own: "localhost" or a loopback address. */
bool no_proxy_is_loopback(const char *host);

/* The list has a name beyond ASCII, which is compared with nothing here (Go turns it into its xn-- form). */
bool no_proxy_is_beyond_ascii(const char *list);

#endif
