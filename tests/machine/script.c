/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vocabulary of the machine's scripts. Knows no rule of the protocol.
 */
#include "script.h"
#include "machine/command_kind.h"
#include "machine/decide.h"
#include "machine/learn.h"
#include "machine/state_table.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>
#include <cmocka.h>

/* ---- Driving ---- */

void script_begin_with(struct script *s, const struct machine_setup *setup)
{
    memset(s, 0, sizeof *s);
    s->now = 1000000;
    s->random = 0;
    knowledge_init(&s->known, setup);
}

void script_begin(struct script *s, enum level level)
{
    script_begin_with(s, &(struct machine_setup){.life = "life",
                                                 .wish = WISH_CAMPAIGN,
                                                 .late_writes = level != LEVEL_LOCAL,
                                                 .elsewhere_ms = 60000,
                                                 .records = level == LEVEL_RECORD});
}

static enum command_kind next_of(const struct script *s, enum command_kind kind)
{
    return command_is_question(kind) ? s->decision.question.kind : s->decision.command.kind;
}

static void decides(struct script *s, enum machine_state state, enum command_kind kind, const char *file, int line)
{
    decide(&s->known, s->now, &s->decision);
    if (s->decision.state != state || next_of(s, kind) != kind)
        print_error("%s:%d: %s commands '%s' and asks '%s', not %s '%s'\n", file, line,
                    machine_rows[s->decision.state].name, command_name(s->decision.command.kind),
                    command_name(s->decision.question.kind), machine_rows[state].name, command_name(kind));
    _assert_int_equal(s->decision.state, state, file, line);
    _assert_int_equal(next_of(s, kind), kind, file, line);
}

static void hand_out(struct script *s, enum command_kind kind, const char *file, int line)
{
    s->of_question = command_is_question(kind);
    if (s->of_question) {
        s->asked = s->decision.question;
        learn_question(&s->known, &s->asked, s->now);
        return;
    }
    s->sent = s->decision.command;
    learn_command(&s->known, &s->sent, s->now, s->random);
    struct decision next;
    decide(&s->known, s->now, &next);
    _assert_int_equal(next.command.kind, COMMAND_NONE, file, line);
}

void script_sends(struct script *s, enum machine_state state, enum command_kind kind, const char *file, int line)
{
    decides(s, state, kind, file, line);
    hand_out(s, kind, file, line);
}

void script_rests(struct script *s, enum machine_state state, unsigned watches, const char *file, int line)
{
    decides(s, state, COMMAND_NONE, file, line);
    if (s->decision.question.kind != COMMAND_NONE)
        print_error("%s:%d: asks '%s'\n", file, line, command_name(s->decision.question.kind));
    _assert_int_equal(s->decision.question.kind, COMMAND_NONE, file, line);
    _assert_int_equal(s->decision.watches, watches, file, line);
    _assert_true(s->decision.deadline > s->now, "deadline", file, line);
}

void script_belief(const struct script *s, enum belief belief, enum end end, const char *file, int line)
{
    _assert_int_equal(s->known.belief, belief, file, line);
    _assert_int_equal(s->known.end, end, file, line);
}

/* ---- Objects ---- */

static struct pod_id pod(const char *uid)
{
    struct pod_id id;
    memset(&id, 0, sizeof id);
    text_format(id.name, sizeof id.name, "pod-%s", uid);
    text_copy(id.uid, sizeof id.uid, uid);
    return id;
}

struct lock_view owned(const char *owner, const char *uid, const char *version)
{
    struct lock_view view = {.kind = LOCK_VIEW_OWNED, .owner = pod(owner), .guarded = true};
    text_copy(view.uid, sizeof view.uid, uid);
    text_copy(view.version, sizeof view.version, version);
    return view;
}

struct lock_view unguarded(const char *owner, const char *uid, const char *version)
{
    struct lock_view view = owned(owner, uid, version);
    view.guarded = false;
    return view;
}

struct lock_view orphaned(const char *owner, const char *uid, const char *version)
{
    struct lock_view view = owned(owner, uid, version);
    view.orphaned = true;
    return view;
}

struct lock_view written(const char *owner, const char *nonce, const char *uid, const char *version)
{
    struct lock_view view = owned(owner, uid, version);
    text_copy(view.nonce, sizeof view.nonce, nonce);
    return view;
}

struct lock_view marked(const char *owner, const char *uid, const char *version)
{
    struct lock_view view = owned(owner, uid, version);
    view.released = true;
    return view;
}

struct lock_view foreign_lock(const char *uid, const char *version)
{
    struct lock_view view = owned("", uid, version);
    view.kind = LOCK_VIEW_FOREIGN;
    return view;
}

struct lock_view no_lock(const char *version)
{
    struct lock_view view = {.kind = LOCK_VIEW_ABSENT};
    text_copy(view.version, sizeof view.version, version);
    return view;
}

static struct record_view record(enum record_view_kind kind, const char *version)
{
    struct record_view view = {.kind = kind, .uid = "R", .term = 1};
    text_copy(view.version, sizeof view.version, version);
    return view;
}

struct record_view held(const char *holder, const char *nonce, const char *version)
{
    struct record_view view = record(RECORD_VIEW_HELD, version);
    view.holder = pod(holder);
    text_copy(view.nonce, sizeof view.nonce, nonce);
    return view;
}

struct record_view held_by_me(const struct script *s, const char *version)
{
    return held("me", s->sent.nonce, version);
}

struct record_view empty_record(const char *version)
{
    return record(RECORD_VIEW_EMPTY, version);
}

struct record_view foreign_record(const char *version)
{
    return record(RECORD_VIEW_FOREIGN, version);
}

struct record_view no_record(void)
{
    return (struct record_view){.kind = RECORD_VIEW_ABSENT};
}

/* ---- Facts ---- */

static void learns(struct script *s, const struct fact *fact)
{
    learn_fact(&s->known, fact, s->now, s->random);
}

static struct fact answer_to(const struct command *command)
{
    return (struct fact){
        .kind = FACT_ANSWER, .number = command->number, .sent = command->number, .outcome = OUTCOME_OK};
}

static struct fact answer(const struct script *s)
{
    return answer_to(&s->sent);
}

void ok(struct script *s)
{
    struct fact fact = answer(s);
    learns(s, &fact);
}

void ok_self(struct script *s)
{
    struct fact fact = answer(s);
    fact.self = pod("me");
    learns(s, &fact);
}

/* The answer to a write shows what was written. */
void ok_lock(struct script *s, struct lock_view view)
{
    struct fact fact = answer(s);
    fact.lock = view;
    if (command_writes_lock(s->sent.kind) && !view.released)
        text_copy(fact.lock.nonce, sizeof fact.lock.nonce, s->sent.nonce);
    learns(s, &fact);
}

void ok_record(struct script *s, struct record_view view)
{
    struct fact fact = answer(s);
    fact.record = view;
    learns(s, &fact);
}

static struct pod_view judged(const char *uid, enum pod_sign sign, bool terminating)
{
    struct pod_view view = {.sign = sign, .terminating = terminating, .wait_ms = 40000};
    text_copy(view.uid, sizeof view.uid, uid);
    return view;
}

void ok_pod(struct script *s, enum pod_sign sign)
{
    struct fact fact = answer(s);
    fact.pod = judged(s->sent.pod.uid, sign, false);
    learns(s, &fact);
}

static struct pod_view placed(const char *uid, const char *node, bool ready)
{
    struct pod_view view = judged(uid, POD_ALIVE, false);
    view.ready = ready;
    text_copy(view.node, sizeof view.node, node);
    return view;
}

void ok_pod_on(struct script *s, const char *node, bool ready)
{
    struct fact fact = answer(s);
    fact.pod = placed(s->sent.pod.uid, node, ready);
    learns(s, &fact);
}

void ok_node(struct script *s, enum node_sign sign)
{
    struct fact fact = answer_to(&s->asked);
    fact.node = sign;
    learns(s, &fact);
}

void ok_own(struct script *s, enum pod_sign sign, bool terminating)
{
    struct fact fact = answer_to(&s->asked);
    fact.pod = judged("me", sign, terminating);
    learns(s, &fact);
}

void ok_own_elsewhere(struct script *s)
{
    struct fact fact = answer_to(&s->asked);
    fact.pod = judged("me", POD_ALIVE, false);
    fact.pod.elsewhere = true;
    learns(s, &fact);
}

void fails_until(struct script *s, enum outcome outcome, int status, int64_t retry_after_ms)
{
    struct fact fact = answer_to(s->of_question ? &s->asked : &s->sent);
    fact.outcome = outcome;
    fact.status = status;
    fact.retry_after_ms = retry_after_ms;
    learns(s, &fact);
}

void fails_unheard(struct script *s)
{
    struct fact fact = answer_to(s->of_question ? &s->asked : &s->sent);
    fact.outcome = OUTCOME_RETRY;
    fact.status = LEADERLIFE_ENETWORK;
    fact.unheard = true;
    learns(s, &fact);
}

void fails(struct script *s, enum outcome outcome, int status)
{
    fails_until(s, outcome, status, 0);
}

void sees_lock(struct script *s, struct lock_view view)
{
    learns(s, &(struct fact){.kind = FACT_LOCK, .lock = view});
}

void sees_lock_gap(struct script *s)
{
    learns(s, &(struct fact){.kind = FACT_LOCK, .lock = {.kind = LOCK_VIEW_GAP}});
}

void sees_record(struct script *s, struct record_view view)
{
    learns(s, &(struct fact){.kind = FACT_RECORD, .record = view});
}

void sees_pod(struct script *s, const char *uid, enum pod_sign sign)
{
    learns(s, &(struct fact){.kind = FACT_POD, .pod = judged(uid, sign, false)});
}

void sees_pod_on(struct script *s, const char *uid, const char *node, bool ready)
{
    learns(s, &(struct fact){.kind = FACT_POD, .pod = placed(uid, node, ready)});
}

void sees_own(struct script *s, enum pod_sign sign, bool terminating)
{
    learns(s, &(struct fact){.kind = FACT_OWN_POD, .pod = judged("me", sign, terminating)});
}

void sees_own_elsewhere(struct script *s, bool elsewhere)
{
    struct pod_view view = judged("me", POD_ALIVE, false);
    view.elsewhere = elsewhere;
    learns(s, &(struct fact){.kind = FACT_OWN_POD, .pod = view});
}

void sees_seat_free(struct script *s)
{
    learns(s, &(struct fact){.kind = FACT_SEAT, .seat = SEAT_UNKNOWN});
}

void cannot_watch(struct script *s, unsigned watch)
{
    learns(s, &(struct fact){.kind = FACT_WATCH, .watch = watch, .usable = false});
}

void wishes(struct script *s, enum wish wish)
{
    learns(s, &(struct fact){.kind = FACT_WISH, .wish = wish});
}

void waits(struct script *s, int64_t ms)
{
    s->now += ms;
}

void wakes(struct script *s)
{
    learns(s, &(struct fact){.kind = FACT_TIME});
}

void script_refused(struct script *s, enum machine_state state, enum command_kind kind, const char *file, int line)
{
    int64_t begin = s->now;
    s->random = UINT32_MAX;
    for (; s->now < begin + 10000; s->now = s->decision.deadline) {
        if (s->now > begin)
            script_sends(s, state, kind, file, line);
        fails(s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
        decides(s, state, COMMAND_NONE, file, line);
    }
    _assert_true(s->now == begin + 10000, "10 s", file, line);
    script_sends(s, state, kind, file, line);
    fails(s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
}

/* ---- Common beginnings ---- */

static void take_seat(struct script *s)
{
    SENDS(s, IDENTIFYING, IDENTIFY);
    ok_self(s);
    SENDS(s, IDENTIFYING, GET_OWN_POD);
    ok_own(s, POD_ALIVE, false);
    SENDS(s, QUEUED, TAKE_SEAT);
    ok(s);
}

void arrive_with(struct script *s, const struct machine_setup *setup)
{
    script_begin_with(s, setup);
    take_seat(s);
    SENDS(s, LOOKING, GET_LOCK);
}

void arrive(struct script *s, enum level level)
{
    script_begin(s, level);
    take_seat(s);
    if (level == LEVEL_LOCAL)
        RESTS(s, LOOKING, WATCH_LOCK | WATCH_OWN);
    else
        SENDS(s, LOOKING, GET_LOCK);
}

void own_is_good(struct script *s, enum machine_state state)
{
    script_sends(s, state, COMMAND_GET_OWN_POD, __FILE__, __LINE__);
    ok_own(s, POD_ALIVE, false);
}

void claim(struct script *s)
{
    arrive(s, LEVEL_RECORD);
    finds(s, no_lock("5"));
    SENDS(s, LOOKING, GET_RECORD);
    ok_record(s, no_record());
    SENDS(s, CLAIMING, PUT_RECORD);
}

void finds(struct script *s, struct lock_view view)
{
    struct lock_view got = view;
    if (view.kind == LOCK_VIEW_ABSENT)
        got.version[0] = '\0'; /* a 404 tells no version */
    if (s->known.flight.kind == COMMAND_GET_LOCK)
        ok_lock(s, got);
    sees_lock(s, view);
}

void lead(struct script *s, enum level level)
{
    if (level == LEVEL_RECORD) {
        claim(s);
        ok_record(s, held_by_me(s, "10"));
    } else {
        arrive(s, level);
        finds(s, no_lock("5"));
    }
    SENDS(s, CLAIMING, CREATE_LOCK);
    FOLLOWS(s);
    if (level != LEVEL_LOCAL)
        own_is_good(s, STATE_CLAIMING);
    FOLLOWS(s);
    ok_lock(s, written("me", s->sent.nonce, "L", "11"));
    LEADS(s);
}

void follow(struct script *s, enum level level)
{
    arrive(s, level);
    finds(s, owned("a", "L", "11"));
    SENDS(s, FOLLOWING, GET_POD);
    ok_pod(s, POD_ALIVE);
    if (level == LEVEL_RECORD) {
        SENDS(s, FOLLOWING, GET_RECORD);
        ok_record(s, held("a", "n1", "10"));
    }
    RESTS(s, FOLLOWING, WATCH_LOCK | WATCH_POD | WATCH_OWN);
}
