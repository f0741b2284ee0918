/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the quiet time after an ambiguous write (P6, P10): when it begins, and whether it is over.
 */
#include "machine/quiet_time.h"

void quiet_time_begin(struct writes *writes, int64_t now)
{
    writes->quiet_at = now + QUIET_MS;
}

bool quiet_time_is_over(const struct writes *writes)
{
    return writes->quiet_at == 0 || writes->checked_at >= writes->quiet_at;
}

bool quiet_time_is_checked(const struct writes *writes)
{
    return writes->last == 0 || writes->checked > writes->last;
}
