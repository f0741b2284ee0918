/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a look at the lock leaves in its holder's queue: nothing; what a candidate does that comes and goes: nothing.
 * And what looks tell of the holder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "local/world.h"

#include <sched.h>

enum { TIMES = 10000 };

/* ---- Nothing is left ---- */

/* A standby that waits is one entry; its hand-over is told by the connection alone, without a deadline. */
static void assert_next_standby_is_as_the_first(pid_t holder)
{
    struct lock_view seen;

    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    world_settle(&world);
    assert_int_equal(world_queue(&world), 1);
    kill_child(holder);
    world_expect_end(&world, seen.owner.uid);
    world_hold(&world);
}

static void ten_thousand_looks_leave_nothing(void **state)
{
    pid_t holder = start_holder(&world.name, geteuid());

    (void)state;
    for (int i = 0; i < TIMES; i++) {
        struct world look;

        world_open(&look, world.lock, WISH_OBSERVE);
        if (i % 2 == 0)
            assert_int_equal(world_ask(&look, COMMAND_GET_LOCK).lock.kind, LOCK_VIEW_OWNED);
        else
            world_want(&look, WATCH_LOCK), world_expect_holder(&look);
        world_close(&look);
    }
    assert_int_equal(world_queue(&world), 0);
    assert_next_standby_is_as_the_first(holder);
}

static void ten_thousand_attempts_leave_nothing(void **state)
{
    pid_t holder = start_holder(&world.name, geteuid());
    char holding[32];

    (void)state;
    text_format(holding, sizeof holding, "pid %ld (", (long)holder);
    for (int i = 0; i < TIMES; i++) {
        leaderlife_election *election = NULL;

        assert_int_equal(leaderlife_election_new(world.lock, &election), LEADERLIFE_OK);
        assert_int_equal(leaderlife_election_set(election, "backend", "local"), LEADERLIFE_OK);
        assert_int_equal(leaderlife_election_become(election, 0), LEADERLIFE_ETIMEDOUT);
        assert_contains(leaderlife_election_holder(election), holding);
        leaderlife_election_free(election);
    }
    assert_int_equal(world_queue(&world), 0);
    assert_next_standby_is_as_the_first(holder);
}

static void put_finding(void *context, int level, int status, const char *text)
{
    (void)level;
    (void)status;
    if (strstr(text, "has it"))
        ++*(int *)context;
}

static void a_thousand_diagnoses_leave_nothing(void **state)
{
    pid_t holder = start_holder(&world.name, geteuid());
    int found = 0;
    struct diagnosis_sink finder = {
        .put = put_finding, .context = &found, .reactor = &world.reactor, .until = INT64_MAX};

    (void)state;
    for (int i = 0; i < TIMES / 10; i++)
        world.backend->ops->diagnose(world.backend, &finder);
    assert_int_equal(found, TIMES / 10);
    assert_int_equal(world_queue(&world), 0);
    kill_child(holder);
}

/* ---- Before there is a connection ---- */

static void giving_back_is_seen_by_a_look(void **state)
{
    struct lock_view own = world_hold(&rival);
    struct lock_view seen;

    (void)state;
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    assert_int_equal(world_queue(&world), 0);
    world_submit(&rival, deletion(&own));
    world_expect_end(&world, seen.owner.uid);
}

/* One holder after another between two looks: the first one's end is told, then who holds it now. */
static void another_holder_is_another_life(void **state)
{
    struct lock_view own = world_hold(&rival);
    struct lock_view first;
    struct lock_view second;
    struct fact fact;

    (void)state;
    world_want(&world, WATCH_LOCK);
    first = world_expect_holder(&world);
    world_submit(&rival, deletion(&own));
    world_answer(&rival);
    world_hold(&rival);
    fact = world_fact(&world);
    assert_int_equal(fact.kind, FACT_POD);
    assert_int_equal(fact.pod.sign, POD_DEAD);
    assert_string_equal(fact.pod.uid, first.owner.uid);
    second = world_expect_holder(&world);
    assert_string_not_equal(first.uid, second.uid);
}

static void another_election_of_this_process_is_told_once(void **state)
{
    (void)state;
    world_hold(&rival);
    world_want(&world, WATCH_LOCK);
    world_expect_holder(&world);
    world_settle(&world);
    world_ask(&world, COMMAND_GET_LOCK);
    assert_int_equal(world_fact(&world).kind, FACT_POD);
    world_expect_nothing(&world);
    assert_int_equal(world.told_own, 1);
}

/* ---- Who holds it ---- */

static void the_largest_process_number_can_be_told(void **state)
{
    static const pid_t numbers[] = {1, 2047, 2048, 4194304 - 1};
    struct unix_socket seen;
    int fd = bind_raw(&world.name, 1);

    (void)state;
    assert_int_equal(kernel_lock_look(&world.name, 0, &seen), 1);
    assert_int_equal(seen.signer, 0); /* somebody else's socket says nothing */
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        unix_socket_sign(fd, numbers[i]);
        assert_int_equal(kernel_lock_look(&world.name, seen.inode, &seen), 1);
        assert_int_equal(seen.signer, numbers[i]);
        assert_int_equal(seen.user, geteuid());
    }
    unix_socket_sign(fd, 4194304);
    assert_int_equal(kernel_lock_look(&world.name, 0, &seen), 1);
    assert_int_equal(seen.signer, 0);
    close(fd);
}

/* The kernel tells of so many in parts. */
static void a_holder_is_found_among_many(void **state)
{
    enum { MANY = 600 };
    struct kernel_lock_name names[3];
    struct unix_socket seen;
    int fds[MANY];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        struct kernel_lock_name *name = &names[i == 0 ? 0 : i == MANY - 1 ? 2 : 1];

        kernel_lock_make_name(name, "leaderlife", "many", fresh_lock_name());
        fds[i] = bind_raw(name, 1);
        if (fds[i] < 0)
            fail_msg("socket %d: %s", i, strerror(errno));
    }
    assert_int_equal(kernel_lock_look(&world.name, 0, &seen), 0);
    world_hold(&rival);
    assert_int_equal(kernel_lock_look(&world.name, 0, &seen), 1);
    assert_int_equal(seen.signer, getpid());
    for (int i = 0; i < 3; i++)
        assert_int_equal(kernel_lock_look(&names[i], 0, &seen), 1);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    assert_int_equal(kernel_lock_look(&names[0], seen.inode, &seen), 0);
}

/* In a PID namespace of its own the holder calls itself by another number: 1, in fact. */
static void a_holder_in_another_pid_namespace_is_found(void **state)
{
    char expected[32];
    struct lock_view seen;
    pid_t outer;
    pid_t pid;
    int ends[2];

    (void)state;
    if (geteuid() != 0) {
        print_message("SKIPPED: only root can make a PID namespace\n");
        skip();
    }
    assert_int_equal(pipe(ends), 0);
    outer = fork_child();
    if (outer == 0) {
        if (unshare(CLONE_NEWPID) != 0)
            _exit(1);
        pid = fork();
        if (pid == 0) {
            int fd;

            prctl(PR_SET_PDEATHSIG, SIGKILL); /* its parent has no number there */
            report_and_wait(ends[1], getpid() == 1 && kernel_lock_acquire(&world.name, &fd) == 0);
        }
        if (write(ends[1], &pid, sizeof pid) != sizeof pid)
            _exit(1);
        for (;;)
            pause();
    }
    /* Two messages, in either order: a number of four bytes, and the report of one. */
    char bytes[sizeof pid + 1];
    for (size_t got = 0; got < sizeof bytes;) {
        ssize_t length = read(ends[0], bytes + got, sizeof bytes - got);

        assert_true(length > 0);
        got += (size_t)length;
    }
    memcpy(&pid, bytes[0] == 'y' ? bytes + 1 : bytes, sizeof pid);
    text_format(expected, sizeof expected, "pid %ld (", (long)pid);
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    assert_contains(seen.owner.name, expected);
    close(ends[0]);
    close(ends[1]);
    kill_child(outer);
    world_expect_end(&world, seen.owner.uid);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(ten_thousand_looks_leave_nothing),
        WITH_WORLD(ten_thousand_attempts_leave_nothing),
        WITH_WORLD(a_thousand_diagnoses_leave_nothing),
        WITH_WORLD(giving_back_is_seen_by_a_look),
        WITH_WORLD(another_holder_is_another_life),
        WITH_WORLD(another_election_of_this_process_is_told_once),
        WITH_WORLD(the_largest_process_number_can_be_told),
        WITH_WORLD(a_holder_is_found_among_many),
        WITH_WORLD(a_holder_in_another_pid_namespace_is_found),
    };

    return cmocka_run_group_tests_name("local_looks", tests, NULL, NULL);
}
