/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P17: when many wait for one lock, those who have lost a race spread their next claim over some milliseconds, so that
 * most of them see the new holder before they write: in the record, which they read again after the wait, or by its lock. Who
 * has lost none neither waits nor reads.
 */
#include "knowledge.h"

#include "base/backoff.h"

enum { SPREAD_FIRST_MS = 8, SPREAD_MAX_MS = 64, FORGET_MS = 10 * 60 * 1000 };

static bool is_forgotten(const struct herd *herd, int64_t now)
{
    return herd->spread_ms == 0 || now - herd->lost_at >= FORGET_MS;
}

void herd_lose(struct knowledge *k, int64_t now)
{
    struct herd *herd = &k->herd;
    int64_t wider = is_forgotten(herd, now) ? SPREAD_FIRST_MS : 2 * herd->spread_ms;
    herd->spread_ms = wider < SPREAD_MAX_MS ? wider : SPREAD_MAX_MS;
    herd->lost_at = now;
}

/* What ends the state CLAIMING, such as the sight of a new holder, cancels the wait. */
void herd_settle(struct knowledge *k, int64_t now, uint32_t random)
{
    struct herd *herd = &k->herd;
    bool claiming = machine_state(k) == STATE_CLAIMING;
    if (claiming && !herd->drawn && k->late_writes) {
        herd->look = !is_forgotten(herd, now);
        herd->claim_at = now + (herd->look ? backoff_between(0, herd->spread_ms, random) : 0);
    }
    herd->drawn = claiming;
}
