/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host program that closes descriptors which it did not open, as closefrom() and a daemon's library do: belief ends
 * with the next call, and nothing is done any more by the numbers, whoever has them by then.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/descriptors_fixture.h"

#include <pthread.h>

/* ---- All of them, as a daemon's library does it ---- */

static void a_leader(void **state)
{
    const char *lock = fresh_lock_name();
    struct int_set before = open_numbers(NULL);
    leaderlife_election *leader = leader_of(lock);
    struct int_set ours = open_numbers(&before);
    struct pollfd look = {.fd = leaderlife_election_fd(leader), .events = POLLIN};

    (void)state;
    settle(leader);
    for (int fd = 3; fd <= LAST; fd++) /* but those of the test program's own */
        if (!has(&before, fd))
            close(fd);
    assert_int_equal(poll(&look, 1, -1), 1); /* POLLNVAL */
    assert_int_equal(leaderlife_election_fd(leader), -1);
    assert_int_equal(leaderlife_election_timeout_ms(leader), 0);
    assert_int_equal(leaderlife_election_wait(leader, -1), LEADERLIFE_OK);
    assert_another_process_leads(lock);
    struct takers takers;
    take(&takers, &ours);
    assert_int_equal(leaderlife_election_wakeup(leader), LEADERLIFE_OK);
    assert_lost(leader, "the lock's descriptor");
    assert_int_equal(leaderlife_election_become(leader, -1), LEADERLIFE_ELOST);
    assert_another_process_leads(lock);
    assert_at_rest(leader);
    leaderlife_election_free(leader);
    assert_untouched_and_close(&takers);
}

static void a_standby(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    struct int_set before = open_numbers(NULL);
    leaderlife_election *standby = standby_of(lock);
    drive_until_asleep(standby);
    struct int_set ours = open_numbers(&before);
    struct takers takers;

    (void)state;
    assert_true(ours.count >= 5); /* the connection to the holder among them */
    close_numbers(&ours);
    take(&takers, &ours);
    pop_all(standby);
    assert_int_equal(leaderlife_election_become(standby, -1), LEADERLIFE_ESYSTEM);
    assert_int_equal(leaderlife_election_state(standby), LEADERLIFE_STATE_FAILED);
    assert_error(standby, "cannot take part");
    assert_error(standby, "the program has closed a descriptor of this election");
    assert_end_event(standby, LEADERLIFE_STATE_FAILED, LEADERLIFE_ESYSTEM, "the program has closed");
    assert_at_rest(standby);
    leaderlife_election_free(standby);
    assert_untouched_and_close(&takers);
    leaderlife_election_free(leader);
}

static void an_observer(void **state)
{
    struct int_set before = open_numbers(NULL);
    leaderlife_election *observer = new_election(fresh_lock_name());
    struct int_set ours;

    (void)state;
    assert_int_equal(leaderlife_election_set(observer, "mode", "observe"), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_start(observer), LEADERLIFE_OK);
    drive_until(observer, LEADERLIFE_STATE_STANDBY);
    ours = open_numbers(&before);
    close_numbers(&ours);
    assert_int_equal(leaderlife_election_process(observer), LEADERLIFE_OK);
    assert_end_event(observer, LEADERLIFE_STATE_FAILED, LEADERLIFE_ESYSTEM, "the program has closed");
    assert_at_rest(observer);
    leaderlife_election_free(observer);
}

/* Made before, started after: it says so at once; the next one works. */
static void a_new_one(void **state)
{
    const char *lock = fresh_lock_name();
    struct int_set before = open_numbers(NULL);

    (void)state;
    for (int i = 0; i < 3; i++) {
        leaderlife_election *election = new_election(lock);
        struct int_set ours = open_numbers(&before);

        close_numbers(&ours);
        if (i == 0)
            assert_int_equal(leaderlife_election_start(election), LEADERLIFE_ESYSTEM);
        else if (i == 1)
            assert_int_equal(leaderlife_election_become(election, -1), LEADERLIFE_ESYSTEM);
        else
            assert_int_equal(leaderlife_election_diagnose(election, -1), LEADERLIFE_ESYSTEM);
        assert_error(election, "the program has closed");
        assert_end_event(election, LEADERLIFE_STATE_FAILED, LEADERLIFE_ESYSTEM, "the program has closed");
        assert_at_rest(election);
        leaderlife_election_free(election);
    }
    leaderlife_election *next = leader_of(lock);
    leaderlife_election_free(next);
}

/* ---- While another thread waits ---- */

static void *become_inside(void *argument)
{
    return (void *)(intptr_t)leaderlife_election_become(argument, -1);
}

static void *wait_inside(void *argument)
{
    int status = leaderlife_election_wait(argument, -1);

    return (void *)(intptr_t)(status == LEADERLIFE_OK ? leaderlife_election_process(argument) : status);
}

static int result_of(pthread_t thread)
{
    void *result = NULL;

    assert_int_equal(pthread_join(thread, &result), 0);
    return (int)(intptr_t)result;
}

/* Nothing tells of it, so it is looked for now and then. */
static void under_a_wait(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    struct int_set before = open_numbers(NULL);

    (void)state;
    for (int i = 0; i < 2; i++) {
        leaderlife_election *standby = standby_of(lock);
        drive_until_asleep(standby);
        struct int_set ours = open_numbers(&before);
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, i == 0 ? become_inside : wait_inside, standby), 0);
        poll(NULL, 0, 50 * i);
        close_numbers(&ours);
        assert_int_equal(result_of(thread), i == 0 ? LEADERLIFE_ESYSTEM : LEADERLIFE_OK);
        assert_int_equal(leaderlife_election_state(standby), LEADERLIFE_STATE_FAILED);
        leaderlife_election_free(standby);
    }
    leaderlife_election_free(leader);
}

/* ---- The next call is another one than process() ---- */

static void then_it_is_told_to_end(void **state)
{
    const char *lock = fresh_lock_name();
    struct int_set before = open_numbers(NULL);

    (void)state;
    for (int i = 0; i < 4; i++) {
        leaderlife_election *leader = leader_of(lock);
        struct int_set ours = open_numbers(&before);
        struct takers takers;

        close_numbers(&ours);
        take(&takers, &ours);
        pop_all(leader);
        if (i == 0) {
            assert_int_equal(leaderlife_election_resign(leader), LEADERLIFE_OK);
            assert_end_event(leader, LEADERLIFE_STATE_LOST, LEADERLIFE_ELOST, "the lock's descriptor");
        } else if (i == 1) {
            assert_int_equal(leaderlife_election_close(leader), LEADERLIFE_OK);
            assert_int_equal(leaderlife_election_state(leader), LEADERLIFE_STATE_CLOSED);
            assert_end_event(leader, LEADERLIFE_STATE_LOST, LEADERLIFE_ELOST, "the lock's descriptor");
        } else if (i == 2) {
            assert_int_equal(leaderlife_election_prepare_exec(leader), LEADERLIFE_ELOST);
            assert_error(leader, "the lock's descriptor");
        }
        leaderlife_election_free(leader);
        assert_untouched_and_close(&takers);
    }
}

/* One that had ended says so in a notice, and stays what it was. */
static void after_the_end(void **state)
{
    struct int_set before = open_numbers(NULL);
    leaderlife_election *election = leader_of(fresh_lock_name());
    struct int_set ours;
    leaderlife_event *event;
    bool told = false;

    (void)state;
    assert_int_equal(leaderlife_election_resign(election), LEADERLIFE_OK);
    drive_until(election, LEADERLIFE_STATE_RESIGNED);
    settle(election);
    ours = open_numbers(&before);
    close_numbers(&ours);
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_RESIGNED);
    while ((event = leaderlife_election_pop_event(election)) != NULL) {
        told = told || (leaderlife_event_kind(event) == LEADERLIFE_EVENT_NOTICE &&
                        leaderlife_event_status(event) == LEADERLIFE_ESYSTEM);
        leaderlife_event_free(event);
    }
    assert_true(told);
    assert_at_rest(election);
    assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_state(election), LEADERLIFE_STATE_CLOSED);
    leaderlife_election_free(election);
}

/* ---- In a forked child ---- */

/* As a daemon's library has it: fork, close all, open its own. To free the copy must harm nobody. */
static void a_child_that_closes_and_frees(void **state)
{
    const char *lock = fresh_lock_name();
    struct int_set before = open_numbers(NULL);
    leaderlife_election *leader = leader_of(lock);
    struct int_set ours = open_numbers(&before);
    int status = -1;
    pid_t child = fork_child();

    (void)state;
    if (child == 0) {
        char byte;
        int ends[2];
        bool good = true;

        close_numbers(&ours);
        good = pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0;
        for (int i = 0; i < ours.count; i++)
            good = good && (ours.of[i] == ends[0] || dup2(ends[1], ours.of[i]) == ours.of[i]);
        good = good && leaderlife_election_process(leader) == LEADERLIFE_EFORKED;
        good = good && leaderlife_election_prepare_exec(leader) == LEADERLIFE_ESTATE;
        leaderlife_election_free(leader);
        for (int i = 0; i < ours.count; i++)
            good = good && fcntl(ours.of[i], F_GETFD) >= 0;
        good = good && read(ends[0], &byte, 1) == -1 && errno == EAGAIN;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    settle(leader);
    assert_true(leaderlife_election_is_leader(leader));
    leaderlife_election_free(leader);
}

/* ---- What an end leaves to be read ---- */

/* Whatever else fails afterwards, becoming tells how it has ended. */
static void an_end_keeps_its_text(void **state)
{
    struct int_set before = open_numbers(NULL);
    leaderlife_election *election = leader_of(fresh_lock_name());
    leaderlife_election *refused = NULL;
    struct int_set ours = open_numbers(&before);

    (void)state;
    close_numbers(&ours);
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_set(election, "mode", "observe"), LEADERLIFE_ESTATE);
    assert_error(election, "before the start");
    assert_int_equal(leaderlife_election_become(election, 0), LEADERLIFE_ELOST);
    assert_error(election, "the program has closed");
    leaderlife_election_free(election);

    assert_int_equal(leaderlife_election_new("NOT_A_NAME", &refused), LEADERLIFE_ENAME);
    assert_int_equal(leaderlife_election_set(refused, "mode", "observe"), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_become(refused, 0), LEADERLIFE_ENAME);
    assert_error(refused, "invalid lock name");
    leaderlife_election_free(refused);

    election = new_election(fresh_lock_name());
    assert_int_equal(leaderlife_election_set(election, "backend", "auto"), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_set(election, "server", "https://127.0.0.1:1"), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_ECONFIG);
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_become(election, 0), LEADERLIFE_ECONFIG);
    assert_error(election, "cannot choose a backend");
    leaderlife_election_free(election);

    election = leader_of(fresh_lock_name());
    assert_int_equal(leaderlife_election_resign(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_become(election, 0), LEADERLIFE_ESTATE);
    assert_error(election, "has resigned or is closed: make a new one");
    leaderlife_election_free(election);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leader),
        cmocka_unit_test(a_standby),
        cmocka_unit_test(an_observer),
        cmocka_unit_test(a_new_one),
        cmocka_unit_test(under_a_wait),
        cmocka_unit_test(then_it_is_told_to_end),
        cmocka_unit_test(after_the_end),
        cmocka_unit_test(a_child_that_closes_and_frees),
        cmocka_unit_test(an_end_keeps_its_text),
    };

    return cmocka_run_group_tests_name("unit_handle_descriptors", tests, set_up, NULL);
}
