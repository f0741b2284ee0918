/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backoff with full jitter (P15): its bounds, that they are reached, and that nothing overflows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/backoff.h"

static void doubles_up_to_the_limit(void **state)
{
    static const int64_t limits[] = {100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000};

    (void)state;
    for (unsigned i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        assert_int_equal(backoff_ms(i, BACKOFF_FIRST_MS, BACKOFF_MAX_MS, 0), 0);
        assert_int_equal(backoff_ms(i, BACKOFF_FIRST_MS, BACKOFF_MAX_MS, UINT32_MAX), limits[i]);
    }
}

static void any_attempt_is_bounded(void **state)
{
    static const unsigned attempts[] = {31, 32, 63, 64, 1000, UINT32_MAX};

    (void)state;
    for (unsigned i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
        assert_int_equal(backoff_ms(attempts[i], 100, 30000, UINT32_MAX), 30000);
    assert_int_equal(backoff_ms(UINT32_MAX, 1, INT64_MAX / 4, 0), 0);
    assert_int_equal(backoff_ms(5, 500, 100, UINT32_MAX), 100);
    assert_int_equal(backoff_ms(1000, 0, 100, UINT32_MAX), 0);
}

/* Full jitter: the middle of the random numbers is the middle of the range. */
static void is_drawn_evenly(void **state)
{
    (void)state;
    assert_int_equal(backoff_ms(2, 100, 30000, UINT32_MAX / 2), 200);
    assert_int_equal(backoff_between(10, 13, 0), 10);
    assert_int_equal(backoff_between(10, 13, 0x40000000u), 11);
    assert_int_equal(backoff_between(10, 13, 0x80000000u), 12);
    assert_int_equal(backoff_between(10, 13, UINT32_MAX), 13);
}

static void ranges_of_every_size(void **state)
{
    (void)state;
    assert_int_equal(backoff_between(7, 7, UINT32_MAX), 7);
    assert_int_equal(backoff_between(9, 7, UINT32_MAX), 9);
    assert_int_equal(backoff_between(-5, 5, 0), -5);
    assert_int_equal(backoff_between(-5, 5, UINT32_MAX), 5);
    assert_int_equal(backoff_between(0, INT64_C(0xffffffff), UINT32_MAX), INT64_C(0xffffffff));
    assert_true(backoff_between(0, INT64_MAX - 1, UINT32_MAX) > INT64_MAX / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_up_to_the_limit),
        cmocka_unit_test(any_attempt_is_bounded),
        cmocka_unit_test(is_drawn_evenly),
        cmocka_unit_test(ranges_of_every_size),
    };

    return cmocka_run_group_tests_name("unit_backoff", tests, NULL, NULL);
}
