/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories of the machine against a simulated API server. LEADERLIFE_MODEL_RUNS sets how many, and
 * LEADERLIFE_MODEL_SEED plays a single one again and tells it on standard error. LEADERLIFE_MODEL_RIGHT=1 leaves out
 * those with broken rules.
 */
#include "kinds.h"
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { RUNS_DEFAULT = 300, FAULTS_SHOWN = 5 };

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *value = getenv(variable);
    return value == NULL || value[0] == '\0' ? otherwise : strtoull(value, NULL, 10);
}

struct outcome_count {
    unsigned faults;
    unsigned two_leaders; /* of them */
};

static struct outcome_count play(const char *name, struct model_setup setup, uint64_t runs)
{
    uint64_t only = number_from("LEADERLIFE_MODEL_SEED", 0);
    struct outcome_count count = {0, 0};
    uint64_t terms = 0;
    uint64_t losses = 0;
    unsigned rehearsals = 0;
    unsigned most = 0;
    int64_t slowest = 0;
    setup.trace = only != 0 && setup.sabotage == SABOTAGE_NONE;
    for (uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : runs); seed++) {
        struct model_result result;
        setup.seed = seed;
        model_run(&setup, &result);
        terms += result.terms;
        losses += result.losses;
        rehearsals += result.rehearsals;
        most = result.most > most ? result.most : most;
        slowest = result.settled > slowest ? result.settled : slowest;
        count.two_leaders += result.two_leaders;
        bool expected = setup.sabotage != SABOTAGE_NONE || setup.node_policy == NODE_UNSAFE;
        if (result.failed && count.faults++ < FAULTS_SHOWN && !expected)
            print_message("%s: seed %" PRIu64 ": %s (LEADERLIFE_MODEL_SEED=%" PRIu64 " tells it)\n", name, seed,
                          result.fault, seed);
    }
    print_message("%s: %u faults, %" PRIu64 " terms, %" PRIu64
                  " lost (%u rehearsed), at most %u commands/s, settled within %" PRId64 " ms\n",
                  name, count.faults, terms, losses, rehearsals, most, slowest);
    return count;
}

static uint64_t runs(void)
{
    return number_from("LEADERLIFE_MODEL_RUNS", RUNS_DEFAULT);
}

static void test_memory(void **state)
{
    (void)state;
    assert_int_equal(play("memory", (struct model_setup){.records = false}, runs()).faults, 0);
}

static void test_record(void **state)
{
    (void)state;
    assert_int_equal(play("record", (struct model_setup){.records = true}, runs()).faults, 0);
}

/* P8: rights that come and go change the level, never the number of leaders. */
static void test_changing_rights(void **state)
{
    (void)state;
    assert_int_equal(
        play("changing rights", (struct model_setup){.records = true, .rights_change = true}, runs()).faults, 0);
}

/* P16: what counts as dead with its node is dead. */
static void test_lost_nodes(void **state)
{
    (void)state;
    assert_int_equal(play("lost nodes, memory", (struct model_setup){.node_policy = NODE_FENCED}, runs()).faults, 0);
    assert_int_equal(
        play("lost nodes, record", (struct model_setup){.records = true, .node_policy = NODE_FENCED}, runs()).faults,
        0);
}

/* P8: a lock removed under a living leader elects nobody who has seen it. */
static void test_memory_seen_removal(void **state)
{
    (void)state;
    assert_int_equal(play("seen removal", (struct model_setup){.seen_removal = true}, runs()).faults, 0);
}

/* A rehearsed loss keeps all that is held until the election is closed: nobody leads beside a program that may still
 * work. */
static void test_rehearsals(void **state)
{
    (void)state;
    assert_int_equal(play("rehearsals, memory", (struct model_setup){.rehearsals = true}, runs()).faults, 0);
    assert_int_equal(
        play("rehearsals, record", (struct model_setup){.records = true, .rehearsals = true}, runs()).faults, 0);
}

/* What an audit used to find two leaders, each in a world in which it happens often (worlds.c). */
static void test_worlds(void **state)
{
    (void)state;
    unsigned faults = 0;
    unsigned count = 0;
    for (size_t i = 0; i < kind_count; i++) {
        if (kinds[i].setup.world == WORLD_ORDINARY)
            continue;
        faults += play(kinds[i].name, kinds[i].setup, runs()).faults;
        count++;
    }
    assert_int_equal(count, 10);
    assert_int_equal(faults, 0);
}

/* The oracle sees what it is there for. */
static void sabotage(const char *name, struct model_setup setup)
{
    if (number_from("LEADERLIFE_MODEL_SEED", 0) != 0 || number_from("LEADERLIFE_MODEL_RIGHT", 0) != 0)
        skip();
    struct outcome_count count = play(name, setup, RUNS_DEFAULT);
    if (setup.sabotage == SABOTAGE_SILENCE || setup.sabotage == SABOTAGE_ORPHAN_FOREIGN)
        assert_int_not_equal(count.faults, 0);
    else
        assert_int_not_equal(count.two_leaders, 0);
}

static void test_false_verdicts_are_caught(void **state)
{
    (void)state;
    sabotage("false verdicts, memory", (struct model_setup){.sabotage = SABOTAGE_VERDICTS});
    sabotage("false verdicts, record", (struct model_setup){.records = true, .sabotage = SABOTAGE_VERDICTS});
}

static void test_missing_preconditions_are_caught(void **state)
{
    (void)state;
    sabotage("no preconditions, memory", (struct model_setup){.sabotage = SABOTAGE_CAS});
    sabotage("no preconditions, record", (struct model_setup){.records = true, .sabotage = SABOTAGE_CAS});
}

static void test_overwriting_creates_are_caught(void **state)
{
    (void)state;
    sabotage("overwriting creates, memory", (struct model_setup){.sabotage = SABOTAGE_CREATE});
    sabotage("overwriting creates, record", (struct model_setup){.records = true, .sabotage = SABOTAGE_CREATE});
}

static void test_unseen_removal_is_caught(void **state)
{
    (void)state;
    sabotage("unseen removal", (struct model_setup){.seen_removal = true, .sabotage = SABOTAGE_MEMORY});
}

static void test_unguarded_removal_is_caught(void **state)
{
    (void)state;
    sabotage("unguarded removal",
             (struct model_setup){.records = true, .rights_change = true, .sabotage = SABOTAGE_RIGHTS});
}

static void test_a_rehearsal_that_gives_back_is_caught(void **state)
{
    (void)state;
    sabotage("hasty rehearsals",
             (struct model_setup){.records = true, .rehearsals = true, .sabotage = SABOTAGE_REHEARSAL});
}

/* P16: why it is no default. */
static void test_unready_nodes_elect_two(void **state)
{
    (void)state;
    sabotage("unready nodes", (struct model_setup){.records = true, .node_policy = NODE_UNSAFE});
}

static void test_silence_is_caught(void **state)
{
    (void)state;
    sabotage("silence", (struct model_setup){.sabotage = SABOTAGE_SILENCE});
}

/* Each world finds a machine that lacks the rule which the world is about; what may happen in any does not. */
static void rule_missed(enum world_kind world, enum sabotage rule)
{
    for (int records = 0; records < 2; records++) {
        struct model_setup setup = {.records = records != 0, .world = world, .sabotage = rule};
        if (records != 0 || rule != SABOTAGE_OLDER_RECORD)
            sabotage(kind_sabotage_name(rule), setup);
    }
}

static void test_worlds_miss_their_rules(void **state)
{
    (void)state;
    rule_missed(WORLD_NAMESPACES, SABOTAGE_NETWORK);
    rule_missed(WORLD_ORPHANS, SABOTAGE_ORPHAN_FOREIGN);
    rule_missed(WORLD_ORPHANS, SABOTAGE_ORPHAN_DEAD);
    rule_missed(WORLD_GHOSTS, SABOTAGE_LOOK);
    rule_missed(WORLD_MIXED, SABOTAGE_OLDER_RECORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_changing_rights),
        cmocka_unit_test(test_memory_seen_removal),
        cmocka_unit_test(test_lost_nodes),
        cmocka_unit_test(test_rehearsals),
        cmocka_unit_test(test_false_verdicts_are_caught),
        cmocka_unit_test(test_missing_preconditions_are_caught),
        cmocka_unit_test(test_overwriting_creates_are_caught),
        cmocka_unit_test(test_unseen_removal_is_caught),
        cmocka_unit_test(test_unguarded_removal_is_caught),
        cmocka_unit_test(test_a_rehearsal_that_gives_back_is_caught),
        cmocka_unit_test(test_unready_nodes_elect_two),
        cmocka_unit_test(test_silence_is_caught),
        cmocka_unit_test(test_worlds),
        cmocka_unit_test(test_worlds_miss_their_rules),
    };
    return cmocka_run_group_tests_name("model_model", tests, NULL, NULL);
}
