/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one look at an object changes knowledge: shared between knowledge.c (lock, record), pods.c (pods, nodes), herd.c,
 * answers.c (answers) and belief.c (what follows at once) alone. Everybody else includes machine.h.
 */
#ifndef LEADERLIFE_KNOWLEDGE_H
#define LEADERLIFE_KNOWLEDGE_H

#include "machine.h"

/* When to ask again although a watch is open: P18's backstop, or much sooner where the watch is forbidden. */
int64_t poll_time(const struct knowledge *k, unsigned watch, int64_t now, uint32_t random);

/* ---- pods.c ---- */

/* Keeps verdicts on exactly those whose life matters now. */
void track_pods(struct knowledge *k, int64_t now);
void learn_pod(struct knowledge *k, const struct pod_view *pod, bool by_get, int64_t now, uint32_t random);
void learn_own_pod(struct knowledge *k, const struct pod_view *pod, int64_t now, uint32_t random);
/* The answer to the question for it. */
void learn_own_pod_got(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random);
/* Answers to GET_NODE. */
void learn_node(struct knowledge *k, enum node_sign sign, int64_t now);
void learn_node_failed(struct knowledge *k, const struct fact *fact, int64_t now);
/* P16: a pod that is dead for want of its node alone may live again. */
void doubt_lost(struct knowledge *k, const char *uid, int64_t now);

/* ---- herd.c ---- */

/* P17: a claim came too late. */
void herd_lose(struct knowledge *k, int64_t now);
/* A claim has become due, or is not any more. */
void herd_settle(struct knowledge *k, int64_t now, uint32_t random);

/* ---- belief.c ---- */

/* What follows from knowledge at once: belief, its end, the end of the election. */
void settle(struct knowledge *k, int64_t now);

/* ---- knowledge.c ---- */

/* From a watch; from a quorum GET; from the answer to an own create or rewrite; from a delete or a NotFound. */
void learn_lock(struct knowledge *k, const struct lock_view *view, int64_t now, uint32_t random);
void learn_lock_got(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random);
void learn_lock_written(struct knowledge *k, const struct fact *fact, bool given_back, int64_t now, uint32_t random);
void learn_lock_absent(struct knowledge *k, int64_t now, uint32_t random);

/* P6: a write may or may not have happened. */
void lock_in_doubt(struct knowledge *k);
void record_in_doubt(struct knowledge *k);

/* P8: whether the right to keep a record is there is asked anew at each claim, never in the middle of a term. */
void probe_record(struct knowledge *k);

/* From a watch; from an answer (sure). */
void learn_record(struct knowledge *k, const struct record_view *view, int64_t now, uint32_t random);
void set_record(struct knowledge *k, const struct record_view *view, bool sure, int64_t now, uint32_t random);

#endif
