/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When this process begins to believe that it leads, when it ceases, and how the election ends: the consequences of
 * what is known, drawn at once. It commands nothing; decide.c does.
 */
#include "machine/leadership.h"

#include "machine/command_kind.h"
#include "machine/poll.h"
#include "machine/quiet_time.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

static void end(struct knowledge *k, enum end how, int status)
{
    k->end = how;
    k->belief = BELIEF_ENDED;
    if (status != LEADERLIFE_OK)
        k->fault.status = status;
}

/* P10: a life that wrote nothing, and observed neither lock nor record of its pod, has nothing to release. */
static bool has_nothing_to_do_with_it(const struct knowledge *k)
{
    return k->lock_writes.last == 0 && k->record_writes.last == 0 && !k->own_named;
}

/* P10: quorum GETs have shown nothing that this life may clear, and none of its writes can come late. */
static bool holds_nothing(const struct knowledge *k)
{
    bool lock = k->lock.kind == LOCK_UNKNOWN || (k->lock.kind == LOCK_MINE && !knowledge_lock_is_strangers(k));
    bool record = k->record.kind == RECORD_UNKNOWN || knowledge_may_clear_record(k);
    return !lock && !record && !command_writes(k->flight.kind) && quiet_time_is_checked(&k->lock_writes) &&
           quiet_time_is_over(&k->lock_writes) && quiet_time_is_checked(&k->record_writes) &&
           quiet_time_is_over(&k->record_writes);
}

static void settle_release(struct knowledge *k)
{
    if (k->belief != BELIEF_NO) { /* it led, perhaps up to the rehearsal of a loss */
        k->belief = BELIEF_NO;    /* P10: belief ends first */
        if (k->record_writes.last != 0)
            poll_probe_record(k); /* the record was given up in this term: empty it, if the right is back */
    }
    bool done = k->seat != SEAT_MINE && k->flight.kind == COMMAND_NONE;
    if (done || (k->late_writes && (has_nothing_to_do_with_it(k) || holds_nothing(k))))
        end(k, k->wish == WISH_CLOSE ? END_CLOSED : END_RESIGNED, LEADERLIFE_OK);
}

/* P9, P3b: final, for others may already lead. Without a record the lock's own nonce tells of a stranger. */
static bool is_lost(const struct knowledge *k)
{
    bool other_owner = k->lock.kind == LOCK_OTHER && k->lock.sure;
    bool other_life = !k->guarded && knowledge_lock_is_strangers(k) && k->lock.sure;
    bool other_claim = (k->record.kind == RECORD_OTHER || knowledge_record_is_strangers(k)) && k->record.sure;
    return k->identity == IDENTITY_GONE || other_owner || other_life || other_claim;
}

bool leadership_is_rehearsal_due(const struct knowledge *k, int64_t now)
{
    return k->belief == BELIEF_YES && k->rehearse_at != 0 && now >= k->rehearse_at;
}

static void settle_belief(struct knowledge *k, int64_t now)
{
    bool lost = is_lost(k);
    k->rehearsed = !lost && leadership_is_rehearsal_due(k, now);
    if (lost || k->rehearsed)
        end(k, END_LOST, LEADERLIFE_ELOST);
}

static void believe(struct knowledge *k, int64_t now)
{
    k->belief = BELIEF_YES;
    k->rehearse_at = k->rehearse_s > 0 ? now + k->rehearse_s * (int64_t)1000 : 0;
    k->started = true;
    k->collisions = 0;
    k->claim_backoff.spread_ms = 0; /* P17 */
    k->put_backs = 0;
    k->put_back_at = 0;
    k->guarded = k->record.kind != RECORD_NONE;
    k->term = k->guarded ? k->record.term : 0;
    memset(&k->last, 0, sizeof k->last);
    text_copy(k->token, sizeof k->token, k->guarded ? k->record.version : k->lock.version); /* P11 */
}

/* P2: for good, because a process with the pod's identity outside its network namespace cannot see its seat. */
static bool is_elsewhere_for_good(const struct knowledge *k, int64_t now)
{
    return k->identity == IDENTITY_ELSEWHERE && now >= k->elsewhere_at;
}

/* P3b: another process campaigns for this pod where its seat is not seen. */
static bool met_stranger(const struct knowledge *k)
{
    return (knowledge_record_is_strangers(k) && k->record.sure) || (knowledge_lock_is_strangers(k) && k->lock.sure);
}

static void settle_campaign(struct knowledge *k, int64_t now)
{
    bool unfit = k->identity == IDENTITY_GONE || is_elsewhere_for_good(k, now);
    if (unfit && !k->retry_permanent)
        end(k, END_FAILED, LEADERLIFE_EIDENTITY);
    else if (met_stranger(k))
        end(k, END_LOST, LEADERLIFE_ELOST);
    else if (knowledge_may_believe(k))
        believe(k, now);
}

void leadership_settle(struct knowledge *k, int64_t now)
{
    if (k->rehearsed && k->wish == WISH_CLOSE) {
        k->rehearsed = false; /* the program's work is over, and now it gives back as a leader does */
        k->end = END_NOT;
    }
    if (k->end != END_NOT) {
        if (k->wish == WISH_CLOSE)
            k->end = END_CLOSED;
    } else if (knowledge_is_releasing(k)) {
        settle_release(k);
    } else if (k->fault.kind == FAULT_PERMANENT) {
        end(k, END_FAILED, LEADERLIFE_OK);
    } else if (k->belief == BELIEF_YES) {
        settle_belief(k, now);
    } else {
        settle_campaign(k, now);
    }
}

void leadership_abandon(struct knowledge *k)
{
    bool claims = (k->lock.kind == LOCK_MINE && k->lock.of_life) || knowledge_record_is_of_life(k);
    bool lost = k->belief == BELIEF_YES || knowledge_is_releasing(k) || claims;
    if (k->end == END_NOT)
        end(k, lost ? END_LOST : END_FAILED, lost ? LEADERLIFE_ELOST : LEADERLIFE_ESYSTEM);
    if (k->wish == WISH_CLOSE)
        k->end = END_CLOSED;
    k->rehearsed = false;
    k->seat = SEAT_UNKNOWN;
    memset(&k->lock, 0, sizeof k->lock);
    memset(&k->record, 0, sizeof k->record);
}
