/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of lock and record, and how a look at one changes it. Pods are pods.c's; answers to commands, and what
 * follows from knowledge at once, answers.c's.
 */
#include "knowledge.h"

#include "base/backoff.h"

#include <string.h>

enum {
    BACKSTOP_MS = 30 * 60 * 1000, /* P18 */
    LOCK_POLL_LOW_MS = 2000,      /* Rights: no watch on the lock */
    LOCK_POLL_HIGH_MS = 5000,
    POD_POLL_LOW_MS = 30000, /* P4: no watch on pods */
    POD_POLL_HIGH_MS = 60000
};

void knowledge_init(struct knowledge *k, const struct machine_setup *setup)
{
    memset(k, 0, sizeof *k);
    text_copy(k->life, sizeof k->life, setup->life);
    k->late_writes = setup->late_writes;
    k->retry_permanent = setup->retry_permanent;
    k->elsewhere_ms = setup->elsewhere_ms;
    k->keep_record = setup->records;
    k->require_record = setup->require_record;
    k->node_policy = setup->node_policy;
    k->wish = setup->wish;
    k->record.kind = setup->records ? RECORD_UNKNOWN : RECORD_NONE;
    k->can_put = setup->late_writes; /* the kernel's lock has nothing to rewrite */
}

void probe_record(struct knowledge *k)
{
    if (k->keep_record && k->record.kind == RECORD_NONE && k->belief == BELIEF_NO)
        k->record.kind = RECORD_UNKNOWN;
}

int64_t poll_time(const struct knowledge *k, unsigned watch, int64_t now, uint32_t random)
{
    if (!k->late_writes)
        return NEVER;
    if ((k->blind & watch) == 0)
        return now + BACKSTOP_MS;
    if (watch == WATCH_LOCK)
        return now + backoff_between(LOCK_POLL_LOW_MS, LOCK_POLL_HIGH_MS, random);
    return now + backoff_between(POD_POLL_LOW_MS, POD_POLL_HIGH_MS, random);
}

/* ---- The lock ---- */

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

/* P8: the record of a holder that kept one has been emptied or taken over, so that holder gave back or is dead. Whom the
 * record names then is a holder too. */
static void remember_by_record(struct knowledge *k)
{
    bool another = k->record.kind == RECORD_OTHER && !text_equal(k->record.holder.uid, k->last.uid);
    bool later = k->record.sure && !k->lock_moved; /* than the sight of its lock */
    if (k->last_guarded && later && (another || k->record.kind == RECORD_EMPTY))
        memset(&k->last, 0, sizeof k->last);
    if (k->record.kind == RECORD_OTHER && k->last.uid[0] == '\0' && k->wish != WISH_OBSERVE) {
        k->last = k->record.holder; /* so that it counts when the right to the record goes */
        k->last_guarded = true;
    }
}

/* An observer has it from its watch alone, which may have shown it before the lock. */
static void read_record_again(struct knowledge *k)
{
    if (!is_giving_back(k))
        probe_record(k);
    if (k->wish != WISH_OBSERVE)
        record_in_doubt(k);
}

/* claiming: the record was asked for, or written, when the owner was found dead. */
static void lock_vanished(struct knowledge *k, bool claiming)
{
    bool watched = (k->blind & WATCH_LOCK) == 0; /* else another may have held it, and gone, unseen */
    bool claim_stands = k->record.kind == RECORD_MINE && k->belief == BELIEF_NO && watched;
    bool holder_dead = k->record.kind == RECORD_OTHER && verdict_of(k, k->record.holder.uid) == VERDICT_DEAD;
    bool denied = k->record.kind == RECORD_NONE && claiming;
    if (!claim_stands && !holder_dead && !denied)
        read_record_again(k);
    for (size_t i = 0; i < JUDGED; i++) {
        if (k->judged[i].verdict == VERDICT_ALIVE)
            k->judged[i].verdict = VERDICT_UNKNOWN; /* P4: ask at once when the lock goes */
    }
}

static enum lock_kind lock_kind_of(const struct knowledge *k, const struct lock_view *view)
{
    switch (view->seen) {
    case LOCK_SEEN_ABSENT: return LOCK_ABSENT;
    case LOCK_SEEN_FOREIGN: return LOCK_FOREIGN;
    case LOCK_SEEN_OWNED: return k->identified && text_equal(view->owner.uid, k->self.uid) ? LOCK_MINE : LOCK_OTHER;
    case LOCK_SEEN_NOTHING:
    case LOCK_SEEN_GAP: break;
    }
    return LOCK_UNKNOWN;
}

void lock_in_doubt(struct knowledge *k)
{
    k->lock.kind = LOCK_UNKNOWN;
    k->lock.sure = k->lock.confirmed = false;
    k->lock.doubt = true;
}

/* Every nonce begins with its life (fresh_nonce). */
static bool is_of_life(const struct knowledge *k, const char *nonce)
{
    size_t length = strlen(k->life);
    return strncmp(nonce, k->life, length) == 0 && nonce[length] == '.';
}

/* A mark that it is given back leaves no nonce. */
static void note_life_of_lock(struct knowledge *k, const struct lock_view *view, const struct lock *before)
{
    struct lock *lock = &k->lock;
    bool marked = view->released && before->of_life && text_equal(before->uid, view->uid);
    lock->of_life = lock->kind == LOCK_MINE && (is_of_life(k, view->nonce) || marked);
    lock->of_other = lock->kind == LOCK_MINE && view->nonce[0] != '\0' && !lock->of_life;
    k->lock_claimed = k->lock_claimed || lock->of_life;
    k->seen_own = k->seen_own || lock->kind == LOCK_MINE;
}

/* P9, P14: what a leader puts right again. */
static bool is_spoilt(const struct lock *before, const struct lock *lock)
{
    bool removed = lock->kind == LOCK_ABSENT && before->kind != LOCK_ABSENT;
    bool orphaned = lock->kind == LOCK_MINE && lock->orphaned && !before->orphaned;
    return removed || orphaned || (before->kind == LOCK_MINE && lock->kind != LOCK_MINE);
}

static void set_lock(struct knowledge *k, const struct lock_view *view, bool sure, int64_t now, uint32_t random)
{
    struct lock before = k->lock;
    struct lock *lock = &k->lock;
    bool same = text_equal(before.uid, view->uid);
    bool claiming = owner_is_dead(k);
    lock->kind = lock_kind_of(k, view);
    lock->sure = sure;
    lock->doubt = false;
    lock->released = view->released;
    lock->guarded = view->guarded;
    lock->orphaned = view->orphaned;
    lock->owner = view->owner;
    lock->confirmed = lock->kind == LOCK_MINE && same && before.confirmed && !view->released;
    text_copy(lock->uid, sizeof lock->uid, view->uid);
    note_life_of_lock(k, view, &before);
    if (view->version[0] != '\0' || lock->kind == LOCK_UNKNOWN)
        text_copy(lock->version, sizeof lock->version, view->version);
    if (lock->kind == LOCK_OTHER && !text_equal(lock->version, before.version))
        doubt_lost(k, lock->owner.uid, now);
    if (!same && k->late_writes)
        k->can_put = true; /* a right that was missing may have been given: try again with each new lock */
    if (!same && (k->put_refusal.on || k->delete_refusal.on) && k->fault.kind == FAULT_RETRY)
        memset(&k->fault, 0, sizeof k->fault); /* what waited to be asked again is not asked any more */
    k->lock_poll_at = poll_time(k, WATCH_LOCK, now, random);
    k->looked = k->looked || lock->kind != LOCK_UNKNOWN;
    remember_holder(k, view);
    if (lock->kind == LOCK_ABSENT && before.kind != LOCK_ABSENT)
        lock_vanished(k, claiming);
    if (lock->kind == LOCK_ABSENT && text_equal(before.uid, k->undeletable))
        k->herd.drawn = false; /* P17: only now can anybody claim */
    if ((lock->kind == LOCK_OTHER && !same) || (lock->of_other && !(same && before.of_other)))
        read_record_again(
            k); /* P3: a follower reads it after each new lock; P3b: nobody rewrites a stranger's unread */
    if (k->belief == BELIEF_YES && is_spoilt(&before, lock))
        k->own_sure = false; /* P9 */
    if (k->end != END_NOT && k->seat == SEAT_OTHER && !same)
        k->seat = SEAT_UNKNOWN; /* P3b: another lock, another look */
    track_pods(k, now);
    if (lock->kind == LOCK_OTHER && !owner_is_dead(k))
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
    if (view->seen == LOCK_SEEN_NOTHING)
        return;
    if (view->seen != LOCK_SEEN_GAP && is_older(k, view, true)) {
        k->lock_poll_at = poll_time(k, WATCH_LOCK, now, random);
        return;
    }
    k->lock_moved = true;
    if (view->seen == LOCK_SEEN_GAP && k->belief == BELIEF_NO && k->wish != WISH_OBSERVE)
        record_in_doubt(k); /* P3: another may have taken the claim over, and the lock, in between */
    set_lock(k, view, false, now, random);
}

/* From a quorum GET: the truth, unless the watch has shown something newer meanwhile. */
void learn_lock_got(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random)
{
    const struct lock_view *view = &fact->lock;
    k->lock_writes.checked = k->flight.number;
    k->lock_writes.checked_at = k->flight_at;
    bool known = k->lock.kind != LOCK_UNKNOWN && k->lock.kind != LOCK_ABSENT;
    if (k->lock_moved && ((view->seen == LOCK_SEEN_ABSENT && known) || is_older(k, view, false))) {
        k->lock.doubt = false;
        return;
    }
    set_lock(k, view, true, now, random);
    if (k->lock.kind == LOCK_MINE && !k->can_put && !k->lock.released && k->flight.number > k->record_writes.last) {
        k->lock.confirmed = true; /* P1: where it cannot be rewritten */
        k->lock.sent = fact->sent;
    }
}

/* From the answer to an own create or rewrite. */
void learn_lock_written(struct knowledge *k, const struct fact *fact, bool given_back, int64_t now, uint32_t random)
{
    const struct lock_view *view = &fact->lock;
    if (k->lock_moved && is_older(k, view, false) && !text_equal(k->lock.uid, view->uid)) {
        lock_in_doubt(k);
        return;
    }
    if (!is_older(k, view, false))
        set_lock(k, view, true, now, random);
    k->lock.sure = true;
    k->lock.confirmed = k->lock.kind == LOCK_MINE && !given_back;
    k->lock.sent = fact->sent;
    k->lock.released = given_back;
}

void learn_lock_absent(struct knowledge *k, int64_t now, uint32_t random)
{
    bool known = k->lock.kind != LOCK_UNKNOWN && k->lock.kind != LOCK_ABSENT;
    if (k->lock_moved && known && !text_equal(k->lock.uid, k->flight.uid))
        return; /* the one that was meant is gone, and a watch has shown the next one already */
    struct lock_view absent = {.seen = LOCK_SEEN_ABSENT};
    set_lock(k, &absent, true, now, random);
}

/* ---- The record (P3) ---- */

static enum record_kind record_kind_of(const struct knowledge *k, const struct record_view *view)
{
    switch (view->seen) {
    case RECORD_SEEN_ABSENT: return RECORD_ABSENT;
    case RECORD_SEEN_EMPTY: return RECORD_EMPTY;
    case RECORD_SEEN_FOREIGN: return RECORD_FOREIGN;
    case RECORD_SEEN_HELD: break;
    case RECORD_SEEN_NOTHING:
    case RECORD_SEEN_GAP: return RECORD_UNKNOWN;
    }
    if (!k->identified || !text_equal(view->holder.uid, k->self.uid))
        return RECORD_OTHER;
    return k->nonce[0] != '\0' && text_equal(view->nonce, k->nonce) ? RECORD_MINE : RECORD_SIBLING;
}

/* P3b: whose claim it is. Confirmed is what was seen: nobody else writes a nonce of this life. */
static void note_life_of_record(struct knowledge *k, const struct record_view *view, bool sure)
{
    k->record.of_life = record_is_own(k) && is_of_life(k, view->nonce);
    k->claimed = k->claimed || k->record.of_life;
    k->stranger = k->stranger || (sure && record_is_strangers(k));
    k->seen_own = k->seen_own || record_is_own(k);
}

void set_record(struct knowledge *k, const struct record_view *view, bool sure, int64_t now, uint32_t random)
{
    bool changed = !text_equal(k->record.version, view->version);
    k->record.kind = record_kind_of(k, view);
    k->refusals = 0;
    k->record.sure = sure;
    note_life_of_record(k, view, sure);
    k->record.holder = view->holder;
    if (view->seen != RECORD_SEEN_ABSENT)
        k->record.term = view->term; /* else the count goes on */
    k->record_poll_at = poll_time(k, WATCH_RECORD, now, random);
    text_copy(k->record.token, sizeof k->record.token, view->token);
    text_copy(k->record.since, sizeof k->record.since, view->since);
    text_copy(k->record.uid, sizeof k->record.uid, view->uid);
    if (view->version[0] != '\0' || k->record.kind == RECORD_UNKNOWN)
        text_copy(k->record.version, sizeof k->record.version, view->version);
    if (k->record.kind == RECORD_ABSENT)
        k->record.version[0] = '\0'; /* a create has no version to compare with */
    if (k->belief == BELIEF_YES && record_is_spent(k))
        k->own_sure = false;
    if (changed && k->record.kind == RECORD_OTHER)
        doubt_lost(k, k->record.holder.uid, now);
    remember_by_record(k);
    track_pods(k, now);
}

void learn_record(struct knowledge *k, const struct record_view *view, int64_t now, uint32_t random)
{
    bool known = k->record.kind > RECORD_NONE && view->version[0] != '\0' && view->seen != RECORD_SEEN_GAP;
    if (view->seen == RECORD_SEEN_NOTHING || !minds_record(k))
        return;
    if (!known || text_compare_decimal(view->version, k->record.version) > 0) {
        k->record_moved = true;
        set_record(k, view, false, now, random);
    }
}

void record_in_doubt(struct knowledge *k)
{
    if (k->record.kind != RECORD_NONE)
        k->record.kind = RECORD_UNKNOWN;
}
