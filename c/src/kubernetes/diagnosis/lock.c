/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks lock and record as they are, and by dry runs, which leave nothing, whether the server would take them from
 * this process.
 */
#include "kubernetes/diagnosis/lock.h"

#include "base/text.h"
#include "kubernetes/api/request.h"
#include "kubernetes/api/verdict.h"
#include "kubernetes/diagnosis/ask.h"
#include "kubernetes/diagnosis/leader_view.h"
#include "kubernetes/diagnosis/rights.h"
#include "kubernetes/objects/access_review.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/pod.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

enum { SETTLE_MS = 1000 /* so long a hand-over may take */ };

/* ---- Looking ---- */

static bool look_at_lock(struct diagnosis *d)
{
    struct leader_view *leader = &d->leader;

    if (!diagnosis_may(d, api_configmaps, API_GET))
        return true;
    if (!diagnosis_look(d, COMMAND_GET_LOCK, &leader->who, ""))
        return false;
    leader->lock = d->fact.lock;
    leader->lock_held = document_is_held(d->verdict.document);
    text_copy(leader->lock_fault, sizeof leader->lock_fault, d->fault);
    return true;
}

static bool look_at_record(struct diagnosis *d)
{
    struct leader_view *leader = &d->leader;

    if (!diagnosis_may(d, api_leases, API_GET))
        return true;
    if (!diagnosis_look(d, COMMAND_GET_RECORD, &leader->who, ""))
        return false;
    leader->record = d->fact.record;
    text_copy(leader->record_fault, sizeof leader->record_fault, d->fault);
    return true;
}

static bool look_at_pod(struct diagnosis *d)
{
    struct leader_view *leader = &d->leader;

    leader_view_settle(leader);
    if (!leader->who.name[0] || !diagnosis_may(d, api_pods, API_GET))
        return true;
    if (!diagnosis_look(d, COMMAND_GET_POD, &leader->who, ""))
        return false;
    leader->sign = d->fact.pod.sign;
    /* There is no such pod, or another one of that name. */
    leader->pod_absent = leader->sign == POD_DEAD && !d->fact.pod.terminal;
    if (!leader->pod_absent && pod_facts_of(d->verdict.document, &leader->pod))
        object_pod_selector(d->verdict.document, leader->selector, sizeof leader->selector);
    return true;
}

bool diagnosis_read_leader(struct diagnosis *d)
{
    for (int looks = 0;; looks++) {
        memset(&d->leader, 0, sizeof d->leader);
        if (!look_at_lock(d) || !look_at_record(d) || !look_at_pod(d))
            return false;
        if (leader_view_mismatch(&d->leader) == MISMATCH_NOTHING || looks > 0)
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
    if (!document_fault_asks_removal(fault))
        return;
    leader_view_removal(&d->leader, what, &removal);
    removal_append(&removal, text, size);
}

static bool tell_foreign(struct diagnosis *d)
{
    const struct leader_view *leader = &d->leader;
    bool lock = leader->lock.kind == LOCK_VIEW_FOREIGN;
    bool record = leader->record.kind == RECORD_VIEW_FOREIGN;
    char text[TEXT_MESSAGE];

    tell_cure(d, FOREIGN_LOCK, leader->lock_fault, text, sizeof text);
    if (lock)
        diagnosis_found(d, LEADERLIFE_LOG_ERROR, LEADERLIFE_EBLOCKED, "lock: '%s' cannot be taken%s: %s", d->lock,
                        leader->lock_held ? ", and is being deleted" : "", text);
    tell_cure(d, FOREIGN_RECORD, leader->record_fault, text, sizeof text);
    if (record)
        diagnosis_found(d, LEADERLIFE_LOG_ERROR, LEADERLIFE_EBLOCKED, "lock: its record '%s' cannot be used: %s",
                        d->record, text);
    return lock || record;
}

static void tell_odd(struct diagnosis *d, enum mismatch mismatch)
{
    static const char *const texts[] = {
        [MISMATCH_DEAD_HOLDER] = "which has it, is dead, and nobody takes over: start a candidate, or see their logs",
        [MISMATCH_DEAD_ORPHAN] =
            "which it names, is dead, and its owner reference is gone (restored from a backup?): the "
            "election goes on by itself, for the next candidate removes it; but nobody does: start a "
            "candidate, or see their logs",
        [MISMATCH_ORPHAN] =
            "which it names, lives, but its owner reference was removed (by --cascade=orphan, or by hand): it "
            "is still that pod's; its program must drive the election, and may update configmaps, to put "
            "that back; else the next leader removes the lock when that pod has ended",
        [MISMATCH_NO_RECORD] =
            "which has it, is not in its record any more: its program must drive the election, which "
            "writes it anew; do not delete the lock before",
        [MISMATCH_NO_LOCK] =
            "which the record names, lives, but there is no lock: if it leads, its program must drive the "
            "election, which puts it back; else delete that pod",
        [MISMATCH_TWO_NAMES] =
            "which has it, is not the one in the record: if this lasts, delete the pod of the two that does "
            "not lead; the other is",
        [MISMATCH_BEING_DELETED] =
            "which has it, has it while it waits for a finalizer to be deleted: see that the garbage "
            "collector runs, or remove the finalizer",
    };
    const struct leader_view *leader = &d->leader;

    diagnosis_found(d, LEADERLIFE_LOG_WARNING, LEADERLIFE_EBLOCKED, "lock: pod %s, %s%s%s", leader->who.name,
                    texts[mismatch], mismatch == MISMATCH_TWO_NAMES ? " " : "",
                    mismatch == MISMATCH_TWO_NAMES ? leader->record.holder.name : "");
}

void diagnosis_tell_leader(struct diagnosis *d)
{
    const struct leader_view *leader = &d->leader;
    enum mismatch mismatch = leader_view_mismatch(leader);

    if (tell_foreign(d) || leader->lock.kind == LOCK_VIEW_NOTHING)
        return;
    if (mismatch != MISMATCH_NOTHING)
        tell_odd(d, mismatch);
    else if (leader->lock.kind == LOCK_VIEW_ABSENT)
        diagnosis_found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "lock: it is free");
    else if (leader->lock.orphaned)
        diagnosis_found(
            d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK,
            "lock: pod %s, UID %s, has it; its owner reference was removed (by --cascade=orphan, or by hand): the next "
            "leader removes the lock",
            leader->who.name, leader->who.uid);
    else
        diagnosis_found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "lock: pod %s, UID %s, has it", leader->who.name,
                        leader->who.uid);
}

/* ---- Whether the server would take them ---- */

/* A quota that is full because of the present lock has room again when that is deleted, and has been counted anew. */
static bool rehearse(struct diagnosis *d, enum command_kind kind, bool there)
{
    const struct api_verdict *verdict = &d->verdict;
    const char *more = "";

    if (!diagnosis_dry_run(d, kind))
        return false;
    if (verdict->outcome == OUTCOME_OK || verdict->outcome == OUTCOME_EXISTS)
        return true;
    if (verdict->status == LEADERLIFE_EREJECTED && strstr(verdict->text, "dry run") != NULL)
        more = " (so what it will say is not known)";
    else if (verdict->status == LEADERLIFE_EQUOTA && there)
        more = " (a takeover waits until the quota is counted anew)";
    diagnosis_found(d, more[0] ? LEADERLIFE_LOG_WARNING : LEADERLIFE_LOG_ERROR, verdict->status, "dry run: %s%s",
                    verdict->text, more);
    return false;
}

void diagnosis_check_room(struct diagnosis *d)
{
    bool there = d->leader.lock.kind == LOCK_VIEW_OWNED || d->leader.lock.kind == LOCK_VIEW_FOREIGN;
    bool record = d->leader.record.kind == RECORD_VIEW_ABSENT && diagnosis_may(d, api_leases, API_CREATE);

    if (!d->self_known || !diagnosis_may(d, api_configmaps, API_CREATE))
        return;
    if (rehearse(d, COMMAND_CREATE_LOCK, there) && (!record || rehearse(d, COMMAND_PUT_RECORD, false)))
        diagnosis_found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK,
                        "dry run: the server would take the lock from this process");
}
