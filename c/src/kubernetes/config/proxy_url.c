/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes the URL of a proxy or of a server apart. Pure. No text of this file has a part of the URL in it: there may
 * be a password.
 */
#include "kubernetes/config/proxy_url.h"

#include "base/secret.h"

#include <arpa/inet.h>
#include <leaderlife/leaderlife.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LOGIN_MAX = 255 /* SOCKS5 counts in one byte, and nobody has a longer one */ };

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const struct {
    const char *name;
    const char *port;
} schemes[] = {{"http", "80"}, {"https", "443"}, {"socks5", "1080"}, {"socks5h", "1080"}};

enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

void proxy_url_clear(struct proxy_url *url)
{
    free(url->host);
    free(url->port);
    secret_free(url->user);
    secret_free(url->password);
    *url = (struct proxy_url){0};
}

/* ---- Address ---- */

static const char *port_fault(const char *port)
{
    size_t length = strlen(port);
    long number = strtol(port, NULL, 10);

    if (length > 5 || strspn(port, "0123456789") != length || number < 1 || number > 65535)
        return "has a port that is no number from 1 to 65535";
    return NULL;
}

/* With or without a scope. */
static bool is_ipv6(const char *host)
{
    char plain[INET6_ADDRSTRLEN] = "";
    unsigned char address[sizeof(struct in6_addr)];
    size_t length = strcspn(host, "%");

    if (length >= sizeof plain)
        return false;
    memcpy(plain, host, length);
    return inet_pton(AF_INET6, plain, address) == 1;
}

static const char *host_fault(const struct proxy_url *url)
{
    if (url->host[0] == '\0')
        return "names no host";
    if (url->host[strspn(url->host, url->is_ipv6 ? LETTERS ":.%-_~" : LETTERS ".-_~")] != '\0')
        return "has a character in its host that no host has (a name beyond ASCII is written as xn--...)";
    return url->is_ipv6 && !is_ipv6(url->host) ? "has something in brackets that is no IPv6 address" : NULL;
}

/* The memory is ours even if there is a fault. */
static int take_address(struct proxy_url *url, const char *text, size_t length, const char *usual,
                        const char **ret_fault)
{
    const char *end = text + length;
    const char *host;
    const char *host_end;
    const char *port;

    url->is_ipv6 = length > 0 && text[0] == '[';
    host = url->is_ipv6 ? text + 1 : text;
    host_end = memchr(host, url->is_ipv6 ? ']' : ':', (size_t)(end - host));
    if (url->is_ipv6 && host_end == NULL) {
        *ret_fault = "has a '[' without ']'";
        return LEADERLIFE_ECONFIG;
    }
    if (host_end == NULL)
        host_end = end;
    port = host_end + url->is_ipv6;
    if (port < end && *port != ':') {
        *ret_fault = "has something between ']' and the port";
        return LEADERLIFE_ECONFIG;
    }
    url->host = strndup(host, (size_t)(host_end - host));
    url->port = end - port > 1 ? strndup(port + 1, (size_t)(end - port - 1)) : strdup(usual);
    if (url->host == NULL || url->port == NULL)
        return LEADERLIFE_ENOMEM;
    *ret_fault = host_fault(url);
    if (*ret_fault == NULL)
        *ret_fault = port_fault(url->port);
    return *ret_fault == NULL ? LEADERLIFE_OK : LEADERLIFE_ECONFIG;
}

/* ---- Login ---- */

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;

    return found != NULL ? (int)(found - digits) % 16 : -1;
}

/* That two digits follow each '%' has been observed to. */
static int decode(char **ret, const char *text, size_t length, const char **ret_fault)
{
    char *made = calloc(1, length + 1);
    size_t used = 0;

    *ret = made;
    if (made == NULL)
        return LEADERLIFE_ENOMEM;
    for (size_t i = 0; i < length; i++) {
        bool escaped = text[i] == '%';

        made[used++] = (char)(escaped ? digit_of(text[i + 1]) * 16 + digit_of(text[i + 2]) : text[i]);
        i += escaped ? 2 : 0;
    }
    if (strlen(made) < used)
        *ret_fault = "has %00 in its login";
    else if (used > LOGIN_MAX)
        *ret_fault = "has a user or a password of more than 255 bytes";
    return *ret_fault == NULL ? LEADERLIFE_OK : LEADERLIFE_ECONFIG;
}

static int take_login(struct proxy_url *url, const char *text, size_t length, const char **ret_fault)
{
    const char *colon = memchr(text, ':', length);
    size_t user = colon != NULL ? (size_t)(colon - text) : length;
    int status;

    if (strspn(text, LETTERS "-._:~!$&'()*+,;=%@") < length) {
        *ret_fault = "has a character in its login that is written as % and two hexadecimal digits there";
        return LEADERLIFE_ECONFIG;
    }
    status = decode(&url->user, text, user, ret_fault);
    if (status != LEADERLIFE_OK)
        return status;
    return decode(&url->password, text + user + (colon != NULL), length - user - (colon != NULL), ret_fault);
}

/* ---- The whole ---- */

static const char *characters_fault(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\')
            return "has blanks, quotes, control characters or bytes beyond ASCII in it (in a login they are written as "
                   "% and two hexadecimal digits)";
    for (const char *c = strchr(text, '%'); c != NULL; c = strchr(c + 1, '%'))
        if (digit_of(c[1]) < 0 || digit_of(c[2]) < 0)
            return "has a '%' that two hexadecimal digits do not follow (%25 is the sign itself)";
    return NULL;
}

/* What is behind "SCHEME://"; NULL: it has another scheme, or none. */
static const char *take_scheme(const char *text, size_t *ret_scheme)
{
    for (size_t i = 0; i < SCHEMES; i++) {
        size_t length = strlen(schemes[i].name);

        *ret_scheme = i;
        if (strncasecmp(text, schemes[i].name, length) == 0 && strncmp(text + length, "://", 3) == 0)
            return text + length + 3;
    }
    return NULL;
}

int proxy_url_parse(struct proxy_url *ret, const char *text, bool needs_scheme, const char **ret_fault)
{
    struct proxy_url url = {0};
    size_t scheme = 0;
    const char *authority = take_scheme(text, &scheme);
    const char *at;
    size_t length;
    int status = LEADERLIFE_OK;

    *ret_fault = characters_fault(text);
    if (*ret_fault == NULL && authority == NULL && (needs_scheme || strstr(text, "://") != NULL))
        *ret_fault = "does not begin with http://, https:// or socks5://, and nothing else is spoken";
    if (*ret_fault != NULL)
        return LEADERLIFE_ECONFIG;
    if (authority == NULL) {
        authority = text;
        scheme = 0;
    }
    url.scheme = schemes[scheme].name;
    length = strcspn(authority, "/?#");
    at = memrchr(authority, '@', length);
    if (at != NULL && at > authority)
        status = take_login(&url, authority, (size_t)(at - authority), ret_fault);
    at = at != NULL ? at + 1 : authority;
    if (status == LEADERLIFE_OK)
        status = take_address(&url, at, length - (size_t)(at - authority), schemes[scheme].port, ret_fault);
    if (status != LEADERLIFE_OK)
        proxy_url_clear(&url);
    *ret = url;
    return status;
}
