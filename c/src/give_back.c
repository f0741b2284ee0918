/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows RESIGNING and ENDED: how lock and record are given back (P10), and what an ended life has left behind (P3b).
 * It only reads knowledge.
 */
#include "decision.h"

/* Who resigns looks at both objects even if this life wrote one of them only: an earlier life of the pod may have. */
static bool must_look(const struct knowledge *k, const struct writes *writes)
{
    bool resigns = is_giving_back(k) && k->end == END_NOT;
    return k->late_writes && (resigns || writes->last != 0);
}

/* P8: who has seen the lock need not wait for our pod to end if there is a sign that it was given back: the emptied
 * record, or, for a lock that was taken without one, a mark in the lock itself. */
void delete_own_lock(const struct knowledge *k, struct decision *d)
{
    bool by_record = k->lock.guarded && k->record.kind != RECORD_NONE && k->record.kind != RECORD_FOREIGN;
    bool mark = !by_record && k->late_writes && !k->lock.released && k->can_put;
    command_on_lock(k, d, mark ? COMMAND_PUT_LOCK : COMMAND_DELETE_LOCK);
}

/* What is known to be ours goes first, record before lock: the lock's end is what standbys wait for. */
static bool clear_own(const struct knowledge *k, struct decision *d)
{
    bool lock = may_clear_lock(k);
    bool no_sign = lock && k->lock.guarded && !k->lock.released && k->record.kind == RECORD_ABSENT;
    if (may_clear_record(k) || no_sign)
        command_on_record(k, d, COMMAND_EMPTY_RECORD);
    else if (k->record.kind == RECORD_UNKNOWN && must_look(k, &k->record_writes))
        set_command(k, d, COMMAND_GET_RECORD);
    else if (lock && !k->lock.sure && k->late_writes)
        set_command(k, d, COMMAND_GET_LOCK);
    else if (lock)
        delete_own_lock(k, d);
    return d->command.kind != COMMAND_NONE;
}

/* P10: until quorum GETs show that neither names this pod. */
static bool look_again(const struct knowledge *k, struct decision *d)
{
    bool record = k->record.kind != RECORD_NONE && !writes_checked(&k->record_writes);
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

bool give_back_own(const struct knowledge *k, int64_t now, struct decision *d)
{
    return clear_own(k, d) || look_again(k, d) || clear_late_writes(k, now, d);
}

static void give_back(const struct knowledge *k, int64_t now, struct decision *d)
{
    if (!give_back_own(k, now, d))
        set_command(k, d, COMMAND_RELEASE_SEAT);
}

static bool is_left_behind(const struct knowledge *k)
{
    bool others = record_is_own(k) && !k->record.of_life; /* P3b: then lock and record are theirs */
    return (may_clear_lock(k) || may_clear_record(k)) && !others;
}

void decide_ended(const struct knowledge *k, int64_t now, struct decision *d)
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
    else if (wrote && k->late_writes && !poll_lock(k, now, d))
        poll_record(k, now, d);
}

void decide_resigning(const struct knowledge *k, int64_t now, struct decision *d)
{
    if (k->late_writes && k->lock_writes.last != 0)
        want(d, k, WATCH_LOCK);
    if (k->seat == SEAT_MINE)
        give_back(k, now, d);
}
