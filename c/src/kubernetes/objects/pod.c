/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges a pod: whether its phase and deletion say that it is alive, may end or is dead (P4); and its node (P16). The
 * holder's pod and the own one are judged alike. machine/learn_pod.c learns the verdict.
 */
#include "kubernetes/objects/pod.h"

#include "base/text.h"
#include "kubernetes/objects/json.h"

enum {
    GRACE_DEFAULT_S = 30,
    GRACE_MAX_S = 10 * 365 * 86400, /* so that milliseconds cannot overflow */
    KUBELET_SLACK_S = 10            /* P4 (d) */
};

static bool is_list(const json_t *value)
{
    return value == NULL || json_is_array(value);
}

/* False where the shape is not Kubernetes': then nothing may be concluded from it. */
static bool read_statuses(const json_t *status, struct pod_facts *pod)
{
    static const char *const keys[] = {"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *list = json_member(status, keys[i]);
        size_t index;
        json_t *container;
        if (!is_list(list))
            return false;
        json_array_foreach(list, index, container) {
            const json_t *state = json_member(container, "state");
            if (!json_is_object(container) || (state != NULL && !json_is_object(state)))
                return false;
            pod->has_statuses = true;
            pod->running = pod->running || json_member(state, "running") != NULL;
            pod->halted = pod->halted || (i == 0 && json_member(state, "running") == NULL);
        }
    }
    return true;
}

/* The entry of a list whose member has that value; NULL. */
static const json_t *entry_with(const json_t *list, const char *key, const char *value)
{
    size_t index;
    json_t *entry;

    json_array_foreach(list, index, entry) {
        if (json_member_is(entry, key, value))
            return entry;
    }
    return NULL;
}

static bool read_conditions(const json_t *status, struct pod_facts *pod)
{
    const json_t *conditions = json_member(status, "conditions");
    const json_t *ready = entry_with(conditions, "type", "Ready");
    size_t index;
    json_t *condition;

    if (!is_list(conditions))
        return false;
    json_array_foreach(conditions, index, condition) {
        if (json_member_is(condition, "type", "DisruptionTarget") &&
            json_member_is(condition, "reason", "DeletionByPodGC") && !json_member_is(condition, "status", "False"))
            pod->gc_disruption = true; /* PodGC fails pods of lost nodes whose containers may still run */
    }
    pod->ready = json_member_is(ready, "status", "True");
    pod->unready = ready != NULL && !pod->ready;
    json_member_text(ready, "lastTransitionTime", pod->ready_since, sizeof pod->ready_since);
    return true;
}

/* A pod with more of them than Kubernetes gives counts as one whose addresses are not known: nothing follows from a
 * part of them (P2). */
static bool read_addresses(const json_t *status, struct pod_facts *pod)
{
    const json_t *list = json_member(status, "podIPs");
    size_t index;
    json_t *entry;

    if (!is_list(list))
        return false;
    json_array_foreach(list, index, entry) {
        if (index < POD_ADDRESSES && !json_member_text(entry, "ip", pod->addresses[index], POD_ADDRESS))
            return false;
    }
    pod->address_count = json_array_size(list) <= POD_ADDRESSES ? json_array_size(list) : 0;
    if (json_array_size(list) > 0 || json_member(status, "podIP") == NULL)
        return true;
    if (!json_member_text(status, "podIP", pod->addresses[0], POD_ADDRESS))
        return false;
    pod->address_count = pod->addresses[0][0] ? 1 : 0;
    return true;
}

static int64_t seconds_of(const json_t *grace)
{
    if (!json_is_integer(grace))
        return GRACE_DEFAULT_S;
    json_int_t seconds = json_integer_value(grace);
    if (seconds < 0)
        return 0;
    return seconds > GRACE_MAX_S ? GRACE_MAX_S : (int64_t)seconds;
}

bool pod_facts_of(const struct document *document, struct pod_facts *ret)
{
    const json_t *root = json_of(document);
    const json_t *metadata = json_member(root, "metadata");
    const json_t *status = json_member(root, "status");
    struct pod_facts pod = {.running = false};

    if (!json_may_be_kind(root, "Pod") || !json_is_object(metadata))
        return false;
    if (!json_member_text(metadata, "name", pod.name, sizeof pod.name) ||
        !json_member_text(metadata, "uid", pod.uid, sizeof pod.uid) || pod.uid[0] == '\0' ||
        !json_member_text(metadata, "resourceVersion", pod.version, sizeof pod.version))
        return false;
    if (status != NULL && !json_is_object(status))
        return false;
    if (json_member(status, "phase") != NULL && !json_member_text(status, "phase", pod.phase, sizeof pod.phase))
        return false;
    if (!read_statuses(status, &pod) || !read_conditions(status, &pod) || !read_addresses(status, &pod))
        return false;
    pod.terminating = json_member(metadata, "deletionTimestamp") != NULL;
    json_member_text(metadata, "deletionTimestamp", pod.ends_at, sizeof pod.ends_at);
    pod.mirror = json_member(json_member(metadata, "annotations"), "kubernetes.io/config.mirror") != NULL;
    pod.containers = json_array_size(json_member(json_member(root, "spec"), "containers"));
    pod.grace_s = seconds_of(json_member(json_member(root, "spec"), "terminationGracePeriodSeconds"));
    pod.ends_s = pod.grace_s;
    if (pod.terminating &&
        json_member(metadata, "deletionGracePeriodSeconds") != NULL) /* a delete may set another time */
        pod.ends_s = seconds_of(json_member(metadata, "deletionGracePeriodSeconds"));
    if (!json_member_text(json_member(root, "spec"), "nodeName", pod.node, sizeof pod.node) ||
        text_dns_subdomain_fault(pod.node, sizeof pod.node - 1) != NULL)
        pod.node[0] = '\0';
    *ret = pod;
    return true;
}

/* As kubectl shows it. A phase that Kubernetes does not have is not passed on. */
static const char *phase_of(const struct pod_facts *pod)
{
    static const char *const phases[] = {"Pending", "Running", "Succeeded", "Failed"};

    for (size_t i = 0; !pod->terminating && i < sizeof phases / sizeof phases[0]; i++) {
        if (text_equal(phases[i], pod->phase))
            return phases[i];
    }
    return pod->terminating ? "Terminating" : "Unknown";
}

/* P4 (c) and (d), in that order; whatever is not in them is alive. */
void pod_judge(const struct pod_facts *pod, struct pod_view *ret)
{
    bool terminal = text_equal(pod->phase, "Succeeded") || text_equal(pod->phase, "Failed");
    struct pod_view view = {.sign = POD_ALIVE,
                            .terminating = pod->terminating,
                            .terminal = terminal,
                            .ready = pod->ready,
                            .grace_ms = pod->ends_s * 1000,
                            .phase = phase_of(pod)};

    text_copy(view.uid, sizeof view.uid, pod->uid);
    text_copy(view.node, sizeof view.node, pod->node);
    if (terminal && !pod->gc_disruption) {
        if (pod->has_statuses && !pod->running) {
            view.sign = POD_DEAD;
        } else if (!pod->has_statuses && !pod->terminating) {
            view.sign = POD_WAIT;
            view.wait_ms = (pod->grace_s + KUBELET_SLACK_S) * 1000;
        }
    }
    *ret = view;
}

/* ---- Nodes ---- */

/* Out of service as PodGC takes it: marked by a person, and not ready. Without a condition Ready nothing is said, so a
 * mark counts and its absence means nothing. */
bool pod_node_judge(const struct document *document, enum node_sign *ret)
{
    const json_t *root = json_of(document);
    const json_t *conditions = json_member(json_member(root, "status"), "conditions");
    const json_t *taints = json_member(json_member(root, "spec"), "taints");
    const json_t *ready = entry_with(conditions, "type", "Ready");

    if (!json_may_be_kind(root, "Node") || !is_list(conditions) || !is_list(taints))
        return false;
    if (ready != NULL && json_member_is(ready, "status", "True"))
        *ret = NODE_FINE;
    else if (entry_with(taints, "key", "node.kubernetes.io/out-of-service") != NULL)
        *ret = NODE_OUT;
    else
        *ret = ready != NULL ? NODE_UNREADY : NODE_FINE;
    return true;
}
