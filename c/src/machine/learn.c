/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Learns: takes a fact, a command or a question, and passes it to the file that changes knowledge by it.
 * leadership.c draws the consequences, decide.c says what is to be done.
 */
#include "machine/learn.h"

#include "base/backoff.h"
#include "machine/claim_backoff.h"
#include "machine/command_kind.h"
#include "machine/leadership.h"
#include "machine/learn_answer.h"
#include "machine/learn_lock.h"
#include "machine/learn_pod.h"
#include "machine/learn_record.h"
#include "machine/poll.h"

#include <string.h>

enum {
    PUT_BACK_FIRST_MS = 20, /* P9 */
    PUT_BACK_FORGET_MS = 10 * 60 * 1000
};

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

void learn_fact(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random)
{
    bool from_watch = fact->kind == FACT_LOCK || fact->kind == FACT_RECORD || fact->kind == FACT_POD;
    if (from_watch && k->fault.kind == FAULT_RETRY && k->fault.of_line)
        memset(&k->fault, 0, sizeof k->fault); /* the server can be reached again */
    switch (fact->kind) {
    case FACT_WISH:
        k->wish = fact->wish;
        if (k->fault.kind == FAULT_RETRY)
            memset(&k->fault, 0, sizeof k->fault);
        break;
    case FACT_SEAT: learn_seat(k, fact->seat); break;
    case FACT_LOCK: learn_lock(k, &fact->lock, now, random); break;
    case FACT_RECORD: learn_record(k, &fact->record, now, random); break;
    case FACT_POD: learn_pod(k, &fact->pod, false, now, random); break;
    case FACT_OWN_POD: learn_pod_own(k, &fact->pod, now, random); break;
    case FACT_WATCH: learn_watch(k, fact->watch, fact->usable, now, random); break;
    case FACT_ANSWER: learn_answer(k, fact, now, random); break;
    case FACT_TIME: break;
    case FACT_NONE:
    case FACT_NOTE: return;
    }
    leadership_settle(k, now);
    claim_backoff_settle(k, now, random);
}

void learn_command(struct knowledge *k, const struct command *command, int64_t now, uint32_t random)
{
    k->numbers = command->number;
    k->flight = *command;
    k->flight_at = now;
    k->lock_moved = k->record_moved = k->pod_moved = k->pod_missed = false;
    if (command_writes_lock(command->kind))
        k->lock_writes.last = command->number;
    if (command_writes_record(command->kind)) {
        k->record_writes.last = command->number;
        text_copy(k->nonce, sizeof k->nonce, command->nonce);
        if (command->kind == COMMAND_EMPTY_RECORD && k->record.kind == RECORD_MINE)
            k->record.kind = RECORD_SIBLING; /* P3: not ours from now on, even if this write is refused */
    }
    if (command->kind == COMMAND_PUT_RECORD && command->new_term)
        k->lock.confirmed = false;            /* P1: only a look that begins after this write counts */
    if (command->kind == COMMAND_DELETE_LOCK) /* P1 */
        text_copy(k->deleted, sizeof k->deleted, command->uid);
    if (k->belief == BELIEF_YES && command_writes(command->kind)) {
        if (now - k->put_back_at > PUT_BACK_FORGET_MS)
            k->put_backs = 0;
        k->put_back_at =
            now + PUT_BACK_FIRST_MS + backoff_ms(k->put_backs++, 2LL * PUT_BACK_FIRST_MS, BACKOFF_MAX_MS, random);
        k->own_sure = false;
    }
}

void learn_question(struct knowledge *k, const struct command *question, int64_t now)
{
    k->numbers = question->number;
    k->question = *question;
    k->question_at = now;
    k->own_moved = k->own_missed = false;
}
