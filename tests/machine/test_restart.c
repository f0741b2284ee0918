/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: a process finds a lock that its own pod has (docs/protocol.md: P1, P3b).
 */
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Until its own claim stands, and it has seen the lock once more. */
static void restart_with_record(struct script *s)
{
    arrive(s, LEVEL_RECORD);
    finds(s, owned("me", "L", "11"));
    SENDS(s, LOOKING, GET_RECORD);
    ok_record(s, held("me", "earlier.1", "10"));
    SENDS(s, CLAIMING, PUT_RECORD);
    assert_string_equal(s->sent.version, "10");
    assert_true(s->sent.new_term);
    ok_record(s, held_by_me(s, "20"));
    FOLLOWS(s);
    SENDS(s, CLAIMING, GET_LOCK); /* begun after the own record write */
    ok_lock(s, owned("me", "L", "11"));
    FOLLOWS(s);
}

static void test_restart_with_record(void **state)
{
    struct script s;
    (void)state;
    restart_with_record(&s);
    SENDS(&s, CLAIMING, PUT_LOCK); /* kills an earlier life's delete */
    assert_string_equal(s.sent.version, "11");
    assert_string_not_equal(s.sent.nonce, "");
    ok_lock(&s, owned("me", "L", "21"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    assert_string_equal(s.known.token, "20");
}

static void test_restart_without_record(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, owned("me", "L", "11"));
    FOLLOWS(&s);
    SENDS(&s, CLAIMING, PUT_LOCK);
    FOLLOWS(&s);
    ok_lock(&s, owned("me", "L", "21"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    assert_string_equal(s.known.token, "21");
}

static void test_restart_without_the_right_to_rewrite(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, owned("me", "L", "11"));
    FOLLOWS(&s);
    SENDS(&s, CLAIMING, PUT_LOCK);
    REFUSED_FOR_GOOD(&s, CLAIMING, PUT_LOCK);
    FOLLOWS(&s);
    SENDS(&s, CLAIMING, GET_LOCK); /* P1: it was read 10 s ago */
    ok_lock(&s, owned("me", "L", "11"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    assert_string_equal(s.known.token, "11"); /* P11: as read */
}

/* P1, P8: with a record it takes 2 s, not 10: what removes the lock then leaves a record that names its holder. */
static void test_restart_without_the_right_to_rewrite_but_with_a_record(void **state)
{
    struct script s;
    (void)state;
    restart_with_record(&s);
    s.random = UINT32_MAX;
    int64_t first = s.now;
    for (SENDS(&s, CLAIMING, PUT_LOCK); s.now < first + 2000; SENDS(&s, CLAIMING, PUT_LOCK)) {
        fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
        FOLLOWS(&s);
        decide(&s.known, s.now, &s.decision);
        s.now = s.decision.deadline;
    }
    assert_int_equal(s.now, first + 2000);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    FOLLOWS(&s);
    SENDS(&s, CLAIMING, GET_LOCK);
    ok_lock(&s, owned("me", "L", "11"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    assert_string_equal(s.known.token, "20");
}

/* P1: where the lock cannot be rewritten only a GET that begins after the own record write confirms it. */
static void test_looks_again_after_the_record(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, owned("me", "L", "11"));
    s.known.can_put = false;
    s.known.lock.confirmed = true; /* by a look before the record was ours */
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("me", "earlier.1", "10"));
    SENDS(&s, CLAIMING, PUT_RECORD);
    ok_record(&s, held_by_me(&s, "20"));
    FOLLOWS(&s);
    SENDS(&s, CLAIMING, GET_LOCK);
    ok_lock(&s, owned("me", "L", "11"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    assert_string_equal(s.known.token, "20");
}

/* P3b: the own lock of a record that names a live other goes. */
static void test_own_lock_with_a_living_holder(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, owned("me", "L", "11"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("b", "n1", "10"));
    SENDS(&s, BARRED, GET_POD);
    s.random = UINT32_MAX;
    fails(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN); /* nothing before b is known to live */
    waits(&s, 30000);
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, BARRED, DELETE_LOCK);
    ok(&s);
    FOLLOWS(&s);
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("b", "n1", "10"));
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN);
}

/* P1: never in a lock for which this life has sent a DELETE. */
static void test_no_belief_in_a_deleted_lock(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, owned("me", "L", "11"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("b", "n1", "10"));
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, BARRED, DELETE_LOCK);
    fails(&s, OUTCOME_AMBIGUOUS, LEADERLIFE_ENETWORK);
    sees_pod(&s, "b", POD_DEAD);
    waits(&s, 30000);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, owned("me", "L", "11"));
    SENDS(&s, CLAIMING, PUT_RECORD);
    ok_record(&s, held_by_me(&s, "20"));
    SENDS(&s, CLAIMING, GET_LOCK);
    ok_lock(&s, owned("me", "L", "11"));
    FOLLOWS(&s);
    SENDS(&s, CLAIMING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, owned("me", "M", "22"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restart_with_record),
        cmocka_unit_test(test_restart_without_record),
        cmocka_unit_test(test_restart_without_the_right_to_rewrite),
        cmocka_unit_test(test_restart_without_the_right_to_rewrite_but_with_a_record),
        cmocka_unit_test(test_looks_again_after_the_record),
        cmocka_unit_test(test_own_lock_with_a_living_holder),
        cmocka_unit_test(test_no_belief_in_a_deleted_lock),
    };
    return cmocka_run_group_tests_name("machine_restart", tests, NULL, NULL);
}
