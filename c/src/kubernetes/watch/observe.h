/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns the items of an API watch into views for the machine.
 */
#ifndef LEADERLIFE_KUBERNETES_WATCH_OBSERVE_H
#define LEADERLIFE_KUBERNETES_WATCH_OBSERVE_H

#include "kubernetes/objects/pod.h"
#include "kubernetes/watch/state.h"
#include "machine/knowledge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A pod as its watch, which is by name, showed it last: a question about another UID of that name is answered from
 * it. */
enum pod_presence { POD_NOT_OBSERVED, POD_PRESENT, POD_DELETED, POD_MISSING };

struct pod_observation {
    enum pod_presence presence;
    struct pod_facts pod; /* PRESENT, DELETED */
};

/* What the watch has shown of the lock; false if the item says nothing about it or cannot be read. fault: why it is
 * foreign, "" if it is not. */
bool observe_lock(const struct watch_item *item, struct lock_view *ret, char *ret_fault, size_t size);

/* Likewise for the record. */
bool observe_record(const struct watch_item *item, struct record_view *ret, char *ret_fault, size_t size);

/* Remembers what the watch has shown of the pod; false if the item says nothing about it. */
bool observe_pod(struct pod_observation *observation, const struct watch_item *item);

/* The sign for the pod with that UID (P4): only DELETED and the pod's own terminal state say that it is dead; its
 * absence and another UID are for a quorum GET to confirm. */
void observe_judge_pod(const struct pod_observation *observation, const char *uid, struct pod_view *ret);

#endif
