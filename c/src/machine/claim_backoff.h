/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backoff of claims (P17), so that many who wait for one lock do not all write at once.
 */
#ifndef LEADERLIFE_MACHINE_CLAIM_BACKOFF_H
#define LEADERLIFE_MACHINE_CLAIM_BACKOFF_H

#include "machine/knowledge.h"

/* A claim came too late. */
void claim_backoff_lose(struct knowledge *k, int64_t now);
/* A claim has become due, or is not any more. */
void claim_backoff_settle(struct knowledge *k, int64_t now, uint32_t random);

#endif
