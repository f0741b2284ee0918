/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a view of a pod, or of its node, changes knowledge.
 */
#ifndef LEADERLIFE_MACHINE_LEARN_POD_H
#define LEADERLIFE_MACHINE_LEARN_POD_H

#include "machine/knowledge.h"

/* Keeps verdicts on exactly those pods whose life matters now. */
void learn_pod_track(struct knowledge *k, int64_t now);
void learn_pod(struct knowledge *k, const struct pod_view *pod, bool by_get, int64_t now, uint32_t random);
void learn_pod_own(struct knowledge *k, const struct pod_view *pod, int64_t now, uint32_t random);
/* The answer to the question for it. */
void learn_pod_own_got(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random);
/* Answers to GET_NODE. */
void learn_pod_node(struct knowledge *k, enum node_sign sign, int64_t now);
void learn_pod_node_failed(struct knowledge *k, const struct fact *fact, int64_t now);
/* P16: a pod that is dead for want of its node alone may live again. */
void learn_pod_doubt_lost(struct knowledge *k, const char *uid, int64_t now);

#endif
