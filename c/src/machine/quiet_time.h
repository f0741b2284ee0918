/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quiet time of own writes (P6, P10). A write whose answer was lost is ambiguous: the server may still carry it
 * out. Release is complete only when the quiet time is over and a quorum GET after it has looked.
 */
#ifndef LEADERLIFE_MACHINE_QUIET_TIME_H
#define LEADERLIFE_MACHINE_QUIET_TIME_H

#include "machine/knowledge.h"

/* How long a write whose answer was lost may still commit: every write asks the server for 10 s. */
#define QUIET_MS 15000

/* P6: a write to that object is ambiguous since now (ms). */
void quiet_time_begin(struct writes *writes, int64_t now);

/* P10: none of the writes can commit late any more: the last quorum GET was sent after the quiet time. */
bool quiet_time_is_over(const struct writes *writes);

/* P10: a quorum GET has looked since the last write. */
bool quiet_time_is_checked(const struct writes *writes);

#endif
