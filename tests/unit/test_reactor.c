/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reactor: dispatch while sources come and go, the timer, the wake-up, waiting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
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
#include <sys/timerfd.h>
#include <sys/wait.h>
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
    int64_t at = clock_now() + 30;

    (void)state;
    reactor_arm(&reactor, at);
    reactor_arm(&reactor, at);
    assert_int_equal(reactor_wait(&reactor, HANG_MS), 1);
    assert_true(clock_now() >= at);
    assert_int_equal(reactor_poll(&reactor), 1);
    reactor_arm(&reactor, at); /* long past */
    assert_int_equal(reactor_wait(&reactor, HANG_MS), 1);
    reactor_arm(&reactor, clock_now() + 1000 * HANG_MS);
    assert_int_equal(reactor_wait(&reactor, 0), 0);
    reactor_arm(&reactor, -1);
    assert_int_equal(reactor_wait(&reactor, HANG_MS), 1);
}

static void waiting_ends(void **state)
{
    int64_t begun = clock_now();

    (void)state;
    assert_int_equal(reactor_wait(&reactor, 20), 0);
    assert_true(clock_now() - begun >= 19);
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
    assert_int_equal(reactor_wait(&reactor, HANG_MS), -EINTR);
    assert_int_equal(pthread_join(thread, NULL), 0);
    reactor_poll(&reactor); /* the byte may come after the end of the wait */
    assert_int_equal(reactor_wait(&reactor, 0), 0);
}

/* Once, and whatever was polled between. */
static void a_wake_up_ends_the_next_wait(void **state)
{
    (void)state;
    reactor_wake(&reactor);
    assert_int_equal(reactor_wait(&reactor, -1), -EINTR);
    assert_int_equal(reactor_wait(&reactor, 0), 0);
    reactor_wake(&reactor);
    assert_int_equal(reactor_poll(&reactor), 1);
    assert_int_equal(reactor_wait(&reactor, -1), -EINTR);
    assert_int_equal(reactor_wait(&reactor, 0), 0);
    reactor_arm(&reactor, 0);
    reactor_wake(&reactor);
    assert_int_equal(reactor_wait(&reactor, -1), -EINTR); /* what is due is not lost by that */
    assert_int_equal(reactor_wait(&reactor, -1), 1);
}

/* ---- When the host program has closed some ---- */

enum { NUMBERS = 4 };

static void numbers_of(const struct reactor *of, int *numbers)
{
    const int all[NUMBERS] = {of->epoll, of->timer, of->wake, of->waker};

    memcpy(numbers, all, sizeof all);
}

static void each_closed_one_is_missed(void **state)
{
    struct reactor other;
    int numbers[NUMBERS];

    (void)state;
    for (int i = 0; i < NUMBERS; i++) {
        assert_int_equal(reactor_init(&other), 0);
        numbers_of(&other, numbers);
        assert_true(reactor_is_ours(&other));
        close(numbers[i]);
        assert_false(reactor_is_ours(&other));
        assert_int_equal(reactor_wait(&other, -1), -EBADF);
        reactor_free(&other);
    }
}

/* The worst that can take the numbers: another reactor, with the same kinds of files, and the first one's marks. */
static void another_reactor_with_the_same_numbers_is_left_alone(void **state)
{
    struct reactor robbed;
    struct reactor other;
    int numbers[NUMBERS];
    int taken[NUMBERS];

    (void)state;
    assert_int_equal(reactor_init(&robbed), 0);
    numbers_of(&robbed, numbers);
    for (int i = 0; i < NUMBERS; i++)
        close(numbers[i]);
    assert_int_equal(reactor_init(&other), 0);
    numbers_of(&other, taken);
    assert_memory_equal(taken, numbers, sizeof taken);
    assert_false(reactor_is_ours(&robbed));
    assert_true(reactor_is_ours(&other));
    reactor_wake(&robbed);
    assert_int_equal(reactor_wait(&robbed, -1), -EINTR); /* it is heard all the same */
    assert_int_equal(reactor_wait(&robbed, -1), -EBADF);
    assert_int_equal(reactor_wait(&other, 0), 0);
    reactor_give_up(&robbed);
    reactor_arm(&robbed, 0);
    reactor_free(&robbed);
    assert_true(reactor_is_ours(&other));
    assert_int_equal(reactor_wait(&other, 0), 0);
    reactor_wake(&other);
    assert_int_equal(reactor_wait(&other, -1), -EINTR);
    reactor_free(&other);
}

/* One is taken, the others are there still: these are closed, that one is not. */
static void only_what_is_ours_is_closed(void **state)
{
    struct reactor other;
    int numbers[NUMBERS];

    (void)state;
    for (int i = 0; i < NUMBERS; i++) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        assert_int_equal(reactor_init(&other), 0);
        numbers_of(&other, numbers);
        assert_int_equal(dup2(null, numbers[i]), numbers[i]);
        assert_false(reactor_is_ours(&other));
        reactor_wake(&other);
        reactor_free(&other);
        assert_true(fcntl(numbers[i], F_GETFD) >= 0);
        assert_int_equal(fcntl(numbers[3], F_GETFD) >= 0, i == 3); /* closed, as it is known by itself */
        close(numbers[i]);
        close(null);
    }
}

/* Its other end is closed: no signal, no harm. */
static void waking_into_nothing(void **state)
{
    struct reactor other;

    (void)state;
    assert_int_equal(reactor_init(&other), 0);
    close(other.wake);
    reactor_wake(&other);
    reactor_free(&other);
}

static void a_source_is_known_by_its_file(void **state)
{
    struct ready_pipe ready;
    struct ready_pipe other;
    int fd;

    (void)state;
    open_pipe(&ready, count_call);
    open_pipe(&other, count_call);
    fd = ready.source.fd;
    assert_int_equal(reactor_add(&reactor, &ready.source, EPOLLIN), 0);
    assert_true(reactor_source_is_ours(&ready.source));
    assert_true(reactor_has(&reactor, &ready.source));
    assert_int_equal(dup2(other.source.fd, fd), fd);
    assert_false(reactor_source_is_ours(&ready.source));
    assert_false(reactor_has(&reactor, &ready.source));
    reactor_source_close(&ready.source);
    assert_int_equal(ready.source.fd, -1);
    assert_int_equal(close(fd), 0);
    close(ready.writer);
    close_pipe(&other);
}

static void waking_keeps_errno_and_adds_up_to_one(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        reactor_wake(&reactor);
    assert_int_equal(reactor_poll(&reactor), 1);
    assert_int_equal(reactor_poll(&reactor), 0);
    while (write(reactor.waker, "full", 4) > 0) /* it takes no more: the next one fails */
        ;
    errno = ENOTTY;
    reactor_wake(&reactor);
    assert_int_equal(errno, ENOTTY);
    assert_int_equal(reactor_poll(&reactor), 1);
    assert_int_equal(reactor_poll(&reactor), 0);
}

static void descriptors_do_not_survive_exec(void **state)
{
    const int fds[] = {reactor.epoll, reactor.timer, reactor.wake, reactor.waker};

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
    uint32_t first = random_number();
    bool differs = false;

    (void)state;
    for (int i = 0; i < 8; i++)
        differs = differs || random_number() != first;
    assert_true(differs);
}

#define WITH_REACTOR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* ---- Files that epoll goes on telling of ---- */

/* The host program closes the number, and a forked child has the file: epoll keeps it, no number takes it out, and what
 * it tells of is memory that has been given back. */
static void what_a_child_keeps_is_not_called(void **state)
{
    struct reactor own;
    struct ready_pipe *gone = malloc(sizeof *gone);
    int status = 0;

    (void)state;
    assert_int_equal(reactor_init(&own), 0);
    assert_non_null(gone);
    open_pipe(gone, count_call);
    assert_int_equal(reactor_add(&own, &gone->source, EPOLLIN), 0);
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    close(gone->source.fd);
    assert_true(reactor_is_ours(&own));
    reactor_remove(&own, &gone->source);
    close(gone->writer);
    memset(gone, 0xa5, sizeof *gone);
    free(gone);
    assert_int_equal(reactor_poll(&own), 1);
    assert_false(reactor_is_ours(&own)); /* else it would be told of for ever */
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    reactor_free(&own);
}

/* The number is a newer source's by now. */
static void a_number_belongs_to_the_last_that_was_added(void **state)
{
    struct reactor own;
    struct ready_pipe first;
    struct ready_pipe second;

    (void)state;
    assert_int_equal(reactor_init(&own), 0);
    open_pipe(&first, count_call);
    open_pipe(&second, count_call);
    assert_int_equal(reactor_add(&own, &first.source, EPOLLIN), 0);
    assert_int_equal(dup2(second.source.fd, first.source.fd), first.source.fd);
    close(second.source.fd);
    second.source.fd = first.source.fd;
    assert_int_equal(reactor_add(&own, &second.source, EPOLLIN), 0);
    assert_false(reactor_has(&own, &first.source));
    assert_true(reactor_has(&own, &second.source));
    assert_int_equal(reactor_change(&own, &first.source, 0), ENOENT);
    reactor_close(&own, &first.source, false);
    assert_int_equal(reactor_poll(&own), 1);
    assert_int_equal(first.calls, 0);
    assert_int_equal(second.calls, 1);
    reactor_remove(&own, &second.source);
    close(first.writer);
    close_pipe(&second);
    reactor_free(&own);
}

/* Events are popped between a wait and process(), which has not looked yet. */
static void anothers_timer_is_not_set(void **state)
{
    struct reactor own;
    const struct itimerspec far = {.it_value = {.tv_sec = 1000}};
    struct itimerspec now;

    (void)state;
    assert_int_equal(reactor_init(&own), 0);
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    assert_int_equal(timerfd_settime(timer, 0, &far, NULL), 0);
    assert_int_equal(dup2(timer, own.timer), own.timer);
    reactor_arm(&own, 0);
    reactor_arm(&own, clock_now() + 5);
    assert_int_equal(timerfd_gettime(timer, &now), 0);
    assert_in_range(now.it_value.tv_sec, 900, 1000);
    assert_false(reactor_is_ours(&own));
    close(own.timer);
    close(timer);
    reactor_free(&own);
}

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
        WITH_REACTOR(a_wake_up_ends_the_next_wait),
        cmocka_unit_test(each_closed_one_is_missed),
        cmocka_unit_test(another_reactor_with_the_same_numbers_is_left_alone),
        cmocka_unit_test(only_what_is_ours_is_closed),
        cmocka_unit_test(waking_into_nothing),
        WITH_REACTOR(a_source_is_known_by_its_file),
        WITH_REACTOR(waking_keeps_errno_and_adds_up_to_one),
        WITH_REACTOR(descriptors_do_not_survive_exec),
        cmocka_unit_test(freed_it_has_no_descriptors),
        cmocka_unit_test(random_numbers_differ),
        cmocka_unit_test(what_a_child_keeps_is_not_called),
        cmocka_unit_test(a_number_belongs_to_the_last_that_was_added),
        cmocka_unit_test(anothers_timer_is_not_set),
    };

    return cmocka_run_group_tests_name("unit_reactor", tests, NULL, NULL);
}
