/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded text: copying and cutting, the order of tokens (P11), names, the nearest word.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <string.h>

static void copies_what_fits(void **state)
{
    char target[6];

    (void)state;
    assert_true(text_copy(target, sizeof target, "12345"));
    assert_string_equal(target, "12345");
    assert_false(text_copy(target, sizeof target, "123456"));
    assert_string_equal(target, "12345");
    assert_true(text_copy(target, sizeof target, NULL));
    assert_string_equal(target, "");
    assert_false(text_copy(target, 0, "x"));
    assert_string_equal(target, "");
}

static void copies_within_itself(void **state)
{
    char target[8] = "abcdef";

    (void)state;
    assert_true(text_copy(target, sizeof target, target + 2));
    assert_string_equal(target, "cdef");
}

static void marks_what_was_cut_off(void **state)
{
    char target[10];

    (void)state;
    text_format(target, sizeof target, "%s", "123456789");
    assert_string_equal(target, "123456789");
    text_format(target, sizeof target, "%s", "1234567890");
    assert_string_equal(target, "123456...");
    text_format(target, 3, "%s", "1234567890");
    assert_string_equal(target, "12");
    target[0] = 'x';
    text_format(target, 0, "%s", "y");
    assert_int_equal(target[0], 'x');
}

static void appends(void **state)
{
    char target[12] = "ab";

    (void)state;
    text_append(target, sizeof target, "%d", 123);
    assert_string_equal(target, "ab123");
    text_append(target, sizeof target, "%s", "456789");
    assert_string_equal(target, "ab123456789");
    text_append(target, sizeof target, "%s", "0");
    assert_string_equal(target, "ab123456...");
    memset(target, 'x', sizeof target); /* not ended: nothing may be written */
    text_append(target, sizeof target, "%s", "y");
    assert_int_equal(target[sizeof target - 1], 'x');
}

/* P11: a later term's token is greater. */
static void orders_tokens(void **state)
{
    static const char *const rising[] = {"",
                                         "0",
                                         "9",
                                         "10",
                                         "99",
                                         "100",
                                         "18446744073709551615",
                                         "18446744073709551616",
                                         "340282366920938463463374607431768211455"};
    const size_t count = sizeof rising / sizeof rising[0];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            int expected = (i > j) - (i < j);

            assert_int_equal(leaderlife_token_compare(rising[i], rising[j]), expected);
            assert_int_equal(text_compare_decimal(rising[i], rising[j]), expected);
        }
    }
    assert_int_equal(leaderlife_token_compare(NULL, NULL), 0);
    assert_int_equal(leaderlife_token_compare(NULL, ""), 0);
    assert_true(leaderlife_token_compare(NULL, "1") < 0);
    assert_true(leaderlife_token_compare("1", NULL) > 0);
    assert_int_equal(leaderlife_token_compare("0007", "7"), 0);
    assert_true(leaderlife_token_compare("0007", "10") < 0);
}

static void compares(void **state)
{
    (void)state;
    assert_true(text_equal("a", "a"));
    assert_false(text_equal("a", "ab"));
}

static void accepts_dns_names(void **state)
{
    static const char *const good[] = {"a", "0", "my-operator", "a.b", "a-b.c-d.0", "x--y"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_null(text_dns_subdomain_fault(good[i], TEXT_LOCK_MAX));
    assert_null(text_dns_label_fault("my-namespace"));
}

static void refuses_other_names(void **state)
{
    static const char *const bad[] = {"",     "A",    "aB",  "a_b", "-a",   "a-",       ".a",    "a.", "a..b",
                                      "a.-b", "a-.b", "a b", "a/b", "a\nb", "\xc3\xa4", "a\x7f", " ",  "-"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_non_null(text_dns_subdomain_fault(bad[i], TEXT_LOCK_MAX));
        assert_non_null(text_dns_label_fault(bad[i]));
    }
    assert_non_null(text_dns_subdomain_fault(NULL, 10));
    assert_non_null(text_dns_label_fault("a.b"));
    assert_non_null(strstr(text_dns_label_fault("Upper"), "upper-case"));
    assert_non_null(strstr(text_dns_label_fault(""), "empty"));
}

static void knows_the_longest_name(void **state)
{
    char name[TEXT_LOCK_MAX + 2];

    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[TEXT_LOCK_MAX + 1] = '\0';
    assert_non_null(strstr(text_dns_subdomain_fault(name, TEXT_LOCK_MAX), "too long"));
    name[TEXT_LOCK_MAX] = '\0';
    assert_null(text_dns_subdomain_fault(name, TEXT_LOCK_MAX));
    name[64] = '\0';
    assert_non_null(text_dns_label_fault(name));
    name[63] = '\0';
    assert_null(text_dns_label_fault(name));
}

static void finds_the_nearest_word(void **state)
{
    static const char *const words[] = {"namespace", "pod-name", "guard", "log-level"};
    char longest[200];

    (void)state;
    assert_int_equal(text_nearest("namspace", words, 4), 0);
    assert_int_equal(text_nearest("NameSpace", words, 4), 0);
    assert_int_equal(text_nearest("podname", words, 4), 1);
    assert_int_equal(text_nearest("gaurd", words, 4), 2);
    assert_int_equal(text_nearest("log_level", words, 4), 3);
    assert_int_equal(text_nearest("colour", words, 4), -1);
    assert_int_equal(text_nearest("", words, 4), -1);
    assert_int_equal(text_nearest("namespace", words, 0), -1);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(text_nearest(longest, words, 4), -1);
}

/* The published test values of FNV-1a: the name of a kernel lock must not change between versions. */
static void hashes(void **state)
{
    (void)state;
    assert_true(text_hash("") == 0xcbf29ce484222325u);
    assert_true(text_hash("a") == 0xaf63dc4c8601ec8cu);
    assert_true(text_hash("foobar") == 0x85944171f73967e8u);
}

static void makes_printable(void **state)
{
    char text[] = "a\nb\x1b[0m\xff~ ";

    (void)state;
    text_printable(text);
    assert_string_equal(text, "a?b?[0m?~ ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_what_fits),
        cmocka_unit_test(copies_within_itself),
        cmocka_unit_test(marks_what_was_cut_off),
        cmocka_unit_test(appends),
        cmocka_unit_test(orders_tokens),
        cmocka_unit_test(compares),
        cmocka_unit_test(accepts_dns_names),
        cmocka_unit_test(refuses_other_names),
        cmocka_unit_test(knows_the_longest_name),
        cmocka_unit_test(finds_the_nearest_word),
        cmocka_unit_test(hashes),
        cmocka_unit_test(makes_printable),
    };

    return cmocka_run_group_tests_name("unit_text", tests, NULL, NULL);
}
