/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: whose claim and whose lock it is that names the own pod, and locks whose owner is told by
 * annotations alone (docs/protocol.md: P3b, P9, P14).
 */
#include "machine/decide.h"
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>
#include <cmocka.h>

enum { GUARD = WATCH_LOCK | WATCH_RECORD | WATCH_OWN, FOLLOWER = WATCH_LOCK | WATCH_POD | WATCH_OWN };

/* ---- A stranger of the same UID (P3b) ---- */

/* In another network namespace, where the seat is not seen, another process resumes this leader's lock. */
static void lose_to_stranger(struct script *s)
{
    lead(s, LEVEL_RECORD);
    sees_record(s, held("me", "other.4", "20"));
    LEADS(s);
    SENDS(s, LEADING, GET_RECORD);
    ok_record(s, held("me", "other.4", "20"));
    ENDS(s, LOST);
    assert_int_equal(s->known.fault.status, LEADERLIFE_ELOST);
}

/* The fault that was found: a LOST life, with the seat, emptied its sibling's record and deleted its sibling's lock. */
static void test_a_lost_life_leaves_the_strangers_claim_alone(void **state)
{
    struct script s;
    (void)state;
    lose_to_stranger(&s);
    SENDS(&s, ENDED, GET_LOCK); /* P10: a quorum GET after the last write */
    ok_lock(&s, written("me", "life.2", "L", "11"));
    SENDS(&s, ENDED, RELEASE_SEAT);
    ok(&s);
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
    sees_lock(&s, written("me", "other.5", "L", "21")); /* rewritten by the stranger */
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
}

/* Nor when a hand removes the stranger's record: that alone is what keeps a third pod out. */
static void test_nor_its_lock_when_its_record_is_gone(void **state)
{
    struct script s;
    (void)state;
    lose_to_stranger(&s);
    SENDS(&s, ENDED, GET_LOCK); /* P10: a quorum GET after the last write */
    ok_lock(&s, written("me", "life.2", "L", "11"));
    SENDS(&s, ENDED, RELEASE_SEAT);
    ok(&s);
    sees_lock(&s, written("me", "other.5", "L", "21"));
    struct record_view removed = no_record();
    text_copy(removed.version, sizeof removed.version, "22");
    sees_record(&s, removed);
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
    sees_lock(&s, no_lock("23")); /* the stranger gives back, and a late write of this life's comes */
    sees_lock(&s, written("me", "life.9", "M", "24"));
    SENDS(&s, ENDED, TAKE_SEAT);
}

static void test_who_resigns_leaves_it_alone(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    fails(&s, OUTCOME_CONFLICT, 0);
    SENDS(&s, RESIGNING, GET_RECORD);
    ok_record(&s, held("me", "other.4", "20"));
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, written("me", "other.5", "L", "21"));
    SENDS(&s, RESIGNING, GET_RECORD); /* rewritten since it was read */
    ok_record(&s, held("me", "other.4", "20"));
    ENDS(&s, RESIGNED);
    SENDS(&s, ENDED, RELEASE_SEAT);
    ok(&s);
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
}

/* Nor does a candidate overwrite it, whose own claim has been confirmed before. */
static void test_a_candidate_meets_a_stranger(void **state)
{
    struct script s;
    (void)state;
    claim(&s);
    ok_record(&s, held_by_me(&s, "10"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    fails(&s, OUTCOME_EXISTS, 0);
    waits(&s, 1000);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, written("me", "other.5", "L", "12"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("me", "other.4", "11"));
    ENDS(&s, LOST);
    SENDS(&s, ENDED, RELEASE_SEAT);
    ok(&s);
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
}

/* A create of an earlier life commits after this one has led and given back: nobody else looks after that lock. */
static void test_an_earlier_lifes_late_lock_is_deleted(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    wishes(&s, WISH_RESIGN);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    ok_record(&s, empty_record("12"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, RESIGNING, GET_RECORD);
    ok_record(&s, empty_record("12"));
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    SENDS(&s, ENDED, RELEASE_SEAT);
    ok(&s);
    sees_lock(&s, written("me", "earlier.3", "M", "20"));
    SENDS(&s, ENDED, TAKE_SEAT);
    ok(&s);
    SENDS(&s, ENDED, GET_RECORD); /* rewritten since it was read, perhaps */
    ok_record(&s, empty_record("12"));
    SENDS(&s, ENDED, GET_LOCK);
    ok_lock(&s, written("me", "earlier.3", "M", "20"));
    SENDS(&s, ENDED, DELETE_LOCK);
    assert_string_equal(s.sent.uid, "M");
}

/* What was there before the first own claim is an earlier life's: overwritten, as after every restart. */
static void test_an_earlier_lifes_claim_is_overwritten(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, written("me", "earlier.3", "L", "11"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("me", "earlier.2", "10"));
    SENDS(&s, CLAIMING, PUT_RECORD);
    assert_string_equal(s.sent.version, "10");
    ok_record(&s, held_by_me(&s, "12"));
    SENDS(&s, CLAIMING, GET_LOCK);
    ok_lock(&s, written("me", "earlier.3", "L", "11"));
    SENDS(&s, CLAIMING, PUT_LOCK);
    ok_lock(&s, owned("me", "L", "13"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
}

/* A process whose pod ends leaves to the collector what an earlier life has written. */
static void test_who_terminates_leaves_an_earlier_lifes_claim(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, written("me", "earlier.3", "L", "11"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("me", "earlier.2", "10"));
    sees_own(&s, POD_ALIVE, true);
    RESTS(&s, UNFIT, WATCH_OWN);
}

/* Without a record the lock's own nonce tells. */
static void test_without_a_record_the_lock_tells(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_MEMORY);
    sees_lock(&s, written("me", "other.5", "L", "12"));
    LEADS(&s);
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, written("me", "other.5", "L", "12"));
    ENDS(&s, LOST);
    SENDS(&s, ENDED, RELEASE_SEAT);
    ok(&s);
    RESTS(&s, ENDED, WATCH_LOCK);
}

/* ---- Orphaned locks (P14) ---- */

/* kubectl delete pod LEADER --cascade=orphan: the collector strips the owner at once, the leader has its grace
 * period. */
static void test_an_orphaned_lock_is_followed(void **state)
{
    struct script s;
    (void)state;
    follow(&s, LEVEL_RECORD);
    sees_lock(&s, orphaned("a", "L", "13"));
    RESTS(&s, FOLLOWING, FOLLOWER);
    sees_pod(&s, "a", POD_DEAD);
    SENDS(&s, CLAIMING, PUT_RECORD);
    ok_record(&s, held_by_me(&s, "20"));
    SENDS(&s, CLAIMING, DELETE_LOCK); /* P7: no collector does */
    assert_string_equal(s.sent.version, "13");
}

/* Whoever comes then follows it too, and does not take it, though the record was removed by hand. */
static void test_an_orphaned_lock_is_not_taken_from_the_living(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, orphaned("a", "L", "13"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_ALIVE);
    SENDS(&s, FOLLOWING, GET_RECORD);
    ok_record(&s, no_record());
    RESTS(&s, FOLLOWING, FOLLOWER);
}

/* Restored by a backup tool: it names a pod that is not there. */
static void test_a_restored_lock_is_nobodys(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, orphaned("a", "L", "13"));
    SENDS(&s, FOLLOWING, GET_POD);
    ok_pod(&s, POD_DEAD);
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("a", "n1", "12"));
    SENDS(&s, CLAIMING, PUT_RECORD);
}

/* P9: asked first, then written, under the own pod's good health; the token stays. */
static void test_its_leader_restores_the_owner(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    sees_lock(&s, orphaned("me", "L", "12"));
    LEADS(&s);
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, orphaned("me", "L", "12"));
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, false);
    SENDS(&s, LEADING, PUT_LOCK);
    assert_string_equal(s.sent.version, "12");
    assert_true(s.sent.guarded);
    ok_lock(&s, owned("me", "L", "13"));
    LEADS(&s);
    assert_string_equal(s.known.token, "10");
    own_is_good(&s, STATE_LEADING);
    RESTS(&s, LEADING, GUARD);
}

static void test_a_terminating_leader_restores_nothing(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    sees_own(&s, POD_ALIVE, true);
    sees_lock(&s, orphaned("me", "L", "12"));
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, orphaned("me", "L", "12"));
    SENDS(&s, LEADING, GET_OWN_POD);
    ok_own(&s, POD_ALIVE, true);
    RESTS(&s, LEADING, GUARD);
    LEADS(&s);
}

/* Without the right to update it: it leads on, and the next one removes the lock. */
static void test_an_owner_that_cannot_be_restored(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    sees_lock(&s, orphaned("me", "L", "12"));
    SENDS(&s, LEADING, GET_LOCK);
    ok_lock(&s, orphaned("me", "L", "12"));
    own_is_good(&s, STATE_LEADING);
    SENDS(&s, LEADING, PUT_LOCK);
    fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
    int64_t first = s.now;
    for (int i = 0; i < 20 && s.known.can_put; i++) {
        waits(&s, 2000);
        decide(&s.known, s.now, &s.decision);
        if (s.decision.question.kind == COMMAND_GET_OWN_POD)
            own_is_good(&s, STATE_LEADING);
        SENDS(&s, LEADING, PUT_LOCK);
        fails(&s, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
        LEADS(&s);
    }
    assert_false(s.known.can_put);
    assert_true(s.now >= first + 10000); /* the 2 s of P1 are for who takes over */
    decide(&s.known, s.now, &s.decision);
    assert_int_equal(s.decision.command.kind, COMMAND_NONE);
    LEADS(&s);
}

/* P1: after a restart the rewriting gives the owner back. */
static void test_a_restart_takes_an_orphaned_lock_back(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_RECORD);
    finds(&s, orphaned("me", "L", "11"));
    SENDS(&s, LOOKING, GET_RECORD);
    ok_record(&s, held("me", "earlier.2", "10"));
    SENDS(&s, CLAIMING, PUT_RECORD);
    ok_record(&s, held_by_me(&s, "12"));
    SENDS(&s, CLAIMING, GET_LOCK);
    ok_lock(&s, orphaned("me", "L", "11"));
    SENDS(&s, CLAIMING, PUT_LOCK);
    ok_lock(&s, owned("me", "L", "13"));
    own_is_good(&s, STATE_CLAIMING);
    LEADS(&s);
}

/* Nor does a watch alone tell a candidate that its lock is a stranger's, where there is no record. */
static void test_a_candidate_looks_before_it_gives_way(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, no_lock("5"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    SENDS(&s, CLAIMING, GET_OWN_POD);
    ok_lock(&s, written("me", s.sent.nonce, "L", "11"));
    sees_lock(&s, written("me", "other.5", "L", "12"));
    ok_own(&s, POD_ALIVE, false);
    FOLLOWS(&s);
    SENDS(&s, CLAIMING, GET_LOCK);
    ok_lock(&s, written("me", "other.5", "L", "12"));
    ENDS(&s, LOST);
}

/* The same, shown before the answer to the create, which is older. */
static void test_an_older_answer_does_not_hide_a_stranger(void **state)
{
    struct script s;
    (void)state;
    arrive(&s, LEVEL_MEMORY);
    finds(&s, no_lock("5"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    struct lock_view created = written("me", s.sent.nonce, "L", "11");
    own_is_good(&s, STATE_CLAIMING);
    sees_lock(&s, created);
    sees_lock(&s, written("me", "other.5", "L", "12"));
    ok_lock(&s, created);
    FOLLOWS(&s);
    SENDS(&s, LOOKING, GET_LOCK);
    ok_lock(&s, written("me", "other.5", "L", "12"));
    ENDS(&s, LOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_lost_life_leaves_the_strangers_claim_alone),
        cmocka_unit_test(test_nor_its_lock_when_its_record_is_gone),
        cmocka_unit_test(test_who_resigns_leaves_it_alone),
        cmocka_unit_test(test_a_candidate_meets_a_stranger),
        cmocka_unit_test(test_an_earlier_lifes_late_lock_is_deleted),
        cmocka_unit_test(test_an_earlier_lifes_claim_is_overwritten),
        cmocka_unit_test(test_who_terminates_leaves_an_earlier_lifes_claim),
        cmocka_unit_test(test_without_a_record_the_lock_tells),
        cmocka_unit_test(test_an_orphaned_lock_is_followed),
        cmocka_unit_test(test_an_orphaned_lock_is_not_taken_from_the_living),
        cmocka_unit_test(test_a_restored_lock_is_nobodys),
        cmocka_unit_test(test_its_leader_restores_the_owner),
        cmocka_unit_test(test_a_terminating_leader_restores_nothing),
        cmocka_unit_test(test_an_owner_that_cannot_be_restored),
        cmocka_unit_test(test_a_restart_takes_an_orphaned_lock_back),
        cmocka_unit_test(test_a_candidate_looks_before_it_gives_way),
        cmocka_unit_test(test_an_older_answer_does_not_hide_a_stranger),
    };
    return cmocka_run_group_tests_name("machine_whose", tests, NULL, NULL);
}
