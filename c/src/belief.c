/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three things that follow from knowledge at once: belief, its end, and the end of the election. It commands nothing;
 * that is decide.c's.
 */
#include "knowledge.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

static void end(struct knowledge *k, enum end how, int status)
{
    k->end = how;
    k->belief = BELIEF_ENDED;
    if (status != LEADERLIFE_OK)
        k->fault.status = status;
}

/* P10: a life that wrote nothing, and saw nothing of its pod's, has nothing to give back. */
static bool has_nothing_to_do_with_it(const struct knowledge *k)
{
    return k->lock_writes.last == 0 && k->record_writes.last == 0 && !k->seen_own;
}

/* P10: quorum GETs have shown nothing that this life may clear, and none of its writes can come late. */
static bool holds_nothing(const struct knowledge *k)
{
    bool lock = k->lock.kind == LOCK_UNKNOWN || (k->lock.kind == LOCK_MINE && !lock_is_strangers(k));
    bool record = k->record.kind == RECORD_UNKNOWN || may_clear_record(k);
    return !lock && !record && !is_write(k->flight.kind) && writes_checked(&k->lock_writes) &&
           writes_quiet(&k->lock_writes) && writes_checked(&k->record_writes) && writes_quiet(&k->record_writes);
}

static void settle_giving_back(struct knowledge *k)
{
    if (k->belief == BELIEF_YES) {
        k->belief = BELIEF_NO; /* P10: belief ends first */
        if (k->record_writes.last != 0)
            probe_record(k); /* it was given up in this term: empty it if the right is there again */
    }
    bool done = k->seat != SEAT_MINE && k->flight.kind == COMMAND_NONE;
    if (done || (k->late_writes && (has_nothing_to_do_with_it(k) || holds_nothing(k))))
        end(k, k->wish == WISH_CLOSE ? END_CLOSED : END_RESIGNED, LEADERLIFE_OK);
}

/* P9, P3b: final, for others may already lead. Without a record the lock's own nonce tells of a stranger. */
static bool is_lost(const struct knowledge *k)
{
    bool other_owner = k->lock.kind == LOCK_OTHER && k->lock.sure;
    bool other_life = !k->guarded && lock_is_strangers(k) && k->lock.sure;
    bool other_claim = (k->record.kind == RECORD_OTHER || record_is_strangers(k)) && k->record.sure;
    return k->identity == IDENTITY_GONE || other_owner || other_life || other_claim;
}

static void believe(struct knowledge *k)
{
    k->belief = BELIEF_YES;
    k->started = true;
    k->collisions = 0;
    k->herd.spread_ms = 0; /* P17 */
    k->put_backs = 0;
    k->put_back_at = 0;
    k->guarded = k->record.kind != RECORD_NONE;
    k->term = k->guarded ? k->record.term : 0;
    memset(&k->last, 0, sizeof k->last);
    text_copy(k->token, sizeof k->token, k->guarded ? k->record.version : k->lock.version); /* P11 */
}

/* P2: for good, because whoever has the pod's identity without its network namespace cannot see its seat. */
static bool is_elsewhere_for_good(const struct knowledge *k, int64_t now)
{
    return k->identity == IDENTITY_ELSEWHERE && now >= k->elsewhere_at;
}

/* P3b: another process campaigns for this pod where its seat is not seen. */
static bool met_stranger(const struct knowledge *k)
{
    return (record_is_strangers(k) && k->record.sure) || (lock_is_strangers(k) && k->lock.sure);
}

static void settle_campaign(struct knowledge *k, int64_t now)
{
    bool unfit = k->identity == IDENTITY_GONE || is_elsewhere_for_good(k, now);
    if (unfit && !k->retry_permanent)
        end(k, END_FAILED, LEADERLIFE_EIDENTITY);
    else if (met_stranger(k))
        end(k, END_LOST, LEADERLIFE_ELOST);
    else if (may_believe(k))
        believe(k);
}

void settle(struct knowledge *k, int64_t now)
{
    if (k->end != END_NOT) {
        if (k->wish == WISH_CLOSE)
            k->end = END_CLOSED;
    } else if (is_giving_back(k)) {
        settle_giving_back(k);
    } else if (k->fault.kind == FAULT_PERMANENT) {
        end(k, END_FAILED, LEADERLIFE_OK);
    } else if (k->belief == BELIEF_YES) {
        if (is_lost(k))
            end(k, END_LOST, LEADERLIFE_ELOST);
    } else {
        settle_campaign(k, now);
    }
}
