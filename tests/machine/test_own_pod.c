/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: the own pod while a process campaigns, and the look at it before belief (docs/protocol.md:
 * P1, P2).
 */
#include "machine/decide.h"
#include "machine/learn.h"
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FOLLOWER = WATCH_LOCK | WATCH_POD | WATCH_OWN, CLAIMER = WATCH_LOCK | WATCH_OWN };

/* Record 10 is ours, and the create of the lock is out. */
static void create(struct script *s)
{
    claim(s);
    ok_record(s, held_by_me(s, "10"));
    SENDS(s, CLAIMING, CREATE_LOCK);
}

/* ---- The look before belief (P1) ---- */

static void test_the_lock_alone_is_not_enough(void **state)
{
    struct script s;
    (void)state;
    create(&s);
    SENDS(&s, CLAIMING, GET_OWN_POD);
    ok_lock(&s, owned("me", "L", "11"));
    FOLLOWS(&s);
    RESTS(&s, CLAIMING, CLAIMER);
    ok_own(&s, POD_ALIVE, false);
    LEADS(&s);
    assert_string_equal(s.known.token, "10");
}

/* The pod object of a standby was removed by force; its process lives on. */
static void test_a_ghost_does_not_lead(void **state)
{
    struct script s;
    (void)state;
    create(&s);
    SENDS(&s, CLAIMING, GET_OWN_POD);
    ok_own(&s, POD_DEAD, false);
    ENDS(&s, FAILED);
    ok_lock(&s, owned("me", "L", "11"));
    ENDS(&s, FAILED);
    SENDS(&s, ENDED, EMPTY_RECORD);
    ok_record(&s, empty_record("12"));
    SENDS(&s, ENDED, DELETE_LOCK);
}

/* Terminating when it is looked at: it gives back what it has just taken, so that the next one need not wait. */
static void test_who_terminates_gives_the_lock_back(void **state)
{
    struct script s;
    (void)state;
    create(&s);
    SENDS(&s, CLAIMING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, true);
    FOLLOWS(&s);
    ok_lock(&s, owned("me", "L", "11"));
    FOLLOWS(&s);
    SENDS(&s, UNFIT, EMPTY_RECORD);
    ok_record(&s, empty_record("12"));
    SENDS(&s, UNFIT, DELETE_LOCK);
    assert_string_equal(s.sent.uid, "L");
    ok(&s);
    SENDS(&s, UNFIT, GET_RECORD);
    ok_record(&s, empty_record("12"));
    SENDS(&s, UNFIT, GET_LOCK);
    ok_lock(&s, no_lock(""));
    RESTS(&s, UNFIT, WATCH_LOCK | WATCH_RECORD | WATCH_OWN);
    FOLLOWS(&s);
}

/* A look that was sent before the lock write does not count: the question that is under way is asked anew. */
static void test_an_older_look_does_not_count(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    sees_own(&s, POD_UNSURE, false);
    SENDS(&s, CLAIMING, GET_OWN_POD);
    struct command early = s.asked;
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    SENDS(&s, CLAIMING, GET_OWN_POD); /* in its place */
    struct command late = s.asked;
    s.asked = early;
    ok_own(&s, POD_ALIVE, false); /* nobody waits for it */
    ok_lock(&s, owned("me", "L", "11"));
    FOLLOWS(&s);
    s.asked = late;
    ok_own(&s, POD_ALIVE, false);
    LEADS(&s);
}

/* The write had to be sent once more (401), and so after the look. */
static void test_what_was_sent_counts_and_not_what_was_decided(void **state)
{
    struct script s;
    (void)state;
    create(&s);
    SENDS(&s, CLAIMING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    struct fact again = {.kind = FACT_ANSWER, .number = s.sent.number, .sent = s.asked.number};
    again.lock = written("me", s.sent.nonce, "L", "11");
    learn_fact(&s.known, &again, s.now, s.random);
    FOLLOWS(&s);
    SENDS(&s, CLAIMING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    LEADS(&s);
}

/* Each new try takes a new one: the create was lost, its lock is found and rewritten. */
static void test_each_try_takes_a_new_look(void **state)
{
    struct script s;
    (void)state;
    create(&s);
    own_is_good(&s, STATE_CLAIMING);
    char nonce[TEXT_NONCE];
    text_copy(nonce, sizeof nonce, s.sent.nonce);
    s.of_question = false;
    fails(&s, OUTCOME_AMBIGUOUS, LEADERLIFE_ENETWORK);
    waits(&s, 1000);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, written("me", nonce, "L", "11"));
    SENDS(&s, CLAIMING, PUT_LOCK);
    ok_lock(&s, owned("me", "L", "12"));
    FOLLOWS(&s);
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
}

/* A look that fails is taken again, and elects nobody meanwhile. */
static void test_a_look_that_fails_is_taken_again(void **state)
{
    struct script s;
    (void)state;
    create(&s);
    SENDS(&s, CLAIMING, GET_OWN_POD);
    ok_lock(&s, owned("me", "L", "11"));
    for (int i = 0; i < 5; i++) {
        fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER);
        FOLLOWS(&s);
        waits(&s, 30000);
        SENDS(&s, CLAIMING, GET_OWN_POD);
    }
    ok_own(&s, POD_ALIVE, false);
    LEADS(&s);
}

/* P15: a look that succeeds beside it makes up for no right that is missing. */
static void test_a_look_makes_up_for_no_refusal(void **state)
{
    struct script s;
    (void)state;
    create(&s);
    s.random = UINT32_MAX;
    int64_t begin = s.now;
    for (int i = 0; i < 20 && s.known.end == END_NOT; i++) {
        own_is_good(&s, STATE_CLAIMING);
        s.of_question = false;
        fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
        if (s.known.end != END_NOT)
            break;
        decide(&s.known, s.now, &s.decision);
        s.now = s.decision.deadline;
        SENDS(&s, CLAIMING, CREATE_LOCK);
    }
    ENDS(&s, FAILED);
    assert_in_range(s.now - begin, 10000, 41000);
}

/* ---- While it campaigns (P2) ---- */

static void test_a_terminating_standby_claims_no_more(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_own(&s, POD_ALIVE, true);
    RESTS(&s, UNFIT, WATCH_OWN); /* it wrote nothing: nor does it now */
    sees_own(&s, POD_DEAD, true);
    ENDS(&s, FAILED);
}

static void test_a_standby_whose_pod_is_gone_ends(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_own(&s, POD_UNSURE, false); /* a gap */
    SENDS(&s, FOLLOWING, GET_OWN_POD);
    ok_own(&s, POD_DEAD, false);
    ENDS(&s, FAILED);
    assert_int_equal(s.known.fault.status, LEADERLIFE_EIDENTITY);
}

/* A phase that was patched by hand retires nobody for ever, and elects nobody meanwhile. */
static void test_a_terminal_phase_may_be_taken_back(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_own(&s, POD_WAIT, false);
    RESTS(&s, UNFIT, WATCH_OWN);
    assert_in_range(s.decision.deadline - s.now, 1, 5000);
    sees_own(&s, POD_ALIVE, false);
    RESTS(&s, FOLLOWING, FOLLOWER);
}

/* Without the right to watch its pod it asks. */
static void test_a_pod_that_cannot_be_watched_is_asked_for(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    cannot_watch(&s, WATCH_OWN);
    RESTS(&s, FOLLOWING, FOLLOWER);
    assert_in_range(s.decision.deadline - s.now, 30000, 60000);
    s.now = s.decision.deadline;
    SENDS(&s, FOLLOWING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, true);
    RESTS(&s, UNFIT, WATCH_OWN);
}

/* P2: its watch may show it before the first look: that alone decides whether it takes part. */
static void test_the_first_look_comes_first(void **state)
{
    struct script s;
    (void)state;
    script_begin(&s, LEVEL_RECORD);
    SENDS(&s, IDENTIFYING, IDENTIFY);
    ok_self(&s);
    SENDS(&s, IDENTIFYING, GET_OWN_POD);
    sees_own(&s, POD_WAIT, false);
    FOLLOWS(&s);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, QUEUED, TAKE_SEAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_lock_alone_is_not_enough),
        cmocka_unit_test(test_a_ghost_does_not_lead),
        cmocka_unit_test(test_who_terminates_gives_the_lock_back),
        cmocka_unit_test(test_an_older_look_does_not_count),
        cmocka_unit_test(test_what_was_sent_counts_and_not_what_was_decided),
        cmocka_unit_test(test_each_try_takes_a_new_look),
        cmocka_unit_test(test_a_look_that_fails_is_taken_again),
        cmocka_unit_test(test_a_look_makes_up_for_no_refusal),
        cmocka_unit_test(test_a_terminating_standby_claims_no_more),
        cmocka_unit_test(test_a_standby_whose_pod_is_gone_ends),
        cmocka_unit_test(test_a_terminal_phase_may_be_taken_back),
        cmocka_unit_test(test_a_pod_that_cannot_be_watched_is_asked_for),
        cmocka_unit_test(test_the_first_look_comes_first),
    };
    return cmocka_run_group_tests_name("machine_own_pod", tests, NULL, NULL);
}
