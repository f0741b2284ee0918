/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the end of the leader's process tells (by a pidfd, Linux 5.3): that its lock is free; or that it has left it to
 * a child, which is then told to who stands by.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/process.h"
#include "local/world.h"

static int set_up_with_pidfd(void **state)
{
    int fd = process_open(getpid());

    if (fd < 0) {
        print_message("SKIPPED: there are no pidfds here\n");
        skip();
    }
    close(fd);
    return set_up(state);
}

/* ---- Before there is a connection ---- */

static void a_death_is_told_by_the_process(void **state)
{
    pid_t holder = start_holder(&world.name, geteuid());
    struct lock_view seen;

    (void)state;
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    reactor_arm(&world.reactor, INT64_MAX); /* no look by itself */
    assert_int_equal(reactor_wait(&world.reactor, 0), 0);
    kill_child(holder);
    assert_int_equal(reactor_wait(&world.reactor, HANG_MS), 1);
    world_expect_end(&world, seen.owner.uid);
    world_hold(&world);
}

/* An observer follows for as long as it is let, and never connects. */
static void an_observer_never_connects(void **state)
{
    pid_t holder = start_holder(&rival.name, geteuid());
    struct lock_view seen;
    struct fact fact;

    (void)state;
    world_close(&world);
    world_open(&world, rival.lock, WISH_OBSERVE);
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    for (int64_t until = clock_now() + 2500; clock_now() < until;) {
        reactor_arm(&world.reactor, world.backend->ops->deadline(world.backend));
        reactor_wait(&world.reactor, 100);
        reactor_poll(&world.reactor);
        assert_false(world_next_fact(&world, &fact));
    }
    assert_int_equal(world_queue(&world), 0);
    kill_child(holder);
    assert_int_equal(reactor_wait(&world.reactor, 0), 1); /* told by its process, not by the next look */
    world_expect_end(&world, seen.owner.uid);
}

/* ---- A leader that has left its lock to a child ---- */

/* Leads, forks a child that keeps the descriptor, and waits: killed by the test, it leaves the lock to the child, whose
 * number is given. */
static pid_t start_leader_with_child(pid_t *ret_keeper)
{
    int ends[2];
    pid_t leader;
    pid_t keeper;

    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0); /* the orphan becomes ours, to be reaped */
    assert_int_equal(pipe(ends), 0);
    leader = fork_child();
    if (leader == 0) {
        int fd;

        if (kernel_lock_acquire(&world.name, &fd) != 0)
            _exit(1);
        keeper = fork();
        if (keeper == 0) {
            alarm(3 * HANG_MS / 1000); /* an orphan: nobody else ends it if the test fails */
            keeper = getpid();
            if (write(ends[1], &keeper, sizeof keeper) != sizeof keeper)
                _exit(1);
        }
        for (;;)
            pause();
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], ret_keeper, sizeof *ret_keeper), sizeof *ret_keeper);
    close(ends[0]);
    return leader;
}

static void expect_left(pid_t leader, pid_t keeper)
{
    char words[64];
    struct fact fact;

    do
        fact = world_fact(&world);
    while (fact.kind != FACT_NOTE);
    assert_int_equal(fact.status, LEADERLIFE_EBUSY);
    assert_int_equal(fact.level, 0); /* a notice */
    text_format(words, sizeof words, "pid %ld (gone) took it", (long)leader);
    assert_contains(fact.text, words);
    text_format(words, sizeof words, "pid %ld (", (long)keeper);
    assert_contains(fact.text, words);
    assert_contains(fact.text, "end it");
    assert_contains(fact.text, world.lock);
}

/* Told once, whatever is asked afterwards, and the lock is had when that child ends. */
static void assert_waits_for(pid_t keeper)
{
    assert_contains(world_ask(&world, COMMAND_GET_LOCK).lock.owner.name, "(gone; a child of it still");
    assert_int_equal(world_fact(&world).kind, FACT_POD);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(world_ask(&world, COMMAND_GET_LOCK).lock.kind, LOCK_VIEW_OWNED);
        assert_int_equal(world_fact(&world).kind, FACT_POD);
    }
    world_expect_nothing(&world);
    assert_int_equal(world_ask(&world, COMMAND_CREATE_LOCK).outcome, OUTCOME_EXISTS);
    kill_child(keeper);
    while (world_ask(&world, COMMAND_CREATE_LOCK).outcome == OUTCOME_EXISTS)
        usleep(1000);
}

static void a_standby_behind_a_left_child_is_told(void **state)
{
    pid_t keeper;
    pid_t leader = start_leader_with_child(&keeper);

    (void)state;
    kill_child(leader);
    world_want(&world, WATCH_LOCK);
    expect_left(leader, keeper);
    assert_waits_for(keeper);
}

static void a_new_standby_is_told_when_the_leader_dies(void **state)
{
    pid_t keeper;
    pid_t leader = start_leader_with_child(&keeper);

    (void)state;
    world_want(&world, WATCH_LOCK);
    world_expect_holder(&world);
    kill_child(leader);
    expect_left(leader, keeper);
    assert_waits_for(keeper);
}

/* Its connection does not hang up, and it has no other deadline. */
static void an_old_standby_is_told_when_the_leader_dies(void **state)
{
    pid_t keeper;
    pid_t leader = start_leader_with_child(&keeper);

    (void)state;
    world_want(&world, WATCH_LOCK);
    world_expect_holder(&world);
    world_settle(&world);
    kill_child(leader);
    expect_left(leader, keeper);
    assert_waits_for(keeper);
}

static void put_left(void *context, int level, int status, const char *text)
{
    if (level == LEADERLIFE_LOG_WARNING && status == LEADERLIFE_EBUSY && strstr(text, "(gone) took it"))
        ++*(int *)context;
}

static void a_diagnosis_tells_of_a_left_child(void **state)
{
    pid_t keeper;
    pid_t leader = start_leader_with_child(&keeper);
    int found = 0;
    struct diagnosis_sink finder = {.put = put_left, .context = &found, .reactor = &world.reactor, .until = INT64_MAX};

    (void)state;
    kill_child(leader);
    world.backend->ops->diagnose(world.backend, &finder);
    assert_int_equal(found, 1);
    assert_int_equal(world_queue(&world), 0);
    kill_child(keeper);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up_with_pidfd, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(an_observer_never_connects),
        WITH_WORLD(a_death_is_told_by_the_process),
        WITH_WORLD(a_standby_behind_a_left_child_is_told),
        WITH_WORLD(a_new_standby_is_told_when_the_leader_dies),
        WITH_WORLD(an_old_standby_is_told_when_the_leader_dies),
        WITH_WORLD(a_diagnosis_tells_of_a_left_child),
    };

    return cmocka_run_group_tests_name("local_left", tests, NULL, NULL);
}
