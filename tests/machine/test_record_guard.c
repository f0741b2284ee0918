/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: rights to the record that are missing, go and come (docs/protocol.md: P8).
 */
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FOLLOWER = WATCH_LOCK | WATCH_POD | WATCH_OWN };

/* ---- Rights (P8) ---- */

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
    REFUSED_FOR_GOOD(&s, LOOKING, GET_RECORD);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    assert_false(s.sent.guarded);
    ok_lock(&s, owned("me", "L", "11"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    assert_string_equal(s.known.token, "11");
    assert_int_equal(s.known.term, 0);
    RESTS(&s, LEADING, WATCH_LOCK | WATCH_OWN);
}

/* A server that has just started refuses everybody: a standby whose rights are good does not take that for its
 * level. */
static void test_a_short_refusal_lowers_nothing(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 9000);
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 1000);
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("a", "n1", "10"));
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    sees_record(&s, (struct record_view){.kind = RECORD_VIEW_GAP});
    waits(&s, 5000);
    SENDS(&s, LOOKING, GET_RECORD); /* the next refusal is another one */
    s.random = UINT32_MAX;
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 9000);
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    RESTS(&s, LOOKING, WATCH_LOCK | WATCH_OWN);
}

/* What was refused once, and not asked for since, says nothing of now. */
static void test_refusals_far_apart_are_two(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_lock(&s, owned("b", "M", "12"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 60000); /* frozen */
    SENDS(&s, FOLLOWING, GET_RECORD);
    s.random = UINT32_MAX;
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    RESTS(&s, FOLLOWING, FOLLOWER);
    assert_int_equal(s.known.record.kind, RECORD_UNKNOWN);
}

/* Two refusals with a broken connection between them have not lasted all the while. */
static void test_a_refusal_is_not_lasting_without_an_answer(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 5000);
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ENETWORK);
    waits(&s, 5000);
    SENDS(&s, LOOKING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, LOOKING, GET_RECORD);
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

/* What was final counts for as long as it is asked again: a follower does that twice an hour. */
static void test_a_final_refusal_grows_old(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, owned("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, FOLLOWING, GET_RECORD);
    for (int64_t least = 60000; least <= 480000;
         least *= 2) { /* soon at first: an earlier life may be named there (P3b) */
        RESTS(&s, FOLLOWING, FOLLOWER);
        assert_in_range(s.decision.deadline - s.now, least + 30000, least + 60000);
        s.now = s.decision.deadline;
        SENDS(&s, FOLLOWING, GET_RECORD);
        fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    }
    waits(&s, 32 * 60 * 1000);
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_LOCK);
    ok_lock(&s, owned("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN); /* it still lasts */
    assert_int_equal(s.known.record.kind, RECORD_NONE);
    own_is_good(&s, STATE_FOLLOWING);
    RESTS(&s, FOLLOWING, FOLLOWER);
    waits(&s, 1000LL * 3600 * 24 * 7); /* frozen: the right may have been given, and be missing for a moment only */
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, LOOKING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, LOOKING, GET_RECORD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
}

/* P8: probed anew at each claim; a right that is given later is used from the next term on. */
static void test_restored_right_is_used_from_the_next_claim_on(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, owned("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, FOLLOWING, GET_RECORD);
    RESTS(&s, FOLLOWING, FOLLOWER); /* and is not asked again meanwhile */
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN); /* still: it has lasted */
    SENDS(&s, CLAIMING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, CLAIMING, CREATE_LOCK); /* not asked twice for one claim */
    fails(&s, OUTCOME_EXISTS, 0);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, owned("b", "M", "20"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    RESTS(&s, FOLLOWING, FOLLOWER);
    sees_pod(&s, "b", POD_DEAD);
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, no_record()); /* the right was given */
    RESTS(&s, CLAIMING, WATCH_LOCK | WATCH_OWN);
    waits(&s, 8); /* P17: it has lost a race */
    SENDS(&s, CLAIMING, GET_RECORD);
    ok_record(&s, no_record());
    SENDS(&s, CLAIMING, PUT_RECORD);
    ok_record(&s, held_by_me(&s, "30"));
    SENDS(&s, CLAIMING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    assert_true(s.sent.guarded);
    ok_lock(&s, owned("me", "N", "31"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    assert_string_equal(s.known.token, "30");
}

/* A term that began without a record is not ended by what somebody else's says. */
static void test_an_unguarded_term_minds_no_record(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD);
    REFUSED_FOR_GOOD(&s, CLAIMING, PUT_RECORD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, unguarded("me", "M", "12"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    RESTS(&s, LEADING, WATCH_LOCK | WATCH_OWN);
    sees_record(&s, held("a", "n1", "10"));
    RESTS(&s, LEADING, WATCH_LOCK | WATCH_OWN);
    LEADS(&s);
}

/* Rights that go in the middle of a term: it goes on without, and gives back as without. */
static void test_a_term_that_loses_its_record(void **state)
{
    struct script s;
    char claim[TEXT_NONCE];
    (void)state;
    lead(&s, LEVEL_RECORD);
    text_copy(claim, sizeof claim, s.known.nonce);
    s.random = UINT32_MAX;
    sees_record(&s, (struct record_view){.kind = RECORD_VIEW_GAP});
    SENDS(&s, LEADING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, LEADING, GET_RECORD);
    LEADS(&s);
    assert_string_equal(s.known.token, "10");
    assert_int_equal(s.known.record.kind, RECORD_NONE);
    RESTS(&s, LEADING, WATCH_LOCK | WATCH_RECORD | WATCH_OWN); /* it may come back */
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, GET_RECORD); /* is it there again? */
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    SENDS(&s, RESIGNING, PUT_LOCK); /* the mark */
    assert_string_equal(s.sent.nonce, "");
    ok_lock(&s, marked("me", "L", "12"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    SENDS(&s, RESIGNING, RELEASE_SEAT);
    ok(&s);
    ENDS(&s, RESIGNED);
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
    sees_record(&s, held("me", claim, "10")); /* the right is there again: P3b */
    SENDS(&s, ENDED, TAKE_SEAT);
    ok(&s);
    SENDS(&s, ENDED, EMPTY_RECORD);
}

/* The emptying itself is refused, so what stays is this life's own, and no sibling's: it goes when the right is
 * back. */
static void test_a_refused_emptying_is_made_up_for(void **state)
{
    struct script s;
    char claim[TEXT_NONCE];
    (void)state;
    lead(&s, LEVEL_RECORD);
    text_copy(claim, sizeof claim, s.known.nonce);
    s.random = UINT32_MAX;
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    REFUSED_FOR_GOOD(&s, RESIGNING, EMPTY_RECORD);
    SENDS(&s, RESIGNING, PUT_LOCK);
    ok_lock(&s, marked("me", "L", "12"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    SENDS(&s, RESIGNING, RELEASE_SEAT);
    ok(&s);
    ENDS(&s, RESIGNED);
    sees_record(&s, held("me", claim, "10"));
    SENDS(&s, ENDED, TAKE_SEAT);
    ok(&s);
    SENDS(&s, ENDED, EMPTY_RECORD);
    ok_record(&s, empty_record("13"));
    SENDS(&s, ENDED, GET_RECORD);
    ok_record(&s, empty_record("13"));
    SENDS(&s, ENDED, RELEASE_SEAT);
    ok(&s);
    sees_record(&s, held("me", "sibling.1", "14"));
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
}

/* Who waits for a holder that it remembers must not, by a claim that it cannot see, be what that one waits for. */
static void test_who_waits_without_the_right_asks_again(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, unguarded("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, FOLLOWING, GET_RECORD);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_POD | WATCH_OWN);
    assert_in_range(s.decision.deadline - s.now, 30000, 60000);
    s.now = s.decision.deadline;
    SENDS(&s, BARRED, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_POD | WATCH_OWN);
    assert_in_range(s.decision.deadline - s.now, 30000, 60000);
    s.now = s.decision.deadline;
    SENDS(&s, BARRED, GET_RECORD);
    ok_record(&s, held("me", "earlier.1", "10")); /* of an earlier life */
    SENDS(&s, BARRED, EMPTY_RECORD);
}

/* The same for who follows: its claim, if it was written, bars even the owner of the lock. */
static void test_who_has_claimed_and_follows_asks_soon(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    REFUSED_FOR_GOOD(&s, CLAIMING, PUT_RECORD);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    fails(&s, OUTCOME_EXISTS, 0);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, unguarded("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, FOLLOWING, GET_RECORD);
    RESTS(&s, FOLLOWING, FOLLOWER);
    assert_in_range(s.decision.deadline - s.now, 30000, 60000);
    s.now = s.decision.deadline;
    SENDS(&s, FOLLOWING, GET_RECORD);
    ok_record(&s, held("me", "life.9", "10"));
    SENDS(&s, FOLLOWING, EMPTY_RECORD);
}

static void test_required_record_is_an_error(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    s.known.require_record = true;
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, LOOKING, GET_RECORD);
    ENDS(&s, FAILED);
}

/* But whoever has taken part once waits for the right to be given back (P15). */
static void test_a_required_record_is_waited_for_later(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    s.known.require_record = true;
    sees_record(&s, no_record());
    SENDS(&s, LEADING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, LEADING, GET_RECORD);
    LEADS(&s);
    waits(&s, 60000);
    SENDS(&s, LEADING, GET_RECORD);
}

/* The right was refused for long, then the create fails for minutes: each try rests on a refusal of the last 10 s, and
 * one that finds the right given is guarded. */
static void test_an_unguarded_write_rests_on_a_fresh_refusal(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, LOOKING, GET_RECORD);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    own_is_good(&s, STATE_CLAIMING);
    s.of_question = false;
    for (int i = 0; i < 5; i++) {
        fails(&s, OUTCOME_RETRY, LEADERLIFE_EQUOTA);
        waits(&s, 31000);
        SENDS(&s, CLAIMING, GET_RECORD); /* P8 */
        fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
        SENDS(&s, CLAIMING, CREATE_LOCK);
    }
    fails(&s, OUTCOME_RETRY, LEADERLIFE_EQUOTA);
    waits(&s, 31000);
    SENDS(&s, CLAIMING, GET_RECORD);
    ok_record(&s, held("a", "n1", "20")); /* a was elected meanwhile, and its lock is gone */
    SENDS(&s, BARRED, GET_POD);
    FOLLOWS(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_unguarded_write_rests_on_a_fresh_refusal),
        cmocka_unit_test(test_forbidden_record_lowers_the_level),
        cmocka_unit_test(test_a_short_refusal_lowers_nothing),
        cmocka_unit_test(test_refusals_far_apart_are_two),
        cmocka_unit_test(test_a_refusal_is_not_lasting_without_an_answer),
        cmocka_unit_test(test_a_final_refusal_grows_old),
        cmocka_unit_test(test_restored_right_is_used_from_the_next_claim_on),
        cmocka_unit_test(test_an_unguarded_term_minds_no_record),
        cmocka_unit_test(test_a_term_that_loses_its_record),
        cmocka_unit_test(test_a_refused_emptying_is_made_up_for),
        cmocka_unit_test(test_who_waits_without_the_right_asks_again),
        cmocka_unit_test(test_who_has_claimed_and_follows_asks_soon),
        cmocka_unit_test(test_required_record_is_an_error),
        cmocka_unit_test(test_a_required_record_is_waited_for_later),
    };
    return cmocka_run_group_tests_name("machine_record_guard", tests, NULL, NULL);
}
