/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle across fork and exec: what a child is told, that it cannot harm its parent, and how a leader becomes
 * another program and keeps the lock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/handle_fixture.h"

#include <fcntl.h>
#include <sched.h>

/* In a child: ends it, and says where. The framework is the parent's. */
#define CHILD_EXPECTS(condition) ((condition) ? (void)0 : child_failed(#condition, __LINE__))

static void child_failed(const char *condition, int line)
{
    fprintf(stderr, "in a child, line %d: %s\n", line, condition);
    _exit(1);
}

static int set_up(void **state)
{
    (void)state;
    clear_environment();
    return 0;
}

static void assert_child_was_content(pid_t child)
{
    int status = -1;

    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- Fork ---- */

static void expect_refusal(leaderlife_election *election)
{
    CHILD_EXPECTS(leaderlife_election_set(election, "mode", "observe") == LEADERLIFE_EFORKED);
    CHILD_EXPECTS(leaderlife_election_start(election) == LEADERLIFE_EFORKED);
    CHILD_EXPECTS(leaderlife_election_process(election) == LEADERLIFE_EFORKED);
    CHILD_EXPECTS(leaderlife_election_resign(election) == LEADERLIFE_EFORKED);
    CHILD_EXPECTS(leaderlife_election_close(election) == LEADERLIFE_EFORKED);
    CHILD_EXPECTS(leaderlife_election_become(election, 0) == LEADERLIFE_EFORKED);
    CHILD_EXPECTS(leaderlife_election_wait(election, 0) == LEADERLIFE_EFORKED);
    CHILD_EXPECTS(leaderlife_election_wakeup(election) == LEADERLIFE_EFORKED);
    CHILD_EXPECTS(leaderlife_election_pop_event(election) == NULL);
}

static void expect_getters_as_for_null(const leaderlife_election *election)
{
    CHILD_EXPECTS(leaderlife_election_get(election, "mode") == NULL);
    CHILD_EXPECTS(leaderlife_election_fd(election) == -1);
    CHILD_EXPECTS(leaderlife_election_timeout_ms(election) == -1);
    CHILD_EXPECTS(leaderlife_election_state(election) == 0);
    CHILD_EXPECTS(leaderlife_election_is_leader(election) == 0);
    CHILD_EXPECTS(leaderlife_election_is_ready(election) == 0);
    CHILD_EXPECTS(leaderlife_election_holder(election) == NULL);
    CHILD_EXPECTS(leaderlife_election_token(election) == NULL);
    CHILD_EXPECTS(leaderlife_election_term(election) == 0);
    CHILD_EXPECTS(leaderlife_election_guard(election) == LEADERLIFE_GUARD_NONE);
    CHILD_EXPECTS(leaderlife_election_backend(election) == NULL);
    CHILD_EXPECTS(leaderlife_election_counter(election, "wakeups") == 0);
    CHILD_EXPECTS(leaderlife_election_detail(election, "settled") == NULL);
    CHILD_EXPECTS(leaderlife_election_error_text(election)[0] != '\0');
}

/* The lock is held by the handle in this process: nobody else gets it. */
static void assert_still_leads(leaderlife_election *leader, const char *lock)
{
    leaderlife_election *other = started_election(lock);

    assert_int_equal(leaderlife_election_process(leader), LEADERLIFE_OK);
    assert_true(leaderlife_election_is_leader(leader));
    assert_int_equal(leaderlife_election_become(other, 20), LEADERLIFE_ETIMEDOUT);
    leaderlife_election_free(other);
}

static void assert_descriptor_works(leaderlife_election *election)
{
    settle(election);
    assert_false(is_readable(election));
    assert_int_equal(leaderlife_election_wakeup(election), LEADERLIFE_OK);
    assert_true(is_readable(election));
    settle(election);
}

static void a_child_may_only_free(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    int fd = leaderlife_election_fd(leader);
    pid_t child;

    (void)state;
    child = fork_child();
    if (child == 0) {
        expect_refusal(leader);
        expect_getters_as_for_null(leader);
        CHILD_EXPECTS(fcntl(fd, F_GETFD) >= 0);
        leaderlife_election_free(leader);
        CHILD_EXPECTS(fcntl(fd, F_GETFD) < 0);
        _exit(0);
    }
    assert_child_was_content(child);
    assert_still_leads(leader, lock);
    assert_descriptor_works(leader);
    leaderlife_election_free(leader);
    leader = leader_of(lock); /* the child has kept nothing */
    leaderlife_election_free(leader);
}

/* The connection by which a standby learns of the leader's end is the parent's too. */
static void a_child_of_a_standby(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *standby = standby_of(lock);
    pid_t child;

    (void)state;
    child = fork_child();
    if (child == 0) {
        CHILD_EXPECTS(leaderlife_election_prepare_exec(standby) == LEADERLIFE_ESTATE);
        leaderlife_election_free(standby);
        leaderlife_election_free(leader);
        _exit(0);
    }
    assert_child_was_content(child);
    assert_still_leads(leader, lock);
    leaderlife_election_free(leader);
    drive_until(standby, LEADERLIFE_STATE_LEADER);
    assert_descriptor_works(standby);
    leaderlife_election_free(standby);
}

static void a_child_may_have_a_handle_of_its_own(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    pid_t child;

    (void)state;
    child = fork_child();
    if (child == 0) {
        leaderlife_election *own = NULL;

        leaderlife_election_free(leader);
        CHILD_EXPECTS(leaderlife_election_new(lock, &own) == LEADERLIFE_OK);
        CHILD_EXPECTS(leaderlife_election_become(own, 20) == LEADERLIFE_ETIMEDOUT);
        CHILD_EXPECTS(leaderlife_election_state(own) == LEADERLIFE_STATE_STANDBY);
        leaderlife_election_free(own);
        _exit(0);
    }
    assert_child_was_content(child);
    assert_still_leads(leader, lock);
    leaderlife_election_free(leader);
}

/* Design section 5: resigning ends all the same, and says why nobody can follow. */
static void a_child_that_keeps_the_lock_is_told_of(void **state)
{
    leaderlife_election *leader = leader_of(fresh_lock_name());
    pid_t child = start_child_without_exec();
    leaderlife_event *event;
    bool told = false;

    (void)state;
    assert_int_equal(leaderlife_election_resign(leader), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_state(leader), LEADERLIFE_STATE_RESIGNED);
    while ((event = leaderlife_election_pop_event(leader)) != NULL) {
        if (leaderlife_event_status(event) == LEADERLIFE_EBUSY) {
            assert_int_equal(leaderlife_event_kind(event), LEADERLIFE_EVENT_NOTICE);
            assert_text(leaderlife_event_text(event), "leaderlife_election_free()"); /* the cure */
            told = true;
        }
        leaderlife_event_free(event);
    }
    assert_true(told);
    kill_child(child);
    leaderlife_election_free(leader);
}

/* ---- Exec ---- */

static void only_a_leader_may_prepare(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *standby = standby_of(lock);

    (void)state;
    assert_int_equal(leaderlife_election_prepare_exec(standby), LEADERLIFE_ESTATE);
    assert_error(standby, "only a leader");
    assert_int_equal(leaderlife_election_resign(leader), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_prepare_exec(leader), LEADERLIFE_ESTATE);
    leaderlife_election_free(standby);
    leaderlife_election_free(leader);
}

static void after_preparing_only_free(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);

    (void)state;
    assert_int_equal(leaderlife_election_prepare_exec(leader), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_prepare_exec(leader), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_process(leader), LEADERLIFE_ESTATE);
    assert_error(leader, "only free is allowed");
    assert_int_equal(leaderlife_election_resign(leader), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_close(leader), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_become(leader, 0), LEADERLIFE_ESTATE);
    leaderlife_election_free(leader); /* exec has failed, say */
    leader = leader_of(lock);
    leaderlife_election_free(leader);
}

/* A child that execs; the pipe is closed by that, and so tells. Returns when it has. */
static pid_t start_exec(leaderlife_election *leader, const char *lock)
{
    int ends[2];
    pid_t child;
    char byte;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = fork_child();
    if (child == 0) {
        if (leader == NULL) {
            CHILD_EXPECTS(leaderlife_election_new(lock, &leader) == LEADERLIFE_OK);
            CHILD_EXPECTS(leaderlife_election_become(leader, HANG_MS) == LEADERLIFE_OK);
        }
        CHILD_EXPECTS(leaderlife_election_prepare_exec(leader) == LEADERLIFE_OK);
        execlp("sleep", "sleep", "600", (char *)NULL);
        if (write(ends[1], "n", 1) != 1)
            _exit(2);
        _exit(1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    return child;
}

static void assert_lock_is_that_of(const char *lock, pid_t child)
{
    leaderlife_election *standby = standby_of(lock);
    char part[64];

    snprintf(part, sizeof part, "pid %ld", (long)child);
    assert_int_equal(leaderlife_election_become(standby, 20), LEADERLIFE_ETIMEDOUT);
    assert_text(leaderlife_election_holder(standby), part);
    kill_child(child);
    assert_int_equal(leaderlife_election_become(standby, HANG_MS), LEADERLIFE_OK);
    leaderlife_election_free(standby);
}

static void exec_in_place_keeps_the_lock(void **state)
{
    const char *lock = fresh_lock_name();

    (void)state;
    assert_lock_is_that_of(lock, start_exec(NULL, lock));
}

/* `run`: the child inherits the lock, the parent leads on, and the lock is free when both are gone. */
static void exec_in_a_child_shares_the_lock(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *standby = standby_of(lock);
    pid_t child = start_exec(leader, lock);

    (void)state;
    assert_still_leads(leader, lock);
    assert_descriptor_works(leader);
    leaderlife_election_free(leader);
    assert_int_equal(leaderlife_election_become(standby, 20), LEADERLIFE_ETIMEDOUT);
    kill_child(child);
    assert_int_equal(leaderlife_election_become(standby, HANG_MS), LEADERLIFE_OK);
    leaderlife_election_free(standby);
}

/* All our descriptors are close-on-exec: a child that execs without preparing keeps nothing. */
static void exec_without_preparing_keeps_nothing(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    int ends[2];
    pid_t child;
    char byte;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = fork_child();
    if (child == 0) {
        execlp("sleep", "sleep", "600", (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    leaderlife_election_free(leader);
    leader = leader_of(lock);
    kill_child(child);
    leaderlife_election_free(leader);
}

/* ---- The same pid: the first process of a PID namespace, and its child in a namespace of its own ---- */

static void first_of_its_namespace(void)
{
    leaderlife_election *election;

    CHILD_EXPECTS(getpid() == 1);
    CHILD_EXPECTS(leaderlife_election_new("namespaces", &election) == LEADERLIFE_OK);
    CHILD_EXPECTS(unshare(CLONE_NEWPID) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHILD_EXPECTS(getpid() == 1);
        CHILD_EXPECTS(leaderlife_election_close(election) == LEADERLIFE_EFORKED);
        leaderlife_election_free(election);
        _exit(0);
    }
    int status = -1;
    CHILD_EXPECTS(waitpid(child, &status, 0) == child && status == 0);
    CHILD_EXPECTS(leaderlife_election_close(election) == LEADERLIFE_OK);
    leaderlife_election_free(election);
    _exit(0);
}

static void a_child_with_the_same_pid(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("SKIPPED: a PID namespace needs root\n");
        skip();
    }
    pid_t outer = fork();
    if (outer == 0) {
        CHILD_EXPECTS(unshare(CLONE_NEWPID) == 0);
        pid_t first = fork();
        if (first == 0)
            first_of_its_namespace();
        int status = -1;
        CHILD_EXPECTS(waitpid(first, &status, 0) == first && status == 0);
        _exit(0);
    }
    assert_child_was_content(outer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_may_only_free),
        cmocka_unit_test(a_child_of_a_standby),
        cmocka_unit_test(a_child_may_have_a_handle_of_its_own),
        cmocka_unit_test(a_child_that_keeps_the_lock_is_told_of),
        cmocka_unit_test(only_a_leader_may_prepare),
        cmocka_unit_test(after_preparing_only_free),
        cmocka_unit_test(exec_in_place_keeps_the_lock),
        cmocka_unit_test(exec_in_a_child_shares_the_lock),
        cmocka_unit_test(exec_without_preparing_keeps_nothing),
        cmocka_unit_test(a_child_with_the_same_pid),
    };

    return cmocka_run_group_tests_name("unit_handle_fork", tests, set_up, NULL);
}
