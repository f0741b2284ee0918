/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exponential backoff with full jitter (P15). Pure: the caller counts attempts and draws the random number.
 */
#ifndef LEADERLIFE_BASE_BACKOFF_H
#define LEADERLIFE_BASE_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_FIRST_MS = 100, BACKOFF_MAX_MS = 30000 };

/* Milliseconds to wait after the attempt-th failure in a row (from 0): evenly drawn from 0 to
 * min(max, first << attempt). */
int64_t backoff_ms(unsigned attempt, int64_t first, int64_t max, uint32_t random);

/* How many failures in a row count at most, the last of which was that nothing listens there: so that what is back is
 * found within 3.2 s, whatever has failed before (P15). */
unsigned backoff_unheard(unsigned attempts);

/* Evenly from low to high, both included. */
int64_t backoff_between(int64_t low, int64_t high, uint32_t random);

#endif
