/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: the first election, and the hand-over when the holder's pod ends (docs/protocol.md:
 * Sequences, P4, P7).
 */
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FOLLOWER = WATCH_LOCK | WATCH_POD | WATCH_OWN, GUARD = WATCH_LOCK | WATCH_OWN };

/* ---- Cold start ---- */

static void test_cold_start_with_record(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    assert_string_equal(s.sent.version, "");
    assert_true(s.sent.new_term);
    assert_string_not_equal(s.sent.nonce, "");
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    FOLLOWS(&s);
    ok_lock(&s, owned("me", "L", "11"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    assert_string_equal(s.known.token, "10");
    RESTS(&s, LEADING, WATCH_LOCK | WATCH_RECORD | WATCH_OWN);
}

static void test_cold_start_without_record(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    assert_string_equal(s.known.token, "11"); /* P11, unguarded */
    RESTS(&s, LEADING, GUARD);
}

static void test_loser_with_record(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    fails(&s, OUTCOME_EXISTS, 0);
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("a", "n1", "10"));
    SENDS(&s, BARRED, GET_POD);
    assert_string_equal(s.sent.pod.uid, "a");
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN);
    assert_string_equal(s.decision.pod.uid, "a");
    sees_lock(&s, owned("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_RECORD); /* P3: after each new lock */
    ok_record(&s, held("a", "n1", "10"));
    RESTS(&s, FOLLOWING, FOLLOWER);
}

static void test_loser_without_record(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, no_lock("5"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    fails(&s, OUTCOME_EXISTS, 0);
    SENDS(&s, LOOKING, GET_LOCK); /* P6: perhaps it is ours */
    ok_lock(&s, owned("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, FOLLOWING, FOLLOWER);
    FOLLOWS(&s);
}

/* ---- The holder's pod ends (P4, P7) ---- */

static void test_takeover_with_record(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD); /* at the version that was read before the death */
    assert_string_equal(s.sent.version, "10");
    assert_string_equal(s.sent.uid, "R");
    ok_record(&s, held_by_me(&s, "20"));
    SENDS(&s, CLAIMING, DELETE_LOCK);
    assert_string_equal(s.sent.uid, "L");
    assert_string_equal(s.sent.version, "11");
    ok(&s);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, owned("me", "M", "22"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    assert_string_equal(s.known.token, "20");
}

static void test_takeover_without_record(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
    fails(&s, OUTCOME_NOT_FOUND, 0); /* the collector was faster */
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, owned("me", "M", "22"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
}

static void test_takeover_lost_to_another(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD);
    fails(&s, OUTCOME_CONFLICT, 0);
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("b", "n9", "20"));
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN); /* the dead one's lock is b's to delete */
}

static void test_delete_conflict_looks_again(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
    fails(&s, OUTCOME_CONFLICT, 0);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, owned("b", "M", "20"));
    SENDS(&s, FOLLOWING, GET_POD);
    assert_string_equal(s.sent.pod.uid, "b");
}

static void test_lock_collected_before_the_pod_is_seen(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("a", "n1", "10"));
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN); /* foreground deletion looks the same */
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD);
    ok_record(&s, held_by_me(&s, "20"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

/* P4 (d): a terminal pod without container statuses is dead only after its grace, by a second quorum GET. */
static void test_verdict_waits(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_pod(&s, "a", POD_WAIT);
    RESTS(&s, FOLLOWING, FOLLOWER);
    assert_true(s.decision.deadline == s.now + 40000);
    waits(&s, 39999);
    sees_pod(&s, "a", POD_WAIT); /* does not begin anew */
    RESTS(&s, FOLLOWING, FOLLOWER);
    waits(&s, 1);
    sees_pod(&s, "a", POD_WAIT); /* a watch is no quorum GET */
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_WAIT);
    SENDS(&s, CLAIMING, DELETE_LOCK);
}

/* P4: a phase that is taken back. */
static void test_verdict_taken_back(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_pod(&s, "a", POD_WAIT);
    waits(&s, 5900);
    sees_pod(&s, "a", POD_ALIVE);
    waits(&s, 60000);
    RESTS(&s, FOLLOWING, FOLLOWER);
}

static void test_absence_on_a_watch_is_asked(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_pod(&s, "a", POD_UNSURE);
    SENDS(&s, FOLLOWING, GET_POD);
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER); /* every error means alive */
    waits(&s, 30000);
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_DEAD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
}

/* P4, Rights: without watches both are polled, the pod at once when the lock goes. */
static void test_polls_without_watches(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    cannot_watch(&s, WATCH_LOCK);
    ok_lock(&s, owned("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    cannot_watch(&s, WATCH_POD);
    RESTS(&s, FOLLOWING, FOLLOWER);
    assert_in_range(s.decision.deadline - s.now, 2000, 5000);
    waits(&s, 5000);
    SENDS(&s, FOLLOWING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_DEAD);
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

/* P7: 403 on delete waits for the collector. */
static void test_forbidden_delete_waits(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
    REFUSED_FOR_GOOD(&s, CLAIMING, DELETE_LOCK);
    RESTS(&s, CLAIMING, WATCH_LOCK | WATCH_OWN);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, owned("me", "M", "13"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
}

/* The collector is faster than the refusal is final: nothing is waited for any more. */
static void test_forbidden_delete_is_overtaken_by_the_collector(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
    s.random = UINT32_MAX;
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    RESTS(&s, CLAIMING, WATCH_LOCK | WATCH_OWN);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cold_start_with_record),
        cmocka_unit_test(test_cold_start_without_record),
        cmocka_unit_test(test_loser_with_record),
        cmocka_unit_test(test_loser_without_record),
        cmocka_unit_test(test_takeover_with_record),
        cmocka_unit_test(test_takeover_without_record),
        cmocka_unit_test(test_takeover_lost_to_another),
        cmocka_unit_test(test_delete_conflict_looks_again),
        cmocka_unit_test(test_lock_collected_before_the_pod_is_seen),
        cmocka_unit_test(test_verdict_waits),
        cmocka_unit_test(test_verdict_taken_back),
        cmocka_unit_test(test_absence_on_a_watch_is_asked),
        cmocka_unit_test(test_polls_without_watches),
        cmocka_unit_test(test_forbidden_delete_waits),
        cmocka_unit_test(test_forbidden_delete_is_overtaken_by_the_collector),
    };
    return cmocka_run_group_tests_name("machine_hand_over", tests, NULL, NULL);
}
