/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monotonic clock and the wall clock. Nothing is ever decided by the wall clock.
 */
#include "base/clock.h"

#include "base/text.h"

#include <time.h>

int64_t clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void clock_text(char *target, size_t size)
{
    struct timespec now;
    struct tm tm;
    char day[24] = "";

    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &tm) != NULL)
        strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    text_format(target, size, "%s.%06ldZ", day[0] ? day : "1970-01-01T00:00:00", now.tv_nsec / 1000);
}
