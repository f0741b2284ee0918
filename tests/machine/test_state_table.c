/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over all combinations of knowledge: decide() is defined on each, keeps to its row of the table, and every
 * command is allowed by the rules. The rows are derived here a second time, from docs/protocol.md, not from
 * machine/knowledge.c.
 */
#include "rows.h"

#include "machine/command_kind.h"
#include "machine/decide.h"
#include "machine/knowledge.h"
#include "machine/state_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define NOW ((int64_t)1000000)
#define LOCK_WRITES (1u << COMMAND_CREATE_LOCK | 1u << COMMAND_PUT_LOCK | 1u << COMMAND_DELETE_LOCK)
#define WRITES (LOCK_WRITES | 1u << COMMAND_PUT_RECORD | 1u << COMMAND_EMPTY_RECORD)

/* A row is compared whole in one of so many combinations, which takes as long as all other checks: a prime, so that
 * each value of each fact meets each of the others. */
enum { ROWS_STRIDE = 11 };
static unsigned long walked, stride = 1; /* LEADERLIFE_WALK_STRIDE: of so many combinations one is checked */
static unsigned reached[MACHINE_STATES], watched[MACHINE_STATES]; /* commands and watches that a state has given */

#define HOLD(k, condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            tell(k);                                                                                                   \
        assert_true(condition);                                                                                        \
    } while (0)

static void tell(const struct knowledge *k)
{
    print_error(
        "identity %d seat %d lock %d sure %d confirmed %d released %d record %d sure %d owner %d holder %d last '%s' "
        "%d wish %d belief %d end %d late %d put %d wrote %u deleted '%s' undeletable '%s'\n",
        (int)k->identity, (int)k->seat, (int)k->lock.kind, k->lock.sure, k->lock.confirmed, k->lock.released,
        (int)k->record.kind, k->record.sure, (int)knowledge_verdict(k, "owner"), (int)knowledge_verdict(k, "holder"),
        k->last.uid, (int)knowledge_verdict(k, "last"), (int)k->wish, (int)k->belief, (int)k->end, k->late_writes,
        k->can_put, k->lock_writes.last, k->deleted, k->undeletable);
}

/* ---- The rules, a second time ---- */

static bool dead(const struct knowledge *k, const char *uid)
{
    return knowledge_verdict(k, uid) == VERDICT_DEAD;
}

static bool barred(const struct knowledge *k)
{
    bool told = k->last_guarded && k->record.kind != RECORD_NONE && k->record.kind != RECORD_ABSENT; /* P8 */
    if (k->record.kind == RECORD_OTHER && !dead(k, "holder"))
        return true;
    return k->last.uid[0] != '\0' && !told && !dead(k, "last");
}

static enum machine_state row_of(const struct knowledge *k)
{
    bool dead_owned = k->lock.kind == LOCK_OTHER && dead(k, "owner");
    if (k->end != END_NOT)
        return STATE_ENDED;
    if (k->wish == WISH_RESIGN || k->wish == WISH_CLOSE)
        return STATE_RESIGNING;
    if (k->belief == BELIEF_YES)
        return STATE_LEADING;
    if (k->identity == IDENTITY_UNKNOWN)
        return STATE_IDENTIFYING;
    if (k->identity != IDENTITY_GOOD && k->identity != IDENTITY_UNNEEDED)
        return STATE_UNFIT;
    if (k->wish == WISH_OBSERVE)
        return STATE_OBSERVING;
    if (k->seat != SEAT_MINE)
        return STATE_QUEUED;
    bool never_read = k->late_writes && k->lock_writes.checked == 0; /* P4: that right must be there from the start */
    if (never_read || k->lock.kind == LOCK_UNKNOWN ||
        (k->record.kind == RECORD_UNKNOWN && (k->lock.kind == LOCK_ABSENT || k->lock.kind == LOCK_MINE || dead_owned)))
        return STATE_LOOKING;
    if (k->lock.kind == LOCK_FOREIGN || k->record.kind == RECORD_FOREIGN)
        return STATE_BLOCKED;
    if (k->lock.kind == LOCK_OTHER && !dead_owned)
        return STATE_FOLLOWING;
    return barred(k) ? STATE_BARRED : STATE_CLAIMING;
}

static bool may_lead(const struct knowledge *k)
{
    bool candidate = k->wish == WISH_CAMPAIGN && k->end == END_NOT && k->belief == BELIEF_NO;
    bool fit = k->identity == IDENTITY_GOOD && k->seat == SEAT_MINE;
    bool lock = k->lock.kind == LOCK_MINE && k->lock.confirmed && !text_equal(k->deleted, k->lock.uid);
    bool record = k->record.kind == RECORD_MINE || k->record.kind == RECORD_NONE;
    bool looked = !k->late_writes || k->own_sent > k->lock.sent; /* P1 */
    return candidate && fit && lock && record && looked && !barred(k);
}

/* P3b: the claim of somebody else who lives, though its UID is our pod's. */
static bool strange(const struct knowledge *k)
{
    return k->record.kind == RECORD_SIBLING && !k->record.of_life && k->claimed;
}

static bool theirs(const struct knowledge *k)
{
    return strange(k) || (k->lock.of_other && (k->stranger || (k->record.kind == RECORD_NONE && k->lock_claimed)));
}

/* P3b, P2: nobody takes a stranger's lock away, and who can neither lead nor has ended only its own. */
static bool may_take_away(const struct knowledge *k)
{
    bool unfit = k->identity != IDENTITY_GOOD && k->identity != IDENTITY_UNNEEDED && k->end == END_NOT &&
                 k->wish == WISH_CAMPAIGN;
    return !theirs(k) && (!unfit || k->lock.of_life);
}

static void check_create(const struct knowledge *k)
{
    bool candidate = k->belief == BELIEF_NO && k->wish == WISH_CAMPAIGN && k->seat == SEAT_MINE;
    HOLD(k, k->end == END_NOT && (k->belief == BELIEF_YES || candidate));
    HOLD(k, k->lock.kind == LOCK_ABSENT);                                             /* P5 */
    HOLD(k, k->belief == BELIEF_NO || (k->identity == IDENTITY_GOOD && k->own_sure)); /* P9 */
    HOLD(k, k->belief == BELIEF_YES || k->identity == IDENTITY_GOOD || k->identity == IDENTITY_UNNEEDED);
    bool spoilt = k->belief == BELIEF_YES && k->record.kind == RECORD_FOREIGN;         /* P9: not replaced */
    HOLD(k, k->belief == BELIEF_YES || !barred(k));                                    /* P8 */
    HOLD(k, spoilt || k->record.kind == RECORD_MINE || k->record.kind == RECORD_NONE); /* P3 */
}

static void check_delete(const struct knowledge *k, const struct command *command)
{
    bool dead_owned = k->lock.kind == LOCK_OTHER && dead(k, "owner");
    HOLD(k, (k->lock.kind == LOCK_MINE && may_take_away(k)) || dead_owned);
    HOLD(k, k->belief != BELIEF_YES);
    HOLD(k, k->seat == SEAT_MINE);
    HOLD(k, !dead_owned || k->record.kind == RECORD_MINE || k->record.kind == RECORD_NONE); /* P7: record first */
    HOLD(k, text_equal(command->uid, k->lock.uid) && text_equal(command->version, k->lock.version));
    HOLD(k, !text_equal(command->uid, k->undeletable));
}

static void check_put_lock(const struct knowledge *k, const struct command *command)
{
    HOLD(k, k->lock.kind == LOCK_MINE && k->seat == SEAT_MINE && k->can_put);
    HOLD(k, text_equal(command->uid, k->lock.uid) && text_equal(command->version, k->lock.version));
    if (k->belief == BELIEF_YES) /* P14, P9 */
        HOLD(k, k->lock.orphaned && k->lock.sure && k->own_sure && k->identity == IDENTITY_GOOD);
    if (command->nonce[0] == '\0')
        HOLD(k, may_take_away(k));
    bool told = k->lock.guarded && k->record.kind != RECORD_NONE && k->record.kind != RECORD_FOREIGN;
    HOLD(k, command->nonce[0] != '\0' || !told); /* P8: the mark */
    bool may = k->lock.sure && k->end == END_NOT && (k->belief == BELIEF_YES || !barred(k));
    HOLD(k, command->nonce[0] == '\0' || may);
}

static void check_put_record(const struct knowledge *k, const struct command *command)
{
    bool dead_held = k->record.kind == RECORD_OTHER && dead(k, "holder");
    bool free = k->record.kind == RECORD_ABSENT || k->record.kind == RECORD_EMPTY;
    HOLD(k, free || (k->record.kind == RECORD_SIBLING && !strange(k)) || dead_held); /* P3, P3b */
    HOLD(k, command->new_term == (k->belief == BELIEF_NO));
    bool spent = free || (k->record.kind == RECORD_SIBLING && k->record.of_life);
    HOLD(k, k->belief == BELIEF_NO || (spent && k->identity == IDENTITY_GOOD && k->own_sure)); /* P9 */
    HOLD(k, text_equal(command->version, k->record.version));
    HOLD(k, command->nonce[0] != '\0');
}

/* P3b, P10; or P8: a sign that the lock was given back, where somebody has removed the record. */
static void check_empty(const struct knowledge *k, const struct command *command)
{
    bool giving = k->end != END_NOT || k->wish == WISH_RESIGN || k->wish == WISH_CLOSE;
    bool unfit = k->identity != IDENTITY_GOOD && k->identity != IDENTITY_UNNEEDED && !giving;
    bool sign = (giving || unfit) && k->record.kind == RECORD_ABSENT && k->lock.kind == LOCK_MINE && k->lock.guarded;
    HOLD(k, k->record.kind == RECORD_MINE || k->record.kind == RECORD_SIBLING || sign);
    HOLD(k, !strange(k)); /* P3b */
    HOLD(k, !unfit || k->record.of_life || k->record.kind == RECORD_ABSENT);
    HOLD(k, k->belief != BELIEF_YES && text_equal(command->version, k->record.version));
}

/* P16 */
static void check_get_node(const struct knowledge *k, const struct command *command)
{
    HOLD(k, k->question.kind == COMMAND_NONE);
    enum verdict verdict = knowledge_verdict(k, command->pod.uid);
    HOLD(k, k->node_policy != NODE_STRICT && command->node[0] != '\0');
    HOLD(k, verdict == VERDICT_ALIVE || verdict == VERDICT_UNTIL);
}

/* P17: the first step of a claim waits, no other. */
static void check_spread(const struct knowledge *k, enum command_kind kind)
{
    bool claimed = k->record.kind == RECORD_MINE || k->record.kind == RECORD_SIBLING || k->lock.kind == LOCK_MINE;
    HOLD(k, claimed || NOW >= k->claim_backoff.claim_at || kind == COMMAND_NONE);
}

/* P8: an unguarded write rests on a refusal of the last 10 s. */
static void check_unguarded(const struct knowledge *k, const struct decision *d)
{
    bool unguarded = k->keep_record && k->record.kind == RECORD_NONE && (LOCK_WRITES & 1u << d->command.kind) != 0;
    HOLD(k, d->state != STATE_CLAIMING || !unguarded || NOW - k->refused_at <= 10000);
}

/* P1: beside the write that elects. P2: as long as it campaigns. */
static void check_question(const struct knowledge *k, const struct decision *d)
{
    const struct command *question = &d->question;
    bool elects =
        d->command.kind == COMMAND_CREATE_LOCK || (d->command.kind == COMMAND_PUT_LOCK && d->command.nonce[0] != '\0');
    bool due = !k->own_sure || NOW >= k->own_poll_at || (elects && k->late_writes);
    HOLD(k, d->state != STATE_CLAIMING || !due || question->kind == COMMAND_GET_OWN_POD);
    if (question->kind == COMMAND_NONE)
        return;
    HOLD(k, command_is_question(question->kind) && (machine_rows[d->state].commands & 1u << question->kind) != 0);
    HOLD(k, question->number == k->numbers + (d->command.kind == COMMAND_NONE ? 1 : 2));
    if (question->kind == COMMAND_GET_NODE)
        check_get_node(k, question);
}

static void check_command(const struct knowledge *k, const struct decision *d)
{
    const struct command *command = &d->command;
    HOLD(k, (machine_rows[d->state].commands & 1u << command->kind) != 0);
    HOLD(k, !command_is_question(command->kind));
    HOLD(k, command->number == k->numbers + 1);
    check_unguarded(k, d);
    if ((WRITES & 1u << command->kind) != 0)
        HOLD(k, k->belief == BELIEF_YES || k->seat == SEAT_MINE); /* P12 */
    switch (command->kind) {
    case COMMAND_CREATE_LOCK: check_create(k); break;
    case COMMAND_DELETE_LOCK: check_delete(k, command); break;
    case COMMAND_PUT_LOCK: check_put_lock(k, command); break;
    case COMMAND_PUT_RECORD: check_put_record(k, command); break;
    case COMMAND_EMPTY_RECORD: check_empty(k, command); break;
    case COMMAND_GET_POD: HOLD(k, command->pod.uid[0] != '\0'); break;
    case COMMAND_GET_RECORD: HOLD(k, k->record.kind != RECORD_NONE || d->state >= STATE_BLOCKED); break; /* P8 */
    default: break;
    }
}

/* Somebody must wake a state that waits. The exceptions are right: closed, or ended with nothing that could come late;
 * a kernel's lock that is given back at once. */
static bool may_sleep_for_ever(const struct knowledge *k)
{
    bool wrote = k->lock_writes.last != 0 || k->record_writes.last != 0;
    if (k->rehearsed)
        return true; /* until the program closes it */
    if (k->end != END_NOT)
        return k->end == END_CLOSED || !wrote || !k->late_writes;
    return (k->wish == WISH_RESIGN || k->wish == WISH_CLOSE) && k->seat != SEAT_MINE; /* settles as ended at once */
}

/* One command at a time, and beside it one question, for which no command waits (P16); the own pod comes first. */
static void check_beside(struct knowledge *k, const struct decision *d)
{
    struct decision busy;
    k->flight.kind = COMMAND_GET_LOCK;
    decide(k, NOW, &busy);
    HOLD(k, busy.command.kind == COMMAND_NONE && busy.watches == d->watches && busy.state == d->state);
    k->flight.kind = COMMAND_NONE;
    k->question.kind = COMMAND_GET_NODE;
    decide(k, NOW, &busy);
    HOLD(k, busy.question.kind != COMMAND_GET_NODE && busy.command.kind == d->command.kind);
    HOLD(k, d->question.kind != COMMAND_GET_OWN_POD || busy.question.kind == COMMAND_GET_OWN_POD);
    k->question.kind = COMMAND_GET_OWN_POD;
    k->question.number = k->numbers;
    decide(k, NOW, &busy);
    HOLD(k, busy.command.kind == d->command.kind && busy.question.kind != COMMAND_GET_NODE);
    HOLD(k, busy.question.kind == COMMAND_NONE || busy.anew);
    memset(&k->question, 0, sizeof k->question);
}

/* P15: waits, and wakes. */
static void check_fault(struct knowledge *k, const struct decision *d)
{
    struct decision later;
    k->fault = (struct fault){.kind = FAULT_RETRY, .at = NOW + 1};
    decide(k, NOW, &later);
    HOLD(k, later.command.kind == COMMAND_NONE && later.question.kind == COMMAND_NONE && later.watches == d->watches);
    HOLD(k, (d->command.kind == COMMAND_NONE && d->question.kind == COMMAND_NONE) || later.deadline == NOW + 1);
    k->fault.at = NOW;
    decide(k, NOW, &later);
    HOLD(k, later.command.kind == d->command.kind && later.question.kind == d->question.kind);
    memset(&k->fault, 0, sizeof k->fault);
}

/* All that the row says, and nothing else. */
static void check_row(const struct knowledge *k, const struct decision *d)
{
    struct row row;
    row_of_table(k, row_of(k), NOW, &row);
    if (row.command != d->command.kind || row.question != d->question.kind)
        print_error("%s: commands '%s' and asks '%s'; the table says '%s' and '%s'\n", machine_rows[d->state].name,
                    command_name(d->command.kind), command_name(d->question.kind), command_name(row.command),
                    command_name(row.question));
    HOLD(k, row.command == d->command.kind && row.question == d->question.kind);
    HOLD(k, row.watches == d->watches && text_equal(row.pod == NULL ? "" : row.pod, d->pod.uid));
    HOLD(k, row.command != COMMAND_NONE || row.question != COMMAND_NONE || row.deadline == d->deadline);
    bool elects =
        d->command.kind == COMMAND_CREATE_LOCK || (d->command.kind == COMMAND_PUT_LOCK && d->command.nonce[0] != '\0');
    bool rewrites = d->command.kind == COMMAND_PUT_LOCK && k->belief == BELIEF_YES; /* P8: it stays as its term is */
    bool guarded = rewrites ? k->guarded : k->record.kind != RECORD_NONE;
    HOLD(k, !elects || d->command.guarded == guarded);
}

static void check(struct knowledge *k)
{
    struct decision d;
    if (walked++ % stride != 0)
        return;
    decide(k, NOW, &d);
    HOLD(k, d.state == row_of(k));
    if (stride > 1 || walked % ROWS_STRIDE == 0)
        check_row(k, &d);
    HOLD(k, (d.watches & ~machine_rows[d.state].watches) == 0);
    HOLD(k, (d.watches & WATCH_POD) == 0 || d.pod.uid[0] != '\0');
    HOLD(k, knowledge_may_believe(k) == may_lead(k));
    reached[d.state] |= 1u << d.command.kind | 1u << d.question.kind;
    watched[d.state] |= d.watches;
    if (d.state == STATE_CLAIMING)
        check_spread(k, d.command.kind);
    if (d.command.kind != COMMAND_NONE)
        check_command(k, &d);
    HOLD(k, !k->rehearsed || d.command.kind == COMMAND_NONE); /* the program may still work: all stays held */
    HOLD(k, k->rehearse_at == 0 || k->belief != BELIEF_YES || d.deadline <= k->rehearse_at);
    check_question(k, &d);
    bool rests = d.command.kind == COMMAND_NONE && d.question.kind == COMMAND_NONE;
    HOLD(k, !rests || (d.deadline > NOW && (d.deadline != NEVER || d.watches != 0 || may_sleep_for_ever(k))));
    check_beside(k, &d);
    check_fault(k, &d);
}

/* ---- The combinations ---- */

static void judge(struct knowledge *k, int slot, const char *uid, enum verdict verdict)
{
    text_copy(k->judged[slot].uid, sizeof k->judged[slot].uid, uid);
    k->judged[slot].verdict = verdict;
    k->judged[slot].until = NOW + 5000;
    k->judged[slot].node_at = NOW;
    text_copy(k->judged[slot].node, sizeof k->judged[slot].node, "node");
    k->judged[slot].poll_at = k->late_writes ? NOW + 9000 : NEVER;
}

static void walk_writes(struct knowledge *k)
{
    bool giving = k->end != END_NOT || k->wish == WISH_RESIGN || k->wish == WISH_CLOSE;
    for (int way = 0; way < (giving ? 4 : 2); way++) {
        bool wrote = way != 0 && (giving || k->identity != IDENTITY_GOOD);
        struct writes writes = {.last = wrote ? 7 : 0, .checked = way == 1 ? 0 : 8, .checked_at = NOW - 1};
        k->own_sent = way == 0 ? 6 : 4; /* P1: lock.sent is 5 */
        writes.quiet_at = way == 3 ? NOW + 5000 : 0;
        k->lock_writes = k->record_writes = writes;
        check(k);
    }
}

/* P9: then it is LOST at once. */
static bool is_lost(const struct knowledge *k)
{
    bool claim = ((k->record.kind == RECORD_OTHER && k->belief == BELIEF_YES) || strange(k)) && k->record.sure;
    claim = claim || (k->lock.kind == LOCK_MINE && theirs(k) && k->lock.sure);
    bool campaigns = k->belief != BELIEF_ENDED && k->wish == WISH_CAMPAIGN;
    return (campaigns && claim) || (k->belief == BELIEF_YES && k->lock.kind == LOCK_OTHER && k->lock.sure);
}

static void walk_times(struct knowledge *k)
{
    if (is_lost(k))
        return;
    for (int way = 0; way < 4; way++) {
        bool can_put = way >= 2, due = way % 2 != 0;
        k->can_put = can_put && k->late_writes;
        k->own_sure = !due;
        k->refused_at = way == 1 ? NOW - 20000 : NOW - 5000;
        k->elsewhere_at = NOW + 9000;
        k->record_poll_at = !due && can_put ? NOW : NOW + 7000;
        k->lock_poll_at = !k->late_writes ? NEVER : due ? NOW : NOW + 8000;
        k->own_poll_at = k->late_writes ? NOW + 8000 : NEVER;
        k->blind = !due ? 0 : can_put ? WATCH_LOCK | WATCH_RECORD : WATCH_LOCK;
        k->put_back_at = due ? NOW + 300 : 0;
        k->claim_backoff.claim_at = way == 1 && k->late_writes ? NOW + 3 : 0;
        k->claim_backoff.look = way == 0;
        k->node_policy = way == 0 && k->late_writes ? NODE_FENCED : NODE_STRICT;
        walk_writes(k);
    }
}

static void walk_will(struct knowledge *k)
{
    static const enum belief beliefs[] = {BELIEF_NO,    BELIEF_YES,   BELIEF_ENDED,
                                          BELIEF_ENDED, BELIEF_ENDED, BELIEF_ENDED};
    static const enum end ends[] = {END_NOT, END_NOT, END_RESIGNED, END_LOST, END_FAILED, END_CLOSED};
    for (int way = 0; way < 6; way++) {
        for (int wish = WISH_CAMPAIGN; wish <= WISH_CLOSE; wish++) {
            k->belief = beliefs[way];
            k->end = ends[way];
            k->wish = (enum wish)wish;
            bool fit = k->identity == IDENTITY_GOOD || k->identity == IDENTITY_TERMINATING;
            if (k->belief == BELIEF_YES && (wish != WISH_CAMPAIGN || !fit || k->seat != SEAT_MINE))
                continue; /* belief never begins there, and ends at once when a wish or identity changes */
            walk_times(k);
            k->rehearsed = k->end == END_LOST && wish != WISH_CLOSE;
            k->rehearse_at = k->belief == BELIEF_YES ? NOW + 1 : 0;
            if (k->rehearsed || k->rehearse_at != 0)
                walk_times(k);
            k->rehearsed = false;
            k->rehearse_at = 0;
        }
    }
}

static void walk_self(struct knowledge *k)
{
    for (int identity = IDENTITY_UNKNOWN; identity <= IDENTITY_UNNEEDED; identity++) {
        for (int seat = SEAT_UNKNOWN; seat <= SEAT_OTHER; seat++) {
            k->identity = (enum identity)identity;
            k->identified = identity != IDENTITY_UNKNOWN || seat != SEAT_UNKNOWN;
            k->seat = (enum seat)seat;
            walk_will(k);
        }
    }
}

/* P8: with a record that is there only a holder that kept none is still remembered. */
static void walk_memory(struct knowledge *k)
{
    bool none = k->record.kind == RECORD_NONE;
    memset(&k->last, 0, sizeof k->last);
    memset(&k->judged[2], 0, sizeof k->judged[2]);
    walk_self(k);
    text_copy(k->last.uid, sizeof k->last.uid, "last");
    for (int verdict = VERDICT_UNKNOWN; verdict <= VERDICT_DEAD; verdict++) {
        if (!none && verdict != VERDICT_ALIVE && verdict != VERDICT_DEAD)
            continue;
        judge(k, 2, "last", (enum verdict)verdict);
        k->last_guarded = false;
        walk_self(k);
        k->last_guarded = true;
        if (!none && verdict == VERDICT_ALIVE)
            walk_self(k);
    }
}

static void walk_record(struct knowledge *k)
{
    int first = k->late_writes ? RECORD_UNKNOWN : RECORD_NONE;
    int last = k->late_writes ? RECORD_FOREIGN : RECORD_NONE;
    for (int kind = first; kind <= last; kind++) {
        for (int sure = 0; sure <= 1; sure++) {
            for (int verdict = VERDICT_UNKNOWN; verdict <= (kind == RECORD_OTHER ? VERDICT_DEAD : VERDICT_UNKNOWN);
                 verdict++) {
                memset(&k->record, 0, sizeof k->record);
                memset(&k->judged[1], 0, sizeof k->judged[1]);
                k->record.kind = (enum record_kind)kind;
                k->record.sure = sure != 0;
                k->record.of_life = kind == RECORD_MINE || sure == 0;
                k->claimed = k->lock_claimed = true;
                text_copy(k->record.uid, sizeof k->record.uid, "record");
                text_copy(k->record.version, sizeof k->record.version, kind == RECORD_ABSENT ? "" : "5");
                text_copy(k->nonce, sizeof k->nonce, "life.3");
                if (kind == RECORD_OTHER) {
                    text_copy(k->record.holder.uid, sizeof k->record.holder.uid, "holder");
                    judge(k, 1, "holder", (enum verdict)verdict);
                }
                walk_memory(k);
            }
        }
    }
}

/* bits: sure, released or doubt, undeletable, confirmed and guarded, deleted, of another life and orphaned */
static void walk_lock(struct knowledge *k, enum lock_kind kind, int bits)
{
    memset(&k->lock, 0, sizeof k->lock);
    memset(k->judged, 0, sizeof k->judged);
    k->lock.kind = kind;
    k->lock.sure = (bits & 1) != 0;
    k->lock.released = kind >= LOCK_MINE && (bits & 2) != 0;
    k->lock.doubt = kind == LOCK_UNKNOWN && (bits & 1) != 0;
    k->lock.confirmed = (bits & 8) != 0;
    k->lock.guarded = (bits & 8) != 0;
    k->lock.sent = 5;
    k->lock.orphaned = (bits & 32) != 0;
    k->lock.of_other = k->late_writes && kind == LOCK_MINE && (bits & 32) != 0 && !k->lock.released;
    k->lock.of_life = kind == LOCK_MINE && (bits & 32) == 0;
    k->stranger = kind == LOCK_MINE && (bits & 33) == 33;
    text_copy(k->lock.uid, sizeof k->lock.uid, "lock");
    text_copy(k->lock.version, sizeof k->lock.version, "6");
    text_copy(k->undeletable, sizeof k->undeletable, (bits & 4) != 0 ? "lock" : "");
    text_copy(k->deleted, sizeof k->deleted, (bits & 16) != 0 ? "lock" : "elder");
    for (int verdict = VERDICT_UNKNOWN; verdict <= (kind == LOCK_OTHER ? VERDICT_DEAD : VERDICT_UNKNOWN); verdict++) {
        if (kind == LOCK_OTHER) {
            text_copy(k->lock.owner.uid, sizeof k->lock.owner.uid, "owner");
            judge(k, 0, "owner", (enum verdict)verdict);
        }
        walk_record(k);
    }
}

static void walk(bool late_writes)
{
    static const int bits[] = {
        [LOCK_UNKNOWN] = 2, [LOCK_ABSENT] = 2, [LOCK_MINE] = 64, [LOCK_OTHER] = 8, [LOCK_FOREIGN] = 2};
    struct knowledge k;
    knowledge_init(&k, &(struct machine_setup){.life = "life", .late_writes = late_writes, .records = late_writes});
    text_copy(k.self.uid, sizeof k.self.uid, "me");
    k.numbers = 9;
    k.looked = true;
    for (int kind = LOCK_UNKNOWN; kind <= LOCK_FOREIGN; kind++) {
        for (int i = 0; i < bits[kind]; i++) {
            if ((i & 32) == 0 || (i & 20) == 0) /* else it is as with 0 */
                walk_lock(&k, (enum lock_kind)kind, i);
        }
    }
}

static void test_kubernetes(void **state)
{
    (void)state;
    memset(reached, 0, sizeof reached);
    memset(watched, 0, sizeof watched);
    walk(true);
    print_message("%lu combinations\n", walked);
    for (int i = 0; i < MACHINE_STATES; i++) { /* the table promises nothing that never happens */
        for (int kind = 0; kind < COMMAND_KINDS; kind++) {
            if (stride == 1 && (machine_rows[i].commands & ~reached[i] & 1u << kind) != 0)
                fail_msg("%s never commands '%s'", machine_rows[i].name, command_name((enum command_kind)kind));
        }
        if (stride == 1)
            assert_int_equal(watched[i], machine_rows[i].watches);
    }
}

static void test_local(void **state)
{
    (void)state;
    walk(false);
}

int main(void)
{
    const char *number = getenv("LEADERLIFE_WALK_STRIDE");
    if (number != NULL && number[0] != '\0')
        stride = strtoul(number, NULL, 10);
    if (stride == 0)
        return EXIT_FAILURE;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kubernetes),
        cmocka_unit_test(test_local),
    };
    return cmocka_run_group_tests_name("machine_state_table", tests, NULL, NULL);
}
