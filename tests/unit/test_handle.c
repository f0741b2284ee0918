/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle from birth to free, used rightly and wrongly: every misuse gives a status and a text that names the cure,
 * and never more. Public API, embedded lock.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/handle_fixture.h"

#include <dirent.h>

static int set_up(void **state)
{
    (void)state;
    clear_environment();
    return 0;
}

/* ---- NULL ---- */

static void null_handles(void **state)
{
    (void)state;
    assert_int_equal(leaderlife_election_set(NULL, "mode", "observe"), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_election_start(NULL), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_election_process(NULL), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_election_resign(NULL), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_election_close(NULL), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_election_become(NULL, 0), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_election_prepare_exec(NULL), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_election_wait(NULL, 0), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_election_wakeup(NULL), LEADERLIFE_EINVAL);
    leaderlife_election_free(NULL);
    leaderlife_event_free(NULL);
}

static void null_getters(void **state)
{
    (void)state;
    assert_null(leaderlife_election_get(NULL, "mode"));
    assert_int_equal(leaderlife_election_fd(NULL), -1);
    assert_int_equal(leaderlife_election_timeout_ms(NULL), -1);
    assert_int_equal(leaderlife_election_state(NULL), 0);
    assert_int_equal(leaderlife_election_is_leader(NULL), 0);
    assert_int_equal(leaderlife_election_is_ready(NULL), 0);
    assert_null(leaderlife_election_holder(NULL));
    assert_null(leaderlife_election_token(NULL));
    assert_int_equal(leaderlife_election_term(NULL), 0);
    assert_int_equal(leaderlife_election_guard(NULL), LEADERLIFE_GUARD_NONE);
    assert_null(leaderlife_election_backend(NULL));
    assert_text(leaderlife_election_error_text(NULL), "NULL");
    assert_int_equal(leaderlife_election_counter(NULL, "wakeups"), 0);
    assert_null(leaderlife_election_pop_event(NULL));
    assert_int_equal(leaderlife_event_kind(NULL), 0);
    assert_int_equal(leaderlife_event_state(NULL), 0);
    assert_int_equal(leaderlife_event_status(NULL), 0);
    assert_int_equal(leaderlife_event_level(NULL), 0);
    (void)leaderlife_event_text(NULL);
    assert_null(leaderlife_event_holder(NULL));
    assert_null(leaderlife_event_token(NULL));
}

static void null_arguments(void **state)
{
    leaderlife_election *election = (leaderlife_election *)&election;

    (void)state;
    assert_int_equal(leaderlife_election_new("lock", NULL), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_become("lock", NULL), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_election_new(NULL, &election), LEADERLIFE_EINVAL);
    assert_null(election);
    election = (leaderlife_election *)&election;
    assert_int_equal(leaderlife_become(NULL, &election), LEADERLIFE_EINVAL);
    assert_null(election);

    election = new_election(fresh_lock_name());
    assert_int_equal(leaderlife_election_set(election, NULL, "observe"), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_election_set(election, "mode", NULL), LEADERLIFE_EINVAL);
    assert_error(election, "NULL");
    assert_null(leaderlife_election_get(election, NULL));
    (void)leaderlife_election_counter(election, NULL);
    leaderlife_election_free(election);
}

/* ---- Names ---- */

static void bad_names(void **state)
{
    char long_name[244];
    const struct {
        const char *name;
        const char *part; /* of the text */
    } cases[] = {
        {"", "empty"},           {long_name, "242"},       {"Lock", "upper-case"}, {"my_lock", "lower-case letters, digits"},
        {".lock", "begin"},      {"lock.", "end"},         {"a..b", "begin"},      {"-lock", "begin"},
        {"lock-", "end"},        {"a.-b", "begin"},        {"a lock", "digits"},   {"lock\n", "digits"},
        {"l\xc3\xb6k", "digits"}, {"a/b", "digits"},        {"*", "digits"},
    };

    (void)state;
    memset(long_name, 'a', 243);
    long_name[243] = '\0';
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        leaderlife_election *election = NULL;

        assert_int_equal(leaderlife_election_new(cases[i].name, &election), LEADERLIFE_ENAME);
        assert_non_null(election);
        assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_FAILED);
        assert_error(election, cases[i].part);
        assert_error(election, "use lower-case letters"); /* the cure */
        leaderlife_election_free(election);
        election = NULL;
        assert_int_equal(leaderlife_become(cases[i].name, &election), LEADERLIFE_ENAME);
        assert_non_null(election);
        leaderlife_election_free(election);
    }
}

static void good_names(void **state)
{
    char long_name[243];
    const char *const names[] = {"a", "0", "my-operator", "a.b", "0.1.x", long_name};

    (void)state;
    memset(long_name, 'a', 242);
    long_name[242] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        leaderlife_election *election = new_election(names[i]);

        leaderlife_election_free(election);
    }
}

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

/* ---- Options ---- */

static void options_that_are_wrong(void **state)
{
    const struct {
        const char *name;
        const char *value;
        int status;
        const char *part; /* of the text: the cure */
    } cases[] = {
        {"namespac", "x", LEADERLIFE_EOPTION, "namespace"},
        {"pod_name", "x", LEADERLIFE_EOPTION, "pod-name"},
        {"LogLevel", "debug", LEADERLIFE_EOPTION, "log-level"},
        {"", "x", LEADERLIFE_EOPTION, "leaderlife_option_name"},
        {"zzzzzzzzzzzz", "x", LEADERLIFE_EOPTION, "leaderlife_option_name"},
        {"backend", "kubernets", LEADERLIFE_EVALUE, "kubernetes"},
        {"backend", "", LEADERLIFE_EVALUE, "auto, local or kubernetes"},
        {"retry-permanent", "yes", LEADERLIFE_EVALUE, "true or false"},
        {"namespace", "A", LEADERLIFE_EVALUE, "upper-case"},
        {"namespace", "", LEADERLIFE_EVALUE, "leave it unset"},
        {"server", "http://127.0.0.1", LEADERLIFE_EVALUE, "https://"},
        {"server", "127.0.0.1:6443", LEADERLIFE_EVALUE, "https://"},
        {"pod-uid", "a b", LEADERLIFE_EVALUE, "letters, digits"},
        {"user-agent", "a\nb", LEADERLIFE_EVALUE, "control characters"},
        {"log-level", "warn", LEADERLIFE_EVALUE, "warning"},
    };
    leaderlife_election *election = new_election(fresh_lock_name());

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *known = leaderlife_election_get(election, cases[i].name);
        char before[200];

        snprintf(before, sizeof before, "%s", known != NULL ? known : "unknown");
        assert_int_equal(leaderlife_election_set(election, cases[i].name, cases[i].value), cases[i].status);
        assert_error(election, cases[i].part);
        known = leaderlife_election_get(election, cases[i].name);
        assert_string_equal(known != NULL ? known : "unknown", before); /* a refused value changes nothing */
    }
    assert_null(leaderlife_election_get(election, "no-such-option"));
    leaderlife_election_free(election);
}

static void options_are_copied_and_kept(void **state)
{
    leaderlife_election *election = new_election(fresh_lock_name());
    char value[] = "some-pod";

    (void)state;
    assert_string_equal(leaderlife_election_get(election, "pod-name"), "");
    assert_int_equal(leaderlife_election_set(election, "pod-name", value), LEADERLIFE_OK);
    memset(value, 'x', sizeof value - 1);
    assert_string_equal(leaderlife_election_get(election, "pod-name"), "some-pod");
    assert_string_equal(leaderlife_election_get(election, "guard"), "auto");
    drive_until(election, LEADERLIFE_STATE_NEW);
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_set(election, "pod-name", "other"), LEADERLIFE_ESTATE);
    assert_error(election, "before the start");
    assert_string_equal(leaderlife_election_get(election, "pod-name"), "some-pod");
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
    election = election_in(lock, which == LEADERLIFE_STATE_STANDBY ? LEADERLIFE_STATE_STANDBY : LEADERLIFE_STATE_LEADER);
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
        cmocka_unit_test(null_handles),
        cmocka_unit_test(null_getters),
        cmocka_unit_test(null_arguments),
        cmocka_unit_test(bad_names),
        cmocka_unit_test(good_names),
        cmocka_unit_test(failed_from_birth),
        cmocka_unit_test(options_that_are_wrong),
        cmocka_unit_test(options_are_copied_and_kept),
        cmocka_unit_test(before_the_start),
        cmocka_unit_test(after_resigning),
        cmocka_unit_test(closed_and_freed_in_every_state),
        cmocka_unit_test(two_handles_on_one_lock),
        cmocka_unit_test(two_handles_on_two_locks),
        cmocka_unit_test(ten_thousand_lives),
    };

    return cmocka_run_group_tests_name("unit_handle", tests, set_up, NULL);
}
