/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local backend by itself, driven with commands: what it answers, what its watch tells, and what it says to people.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "local/world.h"

static void assert_newer(const char *version, const char *than)
{
    if (leaderlife_token_compare(version, than) <= 0)
        fail_msg("%s is not newer than %s", version, than);
}

/* ---- Formalities ---- */

static void identity_and_seat_are_formalities(void **state)
{
    struct fact self = world_ask(&world, COMMAND_IDENTIFY);
    struct fact other = world_ask(&rival, COMMAND_IDENTIFY);
    struct fact pod = world_ask(&world, COMMAND_GET_OWN_POD);
    char pid[32];

    (void)state;
    assert_int_equal(self.outcome, OUTCOME_OK);
    text_format(pid, sizeof pid, "pid %ld (", (long)getpid());
    assert_contains(self.self.name, pid);
    assert_string_not_equal(self.self.uid, other.self.uid);
    assert_int_equal(pod.outcome, OUTCOME_OK);
    assert_string_equal(pod.pod.uid, self.self.uid);
    assert_int_equal(pod.pod.sign, POD_ALIVE);
    assert_int_equal(world_ask(&world, COMMAND_TAKE_SEAT).seat, SEAT_MINE);
    assert_int_equal(world_ask(&world, COMMAND_RELEASE_SEAT).outcome, OUTCOME_OK);
}

static void there_are_no_records(void **state)
{
    (void)state;
    assert_int_equal(world_ask(&world, COMMAND_GET_RECORD).outcome, OUTCOME_FORBIDDEN);
    assert_int_equal(world_ask(&world, COMMAND_PUT_RECORD).outcome, OUTCOME_FORBIDDEN);
    assert_int_equal(world_ask(&world, COMMAND_EMPTY_RECORD).outcome, OUTCOME_FORBIDDEN);
    assert_false(world.backend->ops->records);
    assert_false(world.backend->ops->late_writes);
    assert_int_equal(world.backend->ops->guard, LEADERLIFE_GUARD_KERNEL);
    assert_string_equal(world.backend->ops->name, "local");
}

static void new_touches_nothing(void **state)
{
    (void)state;
    assert_int_equal(is_listening(&world.name), 0);
    assert_int_equal(world.backend->ops->exec_fd(world.backend), -1);
    assert_true(world.backend->ops->deadline(world.backend) == INT64_MAX);
    world_expect_nothing(&world);
}

/* ---- The own lock ---- */

static void a_free_lock_is_taken_and_given_back(void **state)
{
    struct fact self = world_ask(&world, COMMAND_IDENTIFY);
    struct lock_view own;
    struct fact got;

    (void)state;
    world_want(&world, WATCH_LOCK);
    world_expect_absent(&world);
    own = world_hold(&world);
    assert_true(world.backend->ops->deadline(world.backend) == INT64_MAX); /* nothing to watch while we hold it */
    assert_string_equal(own.owner.uid, self.self.uid);
    assert_string_equal(own.owner.name, self.self.name);
    assert_int_equal(is_listening(&world.name), 1);
    assert_true(world.backend->ops->exec_fd(world.backend) >= 0);
    got = world_ask(&world, COMMAND_GET_LOCK);
    assert_string_equal(got.lock.uid, own.uid);
    assert_string_equal(got.lock.version, own.version);
    assert_int_equal(world_ask(&world, COMMAND_CREATE_LOCK).outcome, OUTCOME_EXISTS);
    world_expect_nothing(&world);

    world_submit(&world, deletion(&own));
    assert_int_equal(world_fact(&world).outcome, OUTCOME_OK);
    assert_int_equal(is_listening(&world.name), 0);
    assert_int_equal(world.backend->ops->exec_fd(world.backend), -1);
    world_expect_absent(&world);
}

/* P11. */
static void tokens_grow_from_term_to_term(void **state)
{
    char last[TEXT_VERSION] = "";

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct world *candidate = i % 3 == 0 ? &rival : &world;
        struct lock_view own = world_hold(candidate);

        assert_true(strspn(own.version, "0123456789") == strlen(own.version));
        assert_newer(own.version, last);
        text_copy(last, sizeof last, own.version);
        world_submit(candidate, deletion(&own));
        assert_int_equal(world_answer(candidate).outcome, OUTCOME_OK);
    }
}

/* P1: a create of the same life is another lock, whatever was deleted before. */
static void each_create_makes_another_lock(void **state)
{
    struct lock_view first = world_hold(&world);
    struct lock_view second;

    (void)state;
    world_submit(&world, deletion(&first));
    world_answer(&world);
    second = world_hold(&world);
    assert_string_not_equal(first.uid, second.uid);
    world_submit(&world, deletion(&first));
    assert_int_equal(world_answer(&world).outcome, OUTCOME_CONFLICT);
    text_copy(first.uid, sizeof first.uid, second.uid); /* the right lock, the wrong version */
    world_submit(&world, deletion(&first));
    assert_int_equal(world_answer(&world).outcome, OUTCOME_CONFLICT);
    assert_int_equal(is_listening(&world.name), 1);
}

static void what_is_not_held_is_not_written(void **state)
{
    const struct lock_view none = {.uid = "lock-1", .version = "1"};

    (void)state;
    world_submit(&world, deletion(&none));
    assert_int_equal(world_answer(&world).outcome, OUTCOME_NOT_FOUND);
    assert_int_equal(world_ask(&world, COMMAND_PUT_LOCK).outcome, OUTCOME_NOT_FOUND);
}

static void the_own_lock_can_be_marked(void **state)
{
    struct lock_view own = world_hold(&world);
    struct command put = deletion(&own);
    struct fact answer;

    (void)state;
    put.kind = COMMAND_PUT_LOCK;
    text_copy(put.nonce, sizeof put.nonce, "n1");
    world_submit(&world, put);
    answer = world_answer(&world);
    assert_int_equal(answer.outcome, OUTCOME_OK);
    assert_false(answer.lock.released);
    put.nonce[0] = '\0';
    world_submit(&world, put);
    answer = world_answer(&world);
    assert_true(answer.lock.released);
    assert_string_equal(answer.lock.version, own.version); /* the token stays */
}

/* ---- Somebody else's lock ---- */

static void a_holder_is_named_and_its_death_told(void **state)
{
    pid_t child = start_holder(&world.name, geteuid());
    struct lock_view seen;
    char expected[32];
    struct lock_view own;

    (void)state;
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    text_format(expected, sizeof expected, "pid %ld (", (long)child);
    assert_contains(seen.owner.name, expected);
    assert_string_equal(seen.uid, seen.owner.uid);
    world_expect_nothing(&world);
    world_settle(&world); /* a standby sleeps */
    assert_int_equal(reactor_wait(&world.reactor, 0), 0);
    assert_int_equal(world_judge(&world, seen.owner.uid), POD_ALIVE);
    kill_child(child);
    assert_int_equal(reactor_wait(&world.reactor, HANG_MS), 1);
    world_expect_end(&world, seen.owner.uid);
    assert_int_equal(world_judge(&world, seen.owner.uid), POD_DEAD);
    own = world_hold(&world);
    assert_newer(own.version, seen.version);
}

static void a_get_is_answered_from_the_connection(void **state)
{
    struct lock_view seen;
    struct fact got;

    (void)state;
    world_hold(&rival);
    got = world_ask(&world, COMMAND_GET_LOCK); /* without a watch too */
    assert_int_equal(got.outcome, OUTCOME_OK);
    assert_int_equal(got.lock.kind, LOCK_VIEW_OWNED);
    seen = got.lock;
    assert_int_equal(world_fact(&world).pod.sign, POD_ALIVE);
    got = world_ask(&world, COMMAND_GET_LOCK);
    assert_string_equal(got.lock.owner.uid, seen.owner.uid);
    assert_string_equal(got.lock.version, seen.version);
}

/* A hang-up that the reactor has not dispatched yet must not be missed by a question. */
static void a_question_sees_a_death_before_the_watch(void **state)
{
    struct lock_view own = world_hold(&rival);
    struct lock_view seen;
    struct fact got;

    (void)state;
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    world_settle(&world);
    world_submit(&rival, deletion(&own));
    world_submit(&world, (struct command){.kind = COMMAND_GET_LOCK});
    world_expect_end(&world, seen.owner.uid);
    got = world_answer(&world);
    assert_int_equal(got.lock.kind, LOCK_VIEW_ABSENT);

    world_answer(&rival);
    own = world_hold(&rival);
    seen = world_expect_holder(&world);
    world_submit(&rival, deletion(&own));
    assert_int_equal(world_judge(&world, seen.owner.uid), POD_DEAD);
}

/* Likewise without a connection: the verdict first, then the answer. */
static void a_question_sees_a_death_before_the_next_look(void **state)
{
    struct lock_view own = world_hold(&rival);
    struct lock_view seen;
    struct fact got;

    (void)state;
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    world_submit(&rival, deletion(&own));
    world_submit(&world, (struct command){.kind = COMMAND_GET_LOCK});
    got = world_fact(&world);
    assert_int_equal(got.kind, FACT_POD);
    assert_int_equal(got.pod.sign, POD_DEAD);
    assert_string_equal(got.pod.uid, seen.owner.uid);
    assert_int_equal(world_answer(&world).lock.kind, LOCK_VIEW_ABSENT);
}

static void a_lost_race(void **state)
{
    struct lock_view seen;

    (void)state;
    world_want(&world, WATCH_LOCK);
    world_expect_absent(&world);
    world_hold(&rival);
    assert_int_equal(world_ask(&world, COMMAND_CREATE_LOCK).outcome, OUTCOME_EXISTS);
    seen = world_expect_holder(&world); /* the watch tells who was faster */
    assert_int_equal(world_judge(&world, seen.owner.uid), POD_ALIVE);
    assert_int_equal(world_ask(&world, COMMAND_CREATE_LOCK).outcome, OUTCOME_EXISTS);
    assert_string_equal(world_ask(&world, COMMAND_GET_LOCK).lock.owner.uid, seen.owner.uid);
}

static void hand_over_within_one_process(void **state)
{
    struct lock_view own = world_hold(&rival);
    struct lock_view seen;

    (void)state;
    world_want(&world, WATCH_LOCK);
    world_want(&rival, WATCH_LOCK);
    seen = world_expect_holder(&world);
    assert_string_not_equal(seen.owner.uid, own.owner.uid);
    world_submit(&rival, deletion(&own));
    world_expect_end(&world, seen.owner.uid);
    world_hold(&world);
    assert_int_equal(world_fact(&rival).outcome, OUTCOME_OK); /* and no notice: our lock is nobody's child's */
    world_expect_holder(&rival);
}

/* Nothing but a look tells that a free lock was taken: an observer must find out all the same. */
static void an_observer_sees_leaders_come_and_go(void **state)
{
    struct lock_view own;
    struct lock_view seen;

    (void)state;
    world_want(&world, WATCH_LOCK);
    world_expect_absent(&world);
    for (int i = 0; i < 3; i++) {
        own = world_hold(&rival);
        seen = world_expect_holder(&world);
        world_submit(&rival, deletion(&own));
        world_expect_end(&world, seen.owner.uid);
        world_answer(&rival);
    }
}

static void an_unwanted_watch_is_silent(void **state)
{
    struct lock_view own = world_hold(&rival);

    (void)state;
    world_want(&world, WATCH_LOCK);
    world_expect_holder(&world);
    world_want(&world, 0);
    world_submit(&rival, deletion(&own));
    world_answer(&rival);
    world_expect_nothing(&world);
    assert_true(world.backend->ops->deadline(world.backend) == INT64_MAX);
    world_want(&world, WATCH_LOCK | WATCH_OWN | WATCH_SEAT);
    world_expect_absent(&world);
}

static void a_holder_that_is_gone_is_said_so(void **state)
{
    int ends[2];
    struct fact got;
    char expected[96];
    pid_t parent;
    pid_t keeper;

    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0); /* the orphan becomes ours, to be reaped */
    assert_int_equal(pipe(ends), 0);
    parent = fork_child();
    if (parent == 0) { /* listens, leaves the descriptor to a child of its own, and ends */
        int fd;

        if (kernel_lock_acquire(&world.name, &fd) != 0)
            _exit(1);
        keeper = fork();
        if (keeper == 0) {
            alarm(HANG_MS / 1000); /* an orphan: nobody else ends it if the test fails */
            keeper = getpid();
            if (write(ends[1], &keeper, sizeof keeper) != sizeof keeper)
                _exit(1);
            for (;;)
                pause();
        }
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    assert_int_equal(read(ends[0], &keeper, sizeof keeper), sizeof keeper);
    close(ends[0]);
    got = world_ask(&world, COMMAND_GET_LOCK);
    text_format(expected, sizeof expected, "pid %ld (gone; a child of it still holds the lock)", (long)parent);
    kill_child(keeper);
    assert_string_equal(got.lock.owner.name, expected);
}

static void free_gives_the_lock_back(void **state)
{
    struct lock_view seen;

    (void)state;
    world_hold(&rival);
    world_want(&world, WATCH_LOCK);
    seen = world_expect_holder(&world);
    world_close(&rival);
    world_expect_end(&world, seen.owner.uid);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(identity_and_seat_are_formalities),
        WITH_WORLD(there_are_no_records),
        WITH_WORLD(new_touches_nothing),
        WITH_WORLD(a_free_lock_is_taken_and_given_back),
        WITH_WORLD(tokens_grow_from_term_to_term),
        WITH_WORLD(each_create_makes_another_lock),
        WITH_WORLD(what_is_not_held_is_not_written),
        WITH_WORLD(the_own_lock_can_be_marked),
        WITH_WORLD(a_holder_is_named_and_its_death_told),
        WITH_WORLD(a_get_is_answered_from_the_connection),
        WITH_WORLD(a_question_sees_a_death_before_the_watch),
        WITH_WORLD(a_question_sees_a_death_before_the_next_look),
        WITH_WORLD(a_lost_race),
        WITH_WORLD(hand_over_within_one_process),
        WITH_WORLD(an_observer_sees_leaders_come_and_go),
        WITH_WORLD(an_unwanted_watch_is_silent),
        WITH_WORLD(a_holder_that_is_gone_is_said_so),
        WITH_WORLD(free_gives_the_lock_back),
    };

    return cmocka_run_group_tests_name("local_backend", tests, NULL, NULL);
}
