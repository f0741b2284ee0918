/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the leader's pod and its node fare, and whether standbys look as if their readiness waited for leadership, which
 * stalls rolling updates. Must not know how lock and record are read.
 */
#include "kubernetes/diagnosis.h"

#include "base/text.h"

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
    if (gmtime_r(&limit, &tm))
        strftime(target, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* ---- The leader's ---- */

static const char *node_said(struct diagnosis *d)
{
    static const char *const said[] = {[NODE_FINE] = "may be lost",
                                       [NODE_UNREADY] = "is not ready",
                                       [NODE_OUT] = "is marked out of service",
                                       [NODE_GONE] = "is gone"};
    const char *node = d->scene.pod.node;

    if (node[0] && diagnosis_may(d, api_nodes, API_GET) && diagnosis_look(d, COMMAND_GET_NODE, &d->scene.who, node))
        return said[d->fact.node];
    return said[NODE_FINE];
}

void find_leader(struct diagnosis *d)
{
    const struct scene *scene = &d->scene;
    const struct pod_facts *pod = &scene->pod;
    char limit[TIME];

    if (!pod->name[0] || scene->sign == POD_DEAD)
        return;
    patience(limit, sizeof limit);
    if (pod_overdue(pod, limit))
        found(d, LEADERLIFE_LOG_WARNING, LEADERLIFE_EBLOCKED,
              "leader: pod %s should have ended at %s, and keeps the lock until it has: its node %s %s: " CURE_NODE,
              pod->name, pod->ends_at, pod->node, node_said(d));
    else if (pod->unready && !pod->terminating)
        found(
            d, LEADERLIFE_LOG_WARNING, LEADERLIFE_EBLOCKED,
            "leader: pod %s is not ready, and keeps the lock until it ends: see its logs; or its node %s %s: " CURE_NODE
            " (with node-policy 'fenced', not '%s', others lead at once then)",
            pod->name, pod->node, node_said(d), option_text(d->kube->options, OPTION_NODE_POLICY));
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
    if (!pod_unready(&pod, search->limit))
        return;
    search->unready++;
    search->last = pod;
}

void find_standbys(struct diagnosis *d)
{
    const struct scene *scene = &d->scene;
    struct search search = {.leader = scene->who.uid};

    if (scene->lock.seen != LOCK_SEEN_OWNED || !scene->pod.ready || !scene->selector[0] ||
        !diagnosis_may(d, api_pods, API_LIST))
        return;
    patience(search.limit, sizeof search.limit);
    api_request_labelled(&d->request, d->kube->identity.namespace_, scene->selector);
    if (!diagnosis_ask(d))
        return;
    if (!list_each(d->verdict.document, visit, &search))
        found(d, LEADERLIFE_LOG_WARNING, d->verdict.status, "standbys: %s", d->verdict.text);
    else if (search.unready > 0)
        found(d, LEADERLIFE_LOG_WARNING, LEADERLIFE_ECONFIG,
              "standbys: pod %s runs and is not ready since %s (%u of %u with the leader's labels; the leader is): if "
              "its "
              "readiness waits for leadership, rolling updates never end: let the probe ask "
              "leaderlife_election_is_ready(), or leaderlife run --ready-file or --health; else see its logs",
              search.last.name, search.last.ready_since, search.unready, search.others);
    else
        found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "standbys: %u other pods with the leader's labels", search.others);
}
