/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: many who wait for one lock (docs/protocol.md: P17). The dice draw the longest wait.
 */
#include "machine/decide.h"
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FOLLOWER = WATCH_LOCK | WATCH_POD | WATCH_OWN };

/* Having waited: the record still names that pod. */
static void looks(struct script *s, const char *holder)
{
    SENDS(s, CLAIMING, GET_RECORD);
    ok_record(s, held(holder, "n", s->known.record.version));
}

/* From following one pod to following the next, which was faster. */
static void lose_to(struct script *s, const char *holder, const char *next)
{
    char lock[8], version[8];
    text_format(lock, sizeof lock, "L%s", next);
    sees_pod(s, holder, POD_DEAD);
    decide(&s->known, s->now, &s->decision);
    if (s->decision.command.kind == COMMAND_NONE) { /* P17 */
        waits(s, s->decision.deadline - s->now);
        looks(s, holder);
    }
    SENDS(s, CLAIMING, PUT_RECORD);
    fails(s, OUTCOME_CONFLICT, 0);
    text_format(version, sizeof version, "%u0", s->known.numbers);
    SENDS(s, LOOKING, GET_RECORD);
    ok_record(s, held(next, "n", version));
    SENDS(s, BARRED, GET_POD);
    ok_pod(s, POD_ALIVE);
    sees_lock(s, owned(next, lock, version));
    SENDS(s, FOLLOWING, GET_RECORD);
    ok_record(s, held(next, "n", version));
    RESTS(s, FOLLOWING, FOLLOWER);
}

static void begin(struct script *s)
{
    follow(s, LEVEL_RECORD);
    s->random = UINT32_MAX;
}

static void dies(struct script *s, const char *holder, int64_t wait)
{
    sees_pod(s, holder, POD_DEAD);
    RESTS(s, CLAIMING, WATCH_LOCK | WATCH_OWN);
    assert_int_equal(s->decision.deadline - s->now, wait);
}

static void test_who_has_lost_nothing_does_not_wait(void **state)
{
    struct script s;
    (void)state;
    begin(&s);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD);
}

static void test_the_spread_doubles_with_each_race_lost(void **state)
{
    static const char *const pods[] = {"a", "b", "c", "d", "e", "f", "g"};
    static const int64_t waits_ms[] = {0, 8, 16, 32, 64, 64};
    struct script s;
    (void)state;
    for (size_t races = 1; races < sizeof waits_ms / sizeof waits_ms[0]; races++) {
        begin(&s);
        for (size_t i = 0; i < races; i++)
            lose_to(&s, pods[i], pods[i + 1]);
        dies(&s, pods[races], waits_ms[races]);
        waits(&s, waits_ms[races] - 1);
        RESTS(&s, CLAIMING, WATCH_LOCK | WATCH_OWN);
        waits(&s, 1);
        looks(&s, pods[races]);
        SENDS(&s, CLAIMING, PUT_RECORD);
    }
}

static void test_the_wait_is_drawn_at_random(void **state)
{
    struct script s;
    (void)state;
    begin(&s);
    lose_to(&s, "a", "b");
    s.random = 0;
    sees_pod(&s, "b", POD_DEAD);
    looks(&s, "b");
    SENDS(&s, CLAIMING, PUT_RECORD);
}

/* Who was faster is seen before anything is written. */
static void test_who_has_waited_looks_first(void **state)
{
    struct script s;
    (void)state;
    begin(&s);
    lose_to(&s, "a", "b");
    dies(&s, "b", 8);
    waits(&s, 8);
    SENDS(&s, CLAIMING, GET_RECORD);
    ok_record(&s, held("c", "n", "95"));
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    assert_int_equal(s.known.claim_backoff.spread_ms, 8); /* it has lost no race */
}

static void test_the_sight_of_a_new_holder_cancels(void **state)
{
    struct script s;
    (void)state;
    begin(&s);
    lose_to(&s, "a", "b");
    dies(&s, "b", 8);
    sees_lock(&s, no_lock("90"));
    RESTS(&s, CLAIMING, WATCH_LOCK | WATCH_OWN);
    sees_lock(&s, owned("c", "Lc", "91"));
    waits(&s, 100);
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_RECORD);
    ok_record(&s, held("c", "n", "89"));
    dies(&s, "c", 8); /* it has lost no further race */
}

static void test_what_happens_meanwhile_draws_no_second_time(void **state)
{
    struct script s;
    (void)state;
    begin(&s);
    lose_to(&s, "a", "b");
    dies(&s, "b", 8);
    waits(&s, 5);
    sees_lock(&s, no_lock("90")); /* the collector's work */
    RESTS(&s, CLAIMING, WATCH_LOCK | WATCH_OWN);
    assert_int_equal(s.decision.deadline - s.now, 3);
}

static void test_ten_minutes_forget(void **state)
{
    struct script s;
    (void)state;
    begin(&s);
    lose_to(&s, "a", "b");
    lose_to(&s, "b", "c");
    waits(&s, 10 * 60 * 1000 - 100);
    lose_to(&s, "c", "d");
    dies(&s, "d", 32);

    begin(&s);
    lose_to(&s, "a", "b");
    lose_to(&s, "b", "c");
    waits(&s, 10 * 60 * 1000);
    sees_pod(&s, "c", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD);
}

/* The first race that is lost after that begins anew. */
static void test_and_then_it_begins_anew(void **state)
{
    struct script s;
    (void)state;
    begin(&s);
    lose_to(&s, "a", "b");
    lose_to(&s, "b", "c");
    lose_to(&s, "c", "d");
    waits(&s, 10 * 60 * 1000);
    lose_to(&s, "d", "e");
    dies(&s, "e", 8);
}

static void test_leading_forgets(void **state)
{
    struct script s;
    (void)state;
    begin(&s);
    lose_to(&s, "a", "b");
    dies(&s, "b", 8);
    waits(&s, 8);
    looks(&s, "b");
    SENDS(&s, CLAIMING, PUT_RECORD);
    ok_record(&s, held_by_me(&s, "100"));
    SENDS(&s, CLAIMING, DELETE_LOCK); /* the wait is over for the whole claim */
    ok(&s);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, owned("me", "M", "101"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
    assert_int_equal(s.known.claim_backoff.spread_ms, 0);
}

/* Without a record the create is the race; a delete that comes too late is none, for the collector deletes as well. */
static void test_without_a_record(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    s.random = UINT32_MAX;
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
    fails(&s, OUTCOME_NOT_FOUND, 0);
    assert_int_equal(s.known.claim_backoff.spread_ms, 0);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    fails(&s, OUTCOME_EXISTS, 0);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, owned("b", "M", "20"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    dies(&s, "b", 8);
    waits(&s, 8);
    SENDS(&s, CLAIMING, DELETE_LOCK);
}

/* P7: where only the collector may delete, everybody can claim at the same moment, which comes late. */
static void test_the_wait_begins_when_the_collector_has_worked(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_MEMORY);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
    REFUSED_FOR_GOOD(&s, CLAIMING, DELETE_LOCK);
    RESTS(&s, CLAIMING, WATCH_LOCK | WATCH_OWN);
    s.known.claim_backoff.spread_ms = 16;
    s.known.claim_backoff.lost_at = s.now;
    waits(&s, 60000);
    s.random = UINT32_MAX;
    sees_lock(&s, no_lock("90"));
    RESTS(&s, CLAIMING, WATCH_LOCK | WATCH_OWN);
    assert_int_equal(s.decision.deadline - s.now, 16);
}

/* The kernel's lock has no herd: 200 waiters settle in milliseconds. */
static void test_the_local_lock_does_not_spread(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_LOCAL);
    s.random = UINT32_MAX;
    sees_lock(&s, no_lock(""));
    for (int i = 0; i < 3; i++) {
        SENDS(&s, CLAIMING, CREATE_LOCK);
        fails(&s, OUTCOME_EXISTS, 0);
        sees_lock(&s, no_lock(""));
    }
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_has_lost_nothing_does_not_wait),
        cmocka_unit_test(test_the_spread_doubles_with_each_race_lost),
        cmocka_unit_test(test_the_wait_is_drawn_at_random),
        cmocka_unit_test(test_who_has_waited_looks_first),
        cmocka_unit_test(test_the_sight_of_a_new_holder_cancels),
        cmocka_unit_test(test_what_happens_meanwhile_draws_no_second_time),
        cmocka_unit_test(test_ten_minutes_forget),
        cmocka_unit_test(test_and_then_it_begins_anew),
        cmocka_unit_test(test_leading_forgets),
        cmocka_unit_test(test_without_a_record),
        cmocka_unit_test(test_the_wait_begins_when_the_collector_has_worked),
        cmocka_unit_test(test_the_local_lock_does_not_spread),
    };
    return cmocka_run_group_tests_name("machine_herd", tests, NULL, NULL);
}
