/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an address is one of this network namespace: compared with those of its interfaces, whether they are up or
 * not.
 */
#include "io/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

/* IPv4 is compared in the form that IPv6 has for it (::ffff:10.0.0.1), so each text and each interface has one form. */
static void map(const struct in_addr *from, struct in6_addr *ret)
{
    static const unsigned char prefix[12] = {[10] = 0xff, [11] = 0xff};

    memcpy(ret->s6_addr, prefix, sizeof prefix);
    memcpy(ret->s6_addr + sizeof prefix, from, sizeof *from);
}

static bool parse(const char *text, struct in6_addr *ret)
{
    char plain[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "%");
    struct in_addr ipv4;

    if (length >= sizeof plain)
        return false;
    memcpy(plain, text, length);
    plain[length] = '\0';
    if (inet_pton(AF_INET, plain, &ipv4) != 1)
        return inet_pton(AF_INET6, plain, ret) == 1;
    map(&ipv4, ret);
    return true;
}

/* False for an interface's other kinds of address. Copied: what ifa_addr points to need not be aligned for its kind. */
static bool address_of(const struct ifaddrs *interface, struct in6_addr *ret)
{
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;

    if (interface->ifa_addr == NULL)
        return false;
    if (interface->ifa_addr->sa_family == AF_INET) {
        memcpy(&ipv4, interface->ifa_addr, sizeof ipv4);
        map(&ipv4.sin_addr, ret);
        return true;
    }
    if (interface->ifa_addr->sa_family != AF_INET6)
        return false;
    memcpy(&ipv6, interface->ifa_addr, sizeof ipv6);
    *ret = ipv6.sin6_addr;
    return true;
}

enum address_place address_place_of(const char *text)
{
    enum address_place place = ADDRESS_NOT_HERE;
    struct ifaddrs *interfaces;
    struct in6_addr wanted;
    struct in6_addr found;

    if (!parse(text, &wanted) || getifaddrs(&interfaces) != 0)
        return ADDRESS_UNKNOWN;
    for (const struct ifaddrs *at = interfaces; at != NULL && place != ADDRESS_HERE; at = at->ifa_next) {
        if (address_of(at, &found) && memcmp(&found, &wanted, sizeof found) == 0)
            place = ADDRESS_HERE;
    }
    freeifaddrs(interfaces);
    return place;
}
