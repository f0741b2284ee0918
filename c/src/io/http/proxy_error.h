/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a call ended on the way through a proxy.
 */
#ifndef LEADERLIFE_IO_HTTP_PROXY_ERROR_H
#define LEADERLIFE_IO_HTTP_PROXY_ERROR_H

#include "io/http/state.h"

/* Appends what to do about a call that ended before its request was sent, if a proxy, or that there is none, can be
 * why; `cure`: for the rest. */
void proxy_error_of_way(struct transfer *transfer, CURLcode code, const char *cure);

/* Whether that end is the proxy's own, its certificate's say, and not that of the server behind it. */
bool proxy_error_is(const struct transfer *transfer, CURLcode code);

#endif
