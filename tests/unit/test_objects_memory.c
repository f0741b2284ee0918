/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents when memory runs out: what is read is what was written, or nothing. One letter less of a UID would be
 * another pod's, and a living leader would count as dead.
 */
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/json.h"
#include "kubernetes/objects/pod.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/scarce_memory.h"

#include <stdio.h>

#define UID "109cef76-9789-4eaa-a8f3-2a1dee9c5844-" TEN TEN
#define TEN "0123456789"
#define NAME "a-pod-whose-name-is-longer-than-the-first-buffer-of-the-parser-" TEN

static const char pod[] =
    "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"" NAME "\",\"uid\":\"" UID "\","
    "\"resourceVersion\":\"1234567890123456789\"},\"status\":{\"phase\":\"Running\"}}";

/* Whether it was read; compares while nothing fails. */
static bool read_pod(long allocations, long times)
{
    struct document *document;
    struct pod_facts facts;

    left = allocations;
    more = times - 1;
    document = document_parse(pod, sizeof pod - 1);
    left = -1;
    if (document == NULL)
        return false;
    assert_true(pod_facts_of(document, &facts));
    assert_string_equal(facts.uid, UID);
    assert_string_equal(facts.name, NAME);
    assert_string_equal(facts.version, "1234567890123456789");
    assert_string_equal(facts.phase, "Running");
    document_free(document);
    return true;
}

static void a_document_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    require_allocator();
    for (long times = 1; times <= 12; times++) {
        long refused = 0;
        long allocations = 0;

        do {
            failed = 0;
            refused += !read_pod(allocations++, times);
        } while (failed > 0);
        assert_true(allocations > 20); /* the allocator was really ours */
        assert_true(refused > 10);
        assert_true(read_pod(-1, 0));
    }
}

/* A PUT that leaves out what others have written would take it away. */
static void a_copy_is_whole_or_none(void **state)
{
    struct document *document = document_parse(pod, sizeof pod - 1);
    long allocations = 0;
    long refused = 0;

    (void)state;
    require_allocator();
    assert_non_null(document);
    do {
        struct document *copy;

        failed = 0;
        more = 0;
        left = allocations++;
        copy = document_copy(document);
        left = -1;
        refused += copy == NULL;
        assert_true(copy == NULL || json_equal(json_of(copy), json_of(document)));
        document_free(copy);
    } while (failed > 0);
    assert_true(refused > 10);
    document_free(document);
}

/* The same bytes must be refused as before: what follows the object is no part of it. */
static void what_is_read_is_one_object(void **state)
{
    static const char *const refused[] = {"",
                                          " ",
                                          "1",
                                          "[]",
                                          "{},{}",
                                          "{}{}",
                                          "{}]",
                                          "{},",
                                          "{}],[{}",
                                          "]",
                                          ",{}",
                                          "{",
                                          "{}x",
                                          "{}\"",
                                          "{}],{}",
                                          "2,{}",
                                          "{\"a\":1e}",
                                          "{\"a\":01}",
                                          "\"{}",
                                          "{}//{}",
                                          "{\"a\":1,\"a\":2}",
                                          "{\"a\":\"b}",
                                          "{} ]"};

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct document *document = document_parse(refused[i], strlen(refused[i]));
        if (document != NULL)
            fail_msg("parses: %s", refused[i]);
    }
}

/* Around each power of two, at which the parser's buffer grows. */
static void strings_of_every_length_are_read(void **state)
{
    static char json[9000];

    (void)state;
    for (size_t length = 1; length < 4200; length += length < 300 ? 1 : 7) {
        char version[4300];
        int size = snprintf(json, sizeof json, "{\"metadata\":{\"resourceVersion\":\"%0*d\"}}", (int)length, 7);
        struct document *document = document_parse(json, (size_t)size);

        assert_non_null(document);
        document_version(document, version, sizeof version);
        assert_int_equal(strlen(version), length);
        document_free(document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_read_whole_or_not_at_all),
        cmocka_unit_test(a_copy_is_whole_or_none),
        cmocka_unit_test(what_is_read_is_one_object),
        cmocka_unit_test(strings_of_every_length_are_read),
    };

    return cmocka_run_group_tests_name("unit_objects_memory", tests, NULL, NULL);
}
