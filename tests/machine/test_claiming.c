/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: lost answers, and what a standby remembers (docs/protocol.md: P1, P5, P6, P8).
 */
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FOLLOWER = WATCH_LOCK | WATCH_POD | WATCH_OWN, BARRED = WATCH_LOCK | WATCH_POD | WATCH_OWN };

/* ---- Look first (P5), ambiguity (P6) ---- */

static void test_no_create_before_absence_is_seen(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER);
    waits(&s, 60000);
    SENDS(&s, LOOKING, GET_LOCK);
    sees_lock_gap(&s);
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER);
    waits(&s, 60000);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

/* What the watch has shown meanwhile is newer than the answer to a GET. */
static void test_watch_overtakes_a_get(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    sees_lock(&s, owned("a", "L", "11"));
    ok_lock(&s, no_lock(""));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, FOLLOWING, FOLLOWER);
    sees_lock(&s, owned("b", "M", "20"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, FOLLOWING, FOLLOWER);
}

static void test_lost_create_recognised(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, no_lock("5"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    fails(&s, OUTCOME_AMBIGUOUS, LEADERLIFE_ENETWORK);
    FOLLOWS(&s);
    waits(&s, 200);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, owned("me", "L", "11"));
    SENDS(&s, CLAIMING, PUT_LOCK);
    ok_lock(&s, owned("me", "L", "12"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
}

/* The first look is too early: the write commits while the second create is under way. */
static void test_lost_create_commits_late(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, no_lock("5"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    fails(&s, OUTCOME_AMBIGUOUS, LEADERLIFE_ESERVER);
    waits(&s, 200);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    fails(&s, OUTCOME_EXISTS, 0);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, owned("me", "L", "11"));
    FOLLOWS(&s);
    SENDS(&s, CLAIMING, PUT_LOCK);
    ok_lock(&s, owned("me", "L", "12"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
}

/* ---- Memory (P8) ---- */

static void test_memory_elects_nobody_under_a_living_holder(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, BARRED, GET_POD); /* P4: at once when the lock goes */
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, BARRED, BARRED);
    assert_string_equal(s.decision.pod.uid, "a");
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

static void test_memory_frees_what_was_given_back(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_lock(&s, marked("a", "L", "12"));
    RESTS(&s, FOLLOWING, FOLLOWER);
    sees_lock(&s, no_lock("13"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

/* The mark is of a's alone: a later term of a is remembered again. */
static void test_memory_after_the_mark(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_lock(&s, marked("a", "L", "12"));
    sees_lock(&s, owned("a", "L", "13"));
    sees_lock(&s, no_lock("14"));
    SENDS(&s, BARRED, GET_POD); /* P4: at once when the lock goes */
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, BARRED, BARRED);
}

/* P8: the own lock of a create that was late goes again, marked, so that nobody waits for us. */
static void test_memory_own_late_lock_goes_marked(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_lock(&s, no_lock("12"));
    sees_lock(&s, owned("me", "M", "13"));
    SENDS(&s, BARRED, GET_POD); /* P4: at once when the lock goes */
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, BARRED, GET_LOCK);
    ok_lock(&s, owned("me", "M", "13"));
    SENDS(&s, BARRED, PUT_LOCK);
    assert_string_equal(s.sent.nonce, "");
    ok_lock(&s, marked("me", "M", "14"));
    SENDS(&s, BARRED, DELETE_LOCK);
    assert_string_equal(s.sent.version, "14");
    ok(&s);
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, BARRED, BARRED);
    FOLLOWS(&s);
}

/* P3: after an emptying was sent the record is not ours, whatever a GET shows. */
static void test_no_claim_after_an_emptying(void **state)
{
    struct script s;
    char nonce[TEXT_NONCE];
    (void)state;
    claim(&s);
    text_copy(nonce, sizeof nonce, s.sent.nonce);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    fails(&s, OUTCOME_EXISTS, 0); /* b's create was late */
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, owned("b", "L", "11"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_RECORD);
    ok_record(&s, held("me", nonce, "10"));
    SENDS(&s, FOLLOWING, EMPTY_RECORD); /* P3b */
    fails(&s, OUTCOME_AMBIGUOUS, LEADERLIFE_ENETWORK);
    waits(&s, 1000);
    SENDS(&s, FOLLOWING, GET_RECORD);
    sees_pod(&s, "b", POD_DEAD);
    ok_record(&s, held("me", nonce, "10"));
    SENDS(&s, CLAIMING, PUT_RECORD); /* a new nonce, and the version that kills the emptying */
    assert_string_equal(s.sent.version, "10");
    assert_string_not_equal(s.sent.nonce, nonce);
}

/* P3: nor when the server has refused the emptying for now, so that it has certainly not happened: a leader whose claim
 * has no nonce any more could not put its record back. */
static void test_no_claim_after_a_refused_emptying(void **state)
{
    struct script s;
    char nonce[TEXT_NONCE];
    (void)state;
    claim(&s);
    text_copy(nonce, sizeof nonce, s.sent.nonce);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    sees_lock(&s, foreign_lock("F", "11"));
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER);
    waits(&s, 1000);
    SENDS(&s, BLOCKED, GET_LOCK);
    ok_lock(&s, foreign_lock("F", "11"));
    SENDS(&s, BLOCKED, EMPTY_RECORD); /* P3b */
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER);
    sees_lock(&s, no_lock("12"));
    waits(&s, 1000);
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("me", nonce, "10"));
    SENDS(&s, CLAIMING, PUT_RECORD);
    assert_string_equal(s.sent.version, "10");
    assert_string_not_equal(s.sent.nonce, nonce);
    ok_record(&s, held_by_me(&s, "13"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, owned("me", "L", "14"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    sees_record(&s, no_record());
    SENDS(&s, LEADING, GET_RECORD);
    ok_record(&s, no_record());
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, LEADING, PUT_RECORD);
    assert_string_not_equal(s.sent.nonce, "");
    assert_string_equal(s.sent.token, "13");
}

/* P3b: while it gives its own claim up, a watch shows another's for the same pod: a quorum GET has to say so. */
static void test_a_strangers_claim_is_read_before_it_is_believed(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    sees_lock(&s, foreign_lock("F", "11"));
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER);
    waits(&s, 1000);
    SENDS(&s, BLOCKED, GET_LOCK);
    ok_lock(&s, foreign_lock("F", "11"));
    sees_record(&s, held("me", "other.4", "12"));
    FOLLOWS(&s);
    SENDS(&s, BLOCKED, GET_RECORD);
    ok_record(&s, held("me", "other.4", "12"));
    ENDS(&s, LOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_create_before_absence_is_seen),
        cmocka_unit_test(test_watch_overtakes_a_get),
        cmocka_unit_test(test_lost_create_recognised),
        cmocka_unit_test(test_lost_create_commits_late),
        cmocka_unit_test(test_memory_elects_nobody_under_a_living_holder),
        cmocka_unit_test(test_memory_frees_what_was_given_back),
        cmocka_unit_test(test_memory_after_the_mark),
        cmocka_unit_test(test_memory_own_late_lock_goes_marked),
        cmocka_unit_test(test_no_claim_after_an_emptying),
        cmocka_unit_test(test_no_claim_after_a_refused_emptying),
        cmocka_unit_test(test_a_strangers_claim_is_read_before_it_is_believed),
    };
    return cmocka_run_group_tests_name("machine_claiming", tests, NULL, NULL);
}
