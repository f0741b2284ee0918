/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle in loops, threads and signal handlers: the one descriptor, waiting and being woken, interruption, and what
 * a second thread inside the same handle is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/handle_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/time.h>

static int set_up(void **state)
{
    (void)state;
    clear_environment();
    return 0;
}

/* ---- The descriptor ---- */

static void the_descriptor_never_changes(void **state)
{
    leaderlife_election *election = new_election(fresh_lock_name());
    int fd = leaderlife_election_fd(election);

    (void)state;
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_fd(election), fd);
    drive_until(election, LEADERLIFE_STATE_LEADER);
    assert_int_equal(leaderlife_election_fd(election), fd);
    assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
    settle(election);
    assert_int_equal(leaderlife_election_fd(election), fd);
    leaderlife_election_free(election);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void readable_when_there_is_something(void **state)
{
    leaderlife_election *election = new_election(fresh_lock_name());

    (void)state;
    assert_true(is_readable(election)); /* before the first process */
    assert_int_equal(leaderlife_election_timeout_ms(election), 0);
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_OK);
    assert_true(is_readable(election));
    assert_int_equal(leaderlife_election_timeout_ms(election), 0);
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    for (int i = 0; i < 3; i++) { /* as long as events are queued, whatever else is called */
        assert_true(is_readable(election));
        assert_int_equal(leaderlife_election_timeout_ms(election), 0);
        assert_int_equal(leaderlife_election_wait(election, HANG_MS), LEADERLIFE_OK);
        assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    }
    leaderlife_event_free(leaderlife_election_pop_event(election));
    assert_true(is_readable(election));
    settle(election);
    assert_true(leaderlife_election_is_leader(election));
    assert_false(is_readable(election));
    assert_int_not_equal(leaderlife_election_timeout_ms(election), 0);
    assert_int_equal(leaderlife_election_wait(election, 0), LEADERLIFE_ETIMEDOUT);
    leaderlife_election_free(election);
}

/* Events that resign and close bring make it readable too, and a closed handle is quiet once they are popped. */
static void readable_after_resign_and_close(void **state)
{
    leaderlife_election *election = leader_of(fresh_lock_name());

    (void)state;
    settle(election);
    assert_int_equal(leaderlife_election_resign(election), LEADERLIFE_OK);
    assert_true(is_readable(election));
    settle(election);
    assert_false(is_readable(election));
    assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
    assert_true(is_readable(election));
    settle(election);
    assert_false(is_readable(election));
    assert_int_equal(leaderlife_election_timeout_ms(election), -1);
    leaderlife_election_free(election);
}

/* How often a loop that polls the descriptor alone is woken in a second. */
static int wakeups_in_a_second(leaderlife_election *election)
{
    int64_t end = clock_ms() + 1000;
    int count = 0;

    for (int64_t now = clock_ms(); now < end; now = clock_ms()) {
        struct pollfd look = {.fd = leaderlife_election_fd(election), .events = POLLIN};

        if (poll(&look, 1, (int)(end - now)) == 1) {
            count++;
            assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
            pop_all(election);
        }
        assert_true(count < 1000);
    }
    return count;
}

static void an_idle_loop_does_not_spin(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *standby = standby_of(lock);

    (void)state;
    settle(leader);
    drive_until_asleep(standby);
    assert_true(wakeups_in_a_second(standby) <= 1);
    assert_true(wakeups_in_a_second(leader) <= 1);
    leaderlife_election_free(leader);
    drive_until(standby, LEADERLIFE_STATE_LEADER); /* and yet it is woken */
    leaderlife_election_free(standby);
}

/* ---- Timeouts and signals ---- */

static void becoming_takes_no_longer_than_told(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *standby = new_election(lock);

    (void)state;
    assert_int_equal(leaderlife_election_become(standby, 0), LEADERLIFE_ETIMEDOUT);
    assert_int_equal(leaderlife_election_become(standby, 30), LEADERLIFE_ETIMEDOUT);
    assert_error(standby, "still a candidate");
    assert_int_equal(leaderlife_election_state(standby), LEADERLIFE_STATE_STANDBY);
    assert_true(leaderlife_election_is_ready(standby));
    leaderlife_election_free(leader);
    assert_int_equal(leaderlife_election_become(standby, HANG_MS), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_become(standby, 0), LEADERLIFE_OK); /* it leads already */
    leaderlife_election_free(standby);
}

static void an_observer_never_becomes(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *observer = new_election(lock);
    leaderlife_election *leader;

    (void)state;
    assert_int_equal(leaderlife_election_set(observer, "mode", "observe"), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_become(observer, -1), LEADERLIFE_ESTATE);
    assert_error(observer, "set mode to campaign");
    assert_int_equal(leaderlife_election_start(observer), LEADERLIFE_OK);
    drive_until(observer, LEADERLIFE_STATE_STANDBY);
    assert_int_equal(leaderlife_election_is_ready(observer), 0);
    leader = leader_of(lock); /* it does not stand in the way */
    while (leaderlife_election_holder(observer) == NULL) {
        assert_int_equal(leaderlife_election_wait(observer, HANG_MS), LEADERLIFE_OK);
        assert_int_equal(leaderlife_election_process(observer), LEADERLIFE_OK);
        pop_all(observer);
    }
    leaderlife_election_free(leader);
    leaderlife_election_free(observer);
}

static leaderlife_election *woken_by_signal; /* NULL: the handler does nothing */
static volatile sig_atomic_t signals;
static volatile sig_atomic_t errno_kept = 1;

static void on_alarm(int number)
{
    (void)number;
    signals++;
    if (woken_by_signal != NULL) {
        errno = 4711;
        if (leaderlife_election_wakeup(woken_by_signal) != LEADERLIFE_OK || errno != 4711)
            errno_kept = 0;
    }
}

/* SIGALRM every 20 ms, so that one that comes too early is not the last; SA_RESTART as most programs have it. */
static void ring(bool on)
{
    const struct sigaction action = {.sa_handler = on ? on_alarm : SIG_IGN, .sa_flags = SA_RESTART};
    const struct itimerval every = {.it_interval = {.tv_usec = on ? 20000 : 0},
                                    .it_value = {.tv_usec = on ? 20000 : 0}};

    signals = on ? 0 : signals;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static void a_signal_interrupts(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *standby = standby_of(lock);

    (void)state;
    drive_until_asleep(standby);
    ring(true);
    assert_int_equal(leaderlife_election_wait(standby, -1), LEADERLIFE_EINTR);
    assert_int_equal(leaderlife_election_become(standby, -1), LEADERLIFE_EINTR);
    assert_int_equal(leaderlife_election_become(standby, HANG_MS), LEADERLIFE_EINTR);
    ring(false);
    assert_int_equal(leaderlife_election_state(standby), LEADERLIFE_STATE_STANDBY);
    leaderlife_election_free(leader);
    assert_int_equal(leaderlife_election_become(standby, HANG_MS), LEADERLIFE_OK); /* the campaign went on */
    leaderlife_election_free(standby);
}

static void woken_from_a_signal_handler(void **state)
{
    leaderlife_election *election = leader_of(fresh_lock_name());
    struct pollfd look = {.fd = leaderlife_election_fd(election), .events = POLLIN};

    (void)state;
    settle(election);
    woken_by_signal = election;
    ring(true);
    while (poll(&look, 1, HANG_MS) < 0)
        assert_int_equal(errno, EINTR);
    ring(false);
    assert_true(signals > 0);
    assert_true(errno_kept);
    woken_by_signal = NULL;
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    assert_false(is_readable(election)); /* one process() ends that */
    assert_int_equal(leaderlife_election_wait(election, HANG_MS), LEADERLIFE_EINTR);
    settle(election);
    leaderlife_election_free(election);
}

/* A handler that ran just before is not missed, whatever was done between; and ends one wait only. */
static void a_wakeup_before_the_wait_ends_it(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *standby = new_election(lock);

    (void)state;
    assert_int_equal(leaderlife_election_wakeup(standby), LEADERLIFE_OK); /* before it has begun */
    assert_int_equal(leaderlife_election_become(standby, -1), LEADERLIFE_EINTR);
    assert_error(standby, "leaderlife_election_wakeup()");
    assert_int_equal(leaderlife_election_become(standby, 30), LEADERLIFE_ETIMEDOUT);
    drive_until_asleep(standby);   /* its looks would end a wait, too */
    for (int i = 0; i < 1000; i++) /* as many as may be */
        assert_int_equal(leaderlife_election_wakeup(standby), LEADERLIFE_OK);
    settle(standby);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(leaderlife_election_wakeup(standby), LEADERLIFE_OK);
        if (i == 1)
            assert_int_equal(leaderlife_election_process(standby), LEADERLIFE_OK);
        assert_int_equal(leaderlife_election_wait(standby, -1), LEADERLIFE_EINTR);
        assert_int_equal(leaderlife_election_wait(standby, 0), LEADERLIFE_ETIMEDOUT);
        assert_int_equal(leaderlife_election_wakeup(standby), LEADERLIFE_OK);
        if (i == 1)
            assert_int_equal(leaderlife_election_process(standby), LEADERLIFE_OK);
        assert_int_equal(leaderlife_election_become(standby, -1), LEADERLIFE_EINTR);
        assert_int_equal(leaderlife_election_become(standby, 0), LEADERLIFE_ETIMEDOUT);
    }
    assert_int_equal(leaderlife_election_state(standby), LEADERLIFE_STATE_STANDBY);
    leaderlife_election_free(leader);
    leaderlife_election_free(standby);
}

/* Leading goes before, and so does an end; the wakeup is then still there for the next wait. */
static void a_wakeup_beside_the_result(void **state)
{
    leaderlife_election *election = new_election(fresh_lock_name());

    (void)state;
    assert_int_equal(leaderlife_election_wakeup(election), LEADERLIFE_OK);
    while (leaderlife_election_become(election, HANG_MS) == LEADERLIFE_EINTR)
        assert_int_equal(leaderlife_election_wakeup(election), LEADERLIFE_OK);
    assert_true(leaderlife_election_is_leader(election));
    assert_int_equal(leaderlife_election_wakeup(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_become(election, -1), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_wait(election, -1), LEADERLIFE_EINTR); /* though events are queued */
    assert_int_equal(leaderlife_election_wait(election, -1), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_close(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_wakeup(election), LEADERLIFE_OK);
    assert_int_equal(leaderlife_election_become(election, -1), LEADERLIFE_ESTATE);
    assert_int_equal(leaderlife_election_wait(election, -1), LEADERLIFE_EINTR);
    leaderlife_election_free(election);
}

/* ---- Threads ---- */

static void *wait_inside(void *argument)
{
    leaderlife_election *election = argument;
    int status;

    do
        status = leaderlife_election_wait(election, -1);
    while (status == LEADERLIFE_EBUSY); /* the test asks whether we are inside */
    return (void *)(intptr_t)status;
}

static pthread_t start_waiter(leaderlife_election *election)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, wait_inside, election), 0);
    return thread;
}

static int result_of(pthread_t thread)
{
    void *result = NULL;

    assert_int_equal(pthread_join(thread, &result), 0);
    return (int)(intptr_t)result;
}

static void woken_from_another_thread(void **state)
{
    leaderlife_election *election = leader_of(fresh_lock_name());
    pthread_t thread;

    (void)state;
    settle(election);
    thread = start_waiter(election);
    assert_int_equal(leaderlife_election_wakeup(election), LEADERLIFE_OK);
    assert_int_equal(result_of(thread), LEADERLIFE_EINTR);
    settle(election);
    leaderlife_election_free(election);
}

static void *become_inside(void *argument)
{
    return (void *)(intptr_t)leaderlife_election_become(argument, -1);
}

/* Whether it waits already or has not begun to. */
static void becoming_is_ended_by_another_thread(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *standby = standby_of(lock);
    pthread_t thread;

    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(pthread_create(&thread, NULL, become_inside, standby), 0);
        if (i % 2 == 0)
            poll(NULL, 0, i);
        assert_int_equal(leaderlife_election_wakeup(standby), LEADERLIFE_OK);
        assert_int_equal(result_of(thread), LEADERLIFE_EINTR);
    }
    assert_int_equal(leaderlife_election_state(standby), LEADERLIFE_STATE_STANDBY);
    leaderlife_election_free(leader);
    assert_int_equal(leaderlife_election_become(standby, HANG_MS), LEADERLIFE_OK); /* the campaign went on */
    leaderlife_election_free(standby);
}

/* The recipe: a signal that comes at the worst moment, between the look at its mark and the wait. */
static void a_signal_just_before_the_wait(void **state)
{
    const char *lock = fresh_lock_name();
    leaderlife_election *leader = leader_of(lock);
    leaderlife_election *standby = standby_of(lock);
    const struct sigaction action = {.sa_handler = on_alarm};

    (void)state;
    woken_by_signal = standby;
    signals = 0;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(signals, 0);
    assert_int_equal(raise(SIGALRM), 0);
    assert_int_equal(leaderlife_election_become(standby, -1), LEADERLIFE_EINTR);
    assert_int_equal(signals, 1);
    woken_by_signal = NULL;
    leaderlife_election_free(leader);
    leaderlife_election_free(standby);
}

/* A second thread is told, and changes nothing. */
static void two_threads_inside(void **state)
{
    leaderlife_election *election = leader_of(fresh_lock_name());
    int64_t until = clock_ms() + HANG_MS;
    pthread_t thread;
    int status;

    (void)state;
    settle(election);
    thread = start_waiter(election);
    do {
        poll(NULL, 0, 1);
        status = leaderlife_election_wait(election, 0); /* until it is inside */
        assert_true(clock_ms() < until);
    } while (status == LEADERLIFE_ETIMEDOUT);
    assert_int_equal(status, LEADERLIFE_EBUSY);
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_EBUSY);
    assert_int_equal(leaderlife_election_set(election, "mode", "observe"), LEADERLIFE_EBUSY);
    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_EBUSY);
    assert_int_equal(leaderlife_election_resign(election), LEADERLIFE_EBUSY);
    assert_int_equal(leaderlife_election_close(election), LEADERLIFE_EBUSY);
    assert_int_equal(leaderlife_election_become(election, 0), LEADERLIFE_EBUSY);
    assert_int_equal(leaderlife_election_prepare_exec(election), LEADERLIFE_EBUSY);
    assert_null(leaderlife_election_pop_event(election));
    assert_int_equal(leaderlife_election_wakeup(election), LEADERLIFE_OK);
    assert_int_equal(result_of(thread), LEADERLIFE_EINTR);
    assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
    assert_true(leaderlife_election_is_leader(election));
    leaderlife_election_free(election);
}

static void *live_a_life(void *argument)
{
    leaderlife_election *election = NULL;
    int status = leaderlife_election_new(argument, &election);

    if (status == LEADERLIFE_OK)
        status = leaderlife_election_become(election, HANG_MS);
    leaderlife_election_free(election);
    return (void *)(intptr_t)status;
}

/* Different handles are independent: many threads, each with its own, on one lock. */
static void threads_with_handles_of_their_own(void **state)
{
    enum { THREADS = 8 };
    char lock[64];
    pthread_t threads[THREADS];

    (void)state;
    snprintf(lock, sizeof lock, "%s", fresh_lock_name());
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, live_a_life, lock), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(result_of(threads[i]), LEADERLIFE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_descriptor_never_changes),
        cmocka_unit_test(readable_when_there_is_something),
        cmocka_unit_test(readable_after_resign_and_close),
        cmocka_unit_test(an_idle_loop_does_not_spin),
        cmocka_unit_test(becoming_takes_no_longer_than_told),
        cmocka_unit_test(an_observer_never_becomes),
        cmocka_unit_test(a_signal_interrupts),
        cmocka_unit_test(woken_from_a_signal_handler),
        cmocka_unit_test(a_wakeup_before_the_wait_ends_it),
        cmocka_unit_test(a_wakeup_beside_the_result),
        cmocka_unit_test(woken_from_another_thread),
        cmocka_unit_test(becoming_is_ended_by_another_thread),
        cmocka_unit_test(a_signal_just_before_the_wait),
        cmocka_unit_test(two_threads_inside),
        cmocka_unit_test(threads_with_handles_of_their_own),
    };

    return cmocka_run_group_tests_name("unit_handle_loop", tests, set_up, NULL);
}
