/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people are advised about a foreign lock or record (docs/protocol.md: P14): which object, and what must be read
 * or have ended before.
 */
#include "machine/removal_advice.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static char said[2 * TEXT_MESSAGE];

static const char *advice(enum foreign what, enum removal_bar bar)
{
    static const struct pod_id pod = {.name = "web-0", .uid = "u"};
    const struct removal removal = {.what = what, .bar = bar, .pod = &pod};
    text_copy(said, sizeof said, "the cause");
    removal_append(&removal, said, sizeof said);
    return said;
}

static void test_the_object_that_is_to_go_is_named(void **state)
{
    (void)state;
    assert_non_null(strstr(advice(FOREIGN_LOCK, BAR_UNTOLD), "then delete the ConfigMap;"));
    assert_non_null(strstr(advice(FOREIGN_RECORD, BAR_UNTOLD), "then delete the Lease;"));
}

static void test_who_names_the_pod_in_the_way_is_told(void **state)
{
    static const struct {
        enum removal_bar bar;
        const char *teller;
    } rows[] = {
        {BAR_SELF, "in which this process leads"},
        {BAR_RECORD, "which the holder record names"},
        {BAR_LOCK, "which the lock names"},
        {BAR_EARLIER, "which held the lock before"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char all[TEXT_MESSAGE];

        snprintf(
            all, sizeof all,
            "the cause: pod web-0, %s, is not known to have ended, so nothing may be deleted before it has, or has "
            "given back; then delete the ConfigMap, if nothing else needs it; the election goes on by itself then",
            rows[i].teller);
        assert_string_equal(advice(FOREIGN_LOCK, rows[i].bar), all);
    }
}

static void test_the_other_object_is_read_first(void **state)
{
    (void)state;
    assert_non_null(strstr(advice(FOREIGN_LOCK, BAR_UNREAD), "before its holder record has been read"));
    assert_non_null(strstr(advice(FOREIGN_RECORD, BAR_UNREAD), "before the lock has been read"));
}

static void test_nothing_stands_in_the_way(void **state)
{
    (void)state;
    assert_string_equal(advice(FOREIGN_LOCK, BAR_NOTHING),
                        "the cause: if nothing else needs it, delete it; the election goes on by itself then");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_object_that_is_to_go_is_named),
        cmocka_unit_test(test_who_names_the_pod_in_the_way_is_told),
        cmocka_unit_test(test_the_other_object_is_read_first),
        cmocka_unit_test(test_nothing_stands_in_the_way),
    };
    return cmocka_run_group_tests_name("machine_removal_advice", tests, NULL, NULL);
}
