/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backoff of claims (P17): when many wait for one lock, those who have lost a race spread their next claim over
 * some milliseconds, so that most of them see the new holder before they write: in the record, which they read again
 * after the wait, or by its lock. A candidate that has lost none neither waits nor reads.
 */
#include "machine/claim_backoff.h"

#include "base/backoff.h"
#include "machine/state_table.h"

enum { SPREAD_FIRST_MS = 8, SPREAD_MAX_MS = 64, FORGET_MS = 10 * 60 * 1000 };

static bool is_forgotten(const struct claim_backoff *claim_backoff, int64_t now)
{
    return claim_backoff->spread_ms == 0 || now - claim_backoff->lost_at >= FORGET_MS;
}

void claim_backoff_lose(struct knowledge *k, int64_t now)
{
    struct claim_backoff *claim_backoff = &k->claim_backoff;
    int64_t wider = is_forgotten(claim_backoff, now) ? SPREAD_FIRST_MS : 2 * claim_backoff->spread_ms;
    claim_backoff->spread_ms = wider < SPREAD_MAX_MS ? wider : SPREAD_MAX_MS;
    claim_backoff->lost_at = now;
}

/* What ends the state CLAIMING, such as the sight of a new holder, cancels the wait. */
void claim_backoff_settle(struct knowledge *k, int64_t now, uint32_t random)
{
    struct claim_backoff *claim_backoff = &k->claim_backoff;
    bool claiming = machine_state(k) == STATE_CLAIMING;
    if (claiming && !claim_backoff->drawn && k->late_writes) {
        claim_backoff->look = !is_forgotten(claim_backoff, now);
        claim_backoff->claim_at =
            now + (claim_backoff->look ? backoff_between(0, claim_backoff->spread_ms, random) : 0);
    }
    claim_backoff->drawn = claiming;
}
