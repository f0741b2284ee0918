/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the peers of streams live (P18). One whose kernel goes on acknowledging looks alive to ours, whatever has
 * become of it: so it is asked, by a PING, when nothing has come for a while. Any byte that comes is the answer: the
 * kernel tells, even of a time in which this process did not run. Over HTTP/1.1, and with a libcurl that cannot ask,
 * only the limits of calls hold.
 */
#ifndef LEADERLIFE_IO_HTTP_LIVENESS_H
#define LEADERLIFE_IO_HTTP_LIVENESS_H

#include "io/http/state.h"

/* Looks at connections whose time it is, and asks. */
void liveness_look(struct http *http, int64_t now);

/* The peer of its connection was asked, and has not answered in time. */
bool liveness_is_missed(const struct transfer *transfer);

/* When liveness_look has something to do; NEVER. */
int64_t liveness_deadline(const struct http *http);

#endif
