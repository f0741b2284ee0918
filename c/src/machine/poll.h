/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When to ask again although a watch is open.
 */
#ifndef LEADERLIFE_MACHINE_POLL_H
#define LEADERLIFE_MACHINE_POLL_H

#include "machine/knowledge.h"

/* P18's backstop, or much sooner where the watch is forbidden. */
int64_t poll_time(const struct knowledge *k, unsigned watch, int64_t now, uint32_t random);

/* P8: whether the right to keep a record is there is asked anew at each claim, never in the middle of a term. */
void poll_probe_record(struct knowledge *k);

#endif
