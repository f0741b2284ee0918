/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a view of the record changes knowledge.
 */
#ifndef LEADERLIFE_MACHINE_LEARN_RECORD_H
#define LEADERLIFE_MACHINE_LEARN_RECORD_H

#include "machine/knowledge.h"

/* From a watch; from an answer (sure). */
void learn_record(struct knowledge *k, const struct record_view *view, int64_t now, uint32_t random);
void learn_record_set(struct knowledge *k, const struct record_view *view, bool sure, int64_t now, uint32_t random);

/* P6: a write may or may not have happened. */
void learn_record_in_doubt(struct knowledge *k);

/* That nonce was written by this life: every nonce begins with its life (decide_fresh_nonce). */
bool learn_record_is_of_life(const struct knowledge *k, const char *nonce);

#endif
