/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What watch.c (requests and lines) and watch_end.c (ends and failures) share.
 */
#ifndef LEADERLIFE_KUBERNETES_WATCH_INTERNAL_H
#define LEADERLIFE_KUBERNETES_WATCH_INTERNAL_H

#include "kubernetes/watch.h"

/* ---- watch.c ---- */

/* A fresh item; the oldest makes room if nobody has pulled. */
struct watch_item *watch_push(struct watch *watch, enum watch_saw saw);
void watch_show(struct watch *watch, enum watch_saw saw, struct document *document, const struct document *object,
                const char *version);
void watch_forget_latest(struct watch *watch);
bool watch_version_is_sane(const char *version);

/* ---- watch_end.c: each ends the request ---- */

/* Not a watch's line: begin anew, after a while. */
enum watch_step watch_garbage(struct watch *watch, int64_t now, uint32_t random);
/* The server's own ERROR line; error is its Status. */
enum watch_step watch_error(struct watch *watch, const struct document *error, int64_t now, uint32_t random);
/* P5: initial events without an end. */
enum watch_step watch_too_slow(struct watch *watch, int64_t now);
enum watch_step watch_end(struct watch *watch, const struct http_call *call, int64_t now, uint32_t random);

#endif
