/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seat (P12), on the real kernel lock: one process per pod and lock, the wait for a sibling's end, the notices; and
 * what the Kubernetes backend refuses before it has asked anybody.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/backend.h"
#include "base/random.h"
#include "kubernetes/backend/seat.h"

#include <fcntl.h>
#include <leaderlife/leaderlife.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUARD_MS = 20000 };

static struct reactor reactor;
static char uid[TEXT_UID]; /* of nobody else who runs this test now */

static int set_up(void **state)
{
    (void)state;
    text_format(uid, sizeof uid, "%08x-%08x-%ld", (unsigned)random_number(), (unsigned)random_number(), (long)getpid());
    return reactor_init(&reactor);
}

static int tear_down(void **state)
{
    (void)state;
    reactor_free(&reactor);
    return 0;
}

static void sit(struct pod_seat *seat, const char *lock)
{
    seat_init(seat, &reactor);
    seat_name(seat, uid, lock);
}

static enum outcome take(struct pod_seat *seat)
{
    struct fact fact = {.kind = FACT_ANSWER};
    seat_take(seat, &fact);
    return fact.outcome;
}

static bool next(struct pod_seat *seat, struct fact *ret_fact)
{
    reactor_poll(&reactor);
    return seat_run(seat, clock_now(), random_number(), ret_fact);
}

/* The next fact of that kind, within the hang guard. */
static struct fact await(struct pod_seat *seat, enum fact_kind kind)
{
    int64_t end = clock_now() + GUARD_MS;
    struct fact fact;

    for (;;) {
        if (next(seat, &fact) && fact.kind == kind)
            return fact;
        if (clock_now() >= end)
            fail_msg("no fact of kind %d", (int)kind);
        int64_t at = seat_deadline(seat);
        reactor_arm(&reactor, at < end ? at : end);
        (void)reactor_wait(&reactor, 1000);
    }
}

static void p12_one_per_pod_and_lock(void **state)
{
    struct pod_seat first;
    struct pod_seat second;
    struct pod_seat other;

    (void)state;
    sit(&first, "lock");
    sit(&second, "lock");
    sit(&other, "lock-2");
    assert_int_equal(take(&first), OUTCOME_OK);
    assert_int_equal(take(&first), OUTCOME_OK); /* it has it */
    assert_int_equal(take(&second), OUTCOME_EXISTS);
    assert_int_equal(take(&other), OUTCOME_OK);
    assert_true(first.held >= 0);
    assert_true((fcntl(first.held, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(second.held, -1);
    seat_free(&first, false);
    assert_int_equal(take(&second), OUTCOME_OK);
    seat_free(&second, false);
    seat_free(&other, false);
}

static void p12_the_name_has_the_uid_without_dashes(void **state)
{
    struct pod_seat seat;
    struct kernel_lock_name name;

    (void)state;
    seat_init(&seat, &reactor);
    seat_name(&seat, "4f2c-11-ab", "lock");
    kernel_lock_make_name(&name, "leaderlife-pod", "4f2c11ab", "lock");
    assert_string_equal(seat.name.bytes, name.bytes);
}

static void the_end_of_a_sibling_is_told(void **state)
{
    struct pod_seat holder;
    struct pod_seat waiter;
    struct fact fact;

    (void)state;
    sit(&holder, "lock");
    sit(&waiter, "lock");
    assert_false(next(&waiter, &fact)); /* nobody has asked */
    assert_int_equal(take(&holder), OUTCOME_OK);
    assert_int_equal(take(&waiter), OUTCOME_EXISTS);
    seat_want(&waiter, true);
    fact = await(&waiter, FACT_NOTE);
    assert_int_equal(fact.level, 0); /* a notice */
    assert_int_equal(fact.status, LEADERLIFE_EBLOCKED);
    assert_non_null(strstr(fact.text, "'lock'"));
    assert_false(next(&waiter, &fact));
    assert_true(seat_deadline(&waiter) == INT64_MAX);
    assert_false(seat_release(&holder, &fact));
    fact = await(&waiter, FACT_SEAT);
    assert_int_equal(fact.seat, SEAT_UNKNOWN);
    seat_want(&waiter, false);
    assert_int_equal(take(&waiter), OUTCOME_OK);
    seat_free(&waiter, false);
}

/* No test leaves a process behind, not even one that fails. */
static void live_as_long_as_the_parent(void)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() == 1)
        _exit(1);
}

static pid_t sit_in_child(const char *lock)
{
    int ready[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct pod_seat seat;
        struct fact fact = {.kind = FACT_ANSWER};
        live_as_long_as_the_parent();
        seat_init(&seat, &reactor);
        seat_name(&seat, uid, lock);
        seat_take(&seat, &fact);
        if (fact.outcome != OUTCOME_OK || write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void end_child(pid_t child)
{
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_sibling_that_is_killed(void **state)
{
    pid_t child = sit_in_child("lock");
    struct pod_seat waiter;
    struct fact fact;
    char who[64];

    (void)state;
    sit(&waiter, "lock");
    assert_int_equal(take(&waiter), OUTCOME_EXISTS);
    seat_want(&waiter, true);
    fact = await(&waiter, FACT_NOTE);
    text_format(who, sizeof who, "pid %ld (", (long)child);
    assert_non_null(strstr(fact.text, who));
    end_child(child);
    assert_int_equal(await(&waiter, FACT_SEAT).seat, SEAT_UNKNOWN);
    seat_want(&waiter, false);
    assert_int_equal(take(&waiter), OUTCOME_OK);
    seat_free(&waiter, false);
}

/* Nobody listens: the seat may be free, or be taken at this moment, so the looks become rarer. */
static void a_seat_that_is_free_is_told_at_once_and_then_more_rarely(void **state)
{
    struct pod_seat seat;
    struct fact fact;
    int64_t now = clock_now();

    (void)state;
    sit(&seat, "free");
    seat_want(&seat, true);
    assert_true(seat_run(&seat, now, 0, &fact));
    assert_int_equal(fact.kind, FACT_SEAT);
    for (int i = 0; i < 12; i++) {
        seat_want(&seat, false);
        seat_want(&seat, true); /* as after a take that found it taken */
        assert_false(seat_run(&seat, now, 0, &fact));
        assert_in_range(seat_deadline(&seat) - now, 1, 1001);
        now = seat_deadline(&seat);
        assert_true(seat_run(&seat, now, 0, &fact));
        assert_int_equal(fact.kind, FACT_SEAT);
    }
    assert_true(seat_deadline(&seat) - now >= 1000);
    seat_free(&seat, false);
}

/* A forked child has the descriptor too, and so the seat. */
static void a_child_that_keeps_the_seat(void **state)
{
    struct pod_seat seat;
    struct fact note;
    pid_t child;

    (void)state;
    sit(&seat, "lock");
    assert_int_equal(take(&seat), OUTCOME_OK);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        live_as_long_as_the_parent();
        for (;;)
            pause();
    }
    assert_true(seat_release(&seat, &note));
    assert_int_equal(note.status, LEADERLIFE_EBUSY);
    assert_non_null(strstr(note.text, "forked"));
    assert_int_equal(take(&seat), OUTCOME_EXISTS);
    end_child(child);
    assert_int_equal(take(&seat), OUTCOME_OK);
    assert_false(seat_release(&seat, &note));
}

/* ---- The backend's birth ---- */

/* The host program has closed it, and has another file there by now. */
static void p12_a_seat_that_was_closed(void **state)
{
    struct pod_seat first;
    struct pod_seat second;
    int fd;

    (void)state;
    sit(&first, "lock");
    sit(&second, "lock");
    assert_true(seat_is_ours(&first)); /* it has none */
    assert_int_equal(take(&first), OUTCOME_OK);
    assert_true(seat_is_ours(&first));
    fd = first.held;
    close(fd);
    assert_false(seat_is_ours(&first));
    assert_int_equal(take(&second), OUTCOME_OK);
    assert_int_equal(second.held, fd); /* of all files another seat of that name */
    assert_false(seat_is_ours(&first));
    assert_int_equal(take(&first), OUTCOME_OK); /* it believes so, but does not take the other one for its own */
    assert_false(seat_is_ours(&first));
    seat_free(&first, false);
    assert_true(seat_is_ours(&second));
    seat_free(&second, false);
}

/* The connection that tells of a sibling's end: it is made anew. */
static void a_wait_that_was_closed(void **state)
{
    struct pod_seat holder;
    struct pod_seat waiter;
    struct fact fact;
    int ends[2];
    int fd;

    (void)state;
    sit(&holder, "lock");
    sit(&waiter, "lock");
    assert_int_equal(take(&holder), OUTCOME_OK);
    seat_want(&waiter, true);
    (void)await(&waiter, FACT_NOTE);
    fd = waiter.source.fd;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], fd), fd);
    assert_false(next(&waiter, &fact));
    assert_true(waiter.source.fd >= 0 && waiter.source.fd != fd);
    seat_free(&holder, false);
    assert_int_equal(await(&waiter, FACT_SEAT).seat, SEAT_UNKNOWN);
    seat_free(&waiter, false);
    assert_int_equal(close(fd), 0);
    close(ends[0]);
    close(ends[1]);
}

static void every_guard_and_policy_has_a_backend(void **state)
{
    static const struct {
        const char *option;
        const char *value;
    } rows[] = {
        {"guard", "required"}, {"node-policy", "fenced"}, {"node-policy", "unready"},
        {"guard", "auto"},     {"guard", "memory"},       {"node-policy", "strict"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct options options = {0};
        struct counters counters = {0};
        struct backend_choice choice = {.source = BACKEND_OPTIONS};
        struct backend_setup setup = {
            .lock = "lock", .options = &options, .choice = &choice, .reactor = &reactor, .counters = &counters};
        struct backend *backend = NULL;
        char text[TEXT_MESSAGE] = "";

        assert_int_equal(options_set(&options, rows[i].option, rows[i].value, text, sizeof text), LEADERLIFE_OK);
        assert_int_equal(kubernetes_backend_new(&setup, &backend, text, sizeof text), LEADERLIFE_OK);
        assert_true(backend->ops->late_writes);
        assert_true(backend->ops->records);
        assert_int_equal(backend->ops->guard, LEADERLIFE_GUARD_MEMORY);
        assert_int_equal(backend->ops->exec_fd(backend), -1);
        assert_true(backend->ops->deadline(backend) == INT64_MAX);
        backend->ops->free(backend, false);
        assert_int_equal(counters.requests, 0);
        options_free(&options);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(p12_one_per_pod_and_lock),
        cmocka_unit_test(p12_the_name_has_the_uid_without_dashes),
        cmocka_unit_test(the_end_of_a_sibling_is_told),
        cmocka_unit_test(a_sibling_that_is_killed),
        cmocka_unit_test(a_seat_that_is_free_is_told_at_once_and_then_more_rarely),
        cmocka_unit_test(a_child_that_keeps_the_seat),
        cmocka_unit_test(p12_a_seat_that_was_closed),
        cmocka_unit_test(a_wait_that_was_closed),
        cmocka_unit_test(every_guard_and_policy_has_a_backend),
    };
    return cmocka_run_group_tests_name("unit_seat", tests, set_up, tear_down);
}
