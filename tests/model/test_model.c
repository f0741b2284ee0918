/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories of the machine against a simulated API server. LEADERLIFE_MODEL_RUNS sets how many, and
 * LEADERLIFE_MODEL_SEED plays a single one again and tells it on standard error.
 */
#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { RUNS_DEFAULT = 300, SABOTAGED_RUNS = 300, FAULTS_SHOWN = 5 };

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *value = getenv(variable);
    return value == NULL || value[0] == '\0' ? otherwise : strtoull(value, NULL, 10);
}

/* How many of the histories have failed. */
static unsigned play(const char *name, struct model_setup setup, uint64_t runs)
{
    uint64_t only = number_from("LEADERLIFE_MODEL_SEED", 0);
    unsigned faults = 0;
    uint64_t terms = 0;
    uint64_t losses = 0;
    unsigned most = 0;
    int64_t slowest = 0;
    setup.trace = only != 0 && setup.sabotage == SABOTAGE_NONE;
    for (uint64_t seed = only != 0 ? only : 1; seed <= (only != 0 ? only : runs); seed++) {
        struct model_result result;
        setup.seed = seed;
        model_run(&setup, &result);
        terms += result.terms;
        losses += result.losses;
        most = result.most > most ? result.most : most;
        slowest = result.settled > slowest ? result.settled : slowest;
        if (result.failed && faults++ < FAULTS_SHOWN && setup.sabotage == SABOTAGE_NONE)
            print_message("%s: seed %" PRIu64 ": %s (LEADERLIFE_MODEL_SEED=%" PRIu64 " tells it)\n", name, seed,
                          result.fault, seed);
    }
    print_message("%s: %u faults, %" PRIu64 " terms, %" PRIu64 " lost, at most %u commands/s, settled in %" PRId64 " ms\n",
                  name, faults, terms, losses, most, slowest);
    return faults;
}

static uint64_t runs(void)
{
    return number_from("LEADERLIFE_MODEL_RUNS", RUNS_DEFAULT);
}

static void test_memory(void **state)
{
    (void)state;
    assert_int_equal(play("memory", (struct model_setup){.records = false}, runs()), 0);
}

static void test_record(void **state)
{
    (void)state;
    assert_int_equal(play("record", (struct model_setup){.records = true}, runs()), 0);
}

/* P8: a lock removed under a living leader elects nobody who has seen it. */
static void test_memory_seen_removal(void **state)
{
    (void)state;
    assert_int_equal(play("seen removal", (struct model_setup){.seen_removal = true}, runs()), 0);
}

/* The oracle sees what it is there for. */
static void test_sabotage(void **state)
{
    static const enum sabotage ways[] = {SABOTAGE_VERDICTS, SABOTAGE_CAS, SABOTAGE_CREATE, SABOTAGE_SILENCE};
    (void)state;
    if (number_from("LEADERLIFE_MODEL_SEED", 0) != 0)
        skip();
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        for (int records = 0; records < 2; records++) {
            struct model_setup setup = {.records = records != 0, .sabotage = ways[i]};
            assert_int_not_equal(play("sabotaged", setup, SABOTAGED_RUNS / 5), 0);
        }
    }
    assert_int_not_equal(
        play("sabotaged", (struct model_setup){.seen_removal = true, .sabotage = SABOTAGE_MEMORY}, SABOTAGED_RUNS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_memory_seen_removal),
        cmocka_unit_test(test_sabotage),
    };
    return cmocka_run_group_tests_name("model_model", tests, NULL, NULL);
}
