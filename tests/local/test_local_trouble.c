/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local backend in trouble: names that are taken and silent, full queues, children that keep the lock, other users,
 * a system that refuses. Each has an answer and, where a person can help, a notice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "local/world.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static void assert_note(const struct fact *fact, int status, const char *words)
{
    assert_int_equal(fact->kind, FACT_NOTE);
    assert_int_equal(fact->level, 0); /* a notice */
    assert_int_equal(fact->status, status);
    assert_contains(fact->text, words);
}

/* ---- The window between bind and listen ---- */

static void a_name_without_a_listener_is_tried_again(void **state)
{
    int raw = bind_raw(&world.name, -1);
    struct fact got;
    int turns = 0;

    (void)state;
    assert_true(raw >= 0);
    do { /* short waits are waited out: absent, so create again; longer ones are answered */
        assert_int_equal(world_ask(&world, COMMAND_CREATE_LOCK).outcome, OUTCOME_EXISTS);
        got = world_ask(&world, COMMAND_GET_LOCK);
        assert_true(got.outcome == OUTCOME_RETRY || got.lock.kind == LOCK_VIEW_ABSENT);
    } while (got.outcome == OUTCOME_OK && ++turns < 12);
    assert_true(turns > 1);
    assert_int_equal(got.outcome, OUTCOME_RETRY);
    assert_true(got.retry_after_ms > 0 && got.retry_after_ms <= 1000);
    assert_int_equal(got.status, LEADERLIFE_EBLOCKED);
    assert_int_equal(listen(raw, 1), 0);
    got = world_ask(&world, COMMAND_GET_LOCK);
    assert_int_equal(got.outcome, OUTCOME_OK);
    assert_int_equal(got.lock.kind, LOCK_VIEW_OWNED);
    close(raw);
}

static void the_watch_waits_out_the_window(void **state)
{
    int raw = bind_raw(&world.name, -1);

    (void)state;
    world_want(&world, WATCH_LOCK);
    world_expect_absent(&world);
    for (int i = 0; i < 6; i++) {
        int64_t begun = clock_now();

        assert_int_equal(world_ask(&world, COMMAND_CREATE_LOCK).outcome, OUTCOME_EXISTS);
        world_expect_absent(&world);
        assert_true(clock_now() - begun >= 1 << i); /* not at once: that would be a busy loop */
    }
    assert_int_equal(world_ask(&world, COMMAND_CREATE_LOCK).outcome, OUTCOME_EXISTS);
    assert_int_equal(listen(raw, 1), 0);
    world_expect_holder(&world);
    close(raw);
}

static void a_name_that_never_listens_is_told_once(void **state)
{
    int raw = bind_raw(&world.name, -1);
    int notes = 0;

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct fact fact;

        assert_int_equal(world_ask(&world, COMMAND_CREATE_LOCK).outcome, OUTCOME_EXISTS);
        fact = world_fact_now(&world);
        if (fact.kind != FACT_NONE) {
            assert_note(&fact, LEADERLIFE_EBLOCKED, "does not listen");
            assert_contains(fact.text, world.lock);
            notes++;
        }
    }
    assert_int_equal(notes, 1);
    close(raw);
    world_hold(&world);
}

/* ---- A full queue ---- */

/* Facts until that notice. */
static struct fact expect_note(struct world *of, int status, const char *words)
{
    struct fact fact;

    do
        fact = world_fact(of);
    while (fact.kind != FACT_NOTE);
    assert_note(&fact, status, words);
    return fact;
}

/* Nobody need connect to know the holder, nor to be told of its end. */
static void the_holder_with_a_full_queue_is_known(void **state)
{
    pid_t holder = start_raw_holder(&world.name, 0);
    struct lock_view seen;
    struct fact fact;

    (void)state;
    assert_true(fill_queue(&world.name));
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    fact = expect_note(&world, LEADERLIFE_EBLOCKED, "queue of waiters is full");
    assert_contains(fact.text, "net.core.somaxconn");
    for (int i = 0; i < 10; i++) {
        assert_string_equal(world_ask(&world, COMMAND_GET_LOCK).lock.uid, seen.uid);
        assert_int_equal(world_fact(&world).kind, FACT_POD);
        assert_true(world_fact_now(&world).kind == FACT_NONE); /* the notice was said once */
        reactor_arm(&world.reactor, INT64_MAX);
        assert_int_equal(reactor_wait(&world.reactor, 0), 0); /* a socket that is refused so is ready for ever */
    }
    kill_child(holder);
    world_expect_end(&world, seen.owner.uid);
    world_hold(&world);
}

/* The real queue, filled with connections that were closed: a probe that went away counts until the holder ends. */
static void probes_fill_the_queue_of_a_real_holder(void **state)
{
    struct lock_view own = world_hold(&rival);
    struct lock_view seen;

    (void)state;
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    if (!fill_queue(&world.name)) {
        print_message("SKIPPED: net.core.somaxconn is so large that the queue does not fill\n");
        skip();
    }
    assert_int_equal(world_judge(&world, seen.owner.uid), POD_ALIVE);
    assert_int_equal(world_ask(&world, COMMAND_GET_LOCK).outcome, OUTCOME_OK);
    assert_int_equal(world_fact(&world).pod.sign, POD_ALIVE);
    expect_note(&world, LEADERLIFE_EBLOCKED, world.lock);
    world_submit(&rival, deletion(&own));
    assert_int_equal(world_fact(&rival).outcome, OUTCOME_OK); /* no notice */
    world_expect_end(&world, seen.owner.uid);
}

/* ---- Children and users ---- */

static void a_child_without_exec_keeps_the_lock_and_resign_says_so(void **state)
{
    struct lock_view own = world_hold(&world);
    pid_t child = start_child_without_exec();
    struct fact fact;

    (void)state;
    world_submit(&world, deletion(&own));
    fact = world_fact(&world);
    assert_note(&fact, LEADERLIFE_EBUSY, "forked");
    assert_contains(fact.text, world.lock);
    fact = world_fact(&world);
    assert_int_equal(fact.kind, FACT_ANSWER);
    assert_int_equal(fact.outcome, OUTCOME_OK);
    assert_int_equal(world_ask(&rival, COMMAND_CREATE_LOCK).outcome, OUTCOME_EXISTS);
    assert_int_equal(world_ask(&rival, COMMAND_GET_LOCK).lock.kind, LOCK_VIEW_OWNED);
    kill_child(child);
    world_hold(&rival);
}

/* In a forked child free closes descriptors only: the epoll is the parent's, and the lock and the watch stay. */
static void free_in_a_forked_child_touches_nothing(void **state)
{
    struct lock_view own = world_hold(&rival);
    struct lock_view seen;
    pid_t child;
    int status;

    (void)state;
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    child = fork_child();
    if (child == 0) {
        world.backend->ops->free(world.backend, true);
        rival.backend->ops->free(rival.backend, true);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(is_listening(&world.name), 1);
    assert_int_equal(world_judge(&world, seen.owner.uid), POD_ALIVE);
    world_submit(&rival, deletion(&own));
    world_expect_end(&world, seen.owner.uid);
}

static void a_foreign_user_is_named_once(void **state)
{
    struct lock_view seen;
    struct fact fact;
    pid_t child;

    (void)state;
    if (geteuid() != 0) {
        print_message("SKIPPED: only root can start a process of another user\n");
        skip();
    }
    child = start_holder(&world.name, NOBODY);
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    fact = world_fact(&world);
    assert_note(&fact, LEADERLIFE_EBLOCKED, "user 65534");
    assert_contains(fact.text, seen.owner.name);
    assert_int_equal(world_judge(&world, seen.owner.uid), POD_ALIVE); /* it is waited for like any other */
    world_ask(&world, COMMAND_GET_LOCK);
    assert_int_equal(world_fact(&world).kind, FACT_POD);
    world_expect_nothing(&world);
    kill_child(child);
    world_expect_end(&world, seen.owner.uid);
    world_hold(&world);
}

/* ---- What the system refuses ---- */

static void no_descriptor_left_is_tried_again(void **state)
{
    struct rlimit before;
    struct rlimit none;
    struct fact create;
    struct fact get;
    struct fact watch;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    create = world_ask(&world, COMMAND_CREATE_LOCK);
    get = world_ask(&world, COMMAND_GET_LOCK);
    world_want(&world, WATCH_LOCK);
    watch = world_fact(&world);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(create.outcome, OUTCOME_RETRY);
    assert_int_equal(create.status, LEADERLIFE_ESYSTEM);
    assert_contains(create.text, "limit of open files");
    assert_int_equal(get.outcome, OUTCOME_RETRY);
    assert_note(&watch, LEADERLIFE_ESYSTEM, "limit of open files");
    world_expect_absent(&world);
    world_hold(&world);
}

static int refuse_sockets(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

/* The order: a notice, the watch is not usable, and then the questions end the election. */
static int refused_as_expected(void)
{
    struct fact fact;

    world_want(&world, WATCH_LOCK);
    fact = world_fact_now(&world);
    if (fact.kind != FACT_NOTE || fact.status != LEADERLIFE_ESYSTEM || !strstr(fact.text, "RestrictAddressFamilies"))
        return 2;
    fact = world_fact_now(&world);
    if (fact.kind != FACT_WATCH || fact.watch != WATCH_LOCK || fact.usable)
        return 3;
    world_submit(&world, (struct command){.kind = COMMAND_GET_LOCK});
    fact = world_fact_now(&world);
    if (fact.kind != FACT_ANSWER || fact.outcome != OUTCOME_PERMANENT || fact.status != LEADERLIFE_ESYSTEM)
        return 4;
    world_submit(&world, (struct command){.kind = COMMAND_CREATE_LOCK});
    fact = world_fact_now(&world);
    if (fact.kind != FACT_ANSWER || fact.outcome != OUTCOME_PERMANENT || fact.text[0] == '\0')
        return 5;
    return 0;
}

static void refused_sockets_end_the_election(void **state)
{
    pid_t child = fork_child();
    int status;

    (void)state;
    if (child == 0)
        _exit(refuse_sockets() != 0 ? 77 : refused_as_expected());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("SKIPPED: seccomp is not to be had here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(a_name_without_a_listener_is_tried_again),
        WITH_WORLD(the_watch_waits_out_the_window),
        WITH_WORLD(a_name_that_never_listens_is_told_once),
        WITH_WORLD(the_holder_with_a_full_queue_is_known),
        WITH_WORLD(probes_fill_the_queue_of_a_real_holder),
        WITH_WORLD(a_child_without_exec_keeps_the_lock_and_resign_says_so),
        WITH_WORLD(free_in_a_forked_child_touches_nothing),
        WITH_WORLD(a_foreign_user_is_named_once),
        WITH_WORLD(no_descriptor_left_is_tried_again),
        WITH_WORLD(refused_sockets_end_the_election),
    };

    return cmocka_run_group_tests_name("local_trouble", tests, NULL, NULL);
}
