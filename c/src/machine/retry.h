/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a command that failed or was refused is tried again, and when no more (P15).
 */
#ifndef LEADERLIFE_MACHINE_RETRY_H
#define LEADERLIFE_MACHINE_RETRY_H

#include "machine/knowledge.h"

/* What an answer is to. */
struct asked {
    const struct command *command;
    int64_t at;
};

void retry_later(struct knowledge *k, int64_t now, int64_t at_least, uint32_t random, bool of_write);
/* That command has succeeded: what was sent before a failure does not end its backoff. */
void retry_succeeded(struct knowledge *k, const struct command *command);
void retry_give_up(struct knowledge *k, int64_t now, uint32_t random, int status);

struct refusal *retry_refusal(struct knowledge *k, enum command_kind kind);
void retry_refused(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                   uint32_t random);

/* P8, P15: a refusal is final only if it lasts; until then it is tried again, for the last time when it would be. What
 * was refused long before, and not asked for since, is no sign that it lasts. */
bool retry_is_refused_for_good(struct knowledge *k, const struct asked *asked, const struct fact *fact, int64_t now,
                               uint32_t random);

#endif
