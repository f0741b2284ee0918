/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs pass in: NULL everywhere, lock names, options. Bad input gets a status and a text that names the cure,
 * never a crash. Public API.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/handle_fixture.h"

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
    assert_null(leaderlife_election_detail(NULL, "namespace"));
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
    assert_null(leaderlife_election_detail(election, NULL));
    assert_null(leaderlife_election_detail(election, "no-such-detail"));
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
        {"", "empty"},
        {long_name, "242"},
        {"Lock", "upper-case"},
        {"my_lock", "lower-case letters, digits"},
        {".lock", "begin"},
        {"lock.", "end"},
        {"a..b", "begin"},
        {"-lock", "begin"},
        {"lock-", "end"},
        {"a.-b", "begin"},
        {"a lock", "digits"},
        {"lock\n", "digits"},
        {"l\xc3\xb6k", "digits"},
        {"a/b", "digits"},
        {"*", "digits"},
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
        {"pod-network", "host", LEADERLIFE_EVALUE, "pod or any"},
        {"pod-network", "", LEADERLIFE_EVALUE, "pod or any"},
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
    assert_int_equal(leaderlife_election_set(election, "back\001\335end", "local"), LEADERLIFE_ESTATE);
    assert_error(election, "options must be set before the start"); /* nothing unprintable of the program's words */
    assert_string_equal(leaderlife_election_get(election, "pod-name"), "some-pod");
    leaderlife_election_free(election);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_handles),
        cmocka_unit_test(null_getters),
        cmocka_unit_test(null_arguments),
        cmocka_unit_test(bad_names),
        cmocka_unit_test(good_names),
        cmocka_unit_test(options_that_are_wrong),
        cmocka_unit_test(options_are_copied_and_kept),
    };

    return cmocka_run_group_tests_name("unit_handle_input", tests, set_up, NULL);
}
