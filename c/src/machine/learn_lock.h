/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a view of the lock changes knowledge.
 */
#ifndef LEADERLIFE_MACHINE_LEARN_LOCK_H
#define LEADERLIFE_MACHINE_LEARN_LOCK_H

#include "machine/knowledge.h"

/* From a watch; from a quorum GET; from the answer to an own create or rewrite; from a delete or a NotFound. */
void learn_lock(struct knowledge *k, const struct lock_view *view, int64_t now, uint32_t random);
void learn_lock_got(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random);
void learn_lock_written(struct knowledge *k, const struct fact *fact, bool released, int64_t now, uint32_t random);
void learn_lock_absent(struct knowledge *k, int64_t now, uint32_t random);

/* P6: a write may or may not have happened. */
void learn_lock_in_doubt(struct knowledge *k);

#endif
