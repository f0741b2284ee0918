/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks and cleans URLs before curl meets them, by the rules of Go's net/url, with which client-go reads them: what
 * is no URL would else look like a network that fails for ever.
 */
#include "kubernetes/config/server_url.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define NAME LETTERS DIGITS "-._~"

enum { NAME_MAX_BYTES = 253, ADDRESS_ROOM = 64 };

/* As it is written in the usual way, if the caller wants that. */
static bool is_address(const char *text, size_t length, char ret[INET6_ADDRSTRLEN])
{
    char address[ADDRESS_ROOM];
    unsigned char bytes[16];

    if (length >= sizeof address)
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    return inet_pton(AF_INET6, address, bytes) == 1 &&
           (ret == NULL || inet_ntop(AF_INET6, bytes, ret, INET6_ADDRSTRLEN) != NULL);
}

/* ---- Host and port ---- */

/* With any number of zeros before it. Go's 0 cannot be dialled. */
static const char *port_fault(const char *port, size_t length)
{
    long number = 0;

    if (strspn(port, DIGITS) < length)
        return "has a port that is no number from 1 to 65535";
    for (size_t i = 0; i < length && number <= 65535; i++)
        number = number * 10 + (port[i] - '0');
    return length > 0 && (number < 1 || number > 65535) ? "has a port that is no number from 1 to 65535" : NULL;
}

/* In brackets, with a zone behind "%25". */
static const char *bracket_fault(const char *host, size_t length)
{
    size_t inside = length - 2;
    size_t address = 0;

    while (address < inside && host[1 + address] != '%')
        address++;
    if (!is_address(host + 1, address, NULL))
        return "has brackets around what is no IPv6 address";
    if (address == inside)
        return NULL;
    const char *zone = host + 1 + address;
    size_t zone_length = inside - address;
    if (zone_length <= 3 || strncmp(zone, "%25", 3) != 0 || strspn(zone + 3, NAME) < zone_length - 3)
        return "has a zone that is not %25 and a name";
    return NULL;
}

static const char *authority_fault(const char *authority, size_t length, size_t *ret_host)
{
    const char *end = authority + length;
    const char *bracket = authority[0] == '[' ? memchr(authority, ']', length) : NULL;
    size_t host = strspn(authority, NAME) < length ? strspn(authority, NAME) : length;

    if (memchr(authority, '@', length) != NULL)
        return "has a user or a password in it";
    if (authority[0] == '[' && bracket == NULL)
        return "has a '[' without ']'";
    if (bracket != NULL)
        host = (size_t)(bracket - authority) + 1;
    if (host == 0)
        return length == 0 || authority[0] == ':' ? "names no host"
                                                  : "has a host with other characters than names have";
    *ret_host = host;
    if (bracket != NULL && bracket_fault(authority, host) != NULL)
        return bracket_fault(authority, host);
    if (authority + host == end)
        return NULL;
    if (authority[host] != ':')
        return bracket != NULL ? "has something between ']' and the port"
                               : "has a host with other characters than names have";
    return port_fault(authority + host + 1, length - host - 1);
}

/* ---- Path ---- */

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c | 0x20);

    return at == NULL ? -1 : (int)(at - digits);
}

/* Without escapes, at most as long; false if one is none. */
static bool unescape(const char *text, size_t length, char *out)
{
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        bool escaped = text[i] == '%';
        int high = escaped && i + 2 < length ? hex(text[i + 1]) : -1;
        int low = escaped && i + 2 < length ? hex(text[i + 2]) : -1;

        if (escaped && (high < 0 || low < 0 || high + low == 0))
            return false;
        out[used++] = (char)(escaped ? high << 4 | low : text[i]);
        i += escaped ? 2 : 0;
    }
    out[used] = '\0';
    return true;
}

/* Behind what is in `made`, which has room: escaped, without empty and dot segments. */
static void append_path(char *made, const char *path)
{
    static const char plain[] = NAME "$&+,:;=@";
    static const char digits[] = "0123456789ABCDEF";
    size_t first = strlen(made);
    size_t used = first;

    while (*path != '\0') {
        size_t length = strcspn(path, "/");

        if (length == 2 && strncmp(path, "..", 2) == 0) {
            while (used > first && made[--used] != '/')
                ;
        } else if (length > 0 && !(length == 1 && path[0] == '.')) {
            made[used++] = '/';
            for (size_t i = 0; i < length; i++) {
                unsigned char byte = (unsigned char)path[i];

                if (strchr(plain, path[i]) != NULL) {
                    made[used++] = path[i];
                    continue;
                }
                made[used++] = '%';
                made[used++] = digits[byte >> 4];
                made[used++] = digits[byte & 0xf];
            }
        }
        path += length + (path[length] == '/');
    }
    made[used] = '\0';
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return true;
    return false;
}

/* ---- The server's ---- */

/* The parts, the path without its query. */
struct parts {
    const char *authority;
    size_t authority_length;
    size_t host_length;
    const char *path;
    size_t path_length;
};

static const char *split(const char *url, struct parts *ret)
{
    static const char scheme[] = "https://";

    if (has_control(url))
        return "has control characters in it";
    if (strncasecmp(url, scheme, sizeof scheme - 1) != 0)
        return "does not begin with https://, and nothing else is spoken";
    if (strchr(url, '#') != NULL)
        return "has a '#' in it";
    ret->authority = url + sizeof scheme - 1;
    ret->authority_length = strcspn(ret->authority, "/?");
    const char *fault = authority_fault(ret->authority, ret->authority_length, &ret->host_length);
    ret->path = ret->authority + ret->authority_length;
    ret->path_length = strcspn(ret->path, "?");
    return fault;
}

/* With the scheme; the port without zeros before it. NULL without memory. */
static char *host_and_port(const struct parts *parts)
{
    const char *port = parts->authority + parts->host_length;
    size_t length = parts->authority_length - parts->host_length;
    char *made = NULL;

    while (length > 2 && port[1] == '0') {
        port++;
        length--;
    }
    return asprintf(&made, "https://%.*s%s%.*s", (int)parts->host_length, parts->authority, length > 1 ? ":" : "",
                    length > 1 ? (int)length - 1 : 0, port + 1) < 0
               ? NULL
               : made;
}

char *server_url_clean(const char *url, const char **ret_fault)
{
    struct parts parts = {0};
    char *host = NULL;
    char *made = NULL;

    *ret_fault = split(url, &parts);
    if (*ret_fault != NULL)
        return NULL;
    char *path = calloc(1, parts.path_length + 1);
    if (path != NULL && !unescape(parts.path, parts.path_length, path))
        *ret_fault = "has a '%' in its path that is not followed by two hexadecimal digits, or by 00";
    else if (path != NULL)
        host = host_and_port(&parts);
    if (host != NULL)
        made = malloc(strlen(host) + 3 * parts.path_length + 2);
    if (made != NULL) {
        memcpy(made, host, strlen(host) + 1);
        append_path(made, path);
    }
    free(host);
    free(path);
    return made;
}

/* ---- A proxy's ---- */

static bool is_userinfo(const char *text, size_t length)
{
    static const char plain[] = LETTERS DIGITS "-._:~!$&'()*+,;=%@";

    return strspn(text, plain) >= length;
}

const char *server_url_proxy_fault(const char *url)
{
    static const char *const schemes[] = {"http:", "https:", "socks5:"};
    size_t begin = 0;

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
            begin = strlen(schemes[i]);
    if (has_control(url))
        return "has control characters in it";
    if (begin == 0 || strncmp(url + begin, "//", 2) != 0)
        return "does not begin with http://, https:// or socks5://";
    const char *authority = url + begin + 2;
    size_t length = strcspn(authority, "/?#");
    const char *host = authority;
    for (size_t i = 0; i < length; i++)
        if (authority[i] == '@')
            host = authority + i + 1;
    if (host > authority && !is_userinfo(authority, (size_t)(host - authority - 1)))
        return "has a login with characters that must be written as % and two hexadecimal digits";
    length -= (size_t)(host - authority);
    for (const char *c = host; *c != '\0'; c++) /* a credential plugin gets it in JSON */
        if (*c == ' ' || *c > '~' || *c < ' ' || *c == '"' || *c == '\\')
            return "has blanks, quotes or bytes beyond ASCII in it";
    return authority_fault(host, length, &(size_t){0});
}

/* ---- A certificate's name ---- */

char *server_url_name(const char *name, const char **ret_fault)
{
    static const char plain[] = LETTERS DIGITS "-._";
    size_t length = strlen(name);
    bool bracketed = length > 2 && name[0] == '[' && name[length - 1] == ']';
    char address[INET6_ADDRSTRLEN];
    char *made = NULL;

    *ret_fault = NULL;
    if (is_address(bracketed ? name + 1 : name, bracketed ? length - 2 : length, address))
        return asprintf(&made, "[%s]", address) < 0 ? NULL : made;
    if (strspn(name, plain) == length && length <= NAME_MAX_BYTES + 1 && name[0] != '.' && strstr(name, "..") == NULL)
        return strdup(name);
    *ret_fault = "is neither a DNS name nor an IP address; give a name that is in the server's certificate";
    return NULL;
}
