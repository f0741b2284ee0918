/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of the machine: the rehearsal of a loss (option rehearse-loss). The program sees a loss, and yet all stays
 * held until it has closed the election: nobody else may lead while its work may still go on.
 */
#include "machine/leadership.h"
#include "script.h"

#include <leaderlife/leaderlife.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>
#include <cmocka.h>

enum { MS = 5000 };

/* As lead(), with a loss to be rehearsed MS later. */
static void lead_to_a_rehearsal(struct script *s, enum level level)
{
    if (level == LEVEL_RECORD) {
        claim(s);
        s->known.rehearse_s = MS / 1000;
        ok_record(s, held_by_me(s, "10"));
    } else {
        arrive(s, level);
        s->known.rehearse_s = MS / 1000;
        finds(s, no_lock("5"));
    }
    waits(s, 20000); /* the time counts from the lead on */
    SENDS(s, CLAIMING, CREATE_LOCK);
    if (level != LEVEL_LOCAL)
        own_is_good(s, STATE_CLAIMING);
    ok_lock(s, written("me", s->sent.nonce, "L", "11"));
    LEADS(s);
}

static void rehearse(struct script *s, enum level level)
{
    lead_to_a_rehearsal(s, level);
    decide(&s->known, s->now, &s->decision);
    assert_int_equal(s->decision.deadline, s->now + MS);
    waits(s, MS - 1);
    wakes(s);
    LEADS(s);
    waits(s, 1);
    wakes(s);
    ENDS(s, LOST);
    assert_int_equal(s->known.fault.status, LEADERLIFE_ELOST);
    assert_null(machine_holder(&s->known));
}

static void test_nothing_without_the_option(void **state)
{
    struct script s;
    (void)state;
    lead(&s, LEVEL_RECORD);
    waits(&s, 86400000);
    wakes(&s);
    LEADS(&s);
}

static void test_the_lock_stays_until_it_is_closed(void **state)
{
    struct script s;
    (void)state;
    rehearse(&s, LEVEL_RECORD);
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
    waits(&s, 3600000);
    wakes(&s);
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
    wishes(&s, WISH_RESIGN); /* as after a real loss: nothing */
    ENDS(&s, LOST);
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
    wishes(&s, WISH_CLOSE);
    FOLLOWS(&s);
    SENDS(&s, RESIGNING, EMPTY_RECORD);
    assert_string_equal(s.sent.version, "10");
    ok_record(&s, empty_record("12"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    assert_string_equal(s.sent.version, "11");
    ok(&s);
    SENDS(&s, RESIGNING, GET_RECORD);
    ok_record(&s, empty_record("12"));
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    ENDS(&s, CLOSED);
}

static void test_without_a_record(void **state)
{
    struct script s;
    (void)state;
    rehearse(&s, LEVEL_MEMORY);
    RESTS(&s, ENDED, WATCH_LOCK);
    wishes(&s, WISH_CLOSE);
    SENDS(&s, RESIGNING, PUT_LOCK);
    assert_string_equal(s.sent.nonce, ""); /* P8: the mark that it was given back */
    ok_lock(&s, marked("me", "L", "12"));
    SENDS(&s, RESIGNING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, RESIGNING, GET_LOCK);
    ok_lock(&s, no_lock(""));
    ENDS(&s, CLOSED);
}

static void test_on_the_embedded_lock(void **state)
{
    struct script s;
    (void)state;
    rehearse(&s, LEVEL_LOCAL);
    RESTS(&s, ENDED, 0);
    wishes(&s, WISH_CLOSE);
    SENDS(&s, RESIGNING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, RESIGNING, RELEASE_SEAT);
    ok(&s);
    ENDS(&s, CLOSED);
}

/* A request that goes on for ever, or that has to wait, does not put the rehearsal off. */
static void test_in_the_middle_of_a_request(void **state)
{
    struct script s;
    (void)state;
    lead_to_a_rehearsal(&s, LEVEL_RECORD);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, LEADING, GET_LOCK);
    decide(&s.known, s.now, &s.decision);
    assert_int_equal(s.decision.deadline, s.now + MS);
    waits(&s, MS);
    wakes(&s);
    ENDS(&s, LOST);
    ok_lock(&s, written("me", s.sent.nonce, "L", "11"));
    RESTS(&s, ENDED, WATCH_LOCK | WATCH_RECORD);
    wishes(&s, WISH_CLOSE);
    SENDS(&s, RESIGNING, GET_RECORD); /* a vanished lock makes the record unknown */
    ok_record(&s, held("me", s.known.nonce, "10"));
    SENDS(&s, RESIGNING, EMPTY_RECORD);
}

/* What was put back by hand is another's: a real loss is told as such, and nothing of another's is touched. */
static void test_a_real_loss_comes_first(void **state)
{
    struct script s;
    (void)state;
    lead_to_a_rehearsal(&s, LEVEL_RECORD);
    waits(&s, MS);
    sees_record(&s, held("a", "n1", "13"));
    ENDS(&s, LOST); /* by the rehearsal: a watch alone does not tell of a real loss */
    assert_true(s.known.rehearsed);
    lead_to_a_rehearsal(&s, LEVEL_RECORD);
    sees_record(&s, held("a", "n1", "13"));
    SENDS(&s, LEADING, GET_RECORD);
    waits(&s, MS);
    ok_record(&s, held("a", "n1", "13"));
    ENDS(&s, LOST);
    assert_false(s.known.rehearsed);
}

/* Resigning or closing in time ends it as ever. */
static void test_an_end_before(void **state)
{
    struct script s;
    (void)state;
    lead_to_a_rehearsal(&s, LEVEL_LOCAL);
    wishes(&s, WISH_RESIGN);
    waits(&s, MS);
    wakes(&s);
    FOLLOWS(&s);
    SENDS(&s, RESIGNING, DELETE_LOCK);
    ok(&s);
    SENDS(&s, RESIGNING, RELEASE_SEAT);
    ok(&s);
    ENDS(&s, RESIGNED);
}

/* P12: then nothing is held any more, and nothing is given back. */
static void test_closed_descriptors_end_it(void **state)
{
    struct script s;
    (void)state;
    lead_to_a_rehearsal(&s, LEVEL_RECORD);
    sees_lock(&s, no_lock("12"));
    SENDS(&s, LEADING, GET_LOCK);
    waits(&s, MS);
    wakes(&s);
    ENDS(&s, LOST);
    leadership_abandon(&s.known);
    wishes(&s, WISH_CLOSE);
    ENDS(&s, CLOSED);
}

static void test_the_option_reaches_the_machine(void **state)
{
    struct script s;
    (void)state;
    const struct machine_setup setup = {.life = "life", .late_writes = true, .rehearse_s = MS / 1000};
    arrive_with(&s, &setup);
    finds(&s, no_lock("5"));
    SENDS(&s, CLAIMING, CREATE_LOCK);
    own_is_good(&s, STATE_CLAIMING);
    ok_lock(&s, written("me", s.sent.nonce, "L", "11"));
    LEADS(&s);
    waits(&s, MS);
    wakes(&s);
    ENDS(&s, LOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_without_the_option),
        cmocka_unit_test(test_the_lock_stays_until_it_is_closed),
        cmocka_unit_test(test_without_a_record),
        cmocka_unit_test(test_on_the_embedded_lock),
        cmocka_unit_test(test_in_the_middle_of_a_request),
        cmocka_unit_test(test_a_real_loss_comes_first),
        cmocka_unit_test(test_an_end_before),
        cmocka_unit_test(test_closed_descriptors_end_it),
        cmocka_unit_test(test_the_option_reaches_the_machine),
    };
    return cmocka_run_group_tests_name("machine_rehearsal", tests, NULL, NULL);
}
