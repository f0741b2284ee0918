/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A local backend driven by hand: commands in, facts out, no machine. Include after cmocka.h.
 */
#ifndef TESTS_LOCAL_WORLD_H
#define TESTS_LOCAL_WORLD_H

#include "backend/backend.h"
#include "local/holders.h"

#include <leaderlife/leaderlife.h>

struct world {
    char lock[64];
    unsigned told_own; /* that another election of this process leads: many tests have two, so it is only counted */
    struct kernel_lock_name name;
    struct options options;
    struct counters counters;
    struct reactor reactor;
    struct backend *backend;
    unsigned number;
};

static inline void world_open(struct world *world, const char *lock, enum wish wish)
{
    char user[24];
    char text[TEXT_MESSAGE];
    struct backend_setup setup = {
        .lock = world->lock,
        .options = &world->options,
        .reactor = &world->reactor,
        .counters = &world->counters,
        .wish = wish,
    };
    struct fact fact;

    *world = (struct world){.number = 0};
    text_copy(world->lock, sizeof world->lock, lock);
    text_format(user, sizeof user, "%lu", (unsigned long)geteuid());
    kernel_lock_make_name(&world->name, "leaderlife", user, lock);
    assert_int_equal(reactor_init(&world->reactor), 0);
    assert_int_equal(local_backend_new(&setup, &world->backend, text, sizeof text), LEADERLIFE_OK);
    assert_true(world->backend->ops->next_fact(world->backend, &fact));
    assert_int_equal(fact.kind, FACT_NOTE); /* for whom the lock is */
    assert_int_equal(fact.level, LEADERLIFE_LOG_INFO);
}

static inline void world_close(struct world *world)
{
    if (world->backend)
        world->backend->ops->free(world->backend, false);
    world->backend = NULL;
    reactor_free(&world->reactor);
}

static inline void world_want(struct world *world, unsigned watches)
{
    world->backend->ops->want(world->backend, watches, NULL);
}

static inline bool world_next_fact(struct world *world, struct fact *ret_fact)
{
    while (world->backend->ops->next_fact(world->backend, ret_fact)) {
        if (ret_fact->kind != FACT_NOTE || !strstr(ret_fact->text, "another election of this very process leads"))
            return true;
        assert_int_equal(ret_fact->status, LEADERLIFE_EBUSY);
        world->told_own++;
    }
    return false;
}

/* The next fact that is there without waiting; kind FACT_NONE. */
static inline struct fact world_fact_now(struct world *world)
{
    struct fact fact = {.kind = FACT_NONE};

    reactor_poll(&world->reactor);
    if (!world_next_fact(world, &fact))
        fact.kind = FACT_NONE;
    return fact;
}

/* The next fact, waited for as the election waits. */
static inline struct fact world_fact(struct world *world)
{
    int64_t give_up = clock_now() + HANG_MS;
    struct fact fact = {.kind = FACT_NONE};

    while (clock_now() < give_up) {
        if (world_next_fact(world, &fact))
            return fact;
        reactor_arm(&world->reactor, world->backend->ops->deadline(world->backend));
        reactor_wait(&world->reactor, HANG_MS);
        reactor_poll(&world->reactor);
    }
    fail_msg("no fact came");
    return fact;
}

static inline void world_submit(struct world *world, struct command command)
{
    command.number = ++world->number;
    world->backend->ops->submit(world->backend, &command);
}

/* Facts until the answer; those before it are dropped. */
static inline struct fact world_answer(struct world *world)
{
    struct fact fact;

    do
        fact = world_fact(world);
    while (fact.kind != FACT_ANSWER);
    assert_int_equal(fact.number, world->number);
    return fact;
}

static inline struct fact world_ask(struct world *world, enum command_kind kind)
{
    world_submit(world, (struct command){.kind = kind});
    return world_answer(world);
}

static inline enum pod_sign world_judge(struct world *world, const char *uid)
{
    struct command command = {.kind = COMMAND_GET_POD};
    struct fact answer;

    text_copy(command.pod.uid, sizeof command.pod.uid, uid);
    world_submit(world, command);
    answer = world_answer(world);
    assert_int_equal(answer.outcome, OUTCOME_OK);
    assert_string_equal(answer.pod.uid, uid);
    return answer.pod.sign;
}

static inline struct command deletion(const struct lock_view *lock)
{
    struct command command = {.kind = COMMAND_DELETE_LOCK};

    text_copy(command.uid, sizeof command.uid, lock->uid);
    text_copy(command.version, sizeof command.version, lock->version);
    return command;
}

/* Takes the lock, which must be free. */
static inline struct lock_view world_hold(struct world *world)
{
    struct fact answer = world_ask(world, COMMAND_CREATE_LOCK);

    assert_int_equal(answer.outcome, OUTCOME_OK);
    assert_int_equal(answer.lock.kind, LOCK_VIEW_OWNED);
    return answer.lock;
}

/* The next two facts tell of a living holder, who is given. */
static inline struct lock_view world_expect_holder(struct world *world)
{
    struct fact lock = world_fact(world);
    struct fact pod = world_fact(world);

    assert_int_equal(lock.kind, FACT_LOCK);
    assert_int_equal(lock.lock.kind, LOCK_VIEW_OWNED);
    assert_int_equal(pod.kind, FACT_POD);
    assert_int_equal(pod.pod.sign, POD_ALIVE);
    assert_string_equal(pod.pod.uid, lock.lock.owner.uid);
    return lock.lock;
}

/* The next two facts tell of the holder's end, the verdict first. */
static inline void world_expect_end(struct world *world, const char *uid)
{
    struct fact pod = world_fact(world);
    struct fact lock = world_fact(world);

    assert_int_equal(pod.kind, FACT_POD);
    assert_int_equal(pod.pod.sign, POD_DEAD);
    assert_string_equal(pod.pod.uid, uid);
    assert_int_equal(lock.kind, FACT_LOCK);
    assert_int_equal(lock.lock.kind, LOCK_VIEW_ABSENT);
}

static inline void world_expect_absent(struct world *world)
{
    struct fact fact = world_fact(world);

    assert_int_equal(fact.kind, FACT_LOCK);
    assert_int_equal(fact.lock.kind, LOCK_VIEW_ABSENT);
}

/* Connections in the queue of whoever listens, living or dead. */
static inline unsigned world_queue(struct world *world)
{
    struct unix_socket seen;

    assert_int_equal(kernel_lock_look(&world->name, 0, &seen), 1);
    assert_true(seen.listens && seen.has_queue);
    return seen.queued;
}

/* Waits until a candidate has made its connection to the holder, and sleeps. No fact may come before. */
static inline void world_settle(struct world *world)
{
    int64_t give_up = clock_now() + HANG_MS;
    struct fact fact;

    while (world->backend->ops->deadline(world->backend) != INT64_MAX && clock_now() < give_up) {
        reactor_arm(&world->reactor, world->backend->ops->deadline(world->backend));
        reactor_wait(&world->reactor, HANG_MS);
        reactor_poll(&world->reactor);
        assert_false(world_next_fact(world, &fact));
    }
    assert_true(world->backend->ops->deadline(world->backend) == INT64_MAX);
}

static inline void world_expect_nothing(struct world *world)
{
    assert_int_equal(world_fact_now(world).kind, FACT_NONE);
}

/* ---- Two candidates for one lock, anew for each test ---- */

static struct world world;
static struct world rival; /* a second candidate in this process */

static inline int set_up(void **state)
{
    const char *lock = fresh_lock_name();

    (void)state;
    world_open(&world, lock, WISH_CAMPAIGN);
    world_open(&rival, lock, WISH_CAMPAIGN);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    world_close(&world);
    world_close(&rival);
    return 0;
}

static inline void assert_contains(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("'%s' is not in: %s", words, text);
}

#endif
