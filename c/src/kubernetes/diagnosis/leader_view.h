/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who leads, as lock, record and the leader's pod tell together, and what of it does not fit.
 */
#ifndef LEADERLIFE_KUBERNETES_DIAGNOSIS_LEADER_VIEW_H
#define LEADERLIFE_KUBERNETES_DIAGNOSIS_LEADER_VIEW_H

#include "kubernetes/objects/pod.h"
#include "kubernetes/objects/token_claims.h"
#include "machine/removal_advice.h"

#include <stdbool.h>
#include <stddef.h>

enum { SELECTOR = 512 };

/* Who leads, as lock, record and that pod tell. What was not asked for is NOTHING, or has no name. */
struct leader_view {
    struct pod_id who; /* the lock's owner, else the record's holder */
    enum pod_sign sign;
    bool lock_held;  /* it is being deleted, and a finalizer keeps it */
    bool pod_absent; /* or it has another UID */
    struct lock_view lock;
    struct record_view record;
    struct pod_facts pod;
    char selector[SELECTOR]; /* of pods like it; "" if that cannot be said */
    char lock_fault[TEXT_MESSAGE];
    char record_fault[TEXT_MESSAGE];
};

/* What does not fit, and is normal for a moment of a hand-over alone. */
enum mismatch {
    MISMATCH_NOTHING,
    MISMATCH_DEAD_HOLDER,  /* the lock is a dead pod's, and nobody takes over */
    MISMATCH_DEAD_ORPHAN,  /* likewise, and it has lost its owner reference */
    MISMATCH_ORPHAN,       /* it has lost that under a leader that could put it back */
    MISMATCH_TWO_NAMES,    /* lock and record name different pods */
    MISMATCH_NO_RECORD,    /* the lock says that there is a record, and it names nobody */
    MISMATCH_NO_LOCK,      /* the record names a living pod, and there is no lock */
    MISMATCH_BEING_DELETED /* the lock waits for a finalizer */
};

/* From lock and record: who it is. */
void leader_view_settle(struct leader_view *leader);
enum mismatch leader_view_mismatch(const struct leader_view *leader);
/* P14: what stands in the way of a removal of the lock or the record. */
void leader_view_removal(const struct leader_view *leader, enum foreign what, struct removal *ret);
/* Whether its grace period was over before that time, or it has been running without being ready since before. */
bool leader_view_pod_overdue(const struct pod_facts *pod, const char *time);
bool leader_view_pod_unready(const struct pod_facts *pod, const char *time);
/* Of the own pod, none of whose addresses is here (P2); allowed: option pod-network is 'any'. */
void leader_view_elsewhere_text(const struct identity_found *self, const struct pod_facts *pod, bool allowed,
                                char *text, size_t size);

#endif
