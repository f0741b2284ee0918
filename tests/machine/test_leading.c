/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: a leader's guard (docs/protocol.md: P9).
 */
#include "machine/decide.h"
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { GUARD = WATCH_LOCK | WATCH_OWN, FULL_GUARD = WATCH_LOCK | WATCH_RECORD | WATCH_OWN };

/* ---- Guard (P9) ---- */

static void test_stale_events_are_ignored(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    sees_lock(&s, no_lock("10"));
    sees_lock(&s, owned("a", "K", "9"));
    sees_lock(&s, owned("me", "L", "11"));
    RESTS(&s, LEADING, GUARD);
    LEADS(&s);
}

static void test_stale_events_of_the_record_are_ignored(void **state)
{
    struct script s;
    struct record_view removed = no_record();
    (void)state;
    lead(&s, LEVEL_RECORD);
    text_copy(removed.version, sizeof removed.version, "9");
    sees_record(&s, held("a", "n1", "8"));
    sees_record(&s, removed);
    sees_record(&s, held_by_me(&s, "10"));
    RESTS(&s, LEADING, FULL_GUARD);
    assert_int_equal(s.known.record.kind, RECORD_MINE);
    LEADS(&s);
}

static void test_removed_lock_is_put_back(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    sees_lock(&s, no_lock("12"));
    LEADS(&s);
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, LEADING, CREATE_LOCK);
    ok_lock(&s, owned("me", "M", "13"));
    LEADS(&s);
    assert_string_equal(s.known.token, "11"); /* it stays */
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    RESTS(&s, LEADING, GUARD);
}

static void test_removed_record_is_put_back(void **state)
{
    struct script s;
    char nonce[TEXT_NONCE];
    (void)state;
    lead(&s, LEVEL_RECORD);
    text_copy(nonce, sizeof nonce, s.known.nonce);
    sees_record(&s, no_record());
    SENDS(&s, LEADING, GET_RECORD);
    ok_record(&s, no_record());
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, LEADING, PUT_RECORD);
    assert_false(s.sent.new_term);
    assert_string_equal(s.sent.nonce, nonce);
    assert_string_equal(s.sent.token, "10");
    assert_int_equal(s.sent.term, 1);
    ok_record(&s, held_by_me(&s, "14"));
    LEADS(&s);
    assert_string_equal(s.known.token, "10");
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    RESTS(&s, LEADING, FULL_GUARD);
}

static void test_emptied_record_is_written_again(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    sees_record(&s, empty_record("14"));
    SENDS(&s, LEADING, GET_RECORD);
    ok_record(&s, empty_record("14"));
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, LEADING, PUT_RECORD);
    assert_string_equal(s.sent.version, "14");
}

/* A lost claim of this very life commits when somebody has removed the record: no other is there, so it is
 * overwritten. */
static void test_own_late_claim_is_overwritten(void **state)
{
    struct script s;
    char nonce[TEXT_NONCE];
    (void)state;
    lead(&s, LEVEL_RECORD);
    text_copy(nonce, sizeof nonce, s.known.nonce);
    sees_record(&s, held("me", "life.1", "14"));
    SENDS(&s, LEADING, GET_RECORD);
    ok_record(&s, held("me", "life.1", "14"));
    LEADS(&s);
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, LEADING, PUT_RECORD);
    assert_string_equal(s.sent.version, "14");
    assert_string_equal(s.sent.nonce, nonce);
    ok_record(&s, held("me", nonce, "15"));
    LEADS(&s);
    sees_record(&s, held("me", "lif.1", "16")); /* another life's, though it looks alike */
    SENDS(&s, LEADING, GET_RECORD);
    ok_record(&s, held("me", "lif.1", "16"));
    ENDS(&s, LOST);
}

/* The watch shows a second removal before the answer to the first putting back comes. */
static void test_record_removed_again_meanwhile(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    sees_record(&s, no_record());
    SENDS(&s, LEADING, GET_RECORD);
    ok_record(&s, no_record());
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, LEADING, PUT_RECORD);
    sees_record(&s, held_by_me(&s, "14"));
    struct record_view removed = no_record();
    text_copy(removed.version, sizeof removed.version, "15");
    sees_record(&s, removed);
    ok_record(&s, held_by_me(&s, "14"));
    LEADS(&s);
    SENDS(&s, LEADING, GET_RECORD);
}

static void test_putting_back_is_rate_limited(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    s.random = UINT32_MAX;
    int64_t waited = 0;
    for (int i = 0; i < 12; i++) {
        sees_lock(&s, no_lock(""));
        SENDS(&s, LEADING, GET_LOCK);
        ok_lock(&s, no_lock(""));
        decide(&s.known, s.now, &s.decision);
        if (s.decision.command.kind == COMMAND_NONE && s.decision.question.kind == COMMAND_NONE) {
            assert_in_range(s.decision.deadline - s.now, 1, 31000);
            waited += s.decision.deadline - s.now;
            s.now = s.decision.deadline;
        }
        SENDS(&s, LEADING, GET_OWN_POD);
        ok_own(&s, POD_ALIVE, false);
        SENDS(&s, LEADING, CREATE_LOCK);
        ok_lock(&s, owned("me", "M", ""));
        LEADS(&s);
    }
    assert_true(waited > 30000);
}

/* Nothing is put back while the own pod ends; it leads until it has ended. */
static void test_terminating_leader_puts_nothing_back(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    sees_own(&s, POD_ALIVE, true);
    LEADS(&s);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, true);
    RESTS(&s, LEADING, GUARD);
    LEADS(&s);
    sees_own(&s, POD_DEAD, true);
    ENDS(&s, LOST);
}

static void test_own_pod_gone_by_get(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    sees_own(&s, POD_UNSURE, false); /* a gap */
    LEADS(&s);
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_DEAD, false);
    ENDS(&s, LOST);
}

static void test_another_owner_is_asked_then_lost(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    sees_lock(&s, owned("b", "M", "20"));
    LEADS(&s); /* not by a watch alone */
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, owned("b", "M", "20"));
    ENDS(&s, LOST);
    assert_int_equal(s.known.fault.status, LEADERLIFE_ELOST);
}

static void test_another_holder_is_asked_then_lost(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    sees_record(&s, held("b", "n7", "20"));
    LEADS(&s);
    SENDS(&s, LEADING, GET_RECORD);
    ok_record(&s, held("b", "n7", "20"));
    ENDS(&s, LOST);
    SENDS(&s, ENDED, DELETE_LOCK); /* P3b */
}

static void test_lost_clears_its_claim(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    sees_lock(&s, owned("b", "M", "20"));
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, owned("b", "M", "20"));
    ENDS(&s, LOST);
    SENDS(&s, ENDED, GET_RECORD); /* another lock, another record perhaps */
    ok_record(&s, held("me", s.known.nonce, "10"));
    SENDS(&s, ENDED, EMPTY_RECORD);
    assert_string_equal(s.sent.version, "10");
    ok_record(&s, empty_record("21"));
    SENDS(&s, ENDED, GET_RECORD);
    ok_record(&s, empty_record("21"));
    SENDS(&s, ENDED, RELEASE_SEAT);
    ok(&s);
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
}

/* P14: under a leader a foreign object is neither replaced nor a loss. */
static void test_foreign_lock_under_a_leader(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    sees_lock(&s, foreign_lock("F", "20"));
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, foreign_lock("F", "20"));
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    RESTS(&s, LEADING, GUARD);
    LEADS(&s);
    sees_lock(&s, no_lock("21"));
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, LEADING, CREATE_LOCK);
}

/* Promise 2: no outage dethrones. */
static void test_outage_does_not_dethrone(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    sees_lock_gap(&s);
    for (int i = 0; i < 20; i++) {
        SENDS(&s, LEADING, GET_LOCK);
        fails(&s, OUTCOME_RETRY, LEADERLIFE_ENETWORK);
        LEADS(&s);
        waits(&s, 30000);
    }
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, owned("me", "L", "11"));
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    RESTS(&s, LEADING, GUARD);
}

/* P9: what others will call dead after P4 (d)'s time has stopped leading before that. */
static void test_own_pod_ended_without_statuses(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    sees_own(&s, POD_WAIT, false);
    ENDS(&s, LOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_pod_ended_without_statuses),
        cmocka_unit_test(test_stale_events_are_ignored),
        cmocka_unit_test(test_stale_events_of_the_record_are_ignored),
        cmocka_unit_test(test_removed_lock_is_put_back),
        cmocka_unit_test(test_removed_record_is_put_back),
        cmocka_unit_test(test_emptied_record_is_written_again),
        cmocka_unit_test(test_own_late_claim_is_overwritten),
        cmocka_unit_test(test_record_removed_again_meanwhile),
        cmocka_unit_test(test_putting_back_is_rate_limited),
        cmocka_unit_test(test_terminating_leader_puts_nothing_back),
        cmocka_unit_test(test_own_pod_gone_by_get),
        cmocka_unit_test(test_another_owner_is_asked_then_lost),
        cmocka_unit_test(test_another_holder_is_asked_then_lost),
        cmocka_unit_test(test_lost_clears_its_claim),
        cmocka_unit_test(test_foreign_lock_under_a_leader),
        cmocka_unit_test(test_outage_does_not_dethrone),
    };
    return cmocka_run_group_tests_name("machine_leading", tests, NULL, NULL);
}
