/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: holders whose nodes are lost (docs/protocol.md: P16), by the three policies.
 */
#include "machine/learn.h"
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FOLLOWER = WATCH_LOCK | WATCH_POD | WATCH_OWN };

static void begin(struct script *s, enum node_policy policy)
{
    arrive_with(
        s, &(struct machine_setup){
               .life = "life", .wish = WISH_CAMPAIGN, .late_writes = true, .records = true, .node_policy = policy});
    finds(s, owned("a", "L", "11"));
    SENDS(s, FOLLOWING, GET_POD);
}

/* Follows a, which is ready on node n. */
static void follow_on_node(struct script *s, enum node_policy policy)
{
    begin(s, policy);
    ok_pod_on(s, "n", true);
    SENDS(s, FOLLOWING, GET_RECORD);
    ok_record(s, held("a", "n1", "10"));
    if (policy != NODE_STRICT) { /* once, so that a missing right shows now and not on the day of need */
        SENDS(s, FOLLOWING, GET_NODE);
        assert_string_equal(s->asked.node, "n");
        assert_string_equal(s->asked.pod.uid, "a");
        ok_node(s, NODE_FINE);
    }
    RESTS(s, FOLLOWING, FOLLOWER);
}

/* And then a's node is found to be so. */
static void lose_node(struct script *s, enum node_policy policy, enum node_sign sign)
{
    follow_on_node(s, policy);
    waits(s, 60000);
    sees_pod_on(s, "a", "n", false);
    SENDS(s, FOLLOWING, GET_NODE);
    ok_node(s, sign);
}

static void takes_over(struct script *s)
{
    SENDS(s, CLAIMING, PUT_RECORD);
    ok_record(s, held_by_me(s, "30"));
    SENDS(s, CLAIMING, DELETE_LOCK);
    assert_string_equal(s->sent.uid, "L");
    ok(s);
    SENDS(s, CLAIMING, CREATE_LOCK);
    ok_lock(s, owned("me", "M", "31"));
    own_is_good(s, STATE_CLAIMING);
    LEADS(s);
}

static void test_strict_asks_for_no_node(void **state)
{
    struct script s;
    (void)state;
    follow_on_node(&s, NODE_STRICT);
    sees_pod_on(&s, "a", "n", false);
    RESTS(&s, FOLLOWING, FOLLOWER);
    waits(&s, 20 * 60 * 1000);
    RESTS(&s, FOLLOWING, FOLLOWER);
    FOLLOWS(&s);
}

static void test_a_ready_pods_node_is_asked_for_once(void **state)
{
    struct script s;
    (void)state;
    follow_on_node(&s, NODE_FENCED);
    waits(&s, 20 * 60 * 1000);
    RESTS(&s, FOLLOWING, FOLLOWER);
    sees_pod_on(&s, "a", "n", true);
    RESTS(&s, FOLLOWING, FOLLOWER);
}

static void test_an_unready_pods_node_is_asked_for_every_10_s(void **state)
{
    struct script s;
    (void)state;
    follow_on_node(&s, NODE_FENCED);
    waits(&s, 60000);
    sees_pod_on(&s, "a", "n", false);
    for (int i = 0; i < 3; i++) {
        SENDS(&s, FOLLOWING, GET_NODE);
        ok_node(&s, NODE_UNREADY); /* not enough for fenced */
        RESTS(&s, FOLLOWING, FOLLOWER);
        assert_int_equal(s.decision.deadline - s.now, 10000);
        waits(&s, 10000);
    }
    SENDS(&s, FOLLOWING, GET_NODE);
    sees_pod_on(&s, "a", "n", true); /* it is back while the question is under way */
    ok_node(&s, NODE_OUT);
    RESTS(&s, FOLLOWING, FOLLOWER);
    FOLLOWS(&s);
}

static void test_fenced_takes_over(void **state)
{
    static const enum node_sign signs[] = {NODE_GONE, NODE_OUT};
    struct script s;
    (void)state;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        lose_node(&s, NODE_FENCED, signs[i]);
        takes_over(&s);
    }
}

/* Whatever is said of the node: a pod that is ready lives. */
static void test_a_ready_pod_lives(void **state)
{
    static const enum node_sign signs[] = {NODE_FINE, NODE_UNREADY, NODE_OUT, NODE_GONE};
    struct script s;
    (void)state;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        begin(&s, NODE_UNSAFE);
        ok_pod_on(&s, "n", true);
        SENDS(&s, FOLLOWING, GET_RECORD);
        ok_record(&s, held("a", "n1", "10"));
        SENDS(&s, FOLLOWING, GET_NODE);
        ok_node(&s, signs[i]);
        RESTS(&s, FOLLOWING, FOLLOWER);
        FOLLOWS(&s);
    }
}

static void test_unready_takes_over_at_once(void **state)
{
    struct script s;
    (void)state;
    lose_node(&s, NODE_UNSAFE, NODE_UNREADY);
    takes_over(&s);
}

static void test_a_pod_without_node_has_none(void **state)
{
    struct script s;
    (void)state;
    begin(&s, NODE_FENCED);
    ok_pod_on(&s, "", false);
    SENDS(&s, FOLLOWING, GET_RECORD);
    ok_record(&s, held("a", "n1", "10"));
    RESTS(&s, FOLLOWING, FOLLOWER);
}

/* Without the answer the policy is strict, and it is asked again; told when it lasts. */
static void test_nodes_that_cannot_be_asked_for(void **state)
{
    static const enum outcome outcomes[] = {OUTCOME_FORBIDDEN, OUTCOME_RETRY, OUTCOME_PERMANENT};
    struct script s;
    (void)state;
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        follow_on_node(&s, NODE_FENCED);
        waits(&s, 60000);
        sees_pod_on(&s, "a", "n", false);
        SENDS(&s, FOLLOWING, GET_NODE);
        fails(&s, outcomes[i], LEADERLIFE_EFORBIDDEN);
        assert_int_equal(s.known.node_fault, LEADERLIFE_OK);
        RESTS(&s, FOLLOWING, FOLLOWER);
        assert_int_equal(s.decision.deadline - s.now, 10000);
        assert_int_equal(s.known.fault.kind, FAULT_NONE);
        waits(&s, 10000);
        SENDS(&s, FOLLOWING, GET_NODE);
        fails_until(&s, outcomes[i], LEADERLIFE_EFORBIDDEN, 17000);
        assert_int_equal(s.known.node_fault, LEADERLIFE_EFORBIDDEN); /* it lasts */
        RESTS(&s, FOLLOWING, FOLLOWER);
        waits(&s, 16999);
        RESTS(&s, FOLLOWING, FOLLOWER);
        waits(&s, 1);
        SENDS(&s, FOLLOWING, GET_NODE);
        ok_node(&s, NODE_GONE);
        assert_int_equal(s.known.node_fault, LEADERLIFE_OK);
        takes_over(&s);
    }
}

/* The right is missing while the holder is well: once that is known, twice an hour is enough. */
static void test_a_ready_pods_node_that_is_refused(void **state)
{
    struct script s;
    (void)state;
    begin(&s, NODE_FENCED);
    ok_pod_on(&s, "n", true);
    SENDS(&s, FOLLOWING, GET_RECORD);
    ok_record(&s, held("a", "n1", "10"));
    SENDS(&s, FOLLOWING, GET_NODE);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    RESTS(&s, FOLLOWING, FOLLOWER);
    assert_int_equal(s.decision.deadline - s.now, 10000);
    waits(&s, 10000);
    SENDS(&s, FOLLOWING, GET_NODE);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 20 * 60 * 1000);
    RESTS(&s, FOLLOWING, FOLLOWER);
    waits(&s, 10 * 60 * 1000);
    SENDS(&s, FOLLOWING, GET_POD); /* P18 */
    ok_pod_on(&s, "n", true);
    SENDS(&s, FOLLOWING, GET_LOCK);
    ok_lock(&s, owned("a", "L", "11"));
    own_is_good(&s, STATE_FOLLOWING);
    SENDS(&s, FOLLOWING, GET_NODE);
}

/* However often the pod's readiness changes, and whatever the server said about when to come back. */
static void test_a_flapping_pod_does_not_hurry(void **state)
{
    struct script s;
    (void)state;
    follow_on_node(&s, NODE_FENCED);
    waits(&s, 3000);
    sees_pod_on(&s, "a", "n", false);
    RESTS(&s, FOLLOWING, FOLLOWER);
    assert_int_equal(s.decision.deadline - s.now, 7000);
    waits(&s, 7000);
    SENDS(&s, FOLLOWING, GET_NODE);
    fails_until(&s, OUTCOME_RETRY, LEADERLIFE_ESERVER, 120000);
    for (int i = 0; i < 10; i++) {
        sees_pod_on(&s, "a", "n", i % 2 == 0);
        RESTS(&s, FOLLOWING, FOLLOWER);
        waits(&s, 100);
    }
    sees_pod_on(&s, "a", "n", false);
    RESTS(&s, FOLLOWING, FOLLOWER);
    assert_int_equal(s.decision.deadline - s.now, 119000);
}

/* A pod that ends as usual is not ready first, so this is when everybody asks. */
static void test_nothing_waits_for_the_answer(void **state)
{
    struct script s;
    (void)state;
    follow_on_node(&s, NODE_FENCED);
    waits(&s, 60000);
    sees_pod_on(&s, "a", "n", false);
    SENDS(&s, FOLLOWING, GET_NODE);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD);
    ok_node(&s, NODE_FINE); /* too late, and about nothing */
    ok_record(&s, held_by_me(&s, "30"));
    SENDS(&s, CLAIMING, DELETE_LOCK);
}

static void test_release_does_not_wait_either(void **state)
{
    struct script s;
    (void)state;
    follow_on_node(&s, NODE_FENCED);
    waits(&s, 60000);
    sees_pod_on(&s, "a", "n", false);
    SENDS(&s, FOLLOWING, GET_NODE);
    wishes(&s, WISH_RESIGN);
    ENDS(&s, RESIGNED);
}

/* A GET that was answered before what the watch has shown since. */
static void test_an_old_answer_says_nothing_of_readiness(void **state)
{
    struct script s;
    (void)state;
    begin(&s, NODE_FENCED);
    sees_pod_on(&s, "a", "n", true);
    sees_pod_on(&s, "a", "n", false);
    ok_pod_on(&s, "n", true);
    SENDS(&s, FOLLOWING, GET_RECORD);
    ok_record(&s, held("a", "n1", "10"));
    SENDS(&s, FOLLOWING, GET_NODE);
    ok_node(&s, NODE_FINE);
    RESTS(&s, FOLLOWING, FOLLOWER);
    assert_int_equal(s.decision.deadline - s.now, 10000);
}

/* The machine was down, as was said of it; now it is up again, and the pod's container, with the same UID, has resumed
 * before our late write. */
static void test_a_pod_that_comes_back_lives(void **state)
{
    struct script s;
    (void)state;
    lose_node(&s, NODE_FENCED, NODE_GONE);
    SENDS(&s, CLAIMING, PUT_RECORD);
    sees_lock(&s, owned("a", "L", "21"));
    fails(&s, OUTCOME_CONFLICT, 0);
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod_on(&s, "n", true);
    SENDS(&s, FOLLOWING, GET_RECORD);
    ok_record(&s, held("a", "n2", "20"));
    RESTS(&s, FOLLOWING, FOLLOWER);
}

/* The same, told by the record alone: its lock was rewritten later. */
static void test_a_record_written_anew_is_by_the_living(void **state)
{
    struct script s;
    (void)state;
    lose_node(&s, NODE_FENCED, NODE_GONE);
    SENDS(&s, CLAIMING, PUT_RECORD);
    fails(&s, OUTCOME_CONFLICT, 0);
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("a", "n2", "20"));
    SENDS(&s, FOLLOWING, GET_POD);
    FOLLOWS(&s);
}

/* P7: without the right to delete only the collector can free the lock, and it does not while the pod is there. So the
 * claim is given up, and the pod, when it comes back, finds its record free. */
static void test_without_the_right_to_delete_it_is_strict(void **state)
{
    struct script s;
    (void)state;
    lose_node(&s, NODE_FENCED, NODE_OUT);
    SENDS(&s, CLAIMING, PUT_RECORD);
    ok_record(&s, held_by_me(&s, "30"));
    SENDS(&s, CLAIMING, DELETE_LOCK);
    REFUSED_FOR_GOOD(&s, CLAIMING, DELETE_LOCK);
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod_on(&s, "n", false);
    SENDS(&s, FOLLOWING, EMPTY_RECORD); /* P3b */
    ok_record(&s, empty_record("31"));
    SENDS(&s, FOLLOWING, GET_NODE);
    ok_node(&s, NODE_OUT);
    RESTS(&s, FOLLOWING, FOLLOWER);
}

/* Whatever the policy: whose end takes longer than its grace period, and 30 s more, is to be told of. */
static void test_an_end_that_takes_too_long(void **state)
{
    struct script s;
    struct fact fact = {.kind = FACT_POD,
                        .pod = {.uid = "a", .sign = POD_ALIVE, .terminating = true, .grace_ms = 7000}};
    (void)state;
    follow_on_node(&s, NODE_STRICT);
    assert_true(knowledge_judged(&s.known, "a")->overdue_at == NEVER);
    int64_t begin = s.now;
    learn_fact(&s.known, &fact, s.now, 0);
    assert_int_equal(knowledge_judged(&s.known, "a")->overdue_at, begin + 37000);
    waits(&s, 5000);
    learn_fact(&s.known, &fact, s.now, 0);
    assert_int_equal(knowledge_judged(&s.known, "a")->overdue_at, begin + 37000); /* from the first sight on */
    sees_pod_on(&s, "a", "n", true);
    assert_true(knowledge_judged(&s.known, "a")->overdue_at == NEVER);
}

/* The lock was removed by hand, and then the holder's node is lost. */
static void test_who_is_barred_asks_too(void **state)
{
    struct script s;
    (void)state;
    follow_on_node(&s, NODE_FENCED);
    waits(&s, 60000);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("a", "n1", "10"));
    SENDS(&s, BARRED, GET_POD);
    ok_pod_on(&s, "n", false);
    SENDS(&s, BARRED, GET_NODE);
    ok_node(&s, NODE_FINE);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN);
    waits(&s, 10000);
    SENDS(&s, BARRED, GET_NODE);
    ok_node(&s, NODE_GONE);
    SENDS(&s, CLAIMING, PUT_RECORD);
}

/* Another pod of the same name elsewhere: what was asked of the first says nothing of it. */
static void test_an_answer_is_about_one_pod(void **state)
{
    struct script s;
    (void)state;
    follow_on_node(&s, NODE_FENCED);
    waits(&s, 60000);
    sees_pod_on(&s, "a", "n", false);
    SENDS(&s, FOLLOWING, GET_NODE);
    sees_lock(&s, owned("b", "M", "20"));
    ok_node(&s, NODE_GONE);
    SENDS(&s, FOLLOWING, GET_POD);
    assert_string_equal(s.sent.pod.uid, "b");
    FOLLOWS(&s);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strict_asks_for_no_node),
        cmocka_unit_test(test_a_ready_pods_node_is_asked_for_once),
        cmocka_unit_test(test_an_unready_pods_node_is_asked_for_every_10_s),
        cmocka_unit_test(test_fenced_takes_over),
        cmocka_unit_test(test_a_ready_pod_lives),
        cmocka_unit_test(test_unready_takes_over_at_once),
        cmocka_unit_test(test_a_pod_without_node_has_none),
        cmocka_unit_test(test_nodes_that_cannot_be_asked_for),
        cmocka_unit_test(test_a_ready_pods_node_that_is_refused),
        cmocka_unit_test(test_a_flapping_pod_does_not_hurry),
        cmocka_unit_test(test_nothing_waits_for_the_answer),
        cmocka_unit_test(test_release_does_not_wait_either),
        cmocka_unit_test(test_an_old_answer_says_nothing_of_readiness),
        cmocka_unit_test(test_a_pod_that_comes_back_lives),
        cmocka_unit_test(test_a_record_written_anew_is_by_the_living),
        cmocka_unit_test(test_without_the_right_to_delete_it_is_strict),
        cmocka_unit_test(test_an_end_that_takes_too_long),
        cmocka_unit_test(test_who_is_barred_asks_too),
        cmocka_unit_test(test_an_answer_is_about_one_pod),
    };
    return cmocka_run_group_tests_name("machine_lost_nodes", tests, NULL, NULL);
}
