/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emits events into the handle's queue.
 */
#ifndef LEADERLIFE_ELECTION_EMIT_H
#define LEADERLIFE_ELECTION_EMIT_H

#include "election/handle.h"

/* Fills in state, holder and token; the rest is the caller's. */
void emit(struct leaderlife_election *election, struct leaderlife_event *event);

void emit_notice(struct leaderlife_election *election, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Not below the option log-level. */
void emit_log(struct leaderlife_election *election, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
