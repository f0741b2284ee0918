/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reactor: dispatch while sources come and go, the timer, the wake-up, waiting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/reactor.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <unistd.h>

enum { HANG_MS = 20000 };

static struct reactor reactor;

/* One end of a pipe that is always readable. */
struct ready_pipe {
    struct source source;
    int writer;
    int calls;
    struct ready_pipe *victim; /* removed and wiped out by the call */
};

static int set_up(void **state)
{
    (void)state;
    return reactor_init(&reactor);
}

static int tear_down(void **state)
{
    (void)state;
    reactor_free(&reactor);
    return 0;
}

static void open_pipe(struct ready_pipe *pipe_, void (*ready)(struct source *source, uint32_t events))
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    *pipe_ = (struct ready_pipe){.source = {.fd = ends[0], .ready = ready, .owner = pipe_}, .writer = ends[1]};
}

static void close_pipe(struct ready_pipe *pipe_)
{
    close(pipe_->source.fd);
    close(pipe_->writer);
}

static void count_call(struct source *source, uint32_t events)
{
    struct ready_pipe *pipe_ = source->owner;

    assert_true(events & EPOLLIN);
    pipe_->calls++;
}

static void kill_victim(struct source *source, uint32_t events)
{
    struct ready_pipe *pipe_ = source->owner;

    count_call(source, events);
    reactor_remove(&reactor, &pipe_->victim->source);
}

static void calls_what_is_ready(void **state)
{
    struct ready_pipe ready;
    char byte;

    (void)state;
    open_pipe(&ready, count_call);
    assert_int_equal(reactor_poll(&reactor), 0);
    assert_int_equal(reactor_add(&reactor, &ready.source, EPOLLIN), 0);
    assert_int_equal(ready.source.events, EPOLLIN);
    assert_int_equal(reactor_wait(&reactor, HANG_MS), 1);
    assert_int_equal(reactor_poll(&reactor), 1);
    assert_int_equal(ready.calls, 1);
    assert_int_equal(reactor_poll(&reactor), 1); /* level-triggered */
    assert_int_equal(read(ready.source.fd, &byte, 1), 1);
    assert_int_equal(reactor_poll(&reactor), 0);
    assert_int_equal(ready.calls, 2);
    reactor_remove(&reactor, &ready.source);
    close_pipe(&ready);
}

static void changes_what_it_waits_for(void **state)
{
    struct ready_pipe ready;

    (void)state;
    open_pipe(&ready, count_call);
    assert_int_equal(reactor_change(&reactor, &ready.source, EPOLLIN), ENOENT);
    assert_int_equal(reactor_add(&reactor, &ready.source, EPOLLPRI), 0);
    assert_int_equal(reactor_add(&reactor, &ready.source, EPOLLPRI), EEXIST);
    assert_int_equal(reactor_poll(&reactor), 0);
    assert_int_equal(reactor_change(&reactor, &ready.source, EPOLLIN), 0);
    assert_int_equal(reactor_poll(&reactor), 1);
    reactor_remove(&reactor, &ready.source);
    assert_int_equal(reactor_poll(&reactor), 0);
    assert_int_equal(ready.calls, 1);
    close_pipe(&ready);
}

/* Whichever is called first removes the other, whose memory may be gone at once. */
static void a_removed_source_is_not_called_in_the_same_round(void **state)
{
    struct ready_pipe *a = malloc(sizeof *a);
    struct ready_pipe *b = malloc(sizeof *b);

    (void)state;
    assert_non_null(a);
    assert_non_null(b);
    open_pipe(a, kill_victim);
    open_pipe(b, kill_victim);
    a->victim = b;
    b->victim = a;
    assert_int_equal(reactor_add(&reactor, &a->source, EPOLLIN), 0);
    assert_int_equal(reactor_add(&reactor, &b->source, EPOLLIN), 0);
    assert_int_equal(reactor_poll(&reactor), 2);
    assert_int_equal(a->calls + b->calls, 1);
    reactor_remove(&reactor, a->calls ? &a->source : &b->source);
    close_pipe(a);
    close_pipe(b);
    free(a);
    free(b);
}

static void free_self(struct source *source, uint32_t events)
{
    struct ready_pipe *pipe_ = source->owner;

    (void)events;
    reactor_remove(&reactor, source);
    close_pipe(pipe_);
    free(pipe_);
}

static void a_source_may_remove_itself(void **state)
{
    struct ready_pipe *self = malloc(sizeof *self);

    (void)state;
    assert_non_null(self);
    open_pipe(self, free_self);
    assert_int_equal(reactor_add(&reactor, &self->source, EPOLLIN), 0);
    assert_int_equal(reactor_poll(&reactor), 1);
    assert_int_equal(reactor_poll(&reactor), 0);
}

static void remove_and_add_again(struct source *source, uint32_t events)
{
    struct ready_pipe *pipe_ = source->owner;

    count_call(source, events);
    reactor_remove(&reactor, &pipe_->victim->source);
    assert_int_equal(reactor_add(&reactor, &pipe_->victim->source, EPOLLIN), 0);
}

/* Memory that is used again for another source must not get the old one's events. */
static void added_again_it_waits_for_the_next_round(void **state)
{
    struct ready_pipe pipes[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        open_pipe(&pipes[i], remove_and_add_again);
        pipes[i].victim = &pipes[1 - i];
        assert_int_equal(reactor_add(&reactor, &pipes[i].source, EPOLLIN), 0);
    }
    assert_int_equal(reactor_poll(&reactor), 2);
    assert_int_equal(pipes[0].calls + pipes[1].calls, 1);
    assert_int_equal(reactor_poll(&reactor), 2);
    assert_int_equal(pipes[0].calls + pipes[1].calls, 2);
    for (int i = 0; i < 2; i++) {
        reactor_remove(&reactor, &pipes[i].source);
        close_pipe(&pipes[i]);
    }
}

static void a_closed_source_may_be_removed(void **state)
{
    struct ready_pipe ready;

    (void)state;
    open_pipe(&ready, count_call);
    assert_int_equal(reactor_add(&reactor, &ready.source, EPOLLIN), 0);
    close_pipe(&ready);
    reactor_remove(&reactor, &ready.source);
    assert_int_equal(reactor_poll(&reactor), 0);
}

static void many_sources_all_get_their_turn(void **state)
{
    enum { MANY = 100 };
    static struct ready_pipe pipes[MANY];
    int waiting = MANY;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        open_pipe(&pipes[i], count_call);
        assert_int_equal(reactor_add(&reactor, &pipes[i].source, EPOLLIN), 0);
    }
    for (int round = 0; round < 100 && waiting > 0; round++) {
        assert_true(reactor_poll(&reactor) > 0);
        waiting = 0;
        for (int i = 0; i < MANY; i++)
            waiting += pipes[i].calls == 0;
    }
    assert_int_equal(waiting, 0);
    for (int i = 0; i < MANY; i++) {
        reactor_remove(&reactor, &pipes[i].source);
        close_pipe(&pipes[i]);
    }
}

static void armed_at_once_it_stays_readable_until_polled(void **state)
{
    (void)state;
    assert_int_equal(reactor_wait(&reactor, 0), 0);
    reactor_arm(&reactor, 0);
    assert_int_equal(reactor_wait(&reactor, HANG_MS), 1);
    reactor_arm(&reactor, 0);
    assert_int_equal(reactor_wait(&reactor, HANG_MS), 1);
    assert_int_equal(reactor_poll(&reactor), 1);
    assert_int_equal(reactor_wait(&reactor, 0), 0);
    reactor_arm(&reactor, 0); /* the same time as before counts as new after a poll */
    assert_int_equal(reactor_wait(&reactor, HANG_MS), 1);
    reactor_arm(&reactor, INT64_MAX);
    assert_int_equal(reactor_wait(&reactor, 0), 0);
}

static void the_timer_fires_in_time(void **state)
{
    int64_t at = reactor_now() + 30;

    (void)state;
    reactor_arm(&reactor, at);
    reactor_arm(&reactor, at);
    assert_int_equal(reactor_wait(&reactor, HANG_MS), 1);
    assert_true(reactor_now() >= at);
    assert_int_equal(reactor_poll(&reactor), 1);
    reactor_arm(&reactor, at); /* long past */
    assert_int_equal(reactor_wait(&reactor, HANG_MS), 1);
    reactor_arm(&reactor, reactor_now() + 1000 * HANG_MS);
    assert_int_equal(reactor_wait(&reactor, 0), 0);
    reactor_arm(&reactor, -1);
    assert_int_equal(reactor_wait(&reactor, HANG_MS), 1);
}

static void waiting_ends(void **state)
{
    int64_t begun = reactor_now();

    (void)state;
    assert_int_equal(reactor_wait(&reactor, 20), 0);
    assert_true(reactor_now() - begun >= 19);
}

static void on_alarm(int number)
{
    (void)number;
}

static void a_signal_ends_a_wait_whatever_sa_restart_says(void **state)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct itimerval often = {.it_value.tv_usec = 10000, .it_interval.tv_usec = 10000};
    struct itimerval never = {.it_value.tv_usec = 0};
    int result;

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    result = reactor_wait(&reactor, HANG_MS);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(result, -EINTR);
    result = reactor_poll(&reactor);
    assert_int_equal(result, 0);
}

static void *wake_from_thread(void *unused)
{
    (void)unused;
    reactor_wake(&reactor);
    return NULL;
}

static void another_thread_wakes(void **state)
{
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, wake_from_thread, NULL), 0);
    assert_int_equal(reactor_wait(&reactor, HANG_MS), 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(reactor_poll(&reactor), 1);
    assert_int_equal(reactor_wait(&reactor, 0), 0);
}

static void waking_keeps_errno_and_adds_up_to_one(void **state)
{
    const uint64_t full = UINT64_MAX - 1; /* the counter takes no more: the next write fails */

    (void)state;
    for (int i = 0; i < 1000; i++)
        reactor_wake(&reactor);
    assert_int_equal(reactor_poll(&reactor), 1);
    assert_int_equal(write(reactor.wake, &full, sizeof full), sizeof full);
    errno = ENOTTY;
    reactor_wake(&reactor);
    assert_int_equal(errno, ENOTTY);
    assert_int_equal(reactor_poll(&reactor), 1);
    assert_int_equal(reactor_poll(&reactor), 0);
}

static void descriptors_do_not_survive_exec(void **state)
{
    const int fds[] = {reactor.epoll, reactor.timer, reactor.wake};

    (void)state;
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
}

static void freed_it_has_no_descriptors(void **state)
{
    struct reactor other;
    int epoll;

    (void)state;
    assert_int_equal(reactor_init(&other), 0);
    epoll = other.epoll;
    reactor_free(&other);
    assert_int_equal(fcntl(epoll, F_GETFD), -1);
    reactor_free(&other); /* twice does no harm */
    assert_int_equal(other.epoll, -1);
}

static void random_numbers_differ(void **state)
{
    uint32_t first = reactor_random();
    bool differs = false;

    (void)state;
    for (int i = 0; i < 8; i++)
        differs = differs || reactor_random() != first;
    assert_true(differs);
}

#define WITH_REACTOR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_REACTOR(calls_what_is_ready),
        WITH_REACTOR(changes_what_it_waits_for),
        WITH_REACTOR(a_removed_source_is_not_called_in_the_same_round),
        WITH_REACTOR(a_source_may_remove_itself),
        WITH_REACTOR(added_again_it_waits_for_the_next_round),
        WITH_REACTOR(a_closed_source_may_be_removed),
        WITH_REACTOR(many_sources_all_get_their_turn),
        WITH_REACTOR(armed_at_once_it_stays_readable_until_polled),
        WITH_REACTOR(the_timer_fires_in_time),
        WITH_REACTOR(waiting_ends),
        WITH_REACTOR(a_signal_ends_a_wait_whatever_sa_restart_says),
        WITH_REACTOR(another_thread_wakes),
        WITH_REACTOR(waking_keeps_errno_and_adds_up_to_one),
        WITH_REACTOR(descriptors_do_not_survive_exec),
        cmocka_unit_test(freed_it_has_no_descriptors),
        cmocka_unit_test(random_numbers_differ),
    };

    return cmocka_run_group_tests_name("unit_reactor", tests, NULL, NULL);
}
