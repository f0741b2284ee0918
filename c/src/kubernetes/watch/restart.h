/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a request of an API watch ends, and when the next one follows.
 */
#ifndef LEADERLIFE_KUBERNETES_WATCH_RESTART_H
#define LEADERLIFE_KUBERNETES_WATCH_RESTART_H

#include "io/http/http.h"
#include "kubernetes/watch/state.h"

/* It could not be started (no memory), or not even asked for (no credential). */
void watch_not_opened(struct watch *watch, int64_t now, uint32_t random, int status, const char *text);

/* What was observed may no longer hold, and what happened since will not be told. */
void watch_begin_anew(struct watch *watch);

/* ---- Each ends the request ---- */

/* Not a watch's line: begin anew, after a while. */
enum watch_step watch_garbage(struct watch *watch, int64_t now, uint32_t random);
/* An object that is nested too deep to be read: likewise, and a notice. */
enum watch_step watch_deep(struct watch *watch, int64_t now, uint32_t random);
/* The server's own ERROR line; error is its Status. */
enum watch_step watch_error(struct watch *watch, const struct document *error, int64_t now, uint32_t random);
/* P5: initial events without an end. */
enum watch_step watch_too_slow(struct watch *watch, int64_t now);
enum watch_step watch_end(struct watch *watch, const struct http_call *call, int64_t now, uint32_t random);

#endif
