/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the leader's pod and its node, and whether standbys look as if their readiness waited for leadership, which
 * stalls rolling updates.
 */
#include "kubernetes/diagnosis/pods.h"

#include "base/text.h"
#include "kubernetes/api/request.h"
#include "kubernetes/diagnosis/ask.h"
#include "kubernetes/diagnosis/leader_view.h"
#include "kubernetes/diagnosis/rights.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/pod.h"

#include <leaderlife/leaderlife.h>
#include <time.h>

#define CURE_NODE                                                                                                      \
    "once that machine is certainly down, delete its Node, or taint it node.kubernetes.io/out-of-service:NoExecute"

enum {
    TIME = 24,
    PATIENCE_S = 30 /* so long a pod may take to be ready, or (P16) to end after its grace period */
};

static void patience(char *target, size_t size)
{
    time_t limit = time(NULL) - PATIENCE_S;
    struct tm tm;

    target[0] = '\0';
    if (gmtime_r(&limit, &tm) != NULL)
        strftime(target, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* ---- The leader's ---- */

static const char *node_said(struct diagnosis *d)
{
    static const char *const said[] = {[NODE_FINE] = "may be lost",
                                       [NODE_UNREADY] = "is not ready",
                                       [NODE_OUT] = "is marked out of service",
                                       [NODE_GONE] = "is gone"};
    const char *node = d->leader.pod.node;

    if (node[0] && diagnosis_may(d, api_nodes, API_GET) && diagnosis_look(d, COMMAND_GET_NODE, &d->leader.who, node))
        return said[d->fact.node];
    return said[NODE_FINE];
}

void diagnosis_check_leader(struct diagnosis *d)
{
    const struct leader_view *leader = &d->leader;
    const struct pod_facts *pod = &leader->pod;
    char limit[TIME];

    if (!pod->name[0] || leader->sign == POD_DEAD)
        return;
    patience(limit, sizeof limit);
    if (leader_view_pod_overdue(pod, limit))
        diagnosis_found(
            d, LEADERLIFE_LOG_WARNING, LEADERLIFE_EBLOCKED,
            "leader: pod %s should have ended at %s, and keeps the lock until it has: its node %s %s: " CURE_NODE,
            pod->name, pod->ends_at, pod->node, node_said(d));
    else if (pod->unready && !pod->terminating)
        diagnosis_found(
            d, LEADERLIFE_LOG_WARNING, LEADERLIFE_EBLOCKED,
            "leader: pod %s is not ready, and keeps the lock until it ends: see its logs; or its node %s %s: " CURE_NODE
            " (with node-policy 'fenced', not '%s', others lead at once then)",
            pod->name, pod->node, node_said(d), option_text(d->options, OPTION_NODE_POLICY));
}

/* ---- Its standbys ---- */

struct search {
    const char *leader; /* its UID */
    char limit[TIME];
    unsigned others;       /* pods beside the leader's */
    unsigned unready;      /* of them */
    struct pod_facts last; /* of these */
};

static void visit(const struct document *item, void *context)
{
    struct search *search = context;
    struct pod_facts pod;

    if (!pod_facts_of(item, &pod) || text_equal(pod.uid, search->leader))
        return;
    search->others++;
    if (!leader_view_pod_unready(&pod, search->limit))
        return;
    search->unready++;
    search->last = pod;
}

void diagnosis_check_standbys(struct diagnosis *d)
{
    const struct leader_view *leader = &d->leader;
    struct search search = {.leader = leader->who.uid};

    if (leader->lock.kind != LOCK_VIEW_OWNED || !leader->pod.ready || !leader->selector[0] ||
        !diagnosis_may(d, api_pods, API_LIST))
        return;
    patience(search.limit, sizeof search.limit);
    api_request_labelled(&d->request, d->identity->namespace_, leader->selector);
    if (!diagnosis_ask(d))
        return;
    if (!document_list_each(d->verdict.document, visit, &search))
        diagnosis_found(d, LEADERLIFE_LOG_WARNING, d->verdict.status, "standbys: %s", d->verdict.text);
    else if (search.unready > 0)
        diagnosis_found(
            d, LEADERLIFE_LOG_WARNING, LEADERLIFE_ECONFIG,
            "standbys: pod %s runs and is not ready since %s (%u of %u with the leader's labels; the leader is): if "
            "its "
            "readiness waits for leadership, rolling updates never end: let the probe ask "
            "leaderlife_election_is_ready(), or leaderlife run --ready-file or --health; else see its logs",
            search.last.name, search.last.ready_since, search.unready, search.others);
    else
        diagnosis_found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "standbys: %u other pods with the leader's labels",
                        search.others);
}
