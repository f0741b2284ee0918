/* SPDX-License-Identifier: Apache-2.0 */
/*
 * knowledge_learn() and knowledge_submit(): answers to commands and questions, faults, refusals. What follows from
 * knowledge at once is belief.c's, what is to be done decide.c's.
 */
#include "base/backoff.h"
#include "knowledge.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

enum {
    PUT_BACK_FIRST_MS = 20, /* P9 */
    PUT_BACK_FORGET_MS = 10 * 60 * 1000,
    REFUSED_MS = 10000,                 /* P8, P15 */
    REFUSAL_COUNTS_MS = 40 * 60 * 1000, /* a follower asks again before that (probe_refused) */
    PROBE_LOW_MS = 30000,               /* P8: without the right to the record */
    PROBE_HIGH_MS = 60000,
    COLLISIONS_FREE = 3 /* lost races in a row before backoff */
};

/* ---- Faults (P15) ---- */

static void retry_later(struct knowledge *k, int64_t now, int64_t at_least, uint32_t random, bool of_write)
{
    int64_t wait = backoff_ms(k->fault.attempt, BACKOFF_FIRST_MS, BACKOFF_MAX_MS, random);
    k->fault.kind = FAULT_RETRY;
    k->fault.at = now + (wait > at_least ? wait : at_least);
    k->fault.attempt++;
    k->fault.of_write = k->fault.of_write || of_write;
}

static void succeed(struct knowledge *k, bool of_write)
{
    if (k->fault.kind == FAULT_RETRY && (of_write || !k->fault.of_write))
        memset(&k->fault, 0, sizeof k->fault);
}

static void fail_for_good(struct knowledge *k, int64_t now, uint32_t random, int status)
{
    k->fault.status = status;
    if (k->retry_permanent || k->belief == BELIEF_YES || k->end != END_NOT || is_giving_back(k))
        retry_later(k, now, BACKOFF_MAX_MS / 2, random, true);
    else
        k->fault.kind = FAULT_PERMANENT;
}

/* ---- Answers ---- */

/* What an answer is to. */
struct asked {
    const struct command *command;
    int64_t at;
};

static struct refusal *refusal_of(struct knowledge *k, enum command_kind kind)
{
    switch (kind) {
    case COMMAND_GET_OWN_POD: return &k->own_refusal; /* asked beside the others: neither makes up for another */
    case COMMAND_GET_RECORD: return &k->read_refusal;
    case COMMAND_PUT_RECORD:
    case COMMAND_EMPTY_RECORD: return &k->write_refusal;
    case COMMAND_PUT_LOCK: return &k->put_refusal;
    case COMMAND_DELETE_LOCK: return &k->delete_refusal;
    default: return &k->refusal;
    }
}

/* What the watches have shown meanwhile may be newer than this answer: then ask again. */
static void learn_record_answer(struct knowledge *k, const struct record_view *view, int64_t now, uint32_t random)
{
    bool moved = k->record_moved && k->record.kind != RECORD_UNKNOWN && !text_equal(view->version, k->record.version);
    bool overtaken = is_record_write(k->flight.kind) && k->lock_moved && k->record.kind == RECORD_UNKNOWN;
    if (moved || overtaken)
        record_in_doubt(k);
    else
        set_record(k, view, true, now, random);
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
    case COMMAND_GET_OWN_POD: learn_own_pod_got(k, fact, now, random); break;
    case COMMAND_TAKE_SEAT: k->seat = SEAT_MINE; break;
    case COMMAND_RELEASE_SEAT: k->seat = SEAT_UNKNOWN; break;
    case COMMAND_GET_LOCK: learn_lock_got(k, fact, now, random); break;
    case COMMAND_CREATE_LOCK: learn_lock_written(k, fact, false, now, random); break;
    case COMMAND_PUT_LOCK: learn_lock_written(k, fact, command->nonce[0] == '\0', now, random); break;
    case COMMAND_DELETE_LOCK: learn_lock_absent(k, now, random); break;
    case COMMAND_GET_RECORD:
        k->record_writes.checked = command->number;
        k->record_writes.checked_at = k->flight_at;
        k->herd.look = false;
        learn_record_answer(k, &fact->record, now, random);
        break;
    case COMMAND_PUT_RECORD:
    case COMMAND_EMPTY_RECORD: learn_record_answer(k, &fact->record, now, random); break;
    case COMMAND_GET_POD: learn_pod(k, &fact->pod, true, now, random); break;
    case COMMAND_GET_NODE: learn_node(k, fact->node, now); break;
    case COMMAND_NONE:
    case COMMAND_KINDS: break;
    }
    k->started = k->started || command->kind == COMMAND_GET_POD || is_lock_write(command->kind);
    succeed(k, is_write(command->kind));
}

/* EXISTS, CONFLICT, NOT_FOUND: somebody was faster; look again. */
static void learn_collision(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random)
{
    enum command_kind kind = k->flight.kind;
    if (kind == COMMAND_TAKE_SEAT) {
        k->seat = SEAT_OTHER;
        return;
    }
    if (is_lock_write(kind) && fact->outcome == OUTCOME_NOT_FOUND)
        learn_lock_absent(k, now, random);
    else if (is_lock_write(kind))
        lock_in_doubt(k);
    else
        record_in_doubt(k);
    if (k->belief == BELIEF_NO && (kind == COMMAND_PUT_RECORD || kind == COMMAND_CREATE_LOCK))
        herd_lose(k, now);
    if (++k->collisions > COLLISIONS_FREE) {
        k->fault.attempt = k->collisions - COLLISIONS_FREE;
        retry_later(k, now, 0, random, false);
    }
}

static void retry_refused(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                          uint32_t random)
{
    k->fault.status = fact->status;
    retry_later(k, now, fact->retry_after_ms, random, is_write(asked->command->kind));
}

/* P8, P15: a refusal is final only if it lasts; until then it is tried again, for the last time when it would be. What
 * was refused long before, and not asked for since, is no sign that it lasts. */
static bool is_refused_for_good(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                                uint32_t random)
{
    struct refusal *refusal = refusal_of(k, asked->command->kind);
    int64_t counts = refusal->final ? REFUSAL_COUNTS_MS : REFUSED_MS;
    if (!refusal->on || asked->at > refusal->last_at + counts)
        *refusal = (struct refusal){.on = true, .final_at = now + REFUSED_MS};
    refusal->final = asked->at >= refusal->final_at;
    refusal->last_at = now;
    if (refusal->final)
        return true;
    retry_refused(k, asked, fact, now, random);
    if (k->fault.at > refusal->final_at)
        k->fault.at = refusal->final_at;
    return false;
}

/* P8: without the right this term is unguarded, unless the option demands a record. */
static void learn_record_forbidden(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                                   uint32_t random)
{
    if (!is_refused_for_good(k, asked, fact, now, random))
        return;
    if (!k->require_record || is_giving_back(k)) {
        k->record.kind = RECORD_NONE;
        k->refused_at = asked->at; /* the server has judged it since */
        k->refusals++;
        k->record_poll_at = now + backoff_between(PROBE_LOW_MS, PROBE_HIGH_MS, random);
        memset(&k->fault, 0, sizeof k->fault);
    } else if (k->started) {
        retry_refused(k, asked, fact, now, random);
    } else {
        fail_for_good(k, now, random, fact->status);
    }
}

/* Rights, P4, P7: some rights can be done without; the others are needed, P15. */
static void learn_forbidden(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                            uint32_t random)
{
    enum command_kind kind = asked->command->kind;
    if ((kind == COMMAND_PUT_LOCK || kind == COMMAND_DELETE_LOCK) && !is_refused_for_good(k, asked, fact, now, random))
        return;
    if (kind == COMMAND_PUT_LOCK) {
        k->can_put = false;
        k->lock.confirmed =
            k->lock.kind == LOCK_MINE && k->lock.sure && !k->lock.released && k->flight.nonce[0] != '\0';
        k->lock.sent = fact->sent; /* the look before it will do, the one at the own pod is to come after this (P1) */
    } else if (kind == COMMAND_DELETE_LOCK) {
        text_copy(k->undeletable, sizeof k->undeletable, k->flight.uid);
        doubt_lost(k, k->lock.owner.uid, now); /* P16 */
        if (k->can_put || k->lock_writes.quiet_at == 0)
            k->deleted[0] = '\0'; /* it has not happened, nor will an earlier one survive the rewrite (P1) */
    } else if (is_record_command(kind)) {
        learn_record_forbidden(k, asked, fact, now, random);
    } else if (k->started) {
        retry_refused(k, asked, fact, now, random);
    } else if (is_refused_for_good(k, asked, fact, now, random)) {
        fail_for_good(k, now, random, fact->status);
    }
}

static void learn_trouble(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                          uint32_t random)
{
    enum command_kind kind = asked->command->kind;
    struct refusal *refusal = refusal_of(k, kind);
    refusal->on = refusal->on && refusal->final; /* what is not answered is not refused all the while */
    k->fault.status = fact->status;
    k->fault.of_line = fact->status == LEADERLIFE_ENETWORK || fact->status == LEADERLIFE_ETLS;
    retry_later(k, now, fact->retry_after_ms, random, is_write(kind));
    if (fact->outcome != OUTCOME_AMBIGUOUS)
        return;
    if (is_lock_write(kind)) { /* P6 */
        lock_in_doubt(k);
        k->lock_writes.quiet_at = now + QUIET_MS;
    } else if (is_record_write(kind)) {
        record_in_doubt(k);
        k->record_writes.quiet_at = now + QUIET_MS;
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
        fail_for_good(k, now, random, fact->status);
}

static void learn_outcome(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                          uint32_t random)
{
    if (fact->outcome <= OUTCOME_NOT_FOUND) { /* the right is there */
        refusal_of(k, asked->command->kind)->on = false;
        k->refusal.on = k->refusal.on && is_question(asked->command->kind);
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

static void learn_answer(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random)
{
    const struct command *command = asked_as(k, fact->number);
    if (command == NULL)
        return;
    bool question = command == &k->question;
    const struct asked asked = {.command = command, .at = question ? k->question_at : k->flight_at};
    if (command->kind == COMMAND_GET_NODE && fact->outcome != OUTCOME_OK)
        learn_node_failed(k, fact, now);
    else
        learn_outcome(k, &asked, fact, now, random);
    if (question)
        memset(&k->question, 0, sizeof k->question);
    else
        memset(&k->flight, 0, sizeof k->flight);
}

/* ---- Facts ---- */

static void learn_watch(struct knowledge *k, unsigned watch, bool usable, int64_t now, uint32_t random)
{
    k->blind = usable ? k->blind & ~watch : k->blind | watch;
    if ((watch & WATCH_LOCK) != 0)
        k->lock_poll_at = poll_time(k, WATCH_LOCK, now, random);
    if ((watch & WATCH_RECORD) != 0)
        k->record_poll_at = poll_time(k, WATCH_RECORD, now, random);
    if ((watch & WATCH_OWN) != 0)
        k->own_poll_at = poll_time(k, WATCH_OWN, now, random);
    for (size_t i = 0; (watch & WATCH_POD) != 0 && i < JUDGED; i++)
        k->judged[i].poll_at = poll_time(k, WATCH_POD, now, random);
}

/* P2, P12: days may have passed in the queue, so the own pod is checked again before the seat is taken. */
static void learn_seat(struct knowledge *k, enum seat seat)
{
    bool waited = k->seat == SEAT_OTHER && seat == SEAT_UNKNOWN && k->end == END_NOT;
    if (waited && k->late_writes && k->identity == IDENTITY_GOOD)
        k->identity = IDENTITY_UNKNOWN;
    k->seat = seat;
}

void knowledge_learn(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random)
{
    bool from_watch = fact->kind == FACT_LOCK || fact->kind == FACT_RECORD || fact->kind == FACT_POD;
    if (from_watch && k->fault.kind == FAULT_RETRY && k->fault.of_line)
        memset(&k->fault, 0, sizeof k->fault); /* the server is there again */
    switch (fact->kind) {
    case FACT_WISH:
        k->wish = fact->wish;
        succeed(k, true);
        break;
    case FACT_SEAT: learn_seat(k, fact->seat); break;
    case FACT_LOCK: learn_lock(k, &fact->lock, now, random); break;
    case FACT_RECORD: learn_record(k, &fact->record, now, random); break;
    case FACT_POD: learn_pod(k, &fact->pod, false, now, random); break;
    case FACT_OWN_POD: learn_own_pod(k, &fact->pod, now, random); break;
    case FACT_WATCH: learn_watch(k, fact->watch, fact->usable, now, random); break;
    case FACT_ANSWER: learn_answer(k, fact, now, random); break;
    case FACT_NONE:
    case FACT_NOTE: return;
    }
    settle(k, now);
    herd_settle(k, now, random);
}

void knowledge_submit(struct knowledge *k, const struct command *command, int64_t now, uint32_t random)
{
    k->numbers = command->number;
    k->flight = *command;
    k->flight_at = now;
    k->lock_moved = k->record_moved = k->pod_moved = k->pod_missed = false;
    if (is_lock_write(command->kind))
        k->lock_writes.last = command->number;
    if (is_record_write(command->kind)) {
        k->record_writes.last = command->number;
        text_copy(k->nonce, sizeof k->nonce, command->nonce);
        if (command->kind == COMMAND_EMPTY_RECORD && k->record.kind == RECORD_MINE)
            k->record.kind = RECORD_SIBLING; /* P3: not ours from now on, even if this one is refused */
    }
    if (command->kind == COMMAND_PUT_RECORD && command->new_term)
        k->lock.confirmed = false;            /* P1: only a look that begins after this write counts */
    if (command->kind == COMMAND_DELETE_LOCK) /* P1 */
        text_copy(k->deleted, sizeof k->deleted, command->uid);
    if (k->belief == BELIEF_YES && is_write(command->kind)) {
        if (now - k->put_back_at > PUT_BACK_FORGET_MS)
            k->put_backs = 0;
        k->put_back_at =
            now + PUT_BACK_FIRST_MS + backoff_ms(k->put_backs++, 2 * PUT_BACK_FIRST_MS, BACKOFF_MAX_MS, random);
        k->own_sure = false;
    }
}

void knowledge_ask(struct knowledge *k, const struct command *question, int64_t now)
{
    k->numbers = question->number;
    k->question = *question;
    k->question_at = now;
    k->own_moved = k->own_missed = false;
}
