/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The items that an API watch has given and nobody has pulled yet.
 */
#ifndef LEADERLIFE_KUBERNETES_WATCH_ITEMS_H
#define LEADERLIFE_KUBERNETES_WATCH_ITEMS_H

#include "kubernetes/watch/state.h"

/* A fresh item; the oldest makes room if nobody has pulled. */
struct watch_item *watch_push(struct watch *watch, enum watch_item_kind kind);
void watch_show(struct watch *watch, enum watch_item_kind kind, struct document *document,
                const struct document *object, const char *version);
void watch_forget_latest(struct watch *watch);
bool watch_version_is_sane(const char *version);

/* The oldest item, now the caller's. */
bool watch_pull(struct watch *watch, struct watch_item *ret_item);
void watch_item_clear(struct watch_item *item);

#endif
