/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What P2, P4 and P16 need of pods and nodes.
 */
#ifndef LEADERLIFE_KUBERNETES_OBJECTS_POD_H
#define LEADERLIFE_KUBERNETES_OBJECTS_POD_H

#include "kubernetes/objects/document.h"
#include "machine/fact.h"

enum {
    POD_ADDRESSES = 4, /* Kubernetes gives one of each family at most */
    POD_ADDRESS = 48   /* INET6_ADDRSTRLEN, and more */
};

/* What P2 and P4 need of a Pod. */
struct pod_facts {
    char name[TEXT_NAME];
    char uid[TEXT_UID];
    char version[TEXT_VERSION];
    char phase[32];
    bool terminating;
    int64_t grace_s;                            /* spec.terminationGracePeriodSeconds, 30 if absent */
    int64_t ends_s;                             /* terminating: within how many seconds of the request */
    bool gc_disruption;                         /* condition DisruptionTarget, reason DeletionByPodGC, status True */
    bool has_statuses;                          /* any container status at all, init and ephemeral included */
    bool running;                               /* any of them has state.running */
    bool ready;                                 /* condition Ready, status True */
    char node[TEXT_NAME];                       /* spec.nodeName, "" if it has none or an impossible one */
    char addresses[POD_ADDRESSES][POD_ADDRESS]; /* status.podIPs, else status.podIP */
    size_t address_count;                       /* 0: not known */
    bool mirror;                                /* of a static pod (P2) */
    size_t containers;                          /* spec.containers: not init and ephemeral ones; 0: not known */
    /* No election looks at these, a diagnosis does. Times as "2024-01-31T12:00:00Z" by the server's clock, "": not
     * said. */
    bool unready;         /* condition Ready, another status */
    bool halted;          /* one of its containers (of no other sort) does not run */
    char ready_since[24]; /* when that condition changed last */
    char ends_at[24];     /* terminating: when its grace period is over */
};
bool pod_facts_of(const struct document *document, struct pod_facts *ret);

/* P4 (c), (d) on a pod that was observed; never UNSURE. */
void pod_judge(const struct pod_facts *pod, struct pod_view *ret);

/* P16. False if it is no Node that can be read. */
bool pod_node_judge(const struct document *document, enum node_sign *ret);

#endif
