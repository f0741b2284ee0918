/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: answers that a watch has overtaken, or has not, though it showed something meanwhile
 * (docs/protocol.md: P1, P2, P8).
 */
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>
#include <cmocka.h>

/* What the watch has shown of the own pod stands: the look was taken before the pod was told to end. */
static void test_a_look_does_not_take_back_what_the_watch_has_shown(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    SENDS(&s, CLAIMING, GET_OWN_POD);
    sees_own(&s, POD_ALIVE, true);
    ok_own(&s, POD_ALIVE, false);
    ok_lock(&s, owned("me", "L", "11"));
    FOLLOWS(&s);
    SENDS(&s, UNFIT, EMPTY_RECORD);
}

/* The watch lags: while the create is under way it tells that an earlier lock was deleted. */
static void test_an_older_deletion_does_not_overtake_a_create(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    own_is_good(&s, STATE_CLAIMING);
    sees_lock(&s, no_lock("9"));
    ok_lock(&s, owned("me", "L", "11"));
    LEADS(&s);
}

/* P8: the record was read before the lock that the watch has shown meanwhile, so whom that names is the last holder. */
static void test_an_older_record_does_not_replace_the_last_holder(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, LOOKING, GET_RECORD);
    sees_lock(&s, owned("c", "M", "15"));
    ok_record(&s, held("b", "b.1", "13"));
    assert_string_equal(s.known.last.uid, "c");
}

/* P8: the record was read after the lock went, so whom it names is the last holder, also if the right to it goes. */
static void test_a_later_record_replaces_the_last_holder(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD);
    fails(&s, OUTCOME_CONFLICT, 0);
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("b", "b.1", "13"));
    SENDS(&s, BARRED, GET_POD);
    assert_string_equal(s.sent.pod.uid, "b");
    ok_pod(&s, POD_ALIVE);
    sees_lock(&s, no_lock("14"));
    SENDS(&s, LOOKING, GET_RECORD);
    REFUSED_FOR_GOOD(&s, LOOKING, GET_RECORD);
    SENDS(&s, BARRED, GET_POD);
    assert_string_equal(s.sent.pod.uid, "b");
    ok_pod(&s, POD_ALIVE);
    sees_pod(&s, "b", POD_DEAD);
    SENDS(&s, LOOKING, GET_RECORD); /* the right is asked for anew at each claim */
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    waits(&s, 1000); /* P17: it has lost a race */
    SENDS(&s, CLAIMING, CREATE_LOCK);
}

/* The watch shows what it has made itself before the look at the own pod has come: that takes nothing back. */
static void test_the_own_lock_in_the_watch_takes_nothing_back(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    struct lock_view created = written("me", s.sent.nonce, "L", "11");
    SENDS(&s, CLAIMING, GET_OWN_POD);
    ok_lock(&s, created);
    text_copy(created.version, sizeof created.version, "12"); /* a hand has added a label */
    sees_lock(&s, created);
    ok_own(&s, POD_ALIVE, false);
    LEADS(&s);
}

/* Nor does it need another look when the watch was faster than the answer, be it now or when it resigns. */
static void test_an_older_answer_confirms_the_same_lock(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    struct lock_view created = written("me", s.sent.nonce, "L", "12");
    own_is_good(&s, STATE_CLAIMING);
    sees_lock(&s, created);
    text_copy(created.version, sizeof created.version, "11");
    ok_lock(&s, created);
    LEADS(&s);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    ok_record(&s, empty_record("13"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    assert_string_equal(s.sent.version, "12");
}

/* But the lock that it made may have gone before the answer came, and there is another's. */
static void test_an_older_answer_is_not_about_the_next_lock(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    own_is_good(&s, STATE_CLAIMING);
    sees_lock(&s, owned("b", "M", "13"));
    ok_lock(&s, owned("me", "L", "11"));
    FOLLOWS(&s);
    SENDS(&s, LOOKING, GET_LOCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_look_does_not_take_back_what_the_watch_has_shown),
        cmocka_unit_test(test_an_older_deletion_does_not_overtake_a_create),
        cmocka_unit_test(test_an_older_record_does_not_replace_the_last_holder),
        cmocka_unit_test(test_a_later_record_replaces_the_last_holder),
        cmocka_unit_test(test_the_own_lock_in_the_watch_takes_nothing_back),
        cmocka_unit_test(test_an_older_answer_confirms_the_same_lock),
        cmocka_unit_test(test_an_older_answer_is_not_about_the_next_lock),
    };
    return cmocka_run_group_tests_name("machine_overtaken", tests, NULL, NULL);
}
