/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: resigning, closing, and what an ended life still watches (docs/protocol.md: P3b, P10).
 */
#include "script.h"

#include "machine/quiet_time.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- Giving back (P10) ---- */

static void test_resign_with_record(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    wishes(&s, WISH_RESIGN);
    FOLLOWS(&s); /* belief ends first */
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    assert_string_equal(s.sent.version, "10");
    ok_record(&s, empty_record("12"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    assert_string_equal(s.sent.version, "11");
    ok(&s);
    SENDS(&s, RESIGNING, GET_RECORD);
    ok_record(&s, empty_record("12"));
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    ENDS(&s, RESIGNED);
    SENDS(&s, ENDED, RELEASE_SEAT);
    ok(&s);
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD); /* P3b */
}

static void resign_without_record(struct script *s)
{
    lead(s, LEVEL_MEMORY);
    wishes(s, WISH_RESIGN);
    SENDS(s, RESIGNING, PUT_LOCK);
    assert_string_equal(s->sent.nonce, ""); /* P8: given back */
    ok_lock(s, marked("me", "L", "12"));
    SENDS(s, RESIGNING, DELETE_LOCK);
    assert_string_equal(s->sent.version, "12");
    ok(s);
    SENDS(s, RESIGNING, GET_LOCK);
    ok_lock(s, no_lock(""));
    ENDS(s, RESIGNED);
    SENDS(s, ENDED, RELEASE_SEAT);
    ok(s);
    RESTS(s, ENDED, WATCH_LOCK);
}

static void test_resign_without_record(void **state)
{
    struct script s;
    (void)state;
    resign_without_record(&s);
}

/* P3b: a write that commits after the end is deleted again, with the seat taken for that while. */
static void test_late_commit_after_resign(void **state)
{
    struct script s;
    (void)state;
    resign_without_record(&s);
    sees_lock(&s, owned("me", "M", "20"));
    SENDS(&s, ENDED, TAKE_SEAT);
    ok(&s);
    SENDS(&s, ENDED, GET_LOCK);
    ok_lock(&s, owned("me", "M", "20"));
    SENDS(&s, ENDED, PUT_LOCK);
    assert_string_equal(s.sent.nonce, "");
    ok_lock(&s, marked("me", "M", "21"));
    SENDS(&s, ENDED, DELETE_LOCK);
    ok(&s);
    SENDS(&s, ENDED, GET_LOCK);
    ok_lock(&s, no_lock(""));
    SENDS(&s, ENDED, RELEASE_SEAT);
    ok(&s);
    RESTS(&s, ENDED, WATCH_LOCK);
    ENDS(&s, RESIGNED);
}

/* P3b: while a sibling has the seat the lock is the sibling's. */
static void test_sibling_after_resign(void **state)
{
    struct script s;
    (void)state;
    resign_without_record(&s);
    sees_lock(&s, owned("me", "M", "20"));
    SENDS(&s, ENDED, TAKE_SEAT);
    fails(&s, OUTCOME_EXISTS, 0);
    RESTS(&s, ENDED, WATCH_LOCK);
    sees_lock(&s, owned("me", "M", "21")); /* the sibling's rewrite */
    RESTS(&s, ENDED, WATCH_LOCK);
}

static void test_closing_stops_watching(void **state)
{
    struct script s;
    (void)state;
    resign_without_record(&s);
    wishes(&s, WISH_CLOSE);
    ENDS(&s, CLOSED);
    sees_lock(&s, owned("me", "M", "20"));
    RESTS(&s, ENDED, 0);
}

/* P10: 15 s after the last ambiguous write, and then one more look. */
static void test_resign_waits_for_late_writes(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    wishes(&s, WISH_CLOSE);
    SENDS(&s, RESIGNING, PUT_LOCK);
    ok_lock(&s, marked("me", "L", "12"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    fails(&s, OUTCOME_AMBIGUOUS, LEADERLIFE_ENETWORK);
    int64_t quiet = s.now + QUIET_MS;
    waits(&s, 1000);
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    RESTS(&s, RESIGNING, WATCH_LOCK);
    assert_true(s.decision.deadline == quiet);
    s.now = quiet;
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    ENDS(&s, CLOSED);
}

/* P10: repeated until a GET shows that the lock is not ours. */
static void test_resign_repeats_a_conflict(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, PUT_LOCK);
    fails(&s, OUTCOME_CONFLICT, 0);
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, owned("me", "L", "15"));
    SENDS(&s, RESIGNING, PUT_LOCK);
    assert_string_equal(s.sent.version, "15");
    ok_lock(&s, marked("me", "L", "16"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    REFUSED_FOR_GOOD(&s, RESIGNING, DELETE_LOCK); /* P7: then the collector must */
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, marked("me", "L", "16"));
    SENDS(&s, RESIGNING, RELEASE_SEAT);
    ok(&s);
    ENDS(&s, RESIGNED);
}

/* A server that has just started refuses once: the lock is given back all the same (P10, P15). */
static void test_resign_outlives_a_short_refusal(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, PUT_LOCK);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 5000);
    SENDS(&s, RESIGNING, PUT_LOCK);
    ok_lock(&s, marked("me", "L", "16"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 5000);
    SENDS(&s, RESIGNING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    ENDS(&s, RESIGNED);
}

/* P10: a life that wrote nothing, and has seen nothing of its pod's, waits for no server. */
static void test_resign_before_anything_is_known(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER);
    wishes(&s, WISH_RESIGN);
    ENDS(&s, RESIGNED);
    SENDS(&s, ENDED, RELEASE_SEAT);
    ok(&s);
    RESTS(&s, ENDED, 0);
}

/* P3b: what an earlier life of the pod has left is given back by a life that has seen it. */
static void test_resign_after_a_sight_of_an_earlier_life(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, written("me", "earlier.2", "L", "11"));
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, GET_RECORD);
    ok_record(&s, held("me", "earlier.1", "10"));
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    ok_record(&s, empty_record("12"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, RESIGNING, GET_RECORD); /* a vanished lock makes the record unknown */
    ok_record(&s, empty_record("12"));
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    ENDS(&s, RESIGNED);
}

/* P10: without the seat resign is complete at once. */
static void test_resign_of_the_queued(void **state)
{
    struct script s;
    (void)state;
    script_begin(&s, LEVEL_MEMORY);
    SENDS(&s, IDENTIFYING, IDENTIFY);
    ok_self(&s);
    SENDS(&s, IDENTIFYING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, QUEUED, TAKE_SEAT);
    fails(&s, OUTCOME_EXISTS, 0);
    wishes(&s, WISH_RESIGN);
    ENDS(&s, RESIGNED);
    RESTS(&s, ENDED, 0);
}

/* P10: lock and record have been looked at since the last write; that the claim is still there is not the end. */
static void test_a_claim_that_is_still_there_is_emptied_before_the_end(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    struct record_view claim = held_by_me(&s, "20");
    text_copy(claim.nonce, sizeof claim.nonce, s.known.nonce);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, GET_RECORD);
    ok_record(&s, claim);
    FOLLOWS(&s);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    assert_string_equal(s.sent.version, "20");
}

/* P8: the sign that a removed record cannot give is written anew, and again when that has failed. */
static void test_the_sign_is_tried_again(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    fails(&s, OUTCOME_NOT_FOUND, 0);
    SENDS(&s, RESIGNING, GET_RECORD);
    ok_record(&s, no_record());
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    assert_string_equal(s.sent.version, "");
    fails(&s, OUTCOME_RETRY, 0);
    waits(&s, 1000);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    assert_string_equal(s.sent.version, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resign_with_record),
        cmocka_unit_test(test_resign_without_record),
        cmocka_unit_test(test_late_commit_after_resign),
        cmocka_unit_test(test_sibling_after_resign),
        cmocka_unit_test(test_closing_stops_watching),
        cmocka_unit_test(test_resign_waits_for_late_writes),
        cmocka_unit_test(test_resign_repeats_a_conflict),
        cmocka_unit_test(test_resign_before_anything_is_known),
        cmocka_unit_test(test_resign_after_a_sight_of_an_earlier_life),
        cmocka_unit_test(test_resign_of_the_queued),
        cmocka_unit_test(test_resign_outlives_a_short_refusal),
        cmocka_unit_test(test_a_claim_that_is_still_there_is_emptied_before_the_end),
        cmocka_unit_test(test_the_sign_is_tried_again),
    };
    return cmocka_run_group_tests_name("machine_release", tests, NULL, NULL);
}
