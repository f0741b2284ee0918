/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads off the knowledge of the machine: who holds lock and record, whether a claim is a stranger's (P3b), whether
 * this process may believe that it leads (P1). It changes nothing (learn.c) and commands nothing (decide.c).
 */
#include "machine/knowledge.h"

#include <string.h>

const struct command *knowledge_asked_as(const struct knowledge *k, unsigned number)
{
    if (k->flight.kind != COMMAND_NONE && k->flight.number == number)
        return &k->flight;
    return k->question.kind != COMMAND_NONE && k->question.number == number ? &k->question : NULL;
}

const struct judged *knowledge_judged(const struct knowledge *k, const char *uid)
{
    for (size_t i = 0; uid[0] != '\0' && i < JUDGED; i++) {
        if (text_equal(k->judged[i].uid, uid))
            return &k->judged[i];
    }
    return NULL;
}

enum verdict knowledge_verdict(const struct knowledge *k, const char *uid)
{
    const struct judged *judged = knowledge_judged(k, uid);
    return judged == NULL ? VERDICT_UNKNOWN : judged->verdict;
}

bool knowledge_is_alive(const struct knowledge *k, const char *uid)
{
    enum verdict verdict = knowledge_verdict(k, uid);
    return verdict == VERDICT_ALIVE || verdict == VERDICT_UNTIL;
}

bool knowledge_record_is_own(const struct knowledge *k)
{
    return k->record.kind == RECORD_MINE || k->record.kind == RECORD_SIBLING;
}

bool knowledge_record_is_of_life(const struct knowledge *k)
{
    return knowledge_record_is_own(k) && k->record.of_life;
}

bool knowledge_record_is_spent(const struct knowledge *k)
{
    bool gone = k->record.kind == RECORD_ABSENT || k->record.kind == RECORD_EMPTY;
    return gone || (k->record.kind == RECORD_SIBLING && k->record.of_life);
}

/* P3b: what was there before the first own claim was confirmed is an earlier life's. */
bool knowledge_record_is_strangers(const struct knowledge *k)
{
    return k->record.kind == RECORD_SIBLING && !k->record.of_life && k->claimed;
}

/* Without a record the lock's own nonce tells. */
bool knowledge_lock_is_strangers(const struct knowledge *k)
{
    bool theirs = k->stranger || (k->record.kind == RECORD_NONE && k->lock_claimed);
    return k->lock.kind == LOCK_MINE && (knowledge_record_is_strangers(k) || (theirs && k->lock.of_other));
}

static bool clears_earlier_lives(const struct knowledge *k)
{
    /* P2: outside its pod's network a process cannot see the pod's seat. */
    return (knowledge_is_releasing(k) || k->end != END_NOT) && !k->elsewhere;
}

bool knowledge_may_clear_record(const struct knowledge *k)
{
    return knowledge_record_is_own(k) &&
           (k->record.of_life || (!knowledge_record_is_strangers(k) && clears_earlier_lives(k)));
}

bool knowledge_may_clear_lock(const struct knowledge *k)
{
    return k->lock.kind == LOCK_MINE && !text_equal(k->lock.uid, k->undeletable) && !knowledge_lock_is_strangers(k) &&
           (k->lock.of_life || clears_earlier_lives(k));
}

/* P8: if the last holder kept a record, that record, while it is there, says whether it has released the lock. */
bool knowledge_barred_by_memory(const struct knowledge *k)
{
    bool by_record = k->last_guarded && k->record.kind != RECORD_NONE && k->record.kind != RECORD_ABSENT;
    return k->last.uid[0] != '\0' && !by_record && knowledge_verdict(k, k->last.uid) != VERDICT_DEAD;
}

bool knowledge_owner_is_dead(const struct knowledge *k)
{
    return k->lock.kind == LOCK_OTHER && knowledge_verdict(k, k->lock.owner.uid) == VERDICT_DEAD;
}

bool knowledge_barred_by_record(const struct knowledge *k)
{
    return k->record.kind == RECORD_OTHER && knowledge_verdict(k, k->record.holder.uid) != VERDICT_DEAD;
}

const struct pod_id *knowledge_pod(const struct knowledge *k, const char *uid)
{
    const struct pod_id *const pods[] = {&k->lock.owner, &k->record.holder, &k->last};
    for (size_t i = 0; uid[0] != '\0' && i < sizeof pods / sizeof pods[0]; i++) {
        if (text_equal(pods[i]->uid, uid))
            return pods[i];
    }
    return NULL;
}

const struct pod_id *knowledge_barring_pod(const struct knowledge *k)
{
    return knowledge_barred_by_record(k) ? &k->record.holder : &k->last;
}

bool knowledge_minds_record(const struct knowledge *k)
{
    bool wrote = k->keep_record && k->record_writes.last != 0;
    bool minds = k->belief == BELIEF_ENDED || (k->belief == BELIEF_YES && k->guarded);
    return k->record.kind != RECORD_NONE || (wrote && minds);
}

bool knowledge_has_claimed(const struct knowledge *k)
{
    return k->wish == WISH_CAMPAIGN && k->end == END_NOT && k->belief == BELIEF_NO && k->identity == IDENTITY_GOOD &&
           k->seat == SEAT_MINE && k->lock.kind == LOCK_MINE && k->lock.confirmed &&
           !text_equal(k->lock.uid, k->deleted) && !knowledge_barred_by_memory(k) &&
           (k->record.kind == RECORD_NONE || k->record.kind == RECORD_MINE);
}

/* P1: the look at the own pod was sent after the write that made the lock ours. */
bool knowledge_may_believe(const struct knowledge *k)
{
    return knowledge_has_claimed(k) && (!k->late_writes || k->own_sent > k->lock.sent);
}

bool knowledge_is_releasing(const struct knowledge *k)
{
    return k->wish == WISH_RESIGN || k->wish == WISH_CLOSE;
}

bool knowledge_lock_never_read(const struct knowledge *k)
{
    return k->late_writes && k->lock_writes.checked == 0;
}

const struct pod_id *machine_holder(const struct knowledge *k)
{
    if (k->belief == BELIEF_YES)
        return &k->self;
    if (k->lock.kind == LOCK_OTHER && !knowledge_owner_is_dead(k))
        return &k->lock.owner;
    if (knowledge_barred_by_record(k))
        return &k->record.holder;
    return NULL;
}

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
    k->rehearse_s = setup->rehearse_s;
    k->wish = setup->wish;
    k->record.kind = setup->records ? RECORD_UNKNOWN : RECORD_NONE;
    k->can_put = setup->late_writes; /* the embedded lock has nothing to rewrite */
}
