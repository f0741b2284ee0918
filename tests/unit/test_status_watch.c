/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `leaderlife status --watch` shows of what it sees: each term once, in order, whatever comes late or out of step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/status/changes.c" /* the command is no library */

#include <stdio.h>

static struct changes watch;
static int64_t at;
static char said[512];

static int set_up(void **state)
{
    (void)state;
    changes_init(&watch);
    at = 1000;
    said[0] = '\0';
    return 0;
}

/* "a" with a token, or "" for a record that is not known; holder "": nobody. What is shown is appended to `said`. */
static void see_in(const char *phase, const char *holder, const char *token, bool settled)
{
    struct snapshot now, shown;

    memset(&now, 0, sizeof now);
    text_copy(now.holder, sizeof now.holder, holder);
    text_copy(now.uid, sizeof now.uid, holder);
    text_copy(now.phase, sizeof now.phase, phase);
    text_copy(now.token, sizeof now.token, token);
    now.settled = settled;
    for (int i = 0; changes_step(&watch, &now, at, &shown); i++) {
        text_append(said, sizeof said, "%s%s ", shown.holder[0] != '\0' ? shown.holder : "-", shown.token);
        assert_true(i < 4); /* it comes to an end */
    }
    assert_true(watch.due > at); /* it does not spin */
}

static void see(const char *holder, const char *token, bool settled)
{
    see_in(holder[0] != '\0' ? "Running" : "", holder, token, settled);
}

/* The lock names it, but its pod has not been seen. */
static void see_named(const char *holder, const char *token)
{
    see_in("", holder, token, false);
}

static void after(int64_t ms)
{
    at += ms;
}

static void what_is_whole_is_shown_at_once(void **state)
{
    (void)state;
    see("", "", false);
    assert_string_equal(said, "");
    see("a", "10", false);
    assert_string_equal(said, "");
    see("a", "10", true);
    see("a", "10", true);
    see("b", "", false); /* its lock, before its record */
    see("b", "12", false);
    see("b", "12", true);
    assert_string_equal(said, "a10 b12 ");
}

static void nobody_is_shown_if_it_lasts(void **state)
{
    (void)state;
    see("", "", true);
    assert_string_equal(said, "- ");
    see("a", "10", true);
    see("", "", true);
    after(NOBODY_MS - 1);
    see("", "", true);
    see("b", "12", true);
    assert_string_equal(said, "- a10 b12 ");
    see("", "", true);
    after(NOBODY_MS / 2);
    see("", "", false); /* a gap says nothing */
    after(NOBODY_MS);
    see("", "", true);
    assert_string_equal(said, "- a10 b12 ");
    assert_int_equal(watch.due, at + NOBODY_MS);
    after(NOBODY_MS);
    see("", "", true);
    see("", "", true);
    assert_string_equal(said, "- a10 b12 - ");
    see("b", "12", true); /* it is there again after all */
    assert_string_equal(said, "- a10 b12 - b12 ");
}

/* A leader that is gone before all of its term has been seen has led all the same. */
static void a_short_term_is_shown_when_the_next_begins(void **state)
{
    (void)state;
    see("a", "10", true);
    see("b", "12", false);
    see("c", "14", true);
    assert_string_equal(said, "a10 b12 c14 ");
    see("d", "", false);
    see("", "", true);
    after(NOBODY_MS);
    see("", "", true);
    assert_string_equal(said, "a10 b12 c14 d - ");
}

/* The record lags behind the lock: for a moment it names the one before. */
static void a_stale_record_shows_nothing_twice(void **state)
{
    (void)state;
    see("a", "10", true);
    see("b", "12", true);
    see("a", "10", true);
    see("b", "12", true);
    see("c", "", false);
    see("b", "12", true);
    see("a", "10", false);
    see("c", "14", true);
    assert_string_equal(said, "a10 b12 c14 ");
}

static void what_never_comes_is_not_waited_for(void **state)
{
    (void)state;
    see("a", "", false);
    assert_int_equal(watch.due, at + WHOLE_MS);
    after(WHOLE_MS);
    see("a", "", false);
    assert_string_equal(said, "a ");
    see("a", "10", true); /* it has come: the same term */
    see("a", "", true);   /* and has gone */
    assert_string_equal(said, "a ");
    see("a", "15", true); /* it leads again: another one */
    assert_string_equal(said, "a a15 ");
}

/* P14: a lock may outlive its owner's pod. */
static void a_pod_that_nobody_has_seen_did_not_lead(void **state)
{
    (void)state;
    see_named("gone", "10");
    see("", "", true);
    assert_string_equal(said, "- ");
    see("a", "12", true);
    see_named("gone", "10"); /* an old lock, made again while it is watched, and taken over at once */
    see_named("gone", "");
    see("", "", true);
    see("b", "14", true);
    see_named("c", "16");
    see("d", "18", true); /* a hand-over shows that c led */
    assert_string_equal(said, "- a12 b14 c16 d18 ");
}

/* Tokens are numbers of any length. */
static void a_token_is_compared_as_a_number(void **state)
{
    (void)state;
    see("a", "999", true);
    see("b", "1000", true);
    see("a", "99999999999999999999999999", true);
    assert_string_equal(said, "a999 b1000 a99999999999999999999999999 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_whole_is_shown_at_once, set_up),
        cmocka_unit_test_setup(nobody_is_shown_if_it_lasts, set_up),
        cmocka_unit_test_setup(a_short_term_is_shown_when_the_next_begins, set_up),
        cmocka_unit_test_setup(a_stale_record_shows_nothing_twice, set_up),
        cmocka_unit_test_setup(what_never_comes_is_not_waited_for, set_up),
        cmocka_unit_test_setup(a_pod_that_nobody_has_seen_did_not_lead, set_up),
        cmocka_unit_test_setup(a_token_is_compared_as_a_number, set_up),
    };
    return cmocka_run_group_tests_name("unit_status_watch", tests, NULL, NULL);
}
