/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns the items of an API watch into views for the machine: of the lock, the record, a pod.
 */
#include "kubernetes/watch/observe.h"

#include "base/text.h"
#include "kubernetes/objects/lock.h"
#include "kubernetes/objects/pod.h"
#include "kubernetes/objects/record.h"

#include <string.h>

bool observe_lock(const struct watch_item *item, struct lock_view *ret, char *ret_fault, size_t size)
{
    struct lock_view view = {.kind = LOCK_VIEW_GAP};

    text_copy(ret_fault, size, "");
    switch (item->kind) {
    case WATCH_ITEM_GAP: break;
    case WATCH_ITEM_ABSENT:
        view.kind = LOCK_VIEW_ABSENT;
        text_copy(view.version, sizeof view.version, item->version);
        break;
    case WATCH_ITEM_OBJECT:
        if (!lock_view_of(item->object, &view, ret_fault, size))
            return false;
        break;
    case WATCH_ITEM_DELETED: /* its last state tells whose it was, and whether it was released (P10) */
        if (!lock_view_of(item->object, &view, ret_fault, size))
            return false;
        text_copy(ret_fault, size, "");
        view.kind = LOCK_VIEW_ABSENT;
        view.uid[0] = '\0';
        break;
    default: return false;
    }
    *ret = view;
    return true;
}

bool observe_record(const struct watch_item *item, struct record_view *ret, char *ret_fault, size_t size)
{
    struct record_view view = {.kind = RECORD_VIEW_GAP};

    text_copy(ret_fault, size, "");
    switch (item->kind) {
    case WATCH_ITEM_GAP: break;
    case WATCH_ITEM_OBJECT:
        if (!record_view_of(item->object, &view, ret_fault, size))
            return false;
        break;
    case WATCH_ITEM_ABSENT:
    case WATCH_ITEM_DELETED:
        view.kind = RECORD_VIEW_ABSENT;
        text_copy(view.version, sizeof view.version, item->version);
        break;
    default: return false;
    }
    *ret = view;
    return true;
}

bool observe_pod(struct pod_observation *observation, const struct watch_item *item)
{
    enum pod_presence presence = POD_NOT_OBSERVED;

    switch (item->kind) {
    case WATCH_ITEM_GAP: break;
    case WATCH_ITEM_ABSENT: presence = POD_MISSING; break;
    case WATCH_ITEM_OBJECT: presence = POD_PRESENT; break;
    case WATCH_ITEM_DELETED: presence = POD_DELETED; break;
    default: return false;
    }
    if (item->object != NULL && !pod_facts_of(item->object, &observation->pod))
        presence = POD_NOT_OBSERVED; /* nothing follows from what cannot be read */
    observation->presence = presence;
    return true;
}

void observe_judge_pod(const struct pod_observation *observation, const char *uid, struct pod_view *ret)
{
    bool seen = observation->presence == POD_PRESENT || observation->presence == POD_DELETED;

    memset(ret, 0, sizeof *ret);
    ret->sign = POD_UNSURE;
    if (seen && text_equal(observation->pod.uid, uid)) {
        pod_judge(&observation->pod, ret);
        if (observation->presence == POD_DELETED)
            ret->sign = POD_DEAD; /* P4 (b) */
    }
    text_copy(ret->uid, sizeof ret->uid, uid);
}
