/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How answers to commands and questions change knowledge: what was done, collisions, refusals, trouble. After an
 * ambiguous write (P6) the quiet time begins: quiet_time.c.
 */
#include "machine/learn_answer.h"

#include "base/backoff.h"
#include "machine/claim_backoff.h"
#include "machine/command_kind.h"
#include "machine/learn_lock.h"
#include "machine/learn_pod.h"
#include "machine/learn_record.h"
#include "machine/quiet_time.h"
#include "machine/retry.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

enum {
    PROBE_LOW_MS = 30000, /* P8: without the right to the record */
    PROBE_HIGH_MS = 60000,
    COLLISIONS_FREE = 3 /* lost races in a row before backoff */
};

/* What the watches have shown meanwhile may be newer than this answer: then ask again. */
static void learn_record_answer(struct knowledge *k, const struct record_view *view, int64_t now, uint32_t random)
{
    bool moved = k->record_moved && k->record.kind != RECORD_UNKNOWN && !text_equal(view->version, k->record.version);
    bool overtaken = command_writes_record(k->flight.kind) && k->lock_moved && k->record.kind == RECORD_UNKNOWN;
    if (moved || overtaken)
        learn_record_in_doubt(k);
    else
        learn_record_set(k, view, true, now, random);
}

static void learn_done(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                       uint32_t random)
{
    const struct command *command = asked->command;
    switch (command->kind) {
    case COMMAND_IDENTIFY:
        k->self = fact->self;
        k->identified = fact->self.uid[0] != '\0';
        if (k->wish == WISH_OBSERVE)
            k->identity = IDENTITY_UNNEEDED;
        break;
    case COMMAND_GET_OWN_POD: learn_pod_own_got(k, fact, now, random); break;
    case COMMAND_TAKE_SEAT: k->seat = SEAT_MINE; break;
    case COMMAND_RELEASE_SEAT: k->seat = SEAT_UNKNOWN; break;
    case COMMAND_GET_LOCK: learn_lock_got(k, fact, now, random); break;
    case COMMAND_CREATE_LOCK: learn_lock_written(k, fact, false, now, random); break;
    case COMMAND_PUT_LOCK: learn_lock_written(k, fact, command->nonce[0] == '\0', now, random); break;
    case COMMAND_DELETE_LOCK: learn_lock_absent(k, now, random); break;
    case COMMAND_GET_RECORD:
        k->record_writes.checked = command->number;
        k->record_writes.checked_at = k->flight_at;
        k->claim_backoff.look = false;
        learn_record_answer(k, &fact->record, now, random);
        break;
    case COMMAND_PUT_RECORD:
    case COMMAND_EMPTY_RECORD: learn_record_answer(k, &fact->record, now, random); break;
    case COMMAND_GET_POD: learn_pod(k, &fact->pod, true, now, random); break;
    case COMMAND_GET_NODE: learn_pod_node(k, fact->node, now); break;
    case COMMAND_NONE:
    case COMMAND_KINDS: break;
    }
    k->started = k->started || command->kind == COMMAND_GET_POD || command_writes_lock(command->kind);
    retry_succeeded(k, command);
}

/* EXISTS, CONFLICT, NOT_FOUND: somebody was faster; look again. */
static void learn_collision(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random)
{
    enum command_kind kind = k->flight.kind;
    if (kind == COMMAND_TAKE_SEAT) {
        k->seat = SEAT_OTHER;
        return;
    }
    if (command_writes_lock(kind) && fact->outcome == OUTCOME_NOT_FOUND)
        learn_lock_absent(k, now, random);
    else if (command_writes_lock(kind))
        learn_lock_in_doubt(k);
    else
        learn_record_in_doubt(k);
    if (k->belief == BELIEF_NO && (kind == COMMAND_PUT_RECORD || kind == COMMAND_CREATE_LOCK))
        claim_backoff_lose(k, now);
    if (++k->collisions > COLLISIONS_FREE) {
        k->fault.attempt = k->collisions - COLLISIONS_FREE;
        retry_later(k, now, 0, random, false);
    }
}

/* P8: without the right this term is unguarded, unless the option demands a record. */
static void learn_record_forbidden(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                                   uint32_t random)
{
    if (!retry_is_refused_for_good(k, asked, fact, now, random))
        return;
    if (!k->require_record || knowledge_is_releasing(k)) {
        k->record.kind = RECORD_NONE;
        k->refused_at = asked->at; /* the server has judged the right later than this */
        k->refusals++;
        k->record_poll_at = now + backoff_between(PROBE_LOW_MS, PROBE_HIGH_MS, random);
        memset(&k->fault, 0, sizeof k->fault);
    } else if (k->started) {
        retry_refused(k, asked, fact, now, random);
    } else {
        retry_give_up(k, now, random, fact->status);
    }
}

/* Rights, P4, P7: some rights can be done without; the others are needed, P15. */
static void learn_forbidden(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                            uint32_t random)
{
    enum command_kind kind = asked->command->kind;
    if ((kind == COMMAND_PUT_LOCK || kind == COMMAND_DELETE_LOCK) &&
        !retry_is_refused_for_good(k, asked, fact, now, random))
        return;
    if (kind == COMMAND_PUT_LOCK) {
        k->can_put = false; /* P1: a look from now on confirms it */
        k->lock.confirmed = false;
    } else if (kind == COMMAND_DELETE_LOCK) {
        text_copy(k->undeletable, sizeof k->undeletable, k->flight.uid);
        learn_pod_doubt_lost(k, k->lock.owner.uid, now); /* P16 */
        if (k->can_put || k->lock_writes.quiet_at == 0)
            k->deleted[0] = '\0'; /* P1: this delete has not happened, and an earlier one cannot hit a rewritten lock */
    } else if (command_is_of_record(kind)) {
        learn_record_forbidden(k, asked, fact, now, random);
    } else if (k->started) {
        retry_refused(k, asked, fact, now, random);
    } else if (retry_is_refused_for_good(k, asked, fact, now, random)) {
        retry_give_up(k, now, random, fact->status);
    }
}

static void learn_trouble(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                          uint32_t random)
{
    enum command_kind kind = asked->command->kind;
    struct refusal *refusal = retry_refusal(k, kind);
    refusal->on = refusal->on && refusal->final; /* without an answer the series of refusals ends, unless it is final */
    k->fault.status = fact->status;
    k->fault.of_line = fact->status == LEADERLIFE_ENETWORK || fact->status == LEADERLIFE_ETLS;
    if (fact->unheard)
        k->fault.attempt = backoff_unheard(k->fault.attempt);
    retry_later(k, now, fact->retry_after_ms, random, command_writes(kind));
    if (fact->unheard)
        k->fault.attempt = backoff_unheard(k->fault.attempt);
    if (fact->outcome != OUTCOME_AMBIGUOUS)
        return;
    if (command_writes_lock(kind)) { /* P6 */
        learn_lock_in_doubt(k);
        quiet_time_begin(&k->lock_writes, now);
    } else if (command_writes_record(kind)) {
        learn_record_in_doubt(k);
        quiet_time_begin(&k->record_writes, now);
    }
}

/* A rewrite or delete that some admission policy rejects is one that cannot be had, like a missing right. */
static void learn_rejected(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                           uint32_t random)
{
    enum command_kind kind = asked->command->kind;
    if (kind == COMMAND_PUT_LOCK || kind == COMMAND_DELETE_LOCK)
        learn_forbidden(k, asked, fact, now, random);
    else
        retry_give_up(k, now, random, fact->status);
}

static void learn_outcome(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                          uint32_t random)
{
    if (fact->outcome <= OUTCOME_NOT_FOUND) { /* these outcomes show that the right is there */
        retry_refusal(k, asked->command->kind)->on = false;
        k->refusal.on = k->refusal.on && command_is_question(asked->command->kind);
    }
    switch (fact->outcome) {
    case OUTCOME_OK: learn_done(k, asked, fact, now, random); break;
    case OUTCOME_EXISTS:
    case OUTCOME_CONFLICT:
    case OUTCOME_NOT_FOUND: learn_collision(k, fact, now, random); break;
    case OUTCOME_FORBIDDEN: learn_forbidden(k, asked, fact, now, random); break;
    case OUTCOME_AMBIGUOUS:
    case OUTCOME_RETRY: learn_trouble(k, asked, fact, now, random); break;
    case OUTCOME_PERMANENT: learn_rejected(k, asked, fact, now, random); break;
    }
}

void learn_answer(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random)
{
    const struct command *command = knowledge_asked_as(k, fact->number);
    if (command == NULL)
        return;
    bool question = command == &k->question;
    const struct asked asked = {.command = command, .at = question ? k->question_at : k->flight_at};
    if (command->kind == COMMAND_GET_NODE && fact->outcome != OUTCOME_OK)
        learn_pod_node_failed(k, fact, now);
    else
        learn_outcome(k, &asked, fact, now, random);
    if (question)
        memset(&k->question, 0, sizeof k->question);
    else
        memset(&k->flight, 0, sizeof k->flight);
}
