/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: who may not campaign, what blocks, observers, and the kernel's lock (docs/protocol.md: P2,
 * P3b, P12, P14, observe, local backend).
 */
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FOLLOWER = WATCH_LOCK | WATCH_POD | WATCH_OWN };

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
    claim(&s);
    sees_own(&s, POD_ALIVE, true);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, UNFIT, EMPTY_RECORD);
    assert_string_equal(s.sent.version, "10");
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER);
    waits(&s, 1000);
    SENDS(&s, UNFIT, EMPTY_RECORD); /* until it is done */
    ok_record(&s, empty_record("11"));
    SENDS(&s, UNFIT, GET_RECORD); /* P10: until a quorum GET shows nothing of this life's */
    ok_record(&s, empty_record("11"));
    RESTS(&s, UNFIT, WATCH_LOCK | WATCH_RECORD | WATCH_OWN);
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
    SENDS(&s, IDENTIFYING, GET_OWN_POD); /* P2: it may have ended meanwhile */
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, QUEUED, TAKE_SEAT);
    fails(&s, OUTCOME_EXISTS, 0); /* another was faster */
    RESTS(&s, QUEUED, WATCH_SEAT);
    sees_seat_free(&s);
    SENDS(&s, IDENTIFYING, GET_OWN_POD); /* P2: it may have ended meanwhile */
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, QUEUED, TAKE_SEAT);
    ok(&s);
    SENDS(&s, LOOKING, GET_LOCK);
}

/* ---- Answers that are older than what a watch has shown meanwhile ---- */

/* P4: the GET saw the pod just before its end, the watch began just after it: nothing but another GET can tell. */
static void test_watch_misses_the_pod_that_is_asked_for(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, owned("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_POD);
    sees_pod(&s, "a", POD_UNSURE);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_DEAD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
}

static void test_next_lock_is_seen_before_the_delete_is_answered(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
    sees_lock(&s, owned("b", "L2", "20"));
    fails(&s, OUTCOME_NOT_FOUND, 0);
    SENDS(&s, FOLLOWING, GET_POD);
    assert_string_equal(s.sent.pod.uid, "b");
}

/* P9: the same for the own pod. */
static void test_watch_misses_the_own_pod_that_is_asked_for(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    sees_own(&s, POD_UNSURE, false);
    SENDS(&s, LEADING, GET_OWN_POD);
    sees_own(&s, POD_UNSURE, false);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_DEAD, false);
    ENDS(&s, LOST);
}

/* ---- Foreign objects (P14) ---- */

static void test_foreign_lock_blocks_until_removed(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    sees_lock(&s, foreign_lock("F", "9"));
    ok_lock(&s, foreign_lock("F", "9"));
    RESTS(&s, BLOCKED, WATCH_LOCK | WATCH_OWN);
    waits(&s, 600000);
    RESTS(&s, BLOCKED, WATCH_LOCK | WATCH_OWN);
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
    RESTS(&s, BLOCKED, WATCH_LOCK | WATCH_RECORD | WATCH_OWN);
    struct record_view removed = no_record();
    text_copy(removed.version, sizeof removed.version, "8");
    sees_record(&s, removed);
    SENDS(&s, CLAIMING, PUT_RECORD);
}

/* ---- Observing ---- */

static void test_observer_only_looks(void **state)
{
    struct script s;
    (void)state;
    script_begin_with(
        &s, &(struct machine_setup){.life = "life", .wish = WISH_OBSERVE, .late_writes = true, .records = true});
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
        cmocka_unit_test(test_watch_misses_the_pod_that_is_asked_for),
        cmocka_unit_test(test_next_lock_is_seen_before_the_delete_is_answered),
        cmocka_unit_test(test_watch_misses_the_own_pod_that_is_asked_for),
        cmocka_unit_test(test_foreign_lock_blocks_until_removed),
        cmocka_unit_test(test_foreign_record_blocks_until_removed),
        cmocka_unit_test(test_observer_only_looks),
        cmocka_unit_test(test_local_election),
        cmocka_unit_test(test_local_resign),
    };
    return cmocka_run_group_tests_name("machine_standing_by", tests, NULL, NULL);
}
