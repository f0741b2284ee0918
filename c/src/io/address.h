/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether an address is one of this network namespace.
 */
#ifndef LEADERLIFE_IO_ADDRESS_H
#define LEADERLIFE_IO_ADDRESS_H

/* UNKNOWN: the text is no address, or the kernel does not say which there are. */
enum address_place { ADDRESS_UNKNOWN, ADDRESS_HERE, ADDRESS_NOT_HERE };

/* The text of an IPv4 or IPv6 address, with or without a scope, which does not count. Asks the kernel anew each
 * time. */
enum address_place address_place_of(const char *text);

#endif
