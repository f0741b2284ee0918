/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: what ends the pause before the next try, and what does not (docs/protocol.md: P15, P18).
 */
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>
#include <cmocka.h>

enum { FOLLOWER = WATCH_LOCK | WATCH_POD | WATCH_OWN, CLAIMER = WATCH_LOCK | WATCH_OWN };

/* News from a watch says that the server can be reached again. */
static void test_a_watch_that_speaks_ends_the_pause(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    s.random = UINT32_MAX;
    sees_lock(&s, owned("b", "M", "20"));
    SENDS(&s, FOLLOWING, GET_POD);
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ENETWORK);
    RESTS(&s, FOLLOWING, FOLLOWER);
    sees_lock(&s, owned("b", "M", "21"));
    assert_int_equal(s.known.fault.kind, FAULT_NONE);
    assert_int_equal(s.known.fault.attempt, 0);
    SENDS(&s, FOLLOWING, GET_POD);
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ENETWORK);
    sees_record(&s, held("b", "n2", "19"));
    SENDS(&s, FOLLOWING, GET_POD);
}

/* What the server refuses for its own trouble is not asked for more often because the lock changes hands. */
static void test_a_new_lock_does_not_end_the_pause(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    s.random = UINT32_MAX;
    sees_lock(&s, owned("b", "M", "20"));
    SENDS(&s, FOLLOWING, GET_POD);
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER);
    RESTS(&s, FOLLOWING, FOLLOWER);
    sees_lock(&s, owned("c", "N", "21"));
    RESTS(&s, FOLLOWING, FOLLOWER);
}

/* But a rewrite that was refused was about the lock that is gone. */
static void test_a_refused_rewrite_goes_with_its_lock(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    s.random = UINT32_MAX;
    finds(&s, written("me", "earlier.3", "L", "11"));
    SENDS(&s, CLAIMING, PUT_LOCK);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    RESTS(&s, CLAIMING, CLAIMER);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

/* A right that goes once all went well is asked for again, and not at once. */
static void test_a_right_that_goes_is_asked_for_after_a_pause(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    s.random = UINT32_MAX;
    sees_lock(&s, no_lock("12"));
    SENDS(&s, LEADING, GET_LOCK);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    assert_int_equal(s.known.fault.status, LEADERLIFE_EFORBIDDEN);
    RESTS(&s, LEADING, WATCH_LOCK | WATCH_RECORD | WATCH_OWN);
    s.now = s.decision.deadline;
    SENDS(&s, LEADING, GET_LOCK);
}

/* A watch that breaks and comes back again and again puts off no other poll than its own. */
static void test_a_watch_puts_off_its_own_poll(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    int64_t own = s.known.own_poll_at;
    waits(&s, 1000);
    cannot_watch(&s, WATCH_LOCK);
    assert_int_equal(s.known.own_poll_at, own);
    cannot_watch(&s, WATCH_OWN);
    assert_int_not_equal(s.known.own_poll_at, own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_watch_that_speaks_ends_the_pause),
        cmocka_unit_test(test_a_new_lock_does_not_end_the_pause),
        cmocka_unit_test(test_a_refused_rewrite_goes_with_its_lock),
        cmocka_unit_test(test_a_right_that_goes_is_asked_for_after_a_pause),
        cmocka_unit_test(test_a_watch_puts_off_its_own_poll),
    };
    return cmocka_run_group_tests_name("machine_retry", tests, NULL, NULL);
}
