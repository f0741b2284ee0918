/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: which guard a term has, and rights that go and come (docs/protocol.md: P8).
 */
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FOLLOWER = WATCH_LOCK | WATCH_POD };

/* ---- Rights (P8) ---- */

/* The command that is out is refused, and again until that is final: it must have lasted 10 s. */
static void refused_for_good(struct script *s, enum machine_state state, enum command_kind kind)
{
    int64_t begin = s->now;
    for (; s->now < begin + 10000; s->now = s->decision.deadline) {
        if (s->now > begin)
            script_sends(s, state, kind, __FILE__, __LINE__);
        fails(s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
        decide(&s->known, s->now, &s->decision);
        assert_int_equal(s->decision.state, state);
        assert_int_equal(s->decision.command.kind, COMMAND_NONE);
    }
    assert_int_equal(s->now, begin + 10000);
    script_sends(s, state, kind, __FILE__, __LINE__);
    fails(s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
}

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
    s.random = UINT32_MAX;
    refused_for_good(&s, STATE_LOOKING, COMMAND_GET_RECORD);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    assert_false(s.sent.guarded);
    ok_lock(&s, owned("me", "L", "11"));
    LEADS(&s);
    assert_string_equal(s.known.token, "11");
    assert_int_equal(s.known.term, 0);
    RESTS(&s, LEADING, WATCH_LOCK | WATCH_OWN);
}

/* A server that has just started refuses everybody: a standby whose rights are good does not take that for its level. */
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
    sees_record(&s, (struct record_view){.seen = RECORD_SEEN_GAP});
    waits(&s, 5000);
    SENDS(&s, LOOKING, GET_RECORD); /* the next refusal is another one */
    s.random = UINT32_MAX;
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 9000);
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    RESTS(&s, LOOKING, WATCH_LOCK);
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
    s.random = UINT32_MAX;
    refused_for_good(&s, STATE_FOLLOWING, COMMAND_GET_RECORD);
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
    SENDS(&s, CLAIMING, PUT_RECORD);
    ok_record(&s, held_by_me(&s, "30"));
    SENDS(&s, CLAIMING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    assert_true(s.sent.guarded);
    ok_lock(&s, owned("me", "N", "31"));
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
    s.random = UINT32_MAX;
    refused_for_good(&s, STATE_CLAIMING, COMMAND_PUT_RECORD);
    SENDS(&s, CLAIMING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, CLAIMING, CREATE_LOCK);
    ok_lock(&s, unguarded("me", "M", "12"));
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
    sees_record(&s, (struct record_view){.seen = RECORD_SEEN_GAP});
    SENDS(&s, LEADING, GET_RECORD);
    refused_for_good(&s, STATE_LEADING, COMMAND_GET_RECORD);
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

static void test_required_record_is_an_error(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    s.known.require_record = true;
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    s.random = UINT32_MAX;
    refused_for_good(&s, STATE_LOOKING, COMMAND_GET_RECORD);
    ENDS(&s, FAILED);
}

/* ---- Memory at every level (P8) ---- */

/* A leader without a record (an older one, operator-lib's, one without rights) is remembered by who keeps one. */
static void test_an_unguarded_leader_is_remembered(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, unguarded("a", "L", "11"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_RECORD);
    ok_record(&s, empty_record("3")); /* left by an earlier term: it says nothing of a */
    sees_lock(&s, no_lock("12"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, empty_record("3"));
    SENDS(&s, BARRED, GET_POD);
    assert_string_equal(s.sent.pod.uid, "a");
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD);
}

/* A leader that keeps a record says by it that it has given back. */
static void test_the_record_ends_the_memory(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_lock(&s, no_lock("13"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, empty_record("12"));
    SENDS(&s, CLAIMING, PUT_RECORD);
}

/* Its record removed too (which the docs call not covered): who has seen it still waits. */
static void test_memory_helps_where_the_record_is_gone_too(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_lock(&s, no_lock("13"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, no_record());
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD);
    sees_record(&s, held("a", "n1", "14")); /* its guard writes it again, and then the lock */
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD);
}

/* The sign of giving back: the emptied record, made where somebody has removed it; or a mark, for a lock that was taken
 * without one. */
static void test_giving_back_leaves_a_sign(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    fails(&s, OUTCOME_CONFLICT, 0);
    SENDS(&s, RESIGNING, GET_RECORD);
    ok_record(&s, no_record());
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    assert_string_equal(s.sent.version, "");
    ok_record(&s, empty_record("20"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    lead(&s, LEVEL_RECORD);
    sees_lock(&s, unguarded("me", "L", "12")); /* taken by a life without a record */
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    ok_record(&s, empty_record("20"));
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, unguarded("me", "L", "12"));
    SENDS(&s, RESIGNING, PUT_LOCK);
    assert_string_equal(s.sent.nonce, "");
}

/* P3b: a claim that the lock of somebody without a record has overtaken is not kept while that pod lives. */
static void test_who_is_barred_by_memory_empties_its_claim(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, no_record());
    SENDS(&s, CLAIMING, PUT_RECORD);
    sees_lock(&s, unguarded("a", "L", "11"));
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, FOLLOWING, GET_POD);
    sees_lock(&s, no_lock("12"));
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, BARRED, EMPTY_RECORD);
    assert_string_equal(s.sent.version, "10");
    ok_record(&s, empty_record("13"));
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD);
    FOLLOWS(&s);
}

/* ---- The record itself (P3) ---- */

/* Counted on from what was read, and no further than a Lease can count. */
static void test_terms_are_counted(void **state)
{
    static const struct {
        int64_t before;
        int64_t after;
    } rows[] = {{0, 1}, {7, 8}, {INT32_MAX - 1, INT32_MAX}, {INT32_MAX, INT32_MAX}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct script s;
        struct record_view left = empty_record("10");
        left.term = rows[i].before;
        arrive(&s, LEVEL_RECORD);
        finds(&s, no_lock("5"));
        SENDS(&s, LOOKING, GET_RECORD);
        ok_record(&s, left);
        SENDS(&s, CLAIMING, PUT_RECORD);
        assert_true(s.sent.term == rows[i].after);
    }
}

/* Rights: without a watch on it the leader asks for the record every 30 to 60 s (P9), and whoever is barred too. */
static void test_a_record_that_cannot_be_watched(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    cannot_watch(&s, WATCH_RECORD);
    RESTS(&s, LEADING, WATCH_LOCK | WATCH_RECORD | WATCH_OWN);
    assert_in_range(s.decision.deadline - s.now, 30000, 60000);
    s.now = s.decision.deadline;
    SENDS(&s, LEADING, GET_RECORD);
    ok_record(&s, empty_record("14"));
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, LEADING, PUT_RECORD);
    ok_record(&s, held("me", s.known.nonce, "15"));
    LEADS(&s);

    arrive(&s, LEVEL_RECORD);
    cannot_watch(&s, WATCH_RECORD);
    finds(&s, no_lock("5"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("a", "n1", "10"));
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD);
    s.now = s.decision.deadline;
    SENDS(&s, BARRED, GET_RECORD);
    ok_record(&s, empty_record("11"));
    SENDS(&s, CLAIMING, PUT_RECORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forbidden_record_lowers_the_level),
        cmocka_unit_test(test_a_short_refusal_lowers_nothing),
        cmocka_unit_test(test_refusals_far_apart_are_two),
        cmocka_unit_test(test_restored_right_is_used_from_the_next_claim_on),
        cmocka_unit_test(test_an_unguarded_term_minds_no_record),
        cmocka_unit_test(test_a_term_that_loses_its_record),
        cmocka_unit_test(test_required_record_is_an_error),
        cmocka_unit_test(test_an_unguarded_leader_is_remembered),
        cmocka_unit_test(test_the_record_ends_the_memory),
        cmocka_unit_test(test_memory_helps_where_the_record_is_gone_too),
        cmocka_unit_test(test_giving_back_leaves_a_sign),
        cmocka_unit_test(test_who_is_barred_by_memory_empties_its_claim),
        cmocka_unit_test(test_terms_are_counted),
        cmocka_unit_test(test_a_record_that_cannot_be_watched),
    };
    return cmocka_run_group_tests_name("machine_guard_level", tests, NULL, NULL);
}
