/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lock and record as they are, and whether the server would take them from this process (dry runs, which leave nothing).
 * Must not know which rights there are but by asking diagnosis_rights.c.
 */
#include "kubernetes/diagnosis.h"

#include "base/text.h"
#include "kubernetes/objects_diagnosis.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

enum { SETTLE_MS = 1000 /* so long a hand-over may take */ };

/* ---- Looking ---- */

static bool look_at_lock(struct diagnosis *d)
{
    struct scene *scene = &d->scene;

    if (!diagnosis_may(d, api_configmaps, API_GET))
        return true;
    if (!diagnosis_look(d, COMMAND_GET_LOCK, &scene->who, ""))
        return false;
    scene->lock = d->fact.lock;
    scene->lock_held = is_held(d->verdict.document);
    text_copy(scene->lock_fault, sizeof scene->lock_fault, d->fault);
    return true;
}

static bool look_at_record(struct diagnosis *d)
{
    struct scene *scene = &d->scene;

    if (!diagnosis_may(d, api_leases, API_GET))
        return true;
    if (!diagnosis_look(d, COMMAND_GET_RECORD, &scene->who, ""))
        return false;
    scene->record = d->fact.record;
    text_copy(scene->record_fault, sizeof scene->record_fault, d->fault);
    return true;
}

static bool look_at_pod(struct diagnosis *d)
{
    struct scene *scene = &d->scene;

    scene_settle(scene);
    if (!scene->who.name[0] || !diagnosis_may(d, api_pods, API_GET))
        return true;
    if (!diagnosis_look(d, COMMAND_GET_POD, &scene->who, ""))
        return false;
    scene->sign = d->fact.pod.sign;
    scene->pod_absent = scene->sign == POD_DEAD && !d->fact.pod.terminal; /* or another of that name */
    if (!scene->pod_absent && pod_facts_of(d->verdict.document, &scene->pod))
        pod_selector_of(d->verdict.document, scene->selector, sizeof scene->selector);
    return true;
}

bool find_scene(struct diagnosis *d)
{
    for (int looks = 0;; looks++) {
        memset(&d->scene, 0, sizeof d->scene);
        if (!look_at_lock(d) || !look_at_record(d) || !look_at_pod(d))
            return false;
        if (scene_oddity(&d->scene) == ODD_NOTHING || looks > 0)
            return true;
        if (!diagnosis_pause(d, SETTLE_MS))
            return false;
    }
}

/* ---- Telling ---- */

/* The cause, and the cure (P14). */
static void tell_cure(const struct diagnosis *d, enum foreign what, const char *fault, char *text, size_t size)
{
    struct removal removal;

    text_copy(text, size, fault);
    if (!fault_asks_removal(fault))
        return;
    scene_removal(&d->scene, what, &removal);
    removal_append(&removal, text, size);
}

static bool tell_foreign(struct diagnosis *d)
{
    const struct scene *scene = &d->scene;
    bool lock = scene->lock.seen == LOCK_SEEN_FOREIGN;
    bool record = scene->record.seen == RECORD_SEEN_FOREIGN;
    char text[TEXT_MESSAGE];

    tell_cure(d, FOREIGN_LOCK, scene->lock_fault, text, sizeof text);
    if (lock)
        found(d, LEADERLIFE_LOG_ERROR, LEADERLIFE_EBLOCKED, "lock: '%s' cannot be taken%s: %s", d->kube->lock,
              scene->lock_held ? ", and is being deleted" : "", text);
    tell_cure(d, FOREIGN_RECORD, scene->record_fault, text, sizeof text);
    if (record)
        found(d, LEADERLIFE_LOG_ERROR, LEADERLIFE_EBLOCKED, "lock: its record '%s' cannot be used: %s", d->kube->record,
              text);
    return lock || record;
}

static void tell_odd(struct diagnosis *d, enum oddity oddity)
{
    static const char *const texts[] = {
        [ODD_DEAD_HOLDER] = "which has it, is dead, and nobody takes over: start a candidate, or see their logs",
        [ODD_DEAD_ORPHAN] = "which it names, is dead, and its owner reference is gone (restored from a backup?): the "
                            "election goes on by itself, for the next candidate removes it; but nobody does: start a "
                            "candidate, or see their logs",
        [ODD_ORPHAN] =
            "which it names, lives, but its owner reference was removed (by --cascade=orphan, or by hand): it "
            "is still that pod's; its program must drive the election, and may update configmaps, to put "
            "that back; else the next leader removes the lock when that pod has ended",
        [ODD_NO_RECORD] = "which has it, is not in its record any more: its program must drive the election, which "
                          "writes it anew; do not delete the lock before",
        [ODD_NO_LOCK] = "which the record names, lives, but there is no lock: if it leads, its program must drive the "
                        "election, which puts it back; else delete that pod",
        [ODD_TWO_NAMES] =
            "which has it, is not the one in the record: if this lasts, delete the pod of the two that does "
            "not lead; the other is",
        [ODD_BEING_DELETED] = "which has it, has it while it waits for a finalizer to be deleted: see that the garbage "
                              "collector runs, or remove the finalizer",
    };
    const struct scene *scene = &d->scene;

    found(d, LEADERLIFE_LOG_WARNING, LEADERLIFE_EBLOCKED, "lock: pod %s, %s%s%s", scene->who.name, texts[oddity],
          oddity == ODD_TWO_NAMES ? " " : "", oddity == ODD_TWO_NAMES ? scene->record.holder.name : "");
}

void tell_scene(struct diagnosis *d)
{
    const struct scene *scene = &d->scene;
    enum oddity oddity = scene_oddity(scene);

    if (tell_foreign(d) || scene->lock.seen == LOCK_SEEN_NOTHING)
        return;
    if (oddity != ODD_NOTHING)
        tell_odd(d, oddity);
    else if (scene->lock.seen == LOCK_SEEN_ABSENT)
        found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "lock: it is free");
    else if (scene->lock.orphaned)
        found(
            d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK,
            "lock: pod %s, UID %s, has it; its owner reference was removed (by --cascade=orphan, or by hand): the next "
            "leader removes the lock",
            scene->who.name, scene->who.uid);
    else
        found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "lock: pod %s, UID %s, has it", scene->who.name, scene->who.uid);
}

/* ---- Whether the server would take them ---- */

/* A quota that is full because of the present lock has room again when that is deleted, and has been counted anew. */
static bool rehearse(struct diagnosis *d, enum command_kind kind, bool there)
{
    const struct api_verdict *verdict = &d->verdict;
    const char *more = "";

    if (!diagnosis_rehearse(d, kind))
        return false;
    if (verdict->outcome == OUTCOME_OK || verdict->outcome == OUTCOME_EXISTS)
        return true;
    if (verdict->status == LEADERLIFE_EREJECTED && strstr(verdict->text, "dry run"))
        more = " (so what it will say is not known)";
    else if (verdict->status == LEADERLIFE_EQUOTA && there)
        more = " (a takeover waits until the quota is counted anew)";
    found(d, more[0] ? LEADERLIFE_LOG_WARNING : LEADERLIFE_LOG_ERROR, verdict->status, "dry run: %s%s", verdict->text,
          more);
    return false;
}

void find_room(struct diagnosis *d)
{
    bool there = d->scene.lock.seen == LOCK_SEEN_OWNED || d->scene.lock.seen == LOCK_SEEN_FOREIGN;
    bool record = d->scene.record.seen == RECORD_SEEN_ABSENT && diagnosis_may(d, api_leases, API_CREATE);

    if (!d->self_known || !diagnosis_may(d, api_configmaps, API_CREATE))
        return;
    if (rehearse(d, COMMAND_CREATE_LOCK, there) && (!record || rehearse(d, COMMAND_PUT_RECORD, false)))
        found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "dry run: the server would take the lock from this process");
}
