/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a command that failed or was refused is tried again, and when no more (P15).
 */
#include "machine/retry.h"

#include "base/backoff.h"
#include "machine/command_kind.h"

#include <string.h>

enum {
    REFUSED_MS = 10000,                /* P8, P15 */
    REFUSED_GUARDED_MS = 2000,         /* P1 */
    REFUSAL_COUNTS_MS = 40 * 60 * 1000 /* a follower asks again before that (decide_probe_refused) */
};

void retry_later(struct knowledge *k, int64_t now, int64_t at_least, uint32_t random, bool of_write)
{
    int64_t wait = backoff_ms(k->fault.attempt, BACKOFF_FIRST_MS, BACKOFF_MAX_MS, random);
    k->fault.kind = FAULT_RETRY;
    k->fault.at = now + (wait > at_least ? wait : at_least);
    k->fault.attempt++;
    k->fault.number = k->numbers;
    k->fault.of_write = k->fault.of_write || of_write;
}

void retry_succeeded(struct knowledge *k, const struct command *command)
{
    bool later = command->number > k->fault.number;
    if (k->fault.kind == FAULT_RETRY && later && (command_writes(command->kind) || !k->fault.of_write))
        memset(&k->fault, 0, sizeof k->fault);
}

void retry_give_up(struct knowledge *k, int64_t now, uint32_t random, int status)
{
    k->fault.status = status;
    if (k->retry_permanent || k->belief == BELIEF_YES || k->end != END_NOT || knowledge_is_releasing(k))
        retry_later(k, now, BACKOFF_MAX_MS / 2, random, true);
    else
        k->fault.kind = FAULT_PERMANENT;
}

struct refusal *retry_refusal(struct knowledge *k, enum command_kind kind)
{
    switch (kind) {
    /* Asked beside the other questions: no answer to those ends this refusal, nor the reverse. */
    case COMMAND_GET_OWN_POD: return &k->own_refusal;
    case COMMAND_GET_RECORD: return &k->read_refusal;
    case COMMAND_PUT_RECORD:
    case COMMAND_EMPTY_RECORD: return &k->write_refusal;
    case COMMAND_PUT_LOCK: return &k->put_refusal;
    case COMMAND_DELETE_LOCK: return &k->delete_refusal;
    default: return &k->refusal;
    }
}

void retry_refused(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                   uint32_t random)
{
    k->fault.status = fact->status;
    retry_later(k, now, fact->retry_after_ms, random, command_writes(asked->command->kind));
}

/* When that refusal becomes final. P1: of taking over the own lock sooner, where the record guards it and none of this
 * life's writes of it is without an answer. */
static int64_t final_at(const struct knowledge *k, enum command_kind kind, const struct refusal *refusal)
{
    bool guarded = kind == COMMAND_PUT_LOCK && k->belief == BELIEF_NO && k->record.kind == RECORD_MINE &&
                   k->lock_writes.quiet_at == 0;
    return refusal->final_at - (guarded ? REFUSED_MS - REFUSED_GUARDED_MS : 0);
}

/* P8, P15: a refusal is final only if it lasts; until then it is tried again, for the last time when it would be. What
 * was refused long before, and not asked for since, is no sign that it lasts. */
bool retry_is_refused_for_good(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                               uint32_t random)
{
    struct refusal *refusal = retry_refusal(k, asked->command->kind);
    int64_t counts = refusal->final ? REFUSAL_COUNTS_MS : REFUSED_MS;
    if (!refusal->on || asked->at > refusal->last_at + counts)
        *refusal = (struct refusal){.on = true, .final_at = now + REFUSED_MS};
    int64_t at = final_at(k, asked->command->kind, refusal);
    refusal->final = asked->at >= at;
    refusal->last_at = now;
    if (refusal->final)
        return true;
    retry_refused(k, asked, fact, now, random);
    if (k->fault.at > at)
        k->fault.at = at;
    return false;
}
