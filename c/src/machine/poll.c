/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When to ask again although a watch is open, and for which right.
 */
#include "machine/poll.h"

#include "base/backoff.h"

enum {
    BACKSTOP_MS = 30 * 60 * 1000, /* P18 */
    LOCK_POLL_LOW_MS = 2000,      /* Rights: no watch on the lock */
    LOCK_POLL_HIGH_MS = 5000,
    POD_POLL_LOW_MS = 30000, /* P4: no watch on pods */
    POD_POLL_HIGH_MS = 60000
};

int64_t poll_time(const struct knowledge *k, unsigned watch, int64_t now, uint32_t random)
{
    if (!k->late_writes)
        return NEVER;
    if ((k->blind & watch) == 0)
        return now + BACKSTOP_MS;
    if (watch == WATCH_LOCK)
        return now + backoff_between(LOCK_POLL_LOW_MS, LOCK_POLL_HIGH_MS, random);
    return now + backoff_between(POD_POLL_LOW_MS, POD_POLL_HIGH_MS, random);
}

void poll_probe_record(struct knowledge *k)
{
    if (k->keep_record && k->record.kind == RECORD_NONE && k->belief == BELIEF_NO)
        k->record.kind = RECORD_UNKNOWN;
}
