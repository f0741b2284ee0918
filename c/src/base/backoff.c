/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exponential backoff with full jitter (P15). Pure: knows neither a clock nor a source of randomness.
 */
#include "base/backoff.h"

enum { UNHEARD_MOST = 5 };

int64_t backoff_between(int64_t low, int64_t high, uint32_t random)
{
    uint64_t span;

    if (high <= low)
        return low;
    /* floor(span * random / 2^32) in two halves, for the product may not fit. */
    span = (uint64_t)high - (uint64_t)low + 1;
    return low + (int64_t)((span >> 32) * random + (((span & UINT32_MAX) * random) >> 32));
}

unsigned backoff_unheard(unsigned attempts)
{
    return attempts < UNHEARD_MOST ? attempts : UNHEARD_MOST;
}

int64_t backoff_ms(unsigned attempt, int64_t first, int64_t max, uint32_t random)
{
    int64_t limit = first;

    for (unsigned i = 0; i < attempt && limit < max; i++)
        limit = limit > max / 2 ? max : limit * 2;
    return backoff_between(0, limit < max ? limit : max, random);
}
