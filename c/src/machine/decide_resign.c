/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows RESIGNING and ENDED: how lock and record are released (P10), and what an ended life has left behind
 * (P3b). It only reads knowledge.
 */
#include "machine/decide_resign.h"

#include "machine/decide_commands.h"
#include "machine/quiet_time.h"

/* A process that resigns reads both objects, even if this life wrote only one: an earlier life of the pod may
 * have written the other. */
static bool must_look(const struct knowledge *k, const struct writes *writes)
{
    bool resigns = knowledge_is_releasing(k) && k->end == END_NOT;
    return k->late_writes && (resigns || writes->last != 0);
}

/* P8: a standby that has observed the lock need not wait for our pod to end if there is a sign of its release: the
 * emptied record, or, for a lock that was taken without one, a mark in the lock itself. */
void decide_delete_own_lock(const struct knowledge *k, struct decision *d)
{
    bool by_record = k->lock.guarded && k->record.kind != RECORD_NONE && k->record.kind != RECORD_FOREIGN;
    bool mark = !by_record && k->late_writes && !k->lock.released && k->can_put;
    decide_lock_command(k, d, mark ? COMMAND_PUT_LOCK : COMMAND_DELETE_LOCK);
}

/* What is known to be ours goes first, record before lock: the lock's end is what standbys wait for. */
static bool clear_own(const struct knowledge *k, struct decision *d)
{
    bool lock = knowledge_may_clear_lock(k);
    bool no_sign = lock && k->lock.guarded && !k->lock.released && k->record.kind == RECORD_ABSENT;
    if (knowledge_may_clear_record(k) || no_sign)
        decide_record_command(k, d, COMMAND_EMPTY_RECORD);
    else if (k->record.kind == RECORD_UNKNOWN && must_look(k, &k->record_writes))
        decide_command(k, d, COMMAND_GET_RECORD);
    else if (lock && !k->lock.sure && k->late_writes)
        decide_command(k, d, COMMAND_GET_LOCK);
    else if (lock)
        decide_delete_own_lock(k, d);
    return d->command.kind != COMMAND_NONE;
}

/* P10: until quorum GETs show that neither names this pod. */
static bool look_again(const struct knowledge *k, struct decision *d)
{
    bool record = k->record.kind != RECORD_NONE && !quiet_time_is_checked(&k->record_writes);
    bool lock = (k->lock.kind == LOCK_UNKNOWN && must_look(k, &k->lock_writes)) ||
                (k->late_writes && !quiet_time_is_checked(&k->lock_writes));
    if (record || lock)
        decide_command(k, d, record ? COMMAND_GET_RECORD : COMMAND_GET_LOCK);
    return record || lock;
}

/* P10: complete only when no write of ours can still commit, and a quorum GET after that has looked. */
static bool clear_late_writes(const struct knowledge *k, int64_t now, struct decision *d)
{
    bool lock = !quiet_time_is_over(&k->lock_writes);
    bool record = k->record.kind != RECORD_NONE && !quiet_time_is_over(&k->record_writes);
    if (!k->late_writes || (!lock && !record))
        return false;
    int64_t at = lock ? k->lock_writes.quiet_at : k->record_writes.quiet_at;
    if (now < at)
        decide_not_before(d, at);
    else
        decide_command(k, d, lock ? COMMAND_GET_LOCK : COMMAND_GET_RECORD);
    return true;
}

bool decide_release_own(const struct knowledge *k, int64_t now, struct decision *d)
{
    return clear_own(k, d) || look_again(k, d) || clear_late_writes(k, now, d);
}

static void release(const struct knowledge *k, int64_t now, struct decision *d)
{
    if (!decide_release_own(k, now, d))
        decide_command(k, d, COMMAND_RELEASE_SEAT);
}

static bool is_left_behind(const struct knowledge *k)
{
    /* P3b: then lock and record are another process's. */
    bool others = knowledge_record_is_own(k) && !k->record.of_life;
    return (knowledge_may_clear_lock(k) || knowledge_may_clear_record(k)) && !others;
}

void decide_ended(const struct knowledge *k, int64_t now, struct decision *d)
{
    bool wrote = k->lock_writes.last != 0 || k->record_writes.last != 0;
    if (k->end == END_CLOSED)
        return;
    if (wrote && k->late_writes)
        decide_watch(d, k, WATCH_LOCK | WATCH_RECORD);
    if (k->rehearsed)
        return; /* the program may still work: nobody else may lead */
    if (k->seat == SEAT_MINE)
        release(k, now, d);
    else if (k->seat == SEAT_UNKNOWN && wrote && k->late_writes && is_left_behind(k))
        decide_command(k, d, COMMAND_TAKE_SEAT);
    else if (wrote && k->late_writes && !decide_poll_lock(k, now, d))
        decide_poll_record(k, now, d);
}

void decide_resigning(const struct knowledge *k, int64_t now, struct decision *d)
{
    if (k->late_writes && k->lock_writes.last != 0)
        decide_watch(d, k, WATCH_LOCK);
    if (k->seat == SEAT_MINE)
        release(k, now, d);
}
