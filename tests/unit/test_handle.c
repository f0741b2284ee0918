/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle's life, in the right order and in every wrong one: each misuse gives a status and a text that names the
 * cure, and changes nothing. Public API, embedded lock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/handle_fixture.h"

#include <dirent.h>
#include <sys/resource.h>

static int set_up(void **state)
{
    (void)state;
    clear_environment();
    return 0;
}

/* ---- Born FAILED ---- */

/* A handle that was born FAILED answers everything, tells of its end by an event, and can only be freed. */
static void failed_from_birth(void **state)
{
    leaderlife_election *election = NULL;
    leaderlife_event *event;

    (void)state;
    assert_int_equal(leaderlife_election_new("Bad", &election), LEADERLIFE_ENAME);
    assert_true(is_readable(election));
    assert_int_equal(leaderlife_election_wait(election, HANG_MS), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    event = leaderlife_election_pop_event(election);
    assert_int_equal(leaderlife_event_kind(event), LEADERLIFE_EVENT_STATE);
    assert_int_equal(leaderlife_event_state(event), LEADERLIFE_STATE_FAILED);
    assert_int_equal(leaderlife_event_status(event), LEADERLIFE_ENAME);
    assert_text(leaderlife_event_text(event), "upper-case");
    leaderlife_event_free(event);
    assert_int_equal(leaderlife_election_become(election, 0), LEADERLIFE_ENAME);
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_set(election, "mode", "observe"), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_prepare_exec(election), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_resign(election), LEADERLIFE_OK); /* no effect in an ended state */
    assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_FAILED);
    assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_CLOSED);
    leaderlife_election_free(election);
}

/* No descriptor is left for a new one: FAILED from birth, and nothing may wait for ever on what is not there. */
static void no_descriptors_left(void **state)
{
    struct rlimit before;
    struct rlimit none;
    leaderlife_election *election = NULL;
    leaderlife_event *event;
    int status;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    status = leaderlife_election_new(fresh_lock_name(), &election);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(status, LEADERLIFE_ESYSTEM);
    assert_non_null(election);
    assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_FAILED);
    assert_error(election, "raise the limit of open files");
    assert_int_not_equal(leaderlife_election_wait(election, 50), LEADERLIFE_ETIMEDOUT);
    event = leaderlife_election_pop_event(election);
    assert_int_equal(leaderlife_event_state(event), LEADERLIFE_STATE_FAILED);
    leaderlife_event_free(event);
    assert_int_not_equal(leaderlife_election_wait(election, 50), LEADERLIFE_ETIMEDOUT);
    assert_int_equal(leaderlife_election_become(election, -1), LEADERLIFE_ESYSTEM);
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
    leaderlife_election_free(election);
}

/* ---- Order ---- */

static void before_the_start(void **state)
{
    leaderlife_election *election = new_election(fresh_lock_name());

    (void)state;
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_ESTATE);
    assert_error(election, "has not been started");
    assert_int_equal(leaderlife_election_resign(election), LEADERLIFE_ESTATE);
    assert_error(election, "has not been started");
    assert_int_equal(leaderlife_election_prepare_exec(election), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_NEW);
    assert_null(leaderlife_election_backend(election));
    assert_int_equal(leaderlife_election_guard(election), LEADERLIFE_GUARD_NONE);
    assert_int_equal(leaderlife_election_is_ready(election), 0);
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_OK);
    assert_string_equal(leaderlife_election_backend(election), "local");
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_ESTATE);
    assert_error(election, "make a new one");
    drive_until(election, LEADERLIFE_STATE_LEADER); /* the second start has broken nothing */
    leaderlife_election_free(election);
}

static void assert_over(leaderlife_election *election, int state)
{
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_ESTATE);
    assert_error(election, "make a new one");
    assert_int_equal(leaderlife_election_set(election, "mode", "observe"), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_become(election, 0), LEADERLIFE_ESTATE);
    assert_error(election, "make a new one");
    assert_int_equal(leaderlife_election_prepare_exec(election), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_resign(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_wakeup(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_state(election), state);
    assert_int_equal(leaderlife_election_is_leader(election), 0);
    assert_int_equal(leaderlife_election_is_ready(election), 0);
    assert_null(leaderlife_election_token(election));
    assert_int_equal(leaderlife_election_term(election), 0);
}

static void after_resigning(void **state)
{
    leaderlife_election *election = leader_of(fresh_lock_name());

    (void)state;
    assert_non_null(leaderlife_election_token(election));
    assert_int_equal(leaderlife_election_resign(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_is_leader(election), 0); /* P10: at once */
    assert_int_equal(leaderlife_election_resign(election), LEADERLIFE_OK);
    drive_until(election, LEADERLIFE_STATE_RESIGNED);
    assert_over(election, LEADERLIFE_STATE_RESIGNED);
    assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
    assert_over(election, LEADERLIFE_STATE_CLOSED);
    leaderlife_election_free(election);
}

/* A handle in each state that the embedded lock has; `holder` is somebody who leads meanwhile. */
static leaderlife_election *in_state(int which, const char *lock)
{
    leaderlife_election *election;

    if (which == LEADERLIFE_STATE_NEW)
        return new_election(lock);
    if (which == LEADERLIFE_STATE_STARTING)
        return started_election(lock);
    if (which == LEADERLIFE_STATE_FAILED) {
        assert_int_equal(leaderlife_election_new("Bad", &election), LEADERLIFE_ENAME);
        return election;
    }
    election =
        election_in(lock, which == LEADERLIFE_STATE_STANDBY ? LEADERLIFE_STATE_STANDBY : LEADERLIFE_STATE_LEADER);
    if (which == LEADERLIFE_STATE_RESIGNED)
        assert_int_equal(leaderlife_election_resign(election), LEADERLIFE_OK);
    if (which == LEADERLIFE_STATE_CLOSED)
        assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
    if (which == LEADERLIFE_STATE_RESIGNED || which == LEADERLIFE_STATE_CLOSED)
        drive_until(election, which);
    return election;
}

static void closed_and_freed_in_every_state(void **state)
{
    static const int states[] = {LEADERLIFE_STATE_NEW,    LEADERLIFE_STATE_STARTING, LEADERLIFE_STATE_STANDBY,
                                 LEADERLIFE_STATE_LEADER, LEADERLIFE_STATE_RESIGNED, LEADERLIFE_STATE_FAILED,
                                 LEADERLIFE_STATE_CLOSED};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof states / sizeof states[0]; i++) {
        int which = states[i / 2];
        const char *lock = fresh_lock_name();
        leaderlife_election *holder = which == LEADERLIFE_STATE_STANDBY ? leader_of(lock) : NULL;
        leaderlife_election *election = in_state(which, lock);

        assert_int_equal(leaderlife_election_state(election), which);
        if (i % 2 == 0) {
            assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
            assert_int_equal(leaderlife_election_is_leader(election), 0);
            assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
            drive_until(election, LEADERLIFE_STATE_CLOSED);
            assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
            assert_over(election, LEADERLIFE_STATE_CLOSED);
        }
        leaderlife_election_free(election);
        leaderlife_election_free(holder);
        election = leader_of(lock); /* nothing is left behind */
        leaderlife_election_free(election);
    }
}

/* ---- Several handles, many handles ---- */

static void two_handles_on_one_lock(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *first = leader_of(lock);
    leaderlife_election *second = standby_of(lock);
    char token[64];

    (void)state;
    snprintf(token, sizeof token, "%s", leaderlife_election_token(first));
    assert_true(leaderlife_election_is_ready(second));
    assert_text(leaderlife_election_holder(second), "pid ");
    assert_int_equal(leaderlife_election_guard(first), LEADERLIFE_GUARD_KERNEL);
    leaderlife_election_free(first);
    drive_until(second, LEADERLIFE_STATE_LEADER);
    assert_true(leaderlife_token_compare(token, leaderlife_election_token(second)) < 0); /* P11 */
    leaderlife_election_free(second);
}

static void two_handles_on_two_locks(void **state)
{
    leaderlife_election *first = leader_of(fresh_lock_name());
    leaderlife_election *second = leader_of(fresh_lock_name());

    (void)state;
    assert_int_not_equal(leaderlife_election_fd(first), leaderlife_election_fd(second));
    assert_int_equal(leaderlife_election_resign(first), LEADERLIFE_OK);
    settle(first);
    settle(second);
    assert_true(leaderlife_election_is_leader(second));
    leaderlife_election_free(first);
    assert_int_equal(leaderlife_election_process(second), LEADERLIFE_OK);
    assert_true(leaderlife_election_is_leader(second));
    leaderlife_election_free(second);
}

static int count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static void ten_thousand_lives(void **state)
{
    const char *lock = fresh_lock_name();
    int before = count_descriptors();

    (void)state;
    for (int i = 0; i < 10000; i++) {
        leaderlife_election *election = started_election(lock);

        if (i % 2 == 0) {
            assert_int_equal(leaderlife_election_become(election, HANG_MS), LEADERLIFE_OK);
            assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
            assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_CLOSED);
        }
        leaderlife_election_free(election);
    }
    assert_int_equal(count_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_from_birth),
        cmocka_unit_test(no_descriptors_left),
        cmocka_unit_test(before_the_start),
        cmocka_unit_test(after_resigning),
        cmocka_unit_test(closed_and_freed_in_every_state),
        cmocka_unit_test(two_handles_on_one_lock),
        cmocka_unit_test(two_handles_on_two_locks),
        cmocka_unit_test(ten_thousand_lives),
    };

    return cmocka_run_group_tests_name("unit_handle", tests, set_up, NULL);
}
