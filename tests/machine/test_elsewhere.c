/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: which process may use a pod's identity: one in another network namespace may not, nor a
 * static pod's (docs/protocol.md: P1, P2).
 */
#include "machine/learn.h"
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Record 10 is ours, the create of the lock is out, and the look at the own pod beside it. */
static void create(struct script *s)
{
    claim(s);
    ok_record(s, held_by_me(s, "10"));
    SENDS(s, CLAIMING, CREATE_LOCK);
    SENDS(s, CLAIMING, GET_OWN_POD);
}

/* ---- Elsewhere (P2) ---- */

/* For a moment after a sandbox was made anew. */
static void test_who_is_elsewhere_does_not_campaign(void **state)
{
    struct script s;
    (void)state;
    script_begin(&s, LEVEL_RECORD);
    SENDS(&s, IDENTIFYING, IDENTIFY);
    ok_self(&s);
    SENDS(&s, IDENTIFYING, GET_OWN_POD);
    ok_own_elsewhere(&s);
    RESTS(&s, UNFIT, WATCH_OWN);
    assert_in_range(s.decision.deadline - s.now, 1, 5000);
    sees_own_elsewhere(&s, false);
    SENDS(&s, QUEUED, TAKE_SEAT);
}

static void test_elsewhere_for_long_is_final(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_own_elsewhere(&s, true);
    for (int64_t end = s.now + 60000; s.now < end;) {
        FOLLOWS(&s);
        RESTS(&s, UNFIT, WATCH_OWN);
        s.now = s.decision.deadline;
        SENDS(&s, UNFIT, GET_OWN_POD);
        ok_own_elsewhere(&s);
    }
    ENDS(&s, FAILED);
    assert_int_equal(s.known.fault.status, LEADERLIFE_EIDENTITY);
}

static void test_a_leader_is_not_dethroned_by_it(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    sees_own_elsewhere(&s, true);
    LEADS(&s);
    assert_true(s.known.elsewhere);
    waits(&s, 120000);
    sees_own_elsewhere(&s, true);
    LEADS(&s);
    RESTS(&s, LEADING, WATCH_LOCK | WATCH_RECORD | WATCH_OWN);
}

/* Its look shows it elsewhere: it does not lead, though it has the lock. */
static void test_a_look_from_elsewhere_elects_nobody(void **state)
{
    struct script s;
    (void)state;
    create(&s);
    ok_lock(&s, owned("me", "L", "11"));
    ok_own_elsewhere(&s);
    FOLLOWS(&s);
    SENDS(&s, UNFIT, EMPTY_RECORD);
}

/* P1: its mark is refused, a hand removes the lock, another is elected, and then it may campaign again. */
static void test_who_may_campaign_again_reads_its_lock_first(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, no_lock("5"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    SENDS(&s, CLAIMING, GET_OWN_POD);
    ok_lock(&s, owned("me", "L", "11"));
    ok_own_elsewhere(&s);
    SENDS(&s, UNFIT, PUT_LOCK);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    sees_own_elsewhere(&s, false);
    FOLLOWS(&s);
    waits(&s, 5000);
    SENDS(&s, CLAIMING, GET_LOCK);
    ok_lock(&s, owned("a", "K", "15"));
    FOLLOWS(&s);
    SENDS(&s, FOLLOWING, GET_POD);
}

/* And if it is still there, it writes it anew. */
static void test_who_may_campaign_again_rewrites_its_lock(void **state)
{
    struct script s;
    (void)state;
    create(&s);
    ok_lock(&s, owned("me", "L", "11"));
    ok_own(&s, POD_WAIT, false); /* its phase was written by hand */
    sees_own(&s, POD_ALIVE, false);
    FOLLOWS(&s);
    SENDS(&s, CLAIMING, GET_LOCK);
    ok_lock(&s, owned("me", "L", "11"));
    SENDS(&s, CLAIMING, PUT_LOCK);
    ok_lock(&s, owned("me", "L", "16"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
}

/* P4 (d): the holder's phase was written by hand, taken back unseen, and is wrong again: that is waited for anew. */
static void test_who_may_campaign_again_waits_anew_for_a_pods_end(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_pod(&s, "a", POD_WAIT);
    RESTS(&s, FOLLOWING, WATCH_LOCK | WATCH_POD | WATCH_OWN);
    int64_t end = s.decision.deadline;
    sees_own_elsewhere(&s, true);
    s.now = end;
    sees_own_elsewhere(&s, false);
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_WAIT);
    FOLLOWS(&s);
    RESTS(&s, FOLLOWING, WATCH_LOCK | WATCH_POD | WATCH_OWN);
    assert_true(s.decision.deadline > end);
}

/* It has the seat of a namespace that turns out not to be its pod's: what names its pod is not an earlier life's. */
static void test_who_is_elsewhere_clears_no_earlier_life(void **state)
{
    struct script s;
    (void)state;
    script_begin(&s, LEVEL_RECORD);
    SENDS(&s, IDENTIFYING, IDENTIFY);
    ok_self(&s);
    SENDS(&s, IDENTIFYING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false); /* it shows no address yet */
    SENDS(&s, QUEUED, TAKE_SEAT);
    ok(&s);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, written("me", "other.2", "L", "11"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("me", "other.1", "10"));
    sees_own_elsewhere(&s, true);
    FOLLOWS(&s);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, RELEASE_SEAT);
    ok(&s);
    ENDS(&s, RESIGNED);
}

/* ---- Static pods (P2) ---- */

static void mirror_is_got(struct script *s, const char *uid, enum pod_sign sign)
{
    struct fact fact = {.kind = FACT_ANSWER, .number = s->asked.number, .sent = s->asked.number};
    fact.pod.sign = sign;
    fact.pod.mirror = true;
    text_copy(fact.pod.uid, sizeof fact.pod.uid, uid);
    learn_fact(&s->known, &fact, s->now, s->random);
}

/* Whether the pod has its own UID or, as the downward API has it, another one. */
static void test_a_static_pod_does_not_take_part(void **state)
{
    static const enum pod_sign signs[] = {POD_ALIVE, POD_DEAD};
    (void)state;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        struct script s;
        script_begin(&s, LEVEL_RECORD);
        SENDS(&s, IDENTIFYING, IDENTIFY);
        ok_self(&s);
        SENDS(&s, IDENTIFYING, GET_OWN_POD);
        mirror_is_got(&s, "me", signs[i]);
        ENDS(&s, FAILED);
        assert_int_equal(s.known.fault.status, LEADERLIFE_EIDENTITY);
        assert_true(s.known.mirror);
        RESTS(&s, ENDED, 0);
    }
}

/* No look that shows one is the look that P1 asks for. */
static void test_a_static_pod_is_not_elected(void **state)
{
    struct script s;
    (void)state;
    create(&s);
    mirror_is_got(&s, "me", POD_ALIVE);
    ENDS(&s, FAILED);
    ok_lock(&s, owned("me", "L", "11"));
    ENDS(&s, FAILED);
    SENDS(&s, ENDED, EMPTY_RECORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_elsewhere_does_not_campaign),
        cmocka_unit_test(test_elsewhere_for_long_is_final),
        cmocka_unit_test(test_a_leader_is_not_dethroned_by_it),
        cmocka_unit_test(test_a_look_from_elsewhere_elects_nobody),
        cmocka_unit_test(test_who_may_campaign_again_reads_its_lock_first),
        cmocka_unit_test(test_who_may_campaign_again_rewrites_its_lock),
        cmocka_unit_test(test_who_may_campaign_again_waits_anew_for_a_pods_end),
        cmocka_unit_test(test_who_is_elsewhere_clears_no_earlier_life),
        cmocka_unit_test(test_a_static_pod_does_not_take_part),
        cmocka_unit_test(test_a_static_pod_is_not_elected),
    };
    return cmocka_run_group_tests_name("machine_elsewhere", tests, NULL, NULL);
}
