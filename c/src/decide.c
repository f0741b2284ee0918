/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide(): what follows from what is known. One function per row of the table in docs/protocol.md; machine_state()
 * has found the row. It only reads knowledge.
 */
#include "machine.h"

#include <string.h>

/* ---- Building a decision ---- */

static void not_before(struct decision *d, int64_t at)
{
    if (at < d->deadline)
        d->deadline = at;
}

static void set_command(const struct knowledge *k, struct decision *d, enum command_kind kind)
{
    d->command.kind = kind;
    d->command.number = k->numbers + 1;
}

static void command_on_lock(const struct knowledge *k, struct decision *d, enum command_kind kind)
{
    set_command(k, d, kind);
    text_copy(d->command.uid, sizeof d->command.uid, k->lock.uid);
    text_copy(d->command.version, sizeof d->command.version, k->lock.version);
}

static void command_on_record(const struct knowledge *k, struct decision *d, enum command_kind kind)
{
    set_command(k, d, kind);
    text_copy(d->command.uid, sizeof d->command.uid, k->record.uid);
    text_copy(d->command.version, sizeof d->command.version, k->record.version);
}

/* Unique in the life of this handle, and by its random beginning among all lives. */
static void fresh_nonce(const struct knowledge *k, struct decision *d)
{
    text_format(d->command.nonce, sizeof d->command.nonce, "%s.%u", k->life, k->numbers + 1);
}

static void create_lock(const struct knowledge *k, struct decision *d)
{
    set_command(k, d, COMMAND_CREATE_LOCK);
    fresh_nonce(k, d);
}

static void put_record(const struct knowledge *k, struct decision *d)
{
    command_on_record(k, d, COMMAND_PUT_RECORD);
    d->command.new_term = true;
    fresh_nonce(k, d);
}

/* P9: the term, its nonce and its token stay. */
static void put_record_back(const struct knowledge *k, struct decision *d)
{
    command_on_record(k, d, COMMAND_PUT_RECORD);
    text_copy(d->command.nonce, sizeof d->command.nonce, k->nonce);
    text_copy(d->command.token, sizeof d->command.token, k->token);
    d->command.term = k->term;
}

static void want(struct decision *d, const struct knowledge *k, unsigned watches)
{
    if (k->record.kind == RECORD_NONE)
        watches &= ~(unsigned)WATCH_RECORD;
    d->watches = watches;
}

static void want_pod(struct decision *d, const struct knowledge *k, unsigned watches, const struct pod_id *pod)
{
    want(d, k, watches | WATCH_POD);
    d->pod = *pod;
}

/* P4, P18: asks for the pod when nothing is known, when the time of P4 (d) has come, and at every poll. */
static bool judge(const struct knowledge *k, int64_t now, struct decision *d, const struct pod_id *pod)
{
    const struct judged *judged = judged_of(k, pod->uid);
    if (judged == NULL || judged->verdict == VERDICT_DEAD)
        return false;
    int64_t at = judged->poll_at;
    if (judged->verdict == VERDICT_UNTIL && judged->until < at)
        at = judged->until;
    if (judged->verdict == VERDICT_UNKNOWN || now >= at) {
        set_command(k, d, COMMAND_GET_POD);
        d->command.pod = *pod;
        return true;
    }
    not_before(d, at);
    return false;
}

/* P18's backstop, and the only way where the lock cannot be watched. */
static bool poll_lock(const struct knowledge *k, int64_t now, struct decision *d)
{
    if (now >= k->lock_poll_at) {
        set_command(k, d, COMMAND_GET_LOCK);
        return true;
    }
    not_before(d, k->lock_poll_at);
    return false;
}

/* ---- Giving back (P10), for RESIGNING and for what an ended life has left behind (P3b) ---- */

/* Who resigns looks at both objects even if this life wrote nothing: an earlier life of the pod may have. */
static bool must_look(const struct knowledge *k, const struct writes *writes)
{
    return k->late_writes && (k->end == END_NOT || writes->last != 0);
}

/* P8: without a record the mark comes first, so that who has seen the lock need not wait for our pod to end. */
static void delete_own_lock(const struct knowledge *k, struct decision *d)
{
    bool mark = k->record.kind == RECORD_NONE && k->late_writes && !k->lock.released && k->can_put;
    command_on_lock(k, d, mark ? COMMAND_PUT_LOCK : COMMAND_DELETE_LOCK);
}

/* What is known to be ours goes first, record before lock: the lock's end is what standbys wait for. */
static bool clear_own(const struct knowledge *k, struct decision *d)
{
    bool lock = k->lock.kind == LOCK_MINE && !text_equal(k->lock.uid, k->undeletable);
    if (record_is_own(k))
        command_on_record(k, d, COMMAND_EMPTY_RECORD);
    else if (lock && !k->lock.sure && k->late_writes)
        set_command(k, d, COMMAND_GET_LOCK);
    else if (lock)
        delete_own_lock(k, d);
    return d->command.kind != COMMAND_NONE;
}

/* P10: until quorum GETs show that neither names this pod. */
static bool look_again(const struct knowledge *k, struct decision *d)
{
    bool record =
        k->record.kind != RECORD_NONE &&
        ((k->record.kind == RECORD_UNKNOWN && must_look(k, &k->record_writes)) || !writes_checked(&k->record_writes));
    bool lock = (k->lock.kind == LOCK_UNKNOWN && must_look(k, &k->lock_writes)) ||
                (k->late_writes && !writes_checked(&k->lock_writes));
    if (record || lock)
        set_command(k, d, record ? COMMAND_GET_RECORD : COMMAND_GET_LOCK);
    return record || lock;
}

/* P10: complete only when no write of ours can still commit, and a quorum GET after that has looked. */
static bool clear_late_writes(const struct knowledge *k, int64_t now, struct decision *d)
{
    bool lock = !writes_quiet(&k->lock_writes);
    bool record = k->record.kind != RECORD_NONE && !writes_quiet(&k->record_writes);
    if (!k->late_writes || (!lock && !record))
        return false;
    int64_t at = lock ? k->lock_writes.quiet_at : k->record_writes.quiet_at;
    if (now < at)
        not_before(d, at);
    else
        set_command(k, d, lock ? COMMAND_GET_LOCK : COMMAND_GET_RECORD);
    return true;
}

static void give_back(const struct knowledge *k, int64_t now, struct decision *d)
{
    if (clear_own(k, d) || look_again(k, d) || clear_late_writes(k, now, d))
        return;
    set_command(k, d, COMMAND_RELEASE_SEAT);
}

/* ---- One function per row ---- */

static bool is_left_behind(const struct knowledge *k)
{
    bool lock = k->lock.kind == LOCK_MINE && !text_equal(k->lock.uid, k->undeletable);
    bool siblings = k->record.kind == RECORD_SIBLING; /* P3b: then lock and record are the sibling's */
    return (lock && !siblings) || k->record.kind == RECORD_MINE;
}

static void decide_ended(const struct knowledge *k, int64_t now, struct decision *d)
{
    bool wrote = k->lock_writes.last != 0 || k->record_writes.last != 0;
    if (k->end == END_CLOSED)
        return;
    if (wrote && k->late_writes)
        want(d, k, WATCH_LOCK | WATCH_RECORD);
    if (k->seat == SEAT_MINE)
        give_back(k, now, d);
    else if (k->seat == SEAT_UNKNOWN && wrote && k->late_writes && is_left_behind(k))
        set_command(k, d, COMMAND_TAKE_SEAT);
}

static void decide_resigning(const struct knowledge *k, int64_t now, struct decision *d)
{
    if (k->late_writes && k->lock_writes.last != 0)
        want(d, k, WATCH_LOCK);
    if (k->seat == SEAT_MINE)
        give_back(k, now, d);
}

/* P9. What a watch shows is asked again by a quorum GET before anything follows from it. */
static void decide_leading(const struct knowledge *k, int64_t now, struct decision *d)
{
    want(d, k, WATCH_LOCK | WATCH_RECORD | WATCH_OWN);
    bool lock_gone = k->lock.kind == LOCK_ABSENT;
    bool record_gone = k->record.kind == RECORD_ABSENT || k->record.kind == RECORD_EMPTY;
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
    } else if (!poll_lock(k, now, d)) {
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
    if (k->record.kind == RECORD_MINE && k->seat == SEAT_MINE)
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
    else if (k->looked)
        poll_lock(k, now, d);
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
    else
        poll_lock(k, now, d);
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
    } else {
        poll_lock(k, now, d);
    }
}

static void decide_barred(const struct knowledge *k, int64_t now, struct decision *d)
{
    const struct pod_id *holder = k->record.kind == RECORD_OTHER ? &k->record.holder : &k->last;
    want_pod(d, k, WATCH_LOCK | WATCH_RECORD, holder);
    if (judge(k, now, d, holder))
        return;
    if (k->lock.kind == LOCK_MINE && verdict_of(k, holder->uid) == VERDICT_ALIVE &&
        !text_equal(k->lock.uid, k->undeletable)) {
        if (k->lock.sure)
            delete_own_lock(k, d); /* P3b */
        else
            set_command(k, d, COMMAND_GET_LOCK);
    } else {
        poll_lock(k, now, d);
    }
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
        fresh_nonce(k, d);
    }
}

/* P7: record, then the dead holder's lock, then the own one. */
static void decide_claiming(const struct knowledge *k, int64_t now, struct decision *d)
{
    want(d, k, WATCH_LOCK);
    if (k->record.kind != RECORD_NONE && k->record.kind != RECORD_MINE)
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
    if (k->flight.kind != COMMAND_NONE) {
        memset(&ret->command, 0, sizeof ret->command);
        ret->deadline = NEVER; /* its answer comes first */
    } else if (ret->command.kind != COMMAND_NONE && k->fault.kind == FAULT_RETRY && now < k->fault.at) {
        memset(&ret->command, 0, sizeof ret->command); /* P15 */
        not_before(ret, k->fault.at);
    }
}
