/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local backend where the kernel's lists of sockets are hidden: netlink refused, then /proc too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "local/world.h"

#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

static bool refuse_netlink(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

static bool hide_proc(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", "/proc", "tmpfs", 0, NULL) == 0;
}

/* Runs the test in a child that cannot ask by netlink, and with no_proc does not see /proc either. Its exit status is
 * the number of failures of the group that it is then; 77: this is not to be had here. */
static void run_hidden(bool no_proc, void (*test)(void))
{
    pid_t child = fork_child();
    int status;

    if (child == 0) {
        if (!refuse_netlink() || (no_proc && !hide_proc()))
            _exit(77);
        test();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("SKIPPED: %s is not to be had here\n", no_proc ? "a mount namespace or seccomp" : "seccomp");
        skip();
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* In that child an assertion would run on in a copy of the test program. */
static void check(bool good, int number)
{
    if (!good)
        _exit(number);
}

static pid_t hidden_holder; /* of world's lock */

static struct fact hidden_fact(struct world *of)
{
    int64_t give_up = clock_now() + HANG_MS;
    struct fact fact = {.kind = FACT_NONE};

    while (clock_now() < give_up && !of->backend->ops->next_fact(of->backend, &fact)) {
        reactor_arm(&of->reactor, of->backend->ops->deadline(of->backend));
        reactor_wait(&of->reactor, HANG_MS);
        reactor_poll(&of->reactor);
    }
    return fact;
}

static void look_by_proc(void)
{
    char expected[32];
    struct fact fact;

    world_want(&world, WATCH_LOCK);
    fact = hidden_fact(&world);
    check(fact.kind == FACT_LOCK && fact.lock.kind == LOCK_VIEW_OWNED, 1);
    text_format(expected, sizeof expected, "pid %ld (", (long)hidden_holder);
    check(strstr(fact.lock.owner.name, expected) != NULL, 2);
}

static void look_by_proc_at_nothing(void)
{
    struct fact fact;

    world_want(&world, WATCH_LOCK);
    fact = hidden_fact(&world);
    check(fact.kind == FACT_LOCK && fact.lock.kind == LOCK_VIEW_ABSENT, 1);
}

static void proc_alone_shows_the_holder(void **state)
{
    struct kernel_lock_peer peer;
    int waiter;

    (void)state;
    hidden_holder = start_holder(&world.name, geteuid());
    assert_int_equal(kernel_lock_wait(&world.name, &waiter, &peer), 0); /* its entry has the lock's name too */
    run_hidden(false, look_by_proc);
    assert_int_equal(world_queue(&world), 1);
    kill_child(hidden_holder);
    run_hidden(false, look_by_proc_at_nothing);
    close(waiter);
}

static void observe_unseen(void)
{
    struct fact fact;
    int notes = 0;

    world_want(&world, WATCH_LOCK);
    fact = hidden_fact(&world);
    check(fact.kind == FACT_LOCK && fact.lock.kind == LOCK_VIEW_OWNED, 1);
    check(hidden_fact(&world).kind == FACT_POD, 2);
    fact = hidden_fact(&world);
    check(fact.kind == FACT_NOTE && fact.status == LEADERLIFE_ESYSTEM && strstr(fact.text, "mount /proc") != NULL, 3);
    for (unsigned i = 1; i <= 50; i++) {
        struct command get = {.kind = COMMAND_GET_LOCK, .number = i};

        world.backend->ops->submit(world.backend, &get);
        do {
            fact = hidden_fact(&world);
            notes += fact.kind == FACT_NOTE;
        } while (fact.kind != FACT_ANSWER);
        check(fact.lock.kind == LOCK_VIEW_OWNED, 4);
        check(hidden_fact(&world).kind == FACT_POD, 5);
    }
    check(notes == 0, 6);
}

/* Then a connection is all that tells: an observer makes one, and says what that costs. */
static void an_observer_that_sees_nothing_connects_once(void **state)
{
    (void)state;
    world_close(&world);
    world_open(&world, rival.lock, WISH_OBSERVE);
    hidden_holder = start_holder(&world.name, geteuid());
    run_hidden(true, observe_unseen);
    assert_int_equal(world_queue(&world), 1);
    kill_child(hidden_holder);
}

static void attempt_unseen(void)
{
    for (int i = 0; i < 100; i++) {
        leaderlife_election *election = NULL;

        check(leaderlife_election_new(world.lock, &election) == LEADERLIFE_OK, 1);
        check(leaderlife_election_set(election, "backend", "local") == LEADERLIFE_OK, 2);
        check(leaderlife_election_become(election, 0) == LEADERLIFE_ETIMEDOUT, 3);
        leaderlife_election_free(election);
    }
}

static void attempts_that_see_nothing_leave_nothing(void **state)
{
    (void)state;
    hidden_holder = start_holder(&world.name, geteuid());
    run_hidden(true, attempt_unseen);
    assert_int_equal(world_queue(&world), 0);
    kill_child(hidden_holder);
}

/* It stands by with one connection, and leads when the holder dies. */
static void stand_by_unseen(void)
{
    leaderlife_election *election = NULL;

    check(leaderlife_election_new(world.lock, &election) == LEADERLIFE_OK, 1);
    check(leaderlife_election_set(election, "backend", "local") == LEADERLIFE_OK, 2);
    for (int64_t give_up = clock_now() + HANG_MS; !leaderlife_election_holder(election);) {
        check(leaderlife_election_become(election, 100) == LEADERLIFE_ETIMEDOUT, 3);
        check(clock_now() < give_up, 4);
    }
    check(kill(hidden_holder, SIGKILL) == 0, 5);
    check(leaderlife_election_become(election, HANG_MS) == LEADERLIFE_OK, 6);
}

static void a_candidate_that_sees_nothing_takes_over(void **state)
{
    (void)state;
    hidden_holder = start_holder(&world.name, geteuid());
    run_hidden(true, stand_by_unseen);
    kill_child(hidden_holder);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(proc_alone_shows_the_holder),
        WITH_WORLD(an_observer_that_sees_nothing_connects_once),
        WITH_WORLD(attempts_that_see_nothing_leave_nothing),
        WITH_WORLD(a_candidate_that_sees_nothing_takes_over),
    };

    return cmocka_run_group_tests_name("local_hidden", tests, NULL, NULL);
}
