/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Matches a host against a list as in NO_PROXY. Pure.
 */
#include "kubernetes/config/no_proxy.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { IP_BYTES = 16, IPV4_BITS = 32, IPV6_BITS = 128, MAPPED_BITS = IPV6_BITS - IPV4_BITS };

/* A piece of a text. */
struct piece {
    const char *text;
    size_t length;
};

/* IPv4 as IPv6 has it (::ffff:10.0.0.1). */
struct ip {
    unsigned char bytes[IP_BYTES];
    bool is_ipv4; /* that form, however it was written */
};

struct host {
    struct piece name;
    const char *port;
    bool is_ip;
    struct ip ip;
};

/* ---- Pieces ---- */

static struct piece piece_of(const char *text)
{
    return (struct piece){text, strlen(text)};
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct piece trim(struct piece piece)
{
    while (piece.length > 0 && is_blank(piece.text[0])) {
        piece.text++;
        piece.length--;
    }
    while (piece.length > 0 && is_blank(piece.text[piece.length - 1]))
        piece.length--;
    return piece;
}

static struct piece without_first(struct piece piece, size_t count)
{
    return (struct piece){piece.text + count, piece.length - count};
}

static bool equal(struct piece a, struct piece b)
{
    return a.length == b.length && strncasecmp(a.text, b.text, a.length) == 0;
}

static bool ends_with(struct piece whole, struct piece end)
{
    return whole.length >= end.length && equal(without_first(whole, whole.length - end.length), end);
}

static bool has(struct piece piece, char c)
{
    return memchr(piece.text, c, piece.length) != NULL;
}

/* ---- Addresses ---- */

static bool is_mapped(const unsigned char bytes[IP_BYTES])
{
    static const unsigned char prefix[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

static bool parse_ip(struct piece piece, struct ip *ret)
{
    char text[INET6_ADDRSTRLEN];

    if (piece.length >= sizeof text || has(piece, '\0'))
        return false;
    memcpy(text, piece.text, piece.length);
    text[piece.length] = '\0';
    memset(ret->bytes, 0, sizeof ret->bytes);
    if (inet_pton(AF_INET, text, ret->bytes + IP_BYTES - sizeof(struct in_addr)) == 1)
        memset(ret->bytes + 10, 0xff, 2);
    else if (inet_pton(AF_INET6, text, ret->bytes) != 1)
        return false;
    ret->is_ipv4 = is_mapped(ret->bytes);
    return true;
}

static void keep_bits(unsigned char bytes[IP_BYTES], unsigned bits)
{
    for (unsigned i = 0; i < IP_BYTES; i++) {
        unsigned kept = bits > 8 * i ? bits - 8 * i : 0;

        if (kept < 8)
            bytes[i] &= (unsigned char)(0xff00U >> kept);
    }
}

static bool parse_bits(struct piece piece, unsigned max, unsigned *ret)
{
    unsigned bits = 0;

    for (size_t i = 0; i < piece.length; i++) {
        if (piece.text[i] < '0' || piece.text[i] > '9')
            return false;
        bits = bits * 10 + (unsigned)(piece.text[i] - '0');
        if (bits > max)
            return false;
    }
    *ret = bits;
    return piece.length > 0;
}

/* False if the entry is no network. A network of IPv6 names no address of IPv4, even if it holds all there are. */
static bool parse_network(struct piece entry, const struct host *host, bool *ret_named)
{
    const char *slash = memchr(entry.text, '/', entry.length);
    struct piece address = {entry.text, slash != NULL ? (size_t)(slash - entry.text) : 0};
    struct ip network;
    struct ip other = host->ip;
    unsigned bits;

    if (slash == NULL || !parse_ip(address, &network))
        return false;
    bool as_ipv4 = !has(address, ':');
    if (!parse_bits(without_first(entry, address.length + 1), as_ipv4 ? IPV4_BITS : IPV6_BITS, &bits))
        return false;
    bits += as_ipv4 ? MAPPED_BITS : 0;
    keep_bits(network.bytes, bits);
    keep_bits(other.bytes, bits);
    *ret_named = host->is_ip && host->ip.is_ipv4 == is_mapped(network.bytes) &&
                 memcmp(network.bytes, other.bytes, IP_BYTES) == 0;
    return true;
}

/* ---- Entries ---- */

/* "host:port" and "[host]:port", as Go's net.SplitHostPort takes them; else all of it is the host. */
static struct piece split(struct piece entry, struct piece *ret_port)
{
    const char *colon = memrchr(entry.text, ':', entry.length);
    struct piece host = {entry.text, colon != NULL ? (size_t)(colon - entry.text) : 0};
    struct piece port;

    *ret_port = (struct piece){"", 0};
    if (colon == NULL)
        return entry;
    port = without_first(entry, host.length + 1);
    if (entry.text[0] == '[') {
        if (host.length < 2 || host.text[host.length - 1] != ']')
            return entry;
        host = (struct piece){host.text + 1, host.length - 2};
    } else if (has(host, ':')) {
        return entry;
    }
    if (has(host, '[') || has(host, ']') || has(port, '[') || has(port, ']'))
        return entry;
    *ret_port = port;
    return host;
}

static bool names_domain(struct piece domain, struct piece host)
{
    if (domain.length > 1 && domain.text[0] == '*' && domain.text[1] == '.')
        domain = without_first(domain, 1);
    if (domain.text[0] == '.')
        return ends_with(host, domain);
    return equal(host, domain) || (ends_with(host, domain) && host.text[host.length - domain.length - 1] == '.');
}

static bool entry_names(struct piece entry, const struct host *host)
{
    struct piece port;
    struct piece name = split(entry, &port);
    struct ip ip;
    bool named = false;

    if (equal(entry, piece_of("*")))
        return true;
    if (parse_network(entry, host, &named))
        return named;
    if (name.length == 0 || (port.length > 0 && !equal(port, piece_of(host->port))))
        return false;
    if (parse_ip(name, &ip))
        return host->is_ip && memcmp(ip.bytes, host->ip.bytes, IP_BYTES) == 0;
    return !host->is_ip && names_domain(name, host->name);
}

/* ---- Hosts ---- */

static struct host host_of(const char *name, const char *port)
{
    struct host host = {.name = piece_of(name), .port = port};
    struct piece unscoped = {name, strcspn(name, "%")};

    host.is_ip = parse_ip(unscoped, &host.ip);
    return host;
}

bool no_proxy_names(const char *list, const char *host_name, const char *port)
{
    const struct host host = host_of(host_name, port);

    while (list != NULL) {
        struct piece entry = trim((struct piece){list, strcspn(list, ",")});

        if (entry.length > 0 && entry_names(entry, &host))
            return true;
        list = strchr(list, ',');
        list = list != NULL ? list + 1 : NULL;
    }
    return false;
}

bool no_proxy_is_loopback(const char *name)
{
    static const unsigned char loopback[IP_BYTES] = {[IP_BYTES - 1] = 1};
    const struct host host = host_of(name, "");

    if (!host.is_ip)
        return text_equal(name, "localhost");
    return host.ip.is_ipv4 ? host.ip.bytes[IP_BYTES - 4] == 127 : memcmp(host.ip.bytes, loopback, IP_BYTES) == 0;
}

bool no_proxy_is_beyond_ascii(const char *list)
{
    for (; list != NULL && *list != '\0'; list++)
        if ((unsigned char)*list > '~')
            return true;
    return false;
}
