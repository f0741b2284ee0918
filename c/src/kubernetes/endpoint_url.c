/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges the URL of an API server before curl meets it: what is no URL would else look like a network that fails for
 * ever. Knows nothing of where it comes from.
 */
#include "kubernetes/endpoint_url.h"

#include <stdlib.h>
#include <string.h>

static const char *port_fault(const char *port, size_t length)
{
    long number = strtol(port, NULL, 10);

    if (length == 0 || length > 5 || strspn(port, "0123456789") != length || number < 1 || number > 65535)
        return "has a port that is no number from 1 to 65535";
    return NULL;
}

static const char *authority_fault(const char *authority, size_t length)
{
    const char *end = authority + length;
    const char *host_end = authority[0] == '[' ? memchr(authority, ']', length) : memchr(authority, ':', length);

    if (memchr(authority, '@', length) != NULL)
        return "has a user or a password in it";
    if (authority[0] == '[' && host_end == NULL)
        return "has a '[' without ']'";
    if (authority[0] == '[')
        host_end++;
    if (host_end == NULL)
        host_end = end;
    if (host_end == authority || (authority[0] == '[' && host_end == authority + 2))
        return "names no host";
    if (host_end == end)
        return NULL;
    if (*host_end != ':')
        return "has something between ']' and the port";
    return port_fault(host_end + 1, (size_t)(end - host_end - 1));
}

const char *endpoint_url_fault(const char *url)
{
    static const char scheme[] = "https://";
    const char *authority = url + sizeof scheme - 1;

    if (strncmp(url, scheme, sizeof scheme - 1) != 0)
        return "does not begin with https://, and nothing else is spoken";
    for (const char *c = url; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\')
            return "has blanks, quotes, control characters or bytes beyond ASCII in it";
    if (strpbrk(authority, "?#") != NULL)
        return "has a query or a fragment";
    return authority_fault(authority, strcspn(authority, "/"));
}
