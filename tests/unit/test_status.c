/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statuses, states and the version: every number of the header has its name, text and class.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <leaderlife/leaderlife.h>

#include <stdio.h>
#include <string.h>

struct expected {
    int status;
    const char *name;
    char class_; /* as the header's comments say: n(one), m(isuse), r(etriable), f(atal) */
};

#define EXPECT(status, class_) {status, #status, class_}

static const struct expected all[] = {
    EXPECT(LEADERLIFE_OK, 'n'),        EXPECT(LEADERLIFE_EINVAL, 'm'),     EXPECT(LEADERLIFE_ESTATE, 'm'),
    EXPECT(LEADERLIFE_EBUSY, 'm'),     EXPECT(LEADERLIFE_EFORKED, 'm'),    EXPECT(LEADERLIFE_EOPTION, 'm'),
    EXPECT(LEADERLIFE_EVALUE, 'm'),    EXPECT(LEADERLIFE_ENAME, 'm'),      EXPECT(LEADERLIFE_ENOMEM, 'r'),
    EXPECT(LEADERLIFE_ESYSTEM, 'f'),   EXPECT(LEADERLIFE_ETIMEDOUT, 'r'),  EXPECT(LEADERLIFE_EINTR, 'r'),
    EXPECT(LEADERLIFE_ENOTSUP, 'f'),   EXPECT(LEADERLIFE_ECONFIG, 'f'),    EXPECT(LEADERLIFE_EIDENTITY, 'f'),
    EXPECT(LEADERLIFE_EAUTH, 'r'),     EXPECT(LEADERLIFE_EFORBIDDEN, 'f'), EXPECT(LEADERLIFE_ENAMESPACE, 'f'),
    EXPECT(LEADERLIFE_EREJECTED, 'f'), EXPECT(LEADERLIFE_ENETWORK, 'r'),   EXPECT(LEADERLIFE_ETLS, 'r'),
    EXPECT(LEADERLIFE_ESERVER, 'r'),   EXPECT(LEADERLIFE_EPROTOCOL, 'r'),  EXPECT(LEADERLIFE_EQUOTA, 'r'),
    EXPECT(LEADERLIFE_EBLOCKED, 'r'),  EXPECT(LEADERLIFE_ELOST, 'f'),
};

static void every_status_is_in_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_int_equal(all[i].status, -(int)i);
        assert_string_equal(leaderlife_status_name(all[i].status), all[i].name);
        assert_true(strlen(leaderlife_strerror(all[i].status)) > 0);
        assert_int_equal(leaderlife_status_is_retriable(all[i].status), all[i].class_ == 'r');
        assert_int_equal(leaderlife_status_is_fatal(all[i].status), all[i].class_ == 'f');
    }
}

static void texts_differ(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(leaderlife_strerror(all[i].status), leaderlife_strerror(all[j].status));
    }
}

static void unknown_numbers(void **state)
{
    static const int unknown[] = {1, -26, -1000, INT32_MAX, INT32_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_null(leaderlife_status_name(unknown[i]));
        assert_string_equal(leaderlife_strerror(unknown[i]), "unknown status");
        assert_int_equal(leaderlife_status_is_retriable(unknown[i]), 0);
        assert_int_equal(leaderlife_status_is_fatal(unknown[i]), 0);
    }
}

static void states_have_names(void **state)
{
    static const char *const names[] = {"new",      "starting", "standby", "leader", "resigning",
                                        "resigned", "lost",     "failed",  "closed"};

    (void)state;
    for (int i = LEADERLIFE_STATE_NEW; i <= LEADERLIFE_STATE_CLOSED; i++)
        assert_string_equal(leaderlife_state_name(i), names[i]);
    assert_null(leaderlife_state_name(-1));
    assert_null(leaderlife_state_name(LEADERLIFE_STATE_CLOSED + 1));
    assert_null(leaderlife_state_name(INT32_MAX));
}

static void version_text_and_number_agree(void **state)
{
    int major;
    int minor;
    int patch;

    (void)state;
    assert_int_equal(sscanf(leaderlife_version(), "%d.%d.%d", &major, &minor, &patch), 3);
    assert_int_equal(leaderlife_version_number(), major * 10000 + minor * 100 + patch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_is_in_the_table),
        cmocka_unit_test(texts_differ),
        cmocka_unit_test(unknown_numbers),
        cmocka_unit_test(states_have_names),
        cmocka_unit_test(version_text_and_number_agree),
    };

    return cmocka_run_group_tests_name("unit_status", tests, NULL, NULL);
}
