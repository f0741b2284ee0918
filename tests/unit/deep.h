/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON that is nested as somebody may write it into an object, for the tests of who reads it. They run on a small stack
 * (tests/small_stack.c): what recurses as deep does not survive them.
 */
#ifndef LEADERLIFE_TESTS_DEEP_H
#define LEADERLIFE_TESTS_DEEP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEP = 2000 }; /* jansson itself refuses from 2048 */

/* before, so many objects in each other, after. free() it. */
static inline char *nested(const char *before, size_t levels, const char *after)
{
    static const char opening[] = "{\"f:a\":";
    size_t length = strlen(opening);
    char *text = malloc(strlen(before) + levels * (length + 1) + 3 + strlen(after));
    char *at = text;

    assert_non_null(text);
    at += sprintf(at, "%s", before);
    for (size_t i = 0; i < levels; i++, at += length)
        memcpy(at, opening, length);
    at += sprintf(at, "{}");
    memset(at, '}', levels);
    strcpy(at + levels, after);
    return text;
}

#endif
