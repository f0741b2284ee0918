/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide(): what follows from what is known. One function per row of the table in docs/protocol.md (those of giving back
 * are in give_back.c); machine_state() has found the row. It only reads knowledge.
 */
#include "decision.h"

#include <string.h>

/* ---- One function per row ---- */

/* P9. What a watch shows is asked again by a quorum GET before anything follows from it. */
static void decide_leading(const struct knowledge *k, int64_t now, struct decision *d)
{
    want(d, k, WATCH_LOCK | WATCH_RECORD | WATCH_OWN);
    bool lock_gone = k->lock.kind == LOCK_ABSENT;
    bool record_gone = record_is_spent(k);
    bool lock_unclear = k->lock.kind == LOCK_UNKNOWN || (k->lock.kind != LOCK_MINE && !k->lock.sure);
    bool record_unclear = k->record.kind == RECORD_UNKNOWN ||
                          (k->record.kind != RECORD_MINE && k->record.kind != RECORD_NONE && !k->record.sure);
    if (lock_unclear) {
        set_command(k, d, COMMAND_GET_LOCK);
    } else if (record_unclear) {
        set_command(k, d, COMMAND_GET_RECORD);
    } else if ((lock_gone || record_gone) && now < k->put_back_at) {
        not_before(d, k->put_back_at);
    } else if (!k->own_sure || now >= k->own_poll_at) {
        set_command(k, d, COMMAND_GET_OWN_POD);
    } else if (record_gone && k->identity == IDENTITY_GOOD) {
        put_record_back(k, d);
    } else if (lock_gone && k->identity == IDENTITY_GOOD) {
        create_lock(k, d);
    } else if (!poll_lock(k, now, d) && !poll_record(k, now, d)) {
        not_before(d, k->own_poll_at);
    }
}

static void decide_identifying(const struct knowledge *k, struct decision *d)
{
    set_command(k, d, k->identified ? COMMAND_GET_OWN_POD : COMMAND_IDENTIFY);
}

static void decide_unfit(const struct knowledge *k, int64_t now, struct decision *d)
{
    want(d, k, WATCH_OWN);
    if (record_is_of_life(k) && k->seat == SEAT_MINE)
        command_on_record(k, d, COMMAND_EMPTY_RECORD);
    else if (!k->own_sure || now >= k->own_poll_at)
        set_command(k, d, COMMAND_GET_OWN_POD);
    else
        not_before(d, k->own_poll_at);
}

static void decide_observing(const struct knowledge *k, int64_t now, struct decision *d)
{
    const struct pod_id *holder = machine_holder(k);
    if (holder != NULL)
        want_pod(d, k, WATCH_LOCK | WATCH_RECORD, holder);
    else
        want(d, k, WATCH_LOCK | WATCH_RECORD);
    if (holder != NULL && judge(k, now, d, holder))
        return;
    if (k->lock.doubt || (k->lock.kind == LOCK_UNKNOWN && (k->blind & WATCH_LOCK) != 0))
        set_command(k, d, COMMAND_GET_LOCK);
    else if (k->record.kind == RECORD_UNKNOWN && (k->blind & WATCH_RECORD) != 0)
        set_command(k, d, COMMAND_GET_RECORD);
    else if (k->looked && !poll_lock(k, now, d) && k->record.kind != RECORD_UNKNOWN)
        poll_record(k, now, d);
}

static void decide_queued(const struct knowledge *k, struct decision *d)
{
    if (k->seat == SEAT_UNKNOWN)
        set_command(k, d, COMMAND_TAKE_SEAT);
    else
        want(d, k, WATCH_SEAT);
}

/* P5: the watch's first events tell; a GET where a write has left doubt or there can be no watch, and once beside the
 * first watch: doubt can come at any time, so that right must be there from the start (P4, P15). */
static void decide_looking(const struct knowledge *k, int64_t now, struct decision *d)
{
    want(d, k, WATCH_LOCK);
    if (lock_never_read(k) || (k->lock.kind == LOCK_UNKNOWN && (k->lock.doubt || (k->blind & WATCH_LOCK) != 0)))
        set_command(k, d, COMMAND_GET_LOCK);
    else if (k->lock.kind != LOCK_UNKNOWN)
        set_command(k, d, COMMAND_GET_RECORD);
    else if (k->late_writes)
        poll_lock(k, now, d);
}

/* P14: never taken; P3b: no idle claim meanwhile. */
static void decide_blocked(const struct knowledge *k, int64_t now, struct decision *d)
{
    want(d, k, WATCH_LOCK | WATCH_RECORD);
    if (k->lock.kind == LOCK_FOREIGN && !k->lock.sure)
        set_command(k, d, COMMAND_GET_LOCK);
    else if (k->record.kind == RECORD_UNKNOWN)
        set_command(k, d, COMMAND_GET_RECORD);
    else if (k->lock.kind == LOCK_FOREIGN && record_is_own(k))
        command_on_record(k, d, COMMAND_EMPTY_RECORD);
    else if (!poll_lock(k, now, d))
        poll_record(k, now, d);
}

static void decide_following(const struct knowledge *k, int64_t now, struct decision *d)
{
    want_pod(d, k, WATCH_LOCK, &k->lock.owner);
    if (judge(k, now, d, &k->lock.owner))
        return;
    if (k->record.kind == RECORD_UNKNOWN) {
        set_command(k, d, COMMAND_GET_RECORD);
    } else if (record_is_own(k) && verdict_of(k, k->lock.owner.uid) == VERDICT_ALIVE) {
        if (k->lock.sure)
            command_on_record(k, d, COMMAND_EMPTY_RECORD); /* P3b */
        else
            set_command(k, d, COMMAND_GET_LOCK);
    } else if (!poll_lock(k, now, d)) {
        probe_refused(k, now, d);
    }
    judge_node(k, now, d, &k->lock.owner);
}

static void decide_barred(const struct knowledge *k, int64_t now, struct decision *d)
{
    const struct pod_id *holder = barring_pod(k);
    want_pod(d, k, WATCH_LOCK | WATCH_RECORD, holder);
    if (judge(k, now, d, holder))
        return;
    bool alive = verdict_of(k, holder->uid) == VERDICT_ALIVE;
    bool own_lock = k->lock.kind == LOCK_MINE && !text_equal(k->lock.uid, k->undeletable);
    if (alive && record_is_own(k)) /* P3b */
        command_on_record(k, d, COMMAND_EMPTY_RECORD);
    else if (alive && own_lock && !k->lock.sure)
        set_command(k, d, COMMAND_GET_LOCK);
    else if (alive && own_lock)
        delete_own_lock(k, d); /* P3b */
    else if (!poll_lock(k, now, d))
        poll_record(k, now, d);
    judge_node(k, now, d, holder);
}

/* P1: a lock of ours from an earlier life, or from a create whose answer was lost. */
static void claim_own_lock(const struct knowledge *k, int64_t now, struct decision *d)
{
    bool spent = text_equal(k->lock.uid, k->deleted) || (k->lock.released && !k->can_put);
    if (!k->lock.sure || k->lock_writes.checked < k->record_writes.last || (!spent && !k->can_put)) {
        set_command(k, d, COMMAND_GET_LOCK); /* P1: it confirms where the lock cannot be rewritten */
    } else if (spent && text_equal(k->lock.uid, k->undeletable)) {
        poll_lock(k, now, d);
    } else if (spent) {
        delete_own_lock(k, d);
    } else {
        command_on_lock(k, d, COMMAND_PUT_LOCK);
        d->command.guarded = k->record.kind != RECORD_NONE;
        fresh_nonce(k, d);
    }
}

/* P7: record, then the dead holder's lock, then the own one. */
static void decide_claiming(const struct knowledge *k, int64_t now, struct decision *d)
{
    want(d, k, WATCH_LOCK);
    bool begun = record_is_own(k) || k->lock.kind == LOCK_MINE; /* nobody else can be faster */
    if (!begun && now < k->herd.claim_at)                       /* P17 */
        not_before(d, k->herd.claim_at);
    else if (!begun && k->herd.look && k->record.kind != RECORD_NONE)
        set_command(k, d, COMMAND_GET_RECORD);
    else if (k->record.kind != RECORD_NONE && k->record.kind != RECORD_MINE)
        put_record(k, d);
    else if (k->lock.kind == LOCK_MINE)
        claim_own_lock(k, now, d);
    else if (k->lock.kind == LOCK_ABSENT)
        create_lock(k, d);
    else if (!text_equal(k->lock.uid, k->undeletable))
        command_on_lock(k, d, COMMAND_DELETE_LOCK);
    else
        poll_lock(k, now, d);
}

static void decide_row(const struct knowledge *k, int64_t now, struct decision *d)
{
    switch (d->state) {
    case STATE_ENDED: decide_ended(k, now, d); break;
    case STATE_RESIGNING: decide_resigning(k, now, d); break;
    case STATE_LEADING: decide_leading(k, now, d); break;
    case STATE_IDENTIFYING: decide_identifying(k, d); break;
    case STATE_UNFIT: decide_unfit(k, now, d); break;
    case STATE_OBSERVING: decide_observing(k, now, d); break;
    case STATE_QUEUED: decide_queued(k, d); break;
    case STATE_LOOKING: decide_looking(k, now, d); break;
    case STATE_BLOCKED: decide_blocked(k, now, d); break;
    case STATE_FOLLOWING: decide_following(k, now, d); break;
    case STATE_BARRED: decide_barred(k, now, d); break;
    case STATE_CLAIMING: decide_claiming(k, now, d); break;
    case MACHINE_STATES: break;
    }
}

void decide(const struct knowledge *k, int64_t now, struct decision *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->state = machine_state(k);
    ret->deadline = NEVER;
    decide_row(k, now, ret);
    if (k->flight.kind != COMMAND_NONE && k->flight.kind != COMMAND_GET_NODE) { /* for that nothing waits (P16) */
        memset(&ret->command, 0, sizeof ret->command);
        ret->deadline = NEVER; /* its answer comes first */
    } else if (ret->command.kind != COMMAND_NONE && k->fault.kind == FAULT_RETRY && now < k->fault.at) {
        memset(&ret->command, 0, sizeof ret->command); /* P15 */
        not_before(ret, k->fault.at);
    }
}
