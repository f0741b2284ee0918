/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One watch of one object by name, as a state machine: it says what to request next, takes the bytes and ends of
 * those requests, and gives what was observed. Pure: no I/O, no clock; transport.c moves its bytes.
 *
 * It begins with a watch that sends initial events; where the server does not know that, with LIST and a WATCH from
 * its version (P5). It continues from the last seen version as long as the server lets it, else it begins anew,
 * which it reports as a gap.
 */
#ifndef LEADERLIFE_KUBERNETES_WATCH_STREAM_H
#define LEADERLIFE_KUBERNETES_WATCH_STREAM_H

#include "io/http/http.h"
#include "kubernetes/watch/items.h"
#include "kubernetes/watch/state.h"

void watch_init(struct watch *watch, const struct watch_setup *setup);
void watch_clear(struct watch *watch);

/* Not open and now >= watch->at: the next request, which is then under way. Valid until the next one. */
const struct api_request *watch_open(struct watch *watch, int64_t now, uint32_t random);

/* Takes at most one line, or the end. Pull the items before the next call: there may be two. */
enum watch_step watch_step(struct watch *watch, const struct http_call *call, int64_t now, uint32_t random,
                           size_t *ret_used);

/* P18: no byte for so long ends a stream. */
int64_t watch_idle_ms(const struct watch *watch);

/* The server has answered somebody: what waits because the connection failed need not wait any longer. expired: it did
 * not know that one's version any more, so it need not be asked for this one's. */
void watch_hurry(struct watch *watch, bool expired, int64_t now, uint32_t random);

/* When to call watch_open or watch_step although nothing came; NEVER. */
int64_t watch_deadline(const struct watch *watch);

#endif
