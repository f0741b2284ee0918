/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 3339, read digit by digit. strptime() has %z in some C libraries only, and takes blanks and signs that the
 * standard does not.
 */
#include "base/time_text.h"

#include <stddef.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Exactly so many digits. */
static bool take_number(const char **at, int digits, int *ret)
{
    int number = 0;

    for (int i = 0; i < digits; i++, (*at)++) {
        if (!is_digit(**at))
            return false;
        number = number * 10 + (**at - '0');
    }
    *ret = number;
    return true;
}

static bool take_byte(const char **at, char byte)
{
    if (**at != byte)
        return false;
    (*at)++;
    return true;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* From 1970-01-01. Years before this one: with year 0, which is leap, they are one more than numbers from 1 count. */
static int64_t days_until(int year, int month, int day)
{
    const int64_t to_1970 = 719528;
    int before = year - 1;
    int64_t days = year * (int64_t)365 + (year > 0 ? before / 4 - before / 100 + before / 400 + 1 : 0);

    for (int i = 1; i < month; i++)
        days += days_of_month(year, i);
    return days + day - 1 - to_1970;
}

static bool take_date(const char **at, int64_t *ret_days)
{
    int year;
    int month;
    int day;

    if (!take_number(at, 4, &year) || !take_byte(at, '-') || !take_number(at, 2, &month) || !take_byte(at, '-') ||
        !take_number(at, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
        return false;
    *ret_days = days_until(year, month, day);
    return true;
}

static bool take_clock(const char **at, int *ret_seconds)
{
    int hour;
    int minute;
    int second;
    int digits = is_digit((*at)[0]) && is_digit((*at)[1]) ? 2 : 1;

    if (!take_number(at, digits, &hour) || !take_byte(at, ':') || !take_number(at, 2, &minute) || !take_byte(at, ':') ||
        !take_number(at, 2, &second))
        return false;
    if ((**at == '.' || **at == ',') && is_digit((*at)[1])) {
        do
            (*at)++;
        while (is_digit(**at));
    }
    *ret_seconds = hour * HOUR + minute * MINUTE + second;
    return hour < 24 && minute < 60 && second < 60;
}

static bool take_offset(const char **at, int *ret_seconds)
{
    int sign = **at == '-' ? -1 : 1;
    int hour;
    int minute;

    *ret_seconds = 0;
    if (take_byte(at, 'Z'))
        return true;
    if ((!take_byte(at, '+') && !take_byte(at, '-')) || !take_number(at, 2, &hour) || !take_byte(at, ':') ||
        !take_number(at, 2, &minute))
        return false;
    *ret_seconds = sign * (hour * HOUR + minute * MINUTE);
    return hour <= 24 && minute <= 60;
}

bool time_parse(const char *text, int64_t *ret_seconds)
{
    const char *at = text;
    int64_t days;
    int clock;
    int east;

    if (text == NULL || !take_date(&at, &days) || !take_byte(&at, 'T') || !take_clock(&at, &clock) ||
        !take_offset(&at, &east) || *at != '\0')
        return false;
    *ret_seconds = days * DAY + clock - east;
    return true;
}
