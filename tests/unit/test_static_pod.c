/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static pods (P2): whose UID is one, and that all that people are told of them fits into a text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine/static_pod.h"

#include <string.h>

static void whose_uid_is_a_static_pod_s(void **state)
{
    (void)state;
    assert_true(static_pod_is_uid("d41d8cd98f00b204e9800998ecf8427e"));
    assert_false(static_pod_is_uid("d41d8cd9-8f00-b204-e980-0998ecf8427e"));
    assert_false(static_pod_is_uid("d41d8cd98f00b204e9800998ecf8427"));
    assert_false(static_pod_is_uid("D41D8CD98F00B204E9800998ECF8427E"));
    assert_false(static_pod_is_uid("uid-a"));
    assert_false(static_pod_is_uid(""));
}

static void cause_and_cure_fit_behind_the_longest_name(void **state)
{
    char text[TEXT_MESSAGE];

    (void)state;
    memset(text, 'a', TEXT_NAME);
    text[TEXT_NAME] = '\0';
    static_pod_append(text, sizeof text);
    assert_non_null(strstr(text, "static pod"));
    assert_true(strlen(text) < sizeof text - 1);
    assert_string_equal(text + strlen(text) - strlen("(client-go)"), "(client-go)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whose_uid_is_a_static_pod_s),
        cmocka_unit_test(cause_and_cure_fit_behind_the_longest_name),
    };

    return cmocka_run_group_tests_name("unit_static_pod", tests, NULL, NULL);
}
