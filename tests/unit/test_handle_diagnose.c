/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaderlife_election_diagnose() as a program meets it: findings as events, a handle that stays new, and limits that
 * are kept. Public API, no server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/handle_fixture.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int set_up(void **state)
{
    (void)state;
    clear_environment();
    return 0;
}

/* The next finding; other events are passed over. Freed by the caller. */
static leaderlife_event *next_finding(leaderlife_election *election)
{
    leaderlife_event *event;
    while ((event = leaderlife_election_pop_event(election)) != NULL &&
           leaderlife_event_kind(event) != LEADERLIFE_EVENT_FINDING)
        leaderlife_event_free(event);
    return event;
}

static void expect_finding(leaderlife_election *election, int level, int status, const char *part)
{
    leaderlife_event *event = next_finding(election);
    assert_non_null(event);
    assert_int_equal(leaderlife_event_level(event), level);
    assert_int_equal(leaderlife_event_status(event), status);
    assert_int_equal(leaderlife_event_state(event), LEADERLIFE_STATE_NEW);
    if (strstr(leaderlife_event_text(event), part) == NULL)
        fail_msg("'%s' is not in: %s", part, leaderlife_event_text(event));
    leaderlife_event_free(event);
}

static void expect_no_more(leaderlife_election *election)
{
    assert_null(next_finding(election));
}

/* Twice, and then it takes part as if nothing had been asked. */
static void the_handle_stays_new(void **state)
{
    leaderlife_election *election = new_election(fresh_lock_name());
    (void)state;
    for (int times = 0; times < 2; times++) {
        assert_int_equal(leaderlife_election_diagnose(election, -1), LEADERLIFE_OK);
        assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_NEW);
        expect_finding(election, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "the backend is local");
        expect_finding(election, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "this network namespace");
        expect_finding(election, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "it is free");
        expect_no_more(election);
        assert_int_equal(leaderlife_election_counter(election, "requests"), 0);
    }
    assert_int_equal(leaderlife_election_set(election, "log-level", "info"), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_become(election, HANG_MS), LEADERLIFE_OK);
    leaderlife_election_free(election);
}

static void only_a_new_handle(void **state)
{
    leaderlife_election *leader = leader_of(fresh_lock_name());
    leaderlife_election *unnamed = NULL;
    (void)state;
    assert_int_equal(leaderlife_election_diagnose(NULL, 0), LEADERLIFE_EINVAL);
    assert_int_equal(leaderlife_election_diagnose(leader, 0), LEADERLIFE_ESTATE);
    assert_non_null(strstr(leaderlife_election_error_text(leader), "before the start"));
    assert_int_equal(leaderlife_election_is_leader(leader), 1);
    leaderlife_election_free(leader);
    assert_int_equal(leaderlife_election_new("No_Name", &unnamed), LEADERLIFE_ENAME);
    assert_int_equal(leaderlife_election_diagnose(unnamed, 0), LEADERLIFE_ESTATE);
    leaderlife_election_free(unnamed);
}

static void who_has_the_lock(void **state)
{
    const char *lock = fresh_lock_name();
    char user[24];
    struct kernel_lock_name name;
    (void)state;
    snprintf(user, sizeof user, "%lu", (unsigned long)geteuid());
    kernel_lock_make_name(&name, "leaderlife", user, lock);
    pid_t holder = start_holder(&name, geteuid());
    leaderlife_election *election = new_election(lock);
    assert_int_equal(leaderlife_election_diagnose(election, 0), LEADERLIFE_OK);
    expect_finding(election, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "backend");
    expect_finding(election, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "scope: user ");
    expect_finding(election, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "has it");
    expect_no_more(election);
    leaderlife_election_free(election);
    kill_child(holder);
}

/* A candidate of this process would wait for itself. */
static void this_process_has_the_lock(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *election = new_election(lock);
    (void)state;
    assert_int_equal(leaderlife_election_diagnose(election, 0), LEADERLIFE_OK);
    expect_finding(election, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "backend");
    expect_finding(election, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "scope: user ");
    expect_finding(election, LEADERLIFE_LOG_WARNING, LEADERLIFE_EBUSY, "another election of this very process leads");
    leaderlife_election_free(election);
    leaderlife_election_free(leader);
}

static void settings_that_choose_no_backend(void **state)
{
    leaderlife_election *election = NULL;
    (void)state;
    assert_int_equal(leaderlife_election_new(fresh_lock_name(), &election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_set(election, "pod-name", "a"), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_diagnose(election, -1), LEADERLIFE_ECONFIG);
    expect_finding(election, LEADERLIFE_LOG_ERROR, LEADERLIFE_ECONFIG, "set all three");
    expect_no_more(election);
    leaderlife_election_free(election);
}

/* ---- A server that never answers ---- */

static int listen_somewhere(char *url, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(url, size, "https://127.0.0.1:%d", ntohs(address.sin_port));
    return fd;
}

static leaderlife_election *towards(const char *url)
{
    char token[] = "/tmp/leaderlife-test-XXXXXX";
    int fd = mkstemp(token);
    leaderlife_election *election = NULL;
    assert_int_equal(write(fd, "token\n", 6), 6);
    close(fd);
    assert_int_equal(leaderlife_election_new("lock", &election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_set(election, "backend", "kubernetes"), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_set(election, "namespace", "team"), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_set(election, "pod-name", "a"), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_set(election, "pod-uid", "uid-a"), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_set(election, "server", url), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_set(election, "token-file", token), LEADERLIFE_OK);
    return election;
}

static void end_of(leaderlife_election *election, int server)
{
    unlink(leaderlife_election_get(election, "token-file"));
    leaderlife_election_free(election);
    close(server);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void the_time_is_kept_to(void **state)
{
    char url[64];
    int server = listen_somewhere(url, sizeof url);
    leaderlife_election *election = towards(url);
    int64_t began = now_ms();
    (void)state;
    assert_int_equal(leaderlife_election_diagnose(election, 300), LEADERLIFE_ETIMEDOUT);
    assert_in_range(now_ms() - began, 300, HANG_MS);
    expect_finding(election, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "kubernetes");
    expect_finding(election, LEADERLIFE_LOG_ERROR, LEADERLIFE_ETIMEDOUT, "give more time");
    expect_no_more(election);
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_OK); /* nothing is left of it */
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_STARTING);
    end_of(election, server);
}

static void on_alarm(int number)
{
    (void)number;
}

static void a_signal_ends_it(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct itimerval soon = {.it_value = {.tv_sec = 1}, .it_interval = {.tv_sec = 1}};
    struct itimerval never = {.it_value = {.tv_usec = 0}};
    char url[64];
    int server = listen_somewhere(url, sizeof url);
    leaderlife_election *election = towards(url);
    (void)state;
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(leaderlife_election_diagnose(election, HANG_MS), LEADERLIFE_EINTR);
    setitimer(ITIMER_REAL, &never, NULL);
    assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_NEW);
    end_of(election, server);
}

/* From a handler that ran just before, say; and only once. */
static void a_wakeup_ends_it(void **state)
{
    char url[64];
    int server = listen_somewhere(url, sizeof url);
    leaderlife_election *election = towards(url);
    int64_t began;
    (void)state;
    assert_int_equal(leaderlife_election_wakeup(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_diagnose(election, -1), LEADERLIFE_EINTR);
    began = now_ms();
    assert_int_equal(leaderlife_election_diagnose(election, 300), LEADERLIFE_ETIMEDOUT);
    assert_in_range(now_ms() - began, 300, HANG_MS);
    end_of(election, server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_handle_stays_new, set_up),
        cmocka_unit_test_setup(only_a_new_handle, set_up),
        cmocka_unit_test_setup(who_has_the_lock, set_up),
        cmocka_unit_test_setup(this_process_has_the_lock, set_up),
        cmocka_unit_test_setup(settings_that_choose_no_backend, set_up),
        cmocka_unit_test_setup(the_time_is_kept_to, set_up),
        cmocka_unit_test_setup(a_signal_ends_it, set_up),
        cmocka_unit_test_setup(a_wakeup_ends_it, set_up),
    };
    return cmocka_run_group_tests_name("unit_handle_diagnose", tests, NULL, NULL);
}
