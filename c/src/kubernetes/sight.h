/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a watch saw becomes a fact for the machine. Must not know requests or connections.
 */
#ifndef LEADERLIFE_KUBERNETES_SIGHT_H
#define LEADERLIFE_KUBERNETES_SIGHT_H

#include "kubernetes/watch.h"
#include "machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A pod as its watch, which is by name, showed it last: a question about another UID of that name is answered from
 * it. */
enum pod_presence { POD_UNSEEN, POD_PRESENT, POD_DELETED, POD_MISSING };

struct pod_sight {
    enum pod_presence presence;
    struct pod_facts pod; /* PRESENT, DELETED */
};

/* What the watch saw of the lock; false if the item says nothing about it or cannot be read. fault: why it is foreign,
 * "" if it is not. */
bool sight_of_lock(const struct watch_item *item, struct lock_view *ret, char *ret_fault, size_t size);

/* Likewise for the record. */
bool sight_of_record(const struct watch_item *item, struct record_view *ret, char *ret_fault, size_t size);

/* Remembers what the watch saw of the pod; false if the item says nothing about it. */
bool sight_of_pod(struct pod_sight *sight, const struct watch_item *item);

/* The sign for the pod with that UID (P4): only DELETED and the pod's own terminal state say that it is dead; its
 * absence and another UID are for a quorum GET to confirm. */
void sight_judge(const struct pod_sight *sight, const char *uid, struct pod_view *ret);

#endif
