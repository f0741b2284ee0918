/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The items that an API watch has given and nobody has pulled yet.
 */
#include "kubernetes/watch/items.h"

#include "kubernetes/objects/document.h"

#include <stdlib.h>
#include <string.h>

struct watch_item *watch_push(struct watch *watch, enum watch_item_kind kind)
{
    struct watch_item *item;

    if (watch->count == WATCH_ITEMS) { /* the caller has not pulled: the oldest goes */
        watch_item_clear(&watch->items[watch->first]);
        watch->first = (watch->first + 1) % WATCH_ITEMS;
        watch->count--;
    }
    item = &watch->items[(watch->first + watch->count) % WATCH_ITEMS];
    memset(item, 0, sizeof *item);
    item->kind = kind;
    watch->count++;
    return item;
}

bool watch_pull(struct watch *watch, struct watch_item *ret_item)
{
    if (watch->count == 0)
        return false;
    *ret_item = watch->items[watch->first];
    watch->first = (watch->first + 1) % WATCH_ITEMS;
    watch->count--;
    return true;
}

void watch_item_clear(struct watch_item *item)
{
    document_free(item->document);
    item->document = NULL;
    item->object = NULL;
}

/* A version goes into the next request's query. */
bool watch_version_is_sane(const char *version)
{
    static const char sane[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.";
    return version[0] != '\0' && strspn(version, sane) == strlen(version);
}

void watch_forget_latest(struct watch *watch)
{
    document_free(watch->latest);
    watch->latest = NULL;
    watch->latest_deleted = false;
}

void watch_show(struct watch *watch, enum watch_item_kind kind, struct document *document,
                const struct document *object, const char *version)
{
    struct watch_item *item = watch_push(watch, kind);

    item->document = document;
    item->object = object;
    text_copy(item->version, sizeof item->version, version);
    watch->reported = true;
}
