/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what a watch saw to what the machine learns. Must not know requests or connections.
 */
#include "kubernetes/sight.h"

#include "base/text.h"

#include <string.h>

bool sight_of_lock(const struct watch_item *item, struct lock_view *ret, char *ret_fault, size_t size)
{
    struct lock_view view = {.seen = LOCK_SEEN_GAP};

    text_copy(ret_fault, size, "");
    switch (item->saw) {
    case WATCH_SAW_GAP: break;
    case WATCH_SAW_ABSENT:
        view.seen = LOCK_SEEN_ABSENT;
        text_copy(view.version, sizeof view.version, item->version);
        break;
    case WATCH_SAW_OBJECT:
        if (!lock_view_of(item->object, &view, ret_fault, size))
            return false;
        break;
    case WATCH_SAW_DELETED: /* whose it was, and whether it was given back, is in its last state (P10) */
        if (!lock_view_of(item->object, &view, ret_fault, size))
            return false;
        text_copy(ret_fault, size, "");
        view.seen = LOCK_SEEN_ABSENT;
        view.uid[0] = '\0';
        break;
    default: return false;
    }
    *ret = view;
    return true;
}

bool sight_of_record(const struct watch_item *item, struct record_view *ret, char *ret_fault, size_t size)
{
    struct record_view view = {.seen = RECORD_SEEN_GAP};

    text_copy(ret_fault, size, "");
    switch (item->saw) {
    case WATCH_SAW_GAP: break;
    case WATCH_SAW_OBJECT:
        if (!record_view_of(item->object, &view, ret_fault, size))
            return false;
        break;
    case WATCH_SAW_ABSENT:
    case WATCH_SAW_DELETED:
        view.seen = RECORD_SEEN_ABSENT;
        text_copy(view.version, sizeof view.version, item->version);
        break;
    default: return false;
    }
    *ret = view;
    return true;
}

bool sight_of_pod(struct pod_sight *sight, const struct watch_item *item)
{
    enum pod_presence presence = POD_UNSEEN;

    switch (item->saw) {
    case WATCH_SAW_GAP: break;
    case WATCH_SAW_ABSENT: presence = POD_MISSING; break;
    case WATCH_SAW_OBJECT: presence = POD_PRESENT; break;
    case WATCH_SAW_DELETED: presence = POD_DELETED; break;
    default: return false;
    }
    if (item->object && !pod_facts_of(item->object, &sight->pod))
        presence = POD_UNSEEN; /* nothing follows from what cannot be read */
    sight->presence = presence;
    return true;
}

void sight_judge(const struct pod_sight *sight, const char *uid, struct pod_view *ret)
{
    bool seen = sight->presence == POD_PRESENT || sight->presence == POD_DELETED;

    memset(ret, 0, sizeof *ret);
    ret->sign = POD_UNSURE;
    if (seen && text_equal(sight->pod.uid, uid)) {
        pod_judge(&sight->pod, ret);
        if (sight->presence == POD_DELETED)
            ret->sign = POD_DEAD; /* P4 (b) */
    }
    text_copy(ret->uid, sizeof ret->uid, uid);
}
