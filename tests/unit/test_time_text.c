/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 3339 as Go's time.Parse takes it: each form, each limit, and the C library's own arithmetic as the judge of all
 * days. The same on every C library and in every locale.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time_text.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { UNTOUCHED = 4711 };

static const struct {
    const char *text;
    int64_t seconds;
} good[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"1969-12-31T23:59:59Z", -1},
    {"2018-03-05T17:30:20-08:00", 1520299820},
    {"2018-03-06T01:30:20Z", 1520299820},
    {"2018-03-06T01:30:20+00:00", 1520299820},
    {"2018-03-06T01:30:20-00:00", 1520299820},
    {"2018-03-06T15:30:20+14:00", 1520299820},
    {"2018-03-06T07:00:20+05:30", 1520299820},
    {"2018-03-07T01:30:20+24:00", 1520299820},
    {"2018-03-06T02:30:20+00:60", 1520299820},
    {"2018-03-06T01:30:20.0Z", 1520299820},
    {"2018-03-06T01:30:20.999999999999999999999999999999Z", 1520299820},
    {"2018-03-06T01:30:20,5Z", 1520299820},
    {"2018-03-06T1:30:20Z", 1520299820},
    {"1969-12-31T23:59:59.9Z", -1}, /* cut off, not rounded */
    {"0000-01-01T00:00:00Z", -62167219200},
    {"0000-02-29T00:00:00Z", -62162121600},
    {"0001-01-01T00:00:00Z", -62135596800},
    {"9999-12-31T23:59:59Z", 253402300799},
    {"2000-02-29T00:00:00Z", 951782400},
    {"2024-02-29T00:00:00Z", 1709164800},
    {"2024-12-31T00:00:00Z", 1735603200},
};

static const char *const bad[] = {
    "",
    "Z",
    "soon",
    "2018",
    "2018-03",
    "2018-03-06",
    "2018-03-06T",
    "2018-03-06T01",
    "2018-03-06T01:30",
    "2018-03-06T01:30Z",
    "2018-03-06T01:30:20",
    "2018-03-06T01:30:20.5",
    "2018-03-06T01:30:20.Z",
    "2018-03-06T01:30:20.+05:30",
    "2018-03-06T01:30:20.5.5Z",
    "2018-03-06t01:30:20Z",
    "2018-03-06T01:30:20z",
    "2018-03-06 01:30:20Z",
    "2018-03-06T01:30:20 Z",
    " 2018-03-06T01:30:20Z",
    "2018-03-06T01:30:20Z ",
    "2018-03-06T01:30:20Zz",
    "2018-03-06T01:30:20Z+00:00",
    "2018-03-06T01:30:60Z",
    "2016-12-31T23:59:60Z",
    "2018-03-06T24:00:00Z",
    "2018-03-06T01:60:00Z",
    "2018-03-06T001:30:20Z",
    "2018-03-06T:30:20Z",
    "2018-03-06T01:3:20Z",
    "2018-03-06T01:30:2Z",
    "2018-00-06T01:30:20Z",
    "2018-13-06T01:30:20Z",
    "2018-03-00T01:30:20Z",
    "2018-03-32T01:30:20Z",
    "2018-04-31T01:30:20Z",
    "2018-06-31T01:30:20Z",
    "2018-02-29T01:30:20Z",
    "1900-02-29T01:30:20Z",
    "2100-02-29T01:30:20Z",
    "2000-02-30T01:30:20Z",
    "18-03-06T01:30:20Z",
    "12018-03-06T01:30:20Z",
    "-018-03-06T01:30:20Z",
    "+018-03-06T01:30:20Z",
    "2018-3-06T01:30:20Z",
    "2018-03-6T01:30:20Z",
    "2018/03/06T01:30:20Z",
    "20180306T013020Z",
    "2018-03-06T01:30:20*05:30",
    "2018-03-06T01:30:20+05",
    "2018-03-06T01:30:20+0530",
    "2018-03-06T01:30:20+5:30",
    "2018-03-06T01:30:20+05:3",
    "2018-03-06T01:30:20+05:30x",
    "2018-03-06T01:30:20+-5:30",
    "2018-03-06T01:30:20+25:00",
    "2018-03-06T01:30:20+00:61",
    "2018-03-06T01:30:20+",
    "2018-03-06T01:30:20UTC",
    "2018-03- 6T01:30:20Z",
    "2018-03-06T+1:30:20Z",
    "\xd9\xa2\xd9\xa0-03-06T01:30:20Z",
    "1520299820",
};

static void expect_all(void)
{
    int64_t seconds;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        seconds = UNTOUCHED;
        if (!time_parse(good[i].text, &seconds) || seconds != good[i].seconds)
            fail_msg("%s: %lld", good[i].text, (long long)seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *exact = strdup(bad[i]); /* so that a sanitizer sees every step beyond */

        seconds = UNTOUCHED;
        if (time_parse(exact, &seconds) || seconds != UNTOUCHED)
            fail_msg("'%s' is taken", bad[i]);
        free(exact);
    }
    assert_false(time_parse(NULL, &seconds));
}

static void the_table(void **state)
{
    (void)state;
    expect_all();
}

static void fractions_of_any_length(void **state)
{
    char text[80] = "2018-03-06T01:30:20.";

    (void)state;
    for (int digits = 1; digits <= 30; digits++) {
        int64_t seconds = UNTOUCHED;
        size_t size = strlen(text);

        snprintf(text + size, sizeof text - size, "9");
        char whole[84];
        snprintf(whole, sizeof whole, "%s-08:00", text);
        assert_true(time_parse(whole, &seconds));
        assert_int_equal(seconds, 1520299820 + 8 * 3600);
    }
}

/* Wherever this machine is, and whatever its language. */
static void neither_place_nor_language_matter(void **state)
{
    (void)state;
    setenv("TZ", "Pacific/Kiritimati", 1);
    tzset();
    (void)setlocale(LC_ALL, "ar_EG.UTF-8");
    expect_all();
    (void)setlocale(LC_ALL, "C");
    unsetenv("TZ");
    tzset();
}

static void every_day_is_as_the_c_library_counts(void **state)
{
    int64_t begin = -62167219200; /* 0000-01-01 */

    (void)state;
    for (int64_t day = 0; day < 3652425; day++) {
        time_t instant = (time_t)(begin + day * 86400 + day % 86400);
        struct tm tm;
        int64_t seconds = UNTOUCHED;
        char text[80];

        assert_non_null(gmtime_r(&instant, &tm));
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                 tm.tm_hour, tm.tm_min, tm.tm_sec);
        if (!time_parse(text, &seconds) || seconds != (int64_t)instant || seconds != (int64_t)timegm(&tm))
            fail_msg("%s: %lld, not %lld", text, (long long)seconds, (long long)instant);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table),
        cmocka_unit_test(fractions_of_any_length),
        cmocka_unit_test(neither_place_nor_language_matter),
        cmocka_unit_test(every_day_is_as_the_c_library_counts),
    };

    return cmocka_run_group_tests_name("unit_time_text", tests, NULL, NULL);
}
