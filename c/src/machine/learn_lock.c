/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a view of the lock changes what is known of it and of its holders (P8, P9).
 */
#include "machine/learn_lock.h"

#include "machine/learn_pod.h"
#include "machine/learn_record.h"
#include "machine/poll.h"

#include <string.h>

/* P8: who held the lock last without giving it back. */
static void remember_holder(struct knowledge *k, const struct lock_view *view)
{
    bool of_last = text_equal(view->owner.uid, k->last.uid);
    if (view->released && of_last) {
        memset(&k->last, 0, sizeof k->last);
    } else if (k->lock.kind == LOCK_OTHER && !view->released) {
        k->last = view->owner;
        k->last_guarded = view->guarded;
    }
}

/* An observer has it from its watch alone, which may have shown it before the lock. */
static void read_record_again(struct knowledge *k)
{
    if (!knowledge_is_releasing(k))
        poll_probe_record(k);
    if (k->wish != WISH_OBSERVE)
        learn_record_in_doubt(k);
}

static enum lock_kind lock_kind_of(const struct knowledge *k, const struct lock_view *view)
{
    switch (view->kind) {
    case LOCK_VIEW_ABSENT: return LOCK_ABSENT;
    case LOCK_VIEW_FOREIGN: return LOCK_FOREIGN;
    case LOCK_VIEW_OWNED: return k->identified && text_equal(view->owner.uid, k->self.uid) ? LOCK_MINE : LOCK_OTHER;
    case LOCK_VIEW_NOTHING:
    case LOCK_VIEW_GAP: break;
    }
    return LOCK_UNKNOWN;
}

void learn_lock_in_doubt(struct knowledge *k)
{
    k->lock.kind = LOCK_UNKNOWN;
    k->lock.sure = k->lock.confirmed = false;
    k->lock.doubt = true;
}

/* A mark that it is released leaves no nonce. */
static void note_life_of_lock(struct knowledge *k, const struct lock_view *view, const struct lock *before)
{
    struct lock *lock = &k->lock;
    bool marked = view->released && before->of_life && text_equal(before->uid, view->uid);
    lock->of_life = lock->kind == LOCK_MINE && (learn_record_is_of_life(k, view->nonce) || marked);
    lock->of_other = lock->kind == LOCK_MINE && view->nonce[0] != '\0' && !lock->of_life;
    if (lock->of_other && !before->of_other)
        lock->confirmed = false; /* P3b: rewritten since, perhaps by a stranger */
    k->lock_claimed = k->lock_claimed || lock->of_life;
    k->own_named = k->own_named || lock->kind == LOCK_MINE;
}

/* P9, P14: a leader rewrites its lock where somebody else has changed it. */
static bool is_spoilt(const struct lock *before, const struct lock *lock)
{
    bool removed = lock->kind == LOCK_ABSENT && before->kind != LOCK_ABSENT;
    bool orphaned = lock->kind == LOCK_MINE && lock->orphaned && !before->orphaned;
    return removed || orphaned || (before->kind == LOCK_MINE && lock->kind != LOCK_MINE);
}

/* What the view says of the lock itself. */
static void take_view(struct knowledge *k, const struct lock_view *view, bool sure, const struct lock *before)
{
    struct lock *lock = &k->lock;
    lock->kind = lock_kind_of(k, view);
    lock->sure = sure;
    lock->doubt = false;
    lock->released = view->released;
    lock->guarded = view->guarded;
    lock->orphaned = view->orphaned;
    lock->owner = view->owner;
    lock->confirmed =
        lock->kind == LOCK_MINE && text_equal(before->uid, view->uid) && before->confirmed && !view->released;
    text_copy(lock->uid, sizeof lock->uid, view->uid);
    note_life_of_lock(k, view, before);
    if (view->version[0] != '\0' || lock->kind == LOCK_UNKNOWN)
        text_copy(lock->version, sizeof lock->version, view->version);
}

/* Another lock than before, or none. */
static void on_lock_replaced(struct knowledge *k)
{
    if (k->late_writes)
        k->can_put = true; /* try again with each new lock: a missing right may have been given */
    if ((k->put_refusal.on || k->delete_refusal.on) && k->fault.kind == FAULT_RETRY)
        memset(&k->fault, 0, sizeof k->fault); /* the refused command was about the old lock: do not retry it */
    if (k->end != END_NOT && k->seat == SEAT_OTHER)
        k->seat = SEAT_UNKNOWN; /* P3b: a new lock needs a new look at the seat */
}

/* claiming: the record was read or written because the owner was found dead. */
static void on_lock_vanished(struct knowledge *k, bool claiming)
{
    bool watched = (k->blind & WATCH_LOCK) == 0; /* unwatched, another pod may have held it meanwhile */
    bool claim_stands = k->record.kind == RECORD_MINE && k->belief == BELIEF_NO && watched;
    bool holder_dead = k->record.kind == RECORD_OTHER && knowledge_verdict(k, k->record.holder.uid) == VERDICT_DEAD;
    bool denied = k->record.kind == RECORD_NONE && claiming;
    if (!claim_stands && !holder_dead && !denied)
        read_record_again(k);
    for (size_t i = 0; i < JUDGED; i++) {
        if (k->judged[i].verdict == VERDICT_ALIVE)
            k->judged[i].verdict = VERDICT_UNKNOWN; /* P4: ask at once when the lock goes */
    }
}

/* P3: a follower reads the record after each new lock; P3b: nobody rewrites a stranger's lock with the record
 * unread. */
static bool is_news_of_record(const struct lock *lock, const struct lock *before, bool same)
{
    return (lock->kind == LOCK_OTHER && !same) || (lock->of_other && !(same && before->of_other));
}

static void set_lock(struct knowledge *k, const struct lock_view *view, bool sure, int64_t now, uint32_t random)
{
    struct lock before = k->lock;
    struct lock *lock = &k->lock;
    bool same = text_equal(before.uid, view->uid);
    bool claiming = knowledge_owner_is_dead(k);
    take_view(k, view, sure, &before);
    if (lock->kind == LOCK_OTHER && !text_equal(lock->version, before.version))
        learn_pod_doubt_lost(k, lock->owner.uid, now);
    if (!same)
        on_lock_replaced(k);
    k->lock_poll_at = poll_time(k, WATCH_LOCK, now, random);
    k->looked = k->looked || lock->kind != LOCK_UNKNOWN;
    remember_holder(k, view);
    if (lock->kind == LOCK_ABSENT && before.kind != LOCK_ABSENT)
        on_lock_vanished(k, claiming);
    if (lock->kind == LOCK_ABSENT && text_equal(before.uid, k->undeletable))
        k->claim_backoff.drawn = false; /* P17: only now can anybody claim */
    if (is_news_of_record(lock, &before, same))
        read_record_again(k);
    if (k->belief == BELIEF_YES && is_spoilt(&before, lock))
        k->own_sure = false; /* P9 */
    learn_pod_track(k, now);
    if (lock->kind == LOCK_OTHER && !knowledge_owner_is_dead(k))
        k->collisions = 0;
}

static bool is_older(const struct knowledge *k, const struct lock_view *view, bool or_same)
{
    int order = text_compare_decimal(view->version, k->lock.version);
    return k->lock.kind != LOCK_UNKNOWN && view->version[0] != '\0' && (order < 0 || (or_same && order == 0));
}

/* From a watch: what it shows may be older than what an answer has shown (P9). */
void learn_lock(struct knowledge *k, const struct lock_view *view, int64_t now, uint32_t random)
{
    if (view->kind == LOCK_VIEW_NOTHING)
        return;
    if (view->kind != LOCK_VIEW_GAP && is_older(k, view, true)) {
        k->lock_poll_at = poll_time(k, WATCH_LOCK, now, random);
        return;
    }
    k->lock_moved = true;
    if (view->kind == LOCK_VIEW_GAP && k->belief == BELIEF_NO && k->wish != WISH_OBSERVE)
        learn_record_in_doubt(k); /* P3: in the gap another may have taken over the claim, and the lock */
    set_lock(k, view, false, now, random);
}

/* From a quorum GET: the truth, unless the watch has shown something newer meanwhile. */
void learn_lock_got(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random)
{
    const struct lock_view *view = &fact->lock;
    k->lock_writes.checked = k->flight.number;
    k->lock_writes.checked_at = k->flight_at;
    bool known = k->lock.kind != LOCK_UNKNOWN && k->lock.kind != LOCK_ABSENT;
    if (k->lock_moved && ((view->kind == LOCK_VIEW_ABSENT && known) || is_older(k, view, false))) {
        k->lock.doubt = false;
        return;
    }
    set_lock(k, view, true, now, random);
    if (k->lock.kind == LOCK_MINE && !k->can_put && !k->lock.released && k->flight.number > k->record_writes.last) {
        k->lock.confirmed = true; /* P1: a look confirms a lock that cannot be rewritten */
        k->lock.sent = fact->sent;
    }
}

/* From the answer to an own create or rewrite. */
void learn_lock_written(struct knowledge *k, const struct fact *fact, bool released, int64_t now, uint32_t random)
{
    const struct lock_view *view = &fact->lock;
    bool rewritten = !text_equal(k->lock.uid, view->uid) || k->lock.of_other; /* P3b: by another since */
    if (k->lock_moved && is_older(k, view, false) && rewritten) {
        learn_lock_in_doubt(k);
        return;
    }
    if (!is_older(k, view, false))
        set_lock(k, view, true, now, random);
    k->lock.sure = true;
    k->lock.confirmed = k->lock.kind == LOCK_MINE && !released;
    k->lock.sent = fact->sent;
    k->lock.released = released;
}

void learn_lock_absent(struct knowledge *k, int64_t now, uint32_t random)
{
    bool known = k->lock.kind != LOCK_UNKNOWN && k->lock.kind != LOCK_ABSENT;
    if (k->lock_moved && known && !text_equal(k->lock.uid, k->flight.uid))
        return; /* the answer is about an earlier lock: a watch has shown the next one */
    struct lock_view absent = {.kind = LOCK_VIEW_ABSENT};
    set_lock(k, &absent, true, now, random);
}
