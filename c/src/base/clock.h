/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock of all deadlines, and the wall clock for people.
 */
#ifndef LEADERLIFE_BASE_CLOCK_H
#define LEADERLIFE_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* No deadline. */
#define NEVER INT64_MAX

/* Milliseconds on CLOCK_MONOTONIC: the clock of all deadlines. */
int64_t clock_now(void);

/* Of two deadlines. */
int64_t clock_earlier(int64_t a, int64_t b);

/* The time now, RFC 3339 with microseconds: for people alone, nothing is ever compared with it. */
void clock_text(char *target, size_t size);

#endif
