/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: what the record remembers and what only a process does, the signs of giving back, and the
 * record itself (docs/protocol.md: P3, P3b, P8, P9).
 */
#include "script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN);
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
    REFUSED_FOR_GOOD(&s, CLAIMING, PUT_RECORD);
    SENDS(&s, CLAIMING, CREATE_LOCK); /* what it said counts, also when it cannot be written */
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
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN);
    sees_record(&s, held("a", "n1", "14")); /* its guard writes it again, and then the lock */
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN);
}

/* The sign of giving back: the emptied record, made where somebody has removed it; or a mark, for a lock that was taken
 * without one. */
static void test_release_leaves_a_sign(void **state)
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
    claim(&s);
    sees_lock(&s, unguarded("a", "L", "11"));
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, FOLLOWING, GET_POD);
    sees_lock(&s, no_lock("12"));
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, LOOKING, GET_RECORD); /* the lock has changed hands since the claim was sent */
    ok_record(&s, held("me", s.known.nonce, "10"));
    SENDS(&s, BARRED, EMPTY_RECORD);
    assert_string_equal(s.sent.version, "10");
    ok_record(&s, empty_record("13"));
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN);
    FOLLOWS(&s);
}

/* The holder that the record named counts also when the right to the record goes. */
static void test_the_records_holder_is_remembered(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, no_lock("5")); /* its pod is deleted in the foreground: the lock is gone, it leads on */
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("a", "n1", "10"));
    SENDS(&s, BARRED, GET_POD);
    ok_pod(&s, POD_ALIVE);
    sees_record(&s, (struct record_view){.kind = RECORD_VIEW_GAP});
    SENDS(&s, LOOKING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, LOOKING, GET_RECORD);
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_POD | WATCH_OWN);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, LOOKING, GET_RECORD);
    fails(&s, OUTCOME_FORBIDDEN, 0);
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

/* The answer to a claim comes so late that others have led since: it is no claim before the record says so again. */
static void test_a_late_answer_is_no_claim(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD);
    struct record_view mine = held_by_me(&s, "16");
    sees_lock(&s, no_lock("18"));
    sees_lock(&s, owned("c", "M", "24"));
    sees_lock(&s, no_lock("26")); /* removed under c, whose record stands */
    ok_record(&s, mine);
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("c", "n2", "23"));
    SENDS(&s, BARRED, GET_POD);
}

/* Nor is one that stood while nobody watched the lock. */
static void test_a_claim_after_a_gap_is_read_again(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD);
    ok_record(&s, held_by_me(&s, "16"));
    SENDS(&s, CLAIMING, DELETE_LOCK);
    sees_lock_gap(&s);
    sees_lock(&s, no_lock("26"));
    ok(&s);
    SENDS(&s, LOOKING, GET_RECORD);
}

/* P14: resigned while the record was somebody else's, so that only the lock can tell. */
static void test_release_beside_a_foreign_record(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    sees_record(&s, foreign_record("20"));
    SENDS(&s, LEADING, GET_RECORD);
    ok_record(&s, foreign_record("20"));
    LEADS(&s);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, PUT_LOCK);
    assert_string_equal(s.sent.nonce, "");
    ok_lock(&s, marked("me", "L", "21"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
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
    RESTS(&s, BARRED, WATCH_LOCK | WATCH_RECORD | WATCH_POD | WATCH_OWN);
    s.now = s.decision.deadline;
    SENDS(&s, BARRED, GET_RECORD);
    ok_record(&s, empty_record("11"));
    SENDS(&s, CLAIMING, PUT_RECORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_unguarded_leader_is_remembered),
        cmocka_unit_test(test_the_record_ends_the_memory),
        cmocka_unit_test(test_memory_helps_where_the_record_is_gone_too),
        cmocka_unit_test(test_release_leaves_a_sign),
        cmocka_unit_test(test_who_is_barred_by_memory_empties_its_claim),
        cmocka_unit_test(test_the_records_holder_is_remembered),
        cmocka_unit_test(test_a_late_answer_is_no_claim),
        cmocka_unit_test(test_a_claim_after_a_gap_is_read_again),
        cmocka_unit_test(test_release_beside_a_foreign_record),
        cmocka_unit_test(test_terms_are_counted),
        cmocka_unit_test(test_a_record_that_cannot_be_watched),
    };
    return cmocka_run_group_tests_name("machine_record", tests, NULL, NULL);
}
