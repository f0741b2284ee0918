/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handle tells: events that are never lost, levels of log events, counters; and the choice of the backend with
 * its texts. Public API only.
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

/* ---- Events ---- */

/* Pops everything; the states in order, 0 after the last. */
static void pop_states(leaderlife_election *election, int *ret_states, size_t size)
{
    leaderlife_event *event;
    size_t count = 0;

    memset(ret_states, 0, size * sizeof *ret_states);
    while ((event = leaderlife_election_pop_event(election)) != NULL) {
        if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_STATE && count < size)
            ret_states[count++] = leaderlife_event_state(event);
        leaderlife_event_free(event);
    }
}

/* Never popped during the whole life, and then everything is there. */
static void state_events_are_never_lost(void **state)
{
    static const int expected[] = {LEADERLIFE_STATE_STARTING, LEADERLIFE_STATE_LEADER, LEADERLIFE_STATE_RESIGNING,
                                   LEADERLIFE_STATE_RESIGNED, LEADERLIFE_STATE_CLOSED};
    enum { COUNT = sizeof expected / sizeof expected[0] };
    leaderlife_election *election = started_election(fresh_lock_name());
    int seen[16];

    (void)state;
    assert_int_equal(leaderlife_election_become(election, HANG_MS), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_resign(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_CLOSED);
    pop_states(election, seen, 16);
    if (seen[1] == LEADERLIFE_STATE_STANDBY) /* it may have looked first */
        memmove(&seen[1], &seen[2], 14 * sizeof seen[0]);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(seen[i], expected[i]);
    assert_int_equal(seen[COUNT], 0);
    leaderlife_election_free(election);
}

static leaderlife_event *pop_state(leaderlife_election *election, int wanted)
{
    for (;;) {
        leaderlife_event *event = leaderlife_election_pop_event(election);

        assert_non_null(event);
        if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_STATE && leaderlife_event_state(event) == wanted)
            return event;
        leaderlife_event_free(event);
    }
}

static void an_event_outlives_its_election(void **state)
{
    leaderlife_election *election = started_election(fresh_lock_name());
    leaderlife_event *event;
    char token[64];

    (void)state;
    assert_int_equal(leaderlife_election_become(election, HANG_MS), LEADERLIFE_OK);
    snprintf(token, sizeof token, "%s", leaderlife_election_token(election));
    event = pop_state(election, LEADERLIFE_STATE_LEADER);
    leaderlife_election_free(election);
    assert_int_equal(leaderlife_event_state(event), LEADERLIFE_STATE_LEADER);
    assert_string_equal(leaderlife_event_token(event), token);
    assert_text(leaderlife_event_holder(event), "pid ");
    assert_int_equal(leaderlife_event_status(event), LEADERLIFE_OK);
    assert_non_null(leaderlife_event_text(event));
    leaderlife_event_free(event);
}

static void a_holder_is_announced(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *standby = started_election(lock);
    leaderlife_event *event;
    bool seen = false;

    (void)state;
    assert_int_equal(leaderlife_election_become(standby, 0), LEADERLIFE_ETIMEDOUT);
    while ((event = leaderlife_election_pop_event(standby)) != NULL) {
        if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_HOLDER) {
            assert_text(leaderlife_event_holder(event), "pid ");
            assert_null(leaderlife_event_token(event));
            seen = true;
        }
        leaderlife_event_free(event);
    }
    assert_true(seen);
    leaderlife_election_free(standby);
    leaderlife_election_free(leader);
}

/* ---- Logs and counters ---- */

/* One whole life at that level: how many log events, and the least grave of them. */
static void log_of_a_life(const char *word, int *ret_count, int *ret_level)
{
    leaderlife_election *election = new_election(fresh_lock_name());
    leaderlife_event *event;

    *ret_count = *ret_level = 0;
    if (word != NULL)
        assert_int_equal(leaderlife_election_set(election, "log-level", word), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_become(election, HANG_MS), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
    while ((event = leaderlife_election_pop_event(election)) != NULL) {
        if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_LOG) {
            assert_string_not_equal(leaderlife_event_text(event), "");
            *ret_count += 1;
            *ret_level = leaderlife_event_level(event) > *ret_level ? leaderlife_event_level(event) : *ret_level;
        }
        leaderlife_event_free(event);
    }
    leaderlife_election_free(election);
}

static void log_levels_filter(void **state)
{
    int count;
    int level;
    int of_debug;

    (void)state;
    log_of_a_life("none", &count, &level);
    assert_int_equal(count, 0);
    log_of_a_life(NULL, &count, &level); /* warning; and nothing was wrong */
    assert_int_equal(count, 0);
    log_of_a_life("debug", &of_debug, &level);
    assert_int_equal(level, LEADERLIFE_LOG_DEBUG);
    log_of_a_life("info", &count, &level);
    assert_int_equal(level, LEADERLIFE_LOG_INFO);
    assert_true(count > 0 && count < of_debug);
}

static void counters(void **state)
{
    static const char *const names[] = {"requests",       "watches",       "writes",        "failures",
                                        "failed-watches", "failed-writes", "events-dropped"};
    leaderlife_election *election = started_election(fresh_lock_name());

    (void)state;
    assert_int_equal(leaderlife_election_counter(election, "wakeups"), 0);
    drive_until(election, LEADERLIFE_STATE_LEADER);
    assert_true(leaderlife_election_counter(election, "wakeups") > 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_int_equal(leaderlife_election_counter(election, names[i]), 0);
    assert_int_equal(leaderlife_election_counter(election, "no-such-counter"), -1);
    assert_int_equal(leaderlife_election_counter(election, ""), -1);
    leaderlife_election_free(election);
}

/* A call that finds nothing to do is no wake-up. */
static void idle_calls_are_not_counted(void **state)
{
    leaderlife_election *election = leader_of(fresh_lock_name());
    int64_t before;

    (void)state;
    settle(election);
    before = leaderlife_election_counter(election, "wakeups");
    for (int i = 0; i < 100; i++)
        assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_counter(election, "wakeups"), before);
    leaderlife_election_free(election);
}

/* ---- The choice of the backend ---- */

struct choice {
    const char *variables[3]; /* set to "x" */
    const char *options[4];   /* name, value */
    int status;
    const char *backend;  /* NULL: none */
    const char *parts[3]; /* of the text */
};

static void choose(const struct choice *choice)
{
    leaderlife_election *election = NULL;

    clear_environment();
    for (size_t i = 0; i < 3 && choice->variables[i] != NULL; i++)
        setenv(choice->variables[i], "x", 1);
    assert_int_equal(leaderlife_election_new(fresh_lock_name(), &election), LEADERLIFE_OK);
    for (size_t i = 0; i < 4 && choice->options[i] != NULL; i += 2)
        assert_int_equal(leaderlife_election_set(election, choice->options[i], choice->options[i + 1]), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_start(election), choice->status);
    if (choice->backend != NULL)
        assert_string_equal(leaderlife_election_backend(election), choice->backend);
    else
        assert_null(leaderlife_election_backend(election));
    for (size_t i = 0; i < 3 && choice->parts[i] != NULL; i++)
        assert_error(election, choice->parts[i]);
    if (choice->status != LEADERLIFE_OK) {
        leaderlife_event *event = pop_state(election, LEADERLIFE_STATE_FAILED);

        assert_int_equal(leaderlife_event_status(event), choice->status);
        assert_string_equal(leaderlife_event_text(event), leaderlife_election_error_text(election));
        leaderlife_event_free(event);
        assert_int_equal(leaderlife_election_become(election, 0), choice->status);
    }
    leaderlife_election_free(election);
    clear_environment();
}

static void backends_are_chosen(void **state)
{
    static const struct choice choices[] = {
        {{NULL}, {NULL}, LEADERLIFE_OK, "local", {NULL}},
        {{"KUBERNETES_SERVICE_HOST"}, {NULL}, LEADERLIFE_OK, "kubernetes", {NULL}},
        {{"KUBERNETES_SERVICE_HOST"}, {"backend", "local"}, LEADERLIFE_OK, "local", {NULL}},
        {{"KUBECONFIG", "POD_NAME", "POD_UID"}, {NULL}, LEADERLIFE_OK, "kubernetes", {NULL}},
        {{"KUBECONFIG"}, {"mode", "observe"}, LEADERLIFE_OK, "kubernetes", {NULL}},
        {{"KUBECONFIG"}, {"pod-name", "a", "pod-uid", "b"}, LEADERLIFE_OK, "kubernetes", {NULL}},
        {{"KUBECONFIG"}, {NULL}, LEADERLIFE_ECONFIG, NULL, {"POD_NAME", "POD_UID", "'local'"}},
        {{"KUBECONFIG", "POD_UID"}, {NULL}, LEADERLIFE_ECONFIG, NULL, {"missing", "set all three"}},
        {{"POD_NAME", "POD_UID"}, {NULL}, LEADERLIFE_ECONFIG, NULL, {"missing", "set all three"}},
        {{"POD_NAME"}, {NULL}, LEADERLIFE_ECONFIG, NULL, {"missing", "set all three"}},
        {{NULL}, {"pod-name", "a"}, LEADERLIFE_ECONFIG, NULL, {"set all three", "pod-uid"}},
        {{NULL}, {"namespace", "a"}, LEADERLIFE_ECONFIG, NULL, {"option namespace is for Kubernetes", "KUBECONFIG"}},
        {{NULL}, {"token-file", "/a"}, LEADERLIFE_ECONFIG, NULL, {"option token-file is for Kubernetes", "backend"}},
        {{NULL}, {"namespace", "a", "backend", "local"}, LEADERLIFE_OK, "local", {NULL}},
        {{NULL}, {"guard", "memory"}, LEADERLIFE_OK, "local", {NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        choose(&choices[i]);
}

/* The text shows which are missing, tidily. */
static void what_is_missing_is_listed_tidily(void **state)
{
    leaderlife_election *election = NULL;

    (void)state;
    setenv("KUBECONFIG", "x", 1);
    assert_int_equal(leaderlife_election_new(fresh_lock_name(), &election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_ECONFIG);
    assert_null(strstr(leaderlife_election_error_text(election), "  "));
    leaderlife_election_free(election);
    clear_environment();
}

static void guard_and_policy_leave_the_choice(void **state)
{
    static const struct choice choices[] = {
        {{NULL}, {"backend", "kubernetes", "guard", "required"}, LEADERLIFE_OK, "kubernetes", {NULL}},
        {{NULL}, {"backend", "kubernetes", "node-policy", "fenced"}, LEADERLIFE_OK, "kubernetes", {NULL}},
        {{NULL}, {"backend", "kubernetes", "node-policy", "unready"}, LEADERLIFE_OK, "kubernetes", {NULL}},
        {{NULL}, {"backend", "local", "guard", "required"}, LEADERLIFE_OK, "local", {NULL}}, /* the kernel guards */
    };

    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        choose(&choices[i]);
}

/* Nothing is contacted at the start, and whoever never drives it has done nothing. */
static void a_start_contacts_nobody(void **state)
{
    leaderlife_election *election = NULL;

    (void)state;
    setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1", 1);
    assert_int_equal(leaderlife_election_new("lock", &election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_counter(election, "requests"), 0);
    assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_STARTING);
    assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_CLOSED); /* nothing held: at once */
    assert_int_equal(leaderlife_election_counter(election, "requests"), 0);
    leaderlife_election_free(election);
    clear_environment();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(state_events_are_never_lost),
        cmocka_unit_test(an_event_outlives_its_election),
        cmocka_unit_test(a_holder_is_announced),
        cmocka_unit_test(log_levels_filter),
        cmocka_unit_test(counters),
        cmocka_unit_test(idle_calls_are_not_counted),
        cmocka_unit_test(backends_are_chosen),
        cmocka_unit_test(what_is_missing_is_listed_tidily),
        cmocka_unit_test(guard_and_policy_leave_the_choice),
        cmocka_unit_test(a_start_contacts_nobody),
    };

    return cmocka_run_group_tests_name("unit_handle_events", tests, set_up, NULL);
}
