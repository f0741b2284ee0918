/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histories as scripts: a seed's script plays the same history; a failing one becomes a script of less than 20 lines,
 * which shows the broken rule and nothing else.
 */
#include "shrink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { LINES = 20, SEEDS = 2000, TEXT_SIZE = 16384 };

/* The first seed whose history has a fault; its script. */
static uint64_t find(struct script *s, const char *kind, enum sabotage sabotage)
{
    struct model_result result;
    struct model_setup setup = kind_named(kind)->setup;
    setup.sabotage = sabotage;
    for (setup.seed = 1; setup.seed <= SEEDS; setup.seed++) {
        model_run(&setup, &result);
        if (!result.failed)
            continue;
        script_of_seed(s, kind_named(kind), sabotage, setup.seed);
        return setup.seed;
    }
    return 0;
}

/* As text and back, as one who copies it from a terminal. */
static void copy(const struct script *s, struct script *ret)
{
    char text[TEXT_SIZE];
    FILE *file = fmemopen(text, sizeof text, "w");
    assert_non_null(file);
    script_print(s, file);
    assert_int_equal(fclose(file), 0);
    file = fmemopen(text, strlen(text), "r");
    assert_non_null(file);
    script_init(ret);
    assert_true(script_read(ret, file));
    fclose(file);
}

static void shortens(const char *kind, enum sabotage sabotage)
{
    struct script script;
    struct script copied;
    struct model_result result;
    script_init(&script);
    uint64_t seed = find(&script, kind, sabotage);
    assert_int_not_equal(seed, 0);
    int before = script_print(&script, NULL);
    assert_true(shrink(&script, &result));
    int lines = script_print(&script, NULL);
    print_message("%s without '%s': seed %" PRIu64 ", %d lines become %d: %s\n", kind, kind_sabotage_name(sabotage),
                  seed, before, lines, result.fault);
    copy(&script, &copied);
    struct model_result again;
    script_play(&copied, &again);
    assert_true(again.failed);
    assert_string_equal(again.fault, result.fault);
    assert_true(lines < LINES);
    copied.setup.sabotage = SABOTAGE_NONE;
    script_play(&copied, &again);
    if (again.failed)
        print_error("with the rule: %s\n", again.fault);
    assert_false(again.failed);
    script_free(&copied);
    script_free(&script);
}

static void test_a_script_plays_its_seed(void **state)
{
    (void)state;
    for (size_t i = 0; i < kind_count; i++) {
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct script script;
            struct model_result once;
            struct model_result again;
            struct model_setup setup = kinds[i].setup;
            setup.seed = seed;
            setup.sabotage = SABOTAGE_VERDICTS; /* so that many have a fault */
            model_run(&setup, &once);
            script_init(&script);
            script_of_seed(&script, &kinds[i], setup.sabotage, seed);
            script_play(&script, &again);
            assert_string_equal(again.fault, once.fault);
            assert_int_equal(again.terms, once.terms);
            assert_int_equal(again.commands, once.commands);
            script_free(&script);
        }
    }
}

static void test_an_ignored_record_is_a_short_script(void **state)
{
    (void)state;
    shortens("record", SABOTAGE_DEAD_RECORD);
}

static void test_a_forgotten_holder_is_a_short_script(void **state)
{
    (void)state;
    shortens("seen-removal", SABOTAGE_LAST);
}

static void test_a_strange_namespace_is_a_short_script(void **state)
{
    (void)state;
    shortens("namespaces-record", SABOTAGE_NETWORK);
}

static void test_a_ghost_is_a_short_script(void **state)
{
    (void)state;
    shortens("ghosts-record", SABOTAGE_LOOK);
    shortens("ghosts-memory", SABOTAGE_LOOK);
}

static void test_an_orphan_is_a_short_script(void **state)
{
    (void)state;
    shortens("orphans-record", SABOTAGE_ORPHAN_FOREIGN);
    shortens("orphans-record", SABOTAGE_ORPHAN_DEAD);
}

static void test_a_write_after_closed_is_a_short_script(void **state)
{
    (void)state;
    shortens("closed-record", SABOTAGE_QUIET);
}

static void test_an_older_version_without_record_is_a_short_script(void **state)
{
    (void)state;
    shortens("mixed-record", SABOTAGE_OLDER_RECORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_script_plays_its_seed),
        cmocka_unit_test(test_an_ignored_record_is_a_short_script),
        cmocka_unit_test(test_a_forgotten_holder_is_a_short_script),
        cmocka_unit_test(test_a_strange_namespace_is_a_short_script),
        cmocka_unit_test(test_a_ghost_is_a_short_script),
        cmocka_unit_test(test_an_orphan_is_a_short_script),
        cmocka_unit_test(test_a_write_after_closed_is_a_short_script),
        cmocka_unit_test(test_an_older_version_without_record_is_a_short_script),
    };
    return cmocka_run_group_tests_name("model_shrink", tests, NULL, NULL);
}
