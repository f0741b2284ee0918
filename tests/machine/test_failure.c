/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: what fails (docs/protocol.md: P15).
 */
#include "machine/decide.h"
#include "machine/leadership.h"
#include "script.h"

#include "base/backoff.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FOLLOWER = WATCH_LOCK | WATCH_POD | WATCH_OWN };

/* ---- Failures (P15) ---- */

/* A server that has just started refuses everybody for a while: only what lasts is final. */
static void test_forbidden_at_start_is_permanent(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    REFUSED_FOR_GOOD(&s, LOOKING, GET_LOCK);
    ENDS(&s, FAILED);
    assert_int_equal(s.known.fault.status, LEADERLIFE_EFORBIDDEN);
}

/* The record written before it is no sign that the rights are there; the claim in it is taken back (P3b). */
static void test_forbidden_create_after_the_record_is_permanent(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    REFUSED_FOR_GOOD(&s, CLAIMING, CREATE_LOCK);
    ENDS(&s, FAILED);
    waits(&s, 30000);
    SENDS(&s, ENDED, EMPTY_RECORD);
}

static void test_forbidden_later_is_transient(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_pod(&s, "a", POD_UNSURE);
    SENDS(&s, FOLLOWING, GET_POD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    FOLLOWS(&s);
    sees_lock(&s, no_lock("12"));
    waits(&s, 30000);
    SENDS(&s, BARRED, GET_POD); /* P4: until it ends nobody creates */
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 30000);
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_DEAD);
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

static void test_permanent_is_fatal(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, no_lock("5"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    fails(&s, OUTCOME_PERMANENT, LEADERLIFE_EREJECTED);
    ENDS(&s, FAILED);
    assert_int_equal(s.known.fault.status, LEADERLIFE_EREJECTED);
}

static void test_permanent_is_retried_if_asked(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    s.known.retry_permanent = true;
    finds(&s, no_lock("5"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    fails(&s, OUTCOME_PERMANENT, LEADERLIFE_EREJECTED);
    FOLLOWS(&s);
    RESTS(&s, CLAIMING, WATCH_LOCK | WATCH_OWN);
    waits(&s, BACKOFF_MAX_MS);
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

static void test_leader_survives_what_is_permanent(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    sees_lock_gap(&s);
    SENDS(&s, LEADING, GET_LOCK);
    fails(&s, OUTCOME_PERMANENT, LEADERLIFE_ENAMESPACE);
    LEADS(&s);
}

/* Exponential from 0.1 s to 30 s, reset by success. */
static void test_backoff_grows_and_is_reset(void **state)
{
    struct script s;
    int64_t limit = BACKOFF_FIRST_MS;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    s.random = UINT32_MAX;
    for (int i = 0; i < 14; i++) {
        fails(&s, OUTCOME_RETRY, LEADERLIFE_ENETWORK);
        RESTS(&s, LOOKING, WATCH_LOCK | WATCH_OWN);
        assert_int_equal(s.decision.deadline - s.now, limit);
        waits(&s, limit - 1);
        RESTS(&s, LOOKING, WATCH_LOCK | WATCH_OWN);
        waits(&s, 1);
        SENDS(&s, LOOKING, GET_LOCK);
        limit = limit * 2 < BACKOFF_MAX_MS ? limit * 2 : BACKOFF_MAX_MS;
    }
    ok_lock(&s, owned("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_POD);
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ENETWORK);
    RESTS(&s, FOLLOWING, FOLLOWER);
    assert_int_equal(s.decision.deadline - s.now, BACKOFF_FIRST_MS);
}

/* Then what is back is found within 3.2 s, and one more failure, of a server that has just begun, is no long wait. */
static void test_backoff_is_short_where_nothing_listens(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    s.random = UINT32_MAX;
    for (int i = 0; i < 24; i++) {
        if (i < 12)
            fails(&s, OUTCOME_RETRY, LEADERLIFE_ENETWORK);
        else
            fails_unheard(&s);
        RESTS(&s, LOOKING, WATCH_LOCK | WATCH_OWN);
        if (i >= 12)
            assert_int_equal(s.decision.deadline - s.now, 3200);
        waits(&s, s.decision.deadline - s.now);
        SENDS(&s, LOOKING, GET_LOCK);
    }
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER);
    RESTS(&s, LOOKING, WATCH_LOCK | WATCH_OWN);
    assert_int_equal(s.decision.deadline - s.now, 3200);
}

/* Else a server that always says 409 is asked as fast as it answers. */
static void test_an_answer_to_what_was_asked_before_a_fault_does_not_end_its_backoff(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    for (int i = 0; i < 6; i++) {
        bool waits_now = i >= 3; /* so many races may be lost at once */
        s.random = 0;            /* P17 is not meant */
        ok_lock(&s, no_lock("5"));
        SENDS(&s, CLAIMING, CREATE_LOCK);
        SENDS(&s, CLAIMING, GET_OWN_POD);
        s.of_question = false;
        s.random = UINT32_MAX;
        fails(&s, OUTCOME_EXISTS, 0);
        ok_own(&s, POD_ALIVE, false);
        if (waits_now) {
            RESTS(&s, LOOKING, WATCH_LOCK | WATCH_OWN);
            assert_true(s.decision.deadline - s.now >= (BACKOFF_FIRST_MS << (i - 3)));
            waits(&s, s.decision.deadline - s.now);
        }
        SENDS(&s, LOOKING, GET_LOCK);
    }
}

static void test_retry_after_is_honoured(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    fails_until(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER, 7000);
    RESTS(&s, LOOKING, WATCH_LOCK | WATCH_OWN);
    assert_int_equal(s.decision.deadline - s.now, 7000);
    waits(&s, 7000);
    SENDS(&s, LOOKING, GET_LOCK);
}

/* Reads that succeed between do not make the writes that fail more frequent. */
static void test_reads_do_not_excuse_writes(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, no_lock("5"));
    s.random = UINT32_MAX;
    int64_t limit = BACKOFF_FIRST_MS;
    for (int i = 0; i < 10; i++) {
        SENDS(&s, CLAIMING, CREATE_LOCK);
        fails(&s, OUTCOME_AMBIGUOUS, LEADERLIFE_ESERVER);
        assert_int_equal(s.known.fault.at - s.now, limit);
        limit = limit * 2 < BACKOFF_MAX_MS ? limit * 2 : BACKOFF_MAX_MS;
        waits(&s, BACKOFF_MAX_MS);
        SENDS(&s, LOOKING, GET_LOCK);
        ok_lock(&s, no_lock(""));
    }
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, owned("me", "L", "11"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    assert_int_equal(s.known.fault.kind, FAULT_NONE);
}

/* After a lost connection the first byte of a watch says that the server is there again. */
static void test_watch_ends_the_wait_for_a_connection(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    s.random = UINT32_MAX;
    sees_pod(&s, "a", POD_UNSURE);
    SENDS(&s, FOLLOWING, GET_POD);
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ENETWORK);
    RESTS(&s, FOLLOWING, FOLLOWER);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
}

/* A late answer completes nothing. */
static void test_foreign_numbers_are_ignored(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, no_lock("5"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    s.sent.number--;
    ok_lock(&s, owned("me", "L", "11"));
    FOLLOWS(&s);
    own_is_good(&s, STATE_CLAIMING);
    RESTS(&s, CLAIMING, WATCH_LOCK | WATCH_OWN);
    s.sent.number++;
    ok_lock(&s, owned("me", "L", "11"));
    LEADS(&s);
}

/* P15: two refusals with an answer between them are two moments, however far apart. */
static void test_refusals_far_apart_are_not_one(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 1000);
    SENDS(&s, LOOKING, GET_LOCK);
    finds(&s, owned("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_POD);
    waits(&s, 60000);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    FOLLOWS(&s);
}

/* A dead holder's lock that a finalizer holds: asked for again and again, but ever more seldom. */
static void test_a_lock_that_does_not_go_is_no_hot_loop(void **state)
{
    struct script s;
    int turns = 0;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_pod(&s, "a", POD_DEAD);
    s.random = UINT32_MAX;
    for (int64_t begin = s.now; s.now < begin + 10000; turns++) {
        decide(&s.known, s.now, &s.decision);
        if (s.decision.command.kind == COMMAND_NONE)
            s.now = s.decision.deadline;
        SENDS(&s, CLAIMING, DELETE_LOCK);
        fails(&s, OUTCOME_CONFLICT, 0);
        decide(&s.known, s.now, &s.decision);
        if (s.decision.command.kind == COMMAND_NONE)
            s.now = s.decision.deadline;
        SENDS(&s, LOOKING, GET_LOCK);
        ok_lock(&s, owned("a", "L", "12"));
        assert_true(turns < 20);
    }
}

/* P18: a watch that says nothing at all after a gap does not keep us waiting for ever. */
static void test_backstop_after_a_gap(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_lock_gap(&s);
    RESTS(&s, LOOKING, WATCH_LOCK | WATCH_OWN);
    waits(&s, 31 * 60 * 1000);
    SENDS(&s, LOOKING, GET_LOCK);
}

/* An admission policy may reject rewriting: resuming and resigning go on without it, once that has lasted. */
static void test_rejected_rewrite_is_done_without(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, owned("me", "L", "11"));
    SENDS(&s, CLAIMING, PUT_LOCK);
    fails(&s, OUTCOME_PERMANENT, LEADERLIFE_EREJECTED);
    FOLLOWS(&s);
    waits(&s, 9000);
    SENDS(&s, CLAIMING, PUT_LOCK);
    fails(&s, OUTCOME_PERMANENT, LEADERLIFE_EREJECTED);
    waits(&s, 1000);
    SENDS(&s, CLAIMING, PUT_LOCK);
    fails(&s, OUTCOME_PERMANENT, LEADERLIFE_EREJECTED);
    SENDS(&s, CLAIMING, GET_LOCK); /* P1 */
    ok_lock(&s, owned("me", "L", "11"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, DELETE_LOCK);
    fails(&s, OUTCOME_PERMANENT, LEADERLIFE_EREJECTED); /* a stray one is not the last word */
    waits(&s, 1000);
    SENDS(&s, RESIGNING, DELETE_LOCK);
}

/* ---- Descriptors that the host program has closed (P12, P10, P3b) ---- */

/* It ends, and nothing of lock and record is believed any more, so that nothing is cleared by it. */
static void abandoned(struct script *s, enum belief belief, enum end end, int status)
{
    leadership_abandon(&s->known);
    script_belief(s, belief, end, __FILE__, __LINE__);
    assert_int_equal(s->known.fault.status, status);
    assert_int_equal(s->known.seat, SEAT_UNKNOWN);
    assert_int_equal(s->known.lock.kind, LOCK_UNKNOWN);
    assert_int_equal(s->known.record.kind, RECORD_UNKNOWN);
    assert_null(machine_holder(&s->known));
    leadership_abandon(&s->known);
    assert_int_equal(s->known.end, end);
}

static void test_without_descriptors_a_leader_has_lost(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    abandoned(&s, BELIEF_ENDED, END_LOST, LEADERLIFE_ELOST);
    lead(&s, LEVEL_LOCAL);
    abandoned(&s, BELIEF_ENDED, END_LOST, LEADERLIFE_ELOST);
}

static void test_without_descriptors_a_claim_has_lost(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    ok_record(&s, held_by_me(&s, "10"));
    abandoned(&s, BELIEF_ENDED, END_LOST, LEADERLIFE_ELOST);
}

static void test_without_descriptors_a_standby_fails(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    abandoned(&s, BELIEF_ENDED, END_FAILED, LEADERLIFE_ESYSTEM);
    arrive(&s, LEVEL_MEMORY);
    abandoned(&s, BELIEF_ENDED, END_FAILED, LEADERLIFE_ESYSTEM);
}

static void test_without_descriptors_nothing_is_given_back(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    abandoned(&s, BELIEF_ENDED, END_LOST, LEADERLIFE_ELOST);
    lead(&s, LEVEL_RECORD);
    wishes(&s, WISH_CLOSE);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    abandoned(&s, BELIEF_ENDED, END_CLOSED, LEADERLIFE_ELOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forbidden_at_start_is_permanent),
        cmocka_unit_test(test_forbidden_create_after_the_record_is_permanent),
        cmocka_unit_test(test_forbidden_later_is_transient),
        cmocka_unit_test(test_permanent_is_fatal),
        cmocka_unit_test(test_permanent_is_retried_if_asked),
        cmocka_unit_test(test_leader_survives_what_is_permanent),
        cmocka_unit_test(test_backoff_grows_and_is_reset),
        cmocka_unit_test(test_backoff_is_short_where_nothing_listens),
        cmocka_unit_test(test_an_answer_to_what_was_asked_before_a_fault_does_not_end_its_backoff),
        cmocka_unit_test(test_retry_after_is_honoured),
        cmocka_unit_test(test_reads_do_not_excuse_writes),
        cmocka_unit_test(test_watch_ends_the_wait_for_a_connection),
        cmocka_unit_test(test_foreign_numbers_are_ignored),
        cmocka_unit_test(test_refusals_far_apart_are_not_one),
        cmocka_unit_test(test_a_lock_that_does_not_go_is_no_hot_loop),
        cmocka_unit_test(test_backstop_after_a_gap),
        cmocka_unit_test(test_rejected_rewrite_is_done_without),
        cmocka_unit_test(test_without_descriptors_a_leader_has_lost),
        cmocka_unit_test(test_without_descriptors_a_claim_has_lost),
        cmocka_unit_test(test_without_descriptors_a_standby_fails),
        cmocka_unit_test(test_without_descriptors_nothing_is_given_back),
    };
    return cmocka_run_group_tests_name("machine_failure", tests, NULL, NULL);
}
