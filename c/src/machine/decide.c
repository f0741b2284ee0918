/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decide(): which command and which question follow from what is known. One function per row of the table in
 * docs/protocol.md (the rows of release are in decide_resign.c); state_table.c has found the row. It only reads
 * knowledge.
 */
#include "machine/decide.h"

#include "machine/command_kind.h"
#include "machine/decide_commands.h"
#include "machine/decide_resign.h"

#include <string.h>

enum { UNGUARDED_MS = 10000 /* P8 */ };

/* ---- One function per row ---- */

/* P9. What a watch shows is asked again by a quorum GET before anything follows from it. */
static void decide_leading(const struct knowledge *k, int64_t now, struct decision *d)
{
    decide_watch(d, k, WATCH_LOCK | WATCH_RECORD | WATCH_OWN);
    bool lock_gone = k->lock.kind == LOCK_ABSENT;
    bool record_gone = knowledge_record_is_spent(k);
    bool lock_orphaned = k->lock.kind == LOCK_MINE && k->lock.orphaned && k->can_put;
    bool as_it_was = k->lock.kind == LOCK_MINE && !lock_orphaned && (k->guarded || !knowledge_lock_is_strangers(k));
    bool lock_unclear = k->lock.kind == LOCK_UNKNOWN || (!as_it_was && !k->lock.sure);
    bool record_unclear = k->record.kind == RECORD_UNKNOWN ||
                          (k->record.kind != RECORD_MINE && k->record.kind != RECORD_NONE && !k->record.sure);
    if (lock_unclear) {
        decide_command(k, d, COMMAND_GET_LOCK);
    } else if (record_unclear) {
        decide_command(k, d, COMMAND_GET_RECORD);
    } else if ((lock_gone || lock_orphaned || record_gone) && now < k->put_back_at) {
        decide_not_before(d, k->put_back_at);
    } else if (!k->own_sure || now >= k->own_poll_at) {
        decide_ask_own_pod(k, now, d);
    } else if (record_gone && k->identity == IDENTITY_GOOD) {
        decide_put_record_back(k, d);
    } else if (lock_gone && k->identity == IDENTITY_GOOD) {
        decide_create_lock(k, d);
    } else if (lock_orphaned && k->identity == IDENTITY_GOOD) {
        decide_rewrite_lock(k, d); /* P14 */
    } else if (!decide_poll_lock(k, now, d) && !decide_poll_record(k, now, d)) {
        decide_not_before(d, k->own_poll_at);
    }
}

static void decide_identifying(const struct knowledge *k, struct decision *d)
{
    if (k->identified)
        d->question.kind = COMMAND_GET_OWN_POD;
    else
        decide_command(k, d, COMMAND_IDENTIFY);
}

/* P2: a process that may not claim releases what this life has written. Without the seat it writes nothing. */
static void decide_unfit(const struct knowledge *k, int64_t now, struct decision *d)
{
    bool wrote = k->lock_writes.last != 0 || k->record_writes.last != 0;
    bool gives_back = wrote && k->late_writes && k->seat == SEAT_MINE;
    decide_watch(d, k, gives_back ? WATCH_LOCK | WATCH_RECORD | WATCH_OWN : WATCH_OWN);
    if (gives_back && !decide_release_own(k, now, d) && !decide_poll_lock(k, now, d))
        decide_poll_record(k, now, d);
    decide_ask_own_pod(k, now, d);
    if (k->identity == IDENTITY_ELSEWHERE && now < k->elsewhere_at)
        decide_not_before(d, k->elsewhere_at);
}

static void decide_observing(const struct knowledge *k, int64_t now, struct decision *d)
{
    const struct pod_id *holder = machine_holder(k);
    if (holder != NULL)
        decide_watch_pod(d, k, WATCH_LOCK | WATCH_RECORD, holder);
    else
        decide_watch(d, k, WATCH_LOCK | WATCH_RECORD);
    if (holder != NULL && decide_judge_pod(k, now, d, holder))
        return;
    if (k->lock.doubt || (k->lock.kind == LOCK_UNKNOWN && (k->blind & WATCH_LOCK) != 0))
        decide_command(k, d, COMMAND_GET_LOCK);
    else if (k->record.kind == RECORD_UNKNOWN && (k->blind & WATCH_RECORD) != 0)
        decide_command(k, d, COMMAND_GET_RECORD);
    else if (k->looked && !decide_poll_lock(k, now, d) && k->record.kind != RECORD_UNKNOWN)
        decide_poll_record(k, now, d);
}

static void decide_queued(const struct knowledge *k, struct decision *d)
{
    if (k->seat == SEAT_UNKNOWN)
        decide_command(k, d, COMMAND_TAKE_SEAT);
    else
        decide_watch(d, k, WATCH_SEAT);
}

/* P5: the first events of the watch show the lock. It is read by a GET where a write has left doubt or no watch
 * is possible; and once beside the first watch, because the right to get it may be needed at any time (P4, P15). */
static void decide_looking(const struct knowledge *k, int64_t now, struct decision *d)
{
    decide_watch(d, k, WATCH_LOCK | WATCH_OWN);
    if (knowledge_lock_never_read(k) ||
        (k->lock.kind == LOCK_UNKNOWN && (k->lock.doubt || (k->blind & WATCH_LOCK) != 0)))
        decide_command(k, d, COMMAND_GET_LOCK);
    else if (k->lock.kind != LOCK_UNKNOWN)
        decide_command(k, d, COMMAND_GET_RECORD);
    else if (k->late_writes)
        decide_poll_lock(k, now, d);
}

/* A foreign lock is never taken (P14), and meanwhile no claim is left in the record (P3b). */
static void decide_blocked(const struct knowledge *k, int64_t now, struct decision *d)
{
    const struct pod_id *holder = k->record.kind == RECORD_OTHER ? &k->record.holder
                                  : k->lock.kind == LOCK_OTHER   ? &k->lock.owner
                                                                 : NULL;
    if (holder != NULL)
        decide_watch_pod(d, k, WATCH_LOCK | WATCH_RECORD | WATCH_OWN, holder);
    else
        decide_watch(d, k, WATCH_LOCK | WATCH_RECORD | WATCH_OWN);
    if (k->lock.kind == LOCK_FOREIGN && !k->lock.sure)
        decide_command(k, d, COMMAND_GET_LOCK);
    else if (k->record.kind == RECORD_UNKNOWN)
        decide_command(k, d, COMMAND_GET_RECORD);
    else if (k->lock.kind == LOCK_FOREIGN && knowledge_record_is_own(k))
        decide_record_command(k, d, COMMAND_EMPTY_RECORD);
    else if ((holder == NULL || !decide_judge_pod(k, now, d, holder)) &&
             !decide_poll_lock(k, now, d)) /* so that notices stay true */
        decide_poll_record(k, now, d);
}

static void decide_following(const struct knowledge *k, int64_t now, struct decision *d)
{
    decide_watch_pod(d, k, WATCH_LOCK | WATCH_OWN, &k->lock.owner);
    if (decide_judge_pod(k, now, d, &k->lock.owner))
        return;
    if (k->record.kind == RECORD_UNKNOWN) {
        decide_command(k, d, COMMAND_GET_RECORD);
    } else if (knowledge_record_is_own(k) && knowledge_verdict(k, k->lock.owner.uid) == VERDICT_ALIVE) {
        if (k->lock.sure)
            decide_record_command(k, d, COMMAND_EMPTY_RECORD); /* P3b */
        else
            decide_command(k, d, COMMAND_GET_LOCK);
    } else if (!decide_poll_lock(k, now, d)) {
        decide_probe_refused(k, now, d);
    }
    decide_judge_node(k, now, d, &k->lock.owner);
}

static void decide_barred(const struct knowledge *k, int64_t now, struct decision *d)
{
    const struct pod_id *holder = knowledge_barring_pod(k);
    decide_watch_pod(d, k, WATCH_LOCK | WATCH_RECORD | WATCH_OWN, holder);
    if (decide_judge_pod(k, now, d, holder))
        return;
    bool alive = knowledge_verdict(k, holder->uid) == VERDICT_ALIVE;
    bool own_lock =
        k->lock.kind == LOCK_MINE && !knowledge_lock_is_strangers(k) && !text_equal(k->lock.uid, k->undeletable);
    if (alive && knowledge_record_is_own(k)) /* P3b */
        decide_record_command(k, d, COMMAND_EMPTY_RECORD);
    else if (alive && own_lock && !k->lock.sure)
        decide_command(k, d, COMMAND_GET_LOCK);
    else if (alive && own_lock)
        decide_delete_own_lock(k, d); /* P3b */
    else if (!decide_poll_lock(k, now, d))
        decide_poll_record(k, now, d);
    decide_judge_node(k, now, d, holder);
}

/* P1: a lock of ours from an earlier life, or from a create whose answer was lost. */
static void claim_own_lock(const struct knowledge *k, int64_t now, struct decision *d)
{
    bool spent = text_equal(k->lock.uid, k->deleted) || (k->lock.released && !k->can_put);
    if (knowledge_has_claimed(k))
        return; /* the look at the own pod comes next */
    if (!k->lock.sure || k->lock_writes.checked < k->record_writes.last || (!spent && !k->can_put)) {
        decide_command(k, d, COMMAND_GET_LOCK); /* P1: confirms the lock, if it cannot be rewritten */
    } else if (spent && text_equal(k->lock.uid, k->undeletable)) {
        decide_poll_lock(k, now, d);
    } else if (spent) {
        decide_delete_own_lock(k, d);
    } else {
        decide_rewrite_lock(k, d);
    }
}

/* P8: an unguarded write needs a refusal that is younger than 10 s. */
static void probe_before_write(const struct knowledge *k, int64_t now, struct decision *d)
{
    bool unguarded = k->keep_record && k->record.kind == RECORD_NONE;
    if (!command_writes_lock(d->command.kind) || !unguarded || now <= k->refused_at + UNGUARDED_MS)
        return;
    memset(&d->command, 0, sizeof d->command);
    decide_command(k, d, COMMAND_GET_RECORD);
}

static bool elects(const struct command *command)
{
    return command->kind == COMMAND_CREATE_LOCK || (command->kind == COMMAND_PUT_LOCK && command->nonce[0] != '\0');
}

/* P1: the own pod is read beside the write that elects, and again until a read was sent after that write. */
static void look_at_own_pod(const struct knowledge *k, struct decision *d)
{
    bool asking = k->question.kind == COMMAND_GET_OWN_POD && k->question.number > k->lock_writes.last;
    bool busy = k->flight.kind != COMMAND_NONE;
    bool now = !busy && elects(&d->command);
    bool meanwhile = elects(&k->flight) && k->own_checked < k->lock_writes.last;
    bool after = !busy && knowledge_has_claimed(k) && !knowledge_may_believe(k);
    if (!k->late_writes || !(now || (!asking && (meanwhile || after))))
        return;
    d->question.kind = COMMAND_GET_OWN_POD;
    d->anew = true;
}

/* P7: record, then the dead holder's lock, then the own one. */
static void decide_claiming(const struct knowledge *k, int64_t now, struct decision *d)
{
    decide_watch(d, k, WATCH_LOCK | WATCH_OWN);
    bool begun = knowledge_record_is_own(k) || k->lock.kind == LOCK_MINE; /* then no rival can be first */
    if (!begun && now < k->claim_backoff.claim_at)                        /* P17 */
        decide_not_before(d, k->claim_backoff.claim_at);
    else if (!begun && k->claim_backoff.look && k->record.kind != RECORD_NONE)
        decide_command(k, d, COMMAND_GET_RECORD);
    else if (k->record.kind != RECORD_NONE && k->record.kind != RECORD_MINE)
        decide_put_record(k, d);
    else if (k->lock.kind == LOCK_MINE)
        claim_own_lock(k, now, d);
    else if (k->lock.kind == LOCK_ABSENT)
        decide_create_lock(k, d);
    else if (!text_equal(k->lock.uid, k->undeletable))
        decide_lock_command(k, d, COMMAND_DELETE_LOCK);
    else
        decide_poll_lock(k, now, d);
    probe_before_write(k, now, d);
    look_at_own_pod(k, d);
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
    if (d->state >= STATE_LOOKING)
        decide_ask_own_pod(k, now, d); /* P2 */
}

/* P3b: a candidate, too, believes that a claim is a stranger's only after a quorum GET. */
static void verify_stranger(const struct knowledge *k, struct decision *d)
{
    if (d->state < STATE_BLOCKED || !knowledge_record_is_strangers(k) || k->record.sure)
        return;
    memset(&d->command, 0, sizeof d->command);
    decide_command(k, d, COMMAND_GET_RECORD);
}

/* One question at a time. But the own pod comes before a node, and a question that needs a younger answer
 * replaces the older one. */
static void settle_question(const struct knowledge *k, struct decision *d)
{
    bool first = d->question.kind == COMMAND_GET_OWN_POD && (d->anew || k->question.kind == COMMAND_GET_NODE);
    if (k->question.kind != COMMAND_NONE && !first)
        memset(&d->question, 0, sizeof d->question);
    if (d->question.kind != COMMAND_NONE)
        d->question.number = k->numbers + (d->command.kind != COMMAND_NONE ? 2 : 1);
}

void decide(const struct knowledge *k, int64_t now, struct decision *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->state = machine_state(k);
    ret->deadline = NEVER;
    decide_row(k, now, ret);
    verify_stranger(k, ret);
    bool busy = k->flight.kind != COMMAND_NONE; /* first await the answer to the command in flight */
    if (busy)
        memset(&ret->command, 0, sizeof ret->command);
    settle_question(k, ret);
    bool nothing = ret->command.kind == COMMAND_NONE && ret->question.kind == COMMAND_NONE;
    if (busy && nothing)
        ret->deadline = NEVER;
    if (!nothing && k->fault.kind == FAULT_RETRY && now < k->fault.at) { /* P15 */
        memset(&ret->command, 0, sizeof ret->command);
        memset(&ret->question, 0, sizeof ret->question);
        decide_not_before(ret, k->fault.at);
    }
    if (k->belief == BELIEF_YES && k->rehearse_at != 0)
        decide_not_before(ret, k->rehearse_at);
}
