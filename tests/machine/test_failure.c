/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: what is refused, what fails, who may not campaign, and the kernel's lock (docs/protocol.md:
 * P2, P8, P12, P14, P15, observe, local backend).
 */
#include "script.h"

#include "base/backoff.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FOLLOWER = WATCH_LOCK | WATCH_POD };

/* ---- Identity (P2) and seat (P12) ---- */

static void identify(struct script *s)
{
    SENDS(s, IDENTIFYING, IDENTIFY);
    ok_self(s);
    SENDS(s, IDENTIFYING, GET_OWN_POD);
}

static void test_own_pod_gone_at_start(void **state)
{
    struct script s;
    (void)state;
    script_begin(&s, LEVEL_MEMORY);
    identify(&s);
    ok_own(&s, POD_DEAD, false);
    ENDS(&s, FAILED);
    assert_int_equal(s.known.fault.status, LEADERLIFE_EIDENTITY);
    RESTS(&s, ENDED, 0);
}

static void test_own_pod_terminating_at_start(void **state)
{
    struct script s;
    (void)state;
    script_begin(&s, LEVEL_MEMORY);
    identify(&s);
    ok_own(&s, POD_ALIVE, true);
    RESTS(&s, UNFIT, WATCH_OWN);
    FOLLOWS(&s);
    sees_own(&s, POD_DEAD, true);
    ENDS(&s, FAILED);
}

/* P3b: a pod that ends empties a claim that has come to nothing. */
static void test_terminating_candidate_empties_its_claim(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, no_record());
    SENDS(&s, CLAIMING, PUT_RECORD);
    sees_own(&s, POD_ALIVE, true);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, UNFIT, EMPTY_RECORD);
    assert_string_equal(s.sent.version, "10");
    ok_record(&s, empty_record("11"));
    RESTS(&s, UNFIT, WATCH_OWN);
}

/* P3b: who follows a living holder has no claim. */
static void test_follower_empties_its_claim(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, owned("b", "L", "12"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_RECORD);
    ok_record(&s, held("me", "earlier.1", "10"));
    SENDS(&s, FOLLOWING, EMPTY_RECORD);
    ok_record(&s, empty_record("13"));
    RESTS(&s, FOLLOWING, FOLLOWER);
}

static void test_queued_behind_a_sibling(void **state)
{
    struct script s;
    (void)state;
    script_begin(&s, LEVEL_MEMORY);
    identify(&s);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, QUEUED, TAKE_SEAT);
    fails(&s, OUTCOME_EXISTS, 0);
    RESTS(&s, QUEUED, WATCH_SEAT);
    sees_seat_free(&s);
    SENDS(&s, QUEUED, TAKE_SEAT);
    fails(&s, OUTCOME_EXISTS, 0); /* another was faster */
    RESTS(&s, QUEUED, WATCH_SEAT);
    sees_seat_free(&s);
    SENDS(&s, QUEUED, TAKE_SEAT);
    ok(&s);
    SENDS(&s, LOOKING, GET_LOCK);
}

/* ---- Foreign objects (P14) ---- */

static void test_foreign_lock_blocks_until_removed(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    sees_lock(&s, foreign_lock("F", "9"));
    ok_lock(&s, foreign_lock("F", "9"));
    RESTS(&s, BLOCKED, WATCH_LOCK);
    waits(&s, 600000);
    RESTS(&s, BLOCKED, WATCH_LOCK);
    sees_lock(&s, no_lock("10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

static void test_foreign_record_blocks_until_removed(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, foreign_record("4"));
    RESTS(&s, BLOCKED, WATCH_LOCK | WATCH_RECORD);
    struct record_view removed = no_record();
    text_copy(removed.version, sizeof removed.version, "8");
    sees_record(&s, removed);
    SENDS(&s, CLAIMING, PUT_RECORD);
}

/* ---- The guard level (P8) ---- */

static void test_forbidden_record_lowers_the_level(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER); /* a 5xx does not */
    waits(&s, 30000);
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, owned("me", "L", "11"));
    LEADS(&s);
    assert_string_equal(s.known.token, "11");
}

static void test_required_record_is_an_error(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    s.known.require_record = true;
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 30000);
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    ENDS(&s, FAILED);
}

/* ---- Failures (P15) ---- */

/* A server that has just started refuses everybody for a while: only what lasts is final. */
static void test_forbidden_at_start_is_permanent(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    s.random = UINT32_MAX;
    for (int64_t begin = s.now; s.now < begin + 10000;) {
        fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
        RESTS(&s, LOOKING, WATCH_LOCK);
        s.now = s.decision.deadline;
        SENDS(&s, LOOKING, GET_LOCK);
    }
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    ENDS(&s, FAILED);
    assert_int_equal(s.known.fault.status, LEADERLIFE_EFORBIDDEN);
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
    RESTS(&s, CLAIMING, WATCH_LOCK);
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
        RESTS(&s, LOOKING, WATCH_LOCK);
        assert_int_equal(s.decision.deadline - s.now, limit);
        waits(&s, limit - 1);
        RESTS(&s, LOOKING, WATCH_LOCK);
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

static void test_retry_after_is_honoured(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    fails_until(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER, 7000);
    RESTS(&s, LOOKING, WATCH_LOCK);
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
    RESTS(&s, CLAIMING, WATCH_LOCK);
    s.sent.number++;
    ok_lock(&s, owned("me", "L", "11"));
    LEADS(&s);
}

/* ---- Observing ---- */

static void test_observer_only_looks(void **state)
{
    struct script s;
    (void)state;
    script_begin_with(&s, &(struct machine_setup){
                              .life = "life", .wish = WISH_OBSERVE, .late_writes = true, .records = true});
    SENDS(&s, IDENTIFYING, IDENTIFY);
    ok_self(&s);
    RESTS(&s, OBSERVING, WATCH_LOCK | WATCH_RECORD);
    sees_lock(&s, owned("a", "L", "11"));
    SENDS(&s, OBSERVING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, OBSERVING, WATCH_LOCK | WATCH_RECORD | WATCH_POD);
    assert_string_equal(machine_holder(&s.known)->uid, "a");
    sees_lock(&s, no_lock("12"));
    RESTS(&s, OBSERVING, WATCH_LOCK | WATCH_RECORD);
    assert_null(machine_holder(&s.known));
    sees_lock(&s, owned("me", "M", "13")); /* the pod's own leader, seen from beside it */
    FOLLOWS(&s);
    wishes(&s, WISH_CLOSE);
    ENDS(&s, CLOSED);
}

/* ---- The kernel's lock: nothing is ever late ---- */

static void test_local_election(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_LOCAL);
    sees_lock(&s, owned("a", "", ""));
    sees_pod(&s, "a", POD_ALIVE);
    RESTS(&s, FOLLOWING, FOLLOWER);
    assert_true(s.decision.deadline == NEVER); /* no polling at all */
    sees_pod(&s, "a", POD_DEAD);
    sees_lock(&s, no_lock(""));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    fails(&s, OUTCOME_EXISTS, 0);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, owned("b", "", ""));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, FOLLOWING, FOLLOWER);
    sees_pod(&s, "b", POD_DEAD);
    sees_lock(&s, no_lock(""));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, owned("me", "s", "777"));
    LEADS(&s);
    assert_string_equal(s.known.token, "777");
}

static void test_local_resign(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_LOCAL);
    sees_lock(&s, no_lock(""));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, owned("me", "s", "777"));
    LEADS(&s);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, DELETE_LOCK); /* no mark, no look: close(2) is final */
    ok(&s);
    SENDS(&s, RESIGNING, RELEASE_SEAT);
    ok(&s);
    ENDS(&s, RESIGNED);
    RESTS(&s, ENDED, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_pod_gone_at_start),
        cmocka_unit_test(test_own_pod_terminating_at_start),
        cmocka_unit_test(test_terminating_candidate_empties_its_claim),
        cmocka_unit_test(test_follower_empties_its_claim),
        cmocka_unit_test(test_queued_behind_a_sibling),
        cmocka_unit_test(test_foreign_lock_blocks_until_removed),
        cmocka_unit_test(test_foreign_record_blocks_until_removed),
        cmocka_unit_test(test_forbidden_record_lowers_the_level),
        cmocka_unit_test(test_required_record_is_an_error),
        cmocka_unit_test(test_forbidden_at_start_is_permanent),
        cmocka_unit_test(test_forbidden_later_is_transient),
        cmocka_unit_test(test_permanent_is_fatal),
        cmocka_unit_test(test_permanent_is_retried_if_asked),
        cmocka_unit_test(test_leader_survives_what_is_permanent),
        cmocka_unit_test(test_backoff_grows_and_is_reset),
        cmocka_unit_test(test_retry_after_is_honoured),
        cmocka_unit_test(test_reads_do_not_excuse_writes),
        cmocka_unit_test(test_watch_ends_the_wait_for_a_connection),
        cmocka_unit_test(test_foreign_numbers_are_ignored),
        cmocka_unit_test(test_observer_only_looks),
        cmocka_unit_test(test_local_election),
        cmocka_unit_test(test_local_resign),
    };
    return cmocka_run_group_tests_name("machine_failure", tests, NULL, NULL);
}
