/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who lives and who is dead, as far as is known (P4), and what the nodes have to do with it (P16): how a look at a pod or
 * a node changes knowledge. Whose life matters is knowledge.c's to say, what follows from a death decide.c's.
 */
#include "knowledge.h"

#include "base/backoff.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

enum {
    OVERDUE_MS = 30000,            /* beyond its grace period */
    NODE_ASK_MS = 10000,           /* P16: while the pod is not ready */
    NODE_PROBE_MS = 30 * 60 * 1000 /* while it is, but the node could not be asked for */
};

static void track(struct judged *next, size_t *count, const struct knowledge *k, const char *uid, int64_t now)
{
    for (size_t i = 0; i < *count; i++) {
        if (text_equal(next[i].uid, uid))
            return;
    }
    const struct judged *known = judged_of(k, uid);
    struct judged *slot = &next[(*count)++];
    if (known != NULL) {
        *slot = *known;
    } else {
        memset(slot, 0, sizeof *slot);
        text_copy(slot->uid, sizeof slot->uid, uid);
        slot->poll_at = now;
        slot->overdue_at = NEVER;
    }
}

/* Keeps verdicts on exactly those whose life matters now. */
void track_pods(struct knowledge *k, int64_t now)
{
    struct judged next[JUDGED];
    size_t count = 0;
    memset(next, 0, sizeof next);
    if (k->lock.kind == LOCK_OTHER)
        track(next, &count, k, k->lock.owner.uid, now);
    if (k->record.kind == RECORD_OTHER)
        track(next, &count, k, k->record.holder.uid, now);
    if (k->last.uid[0] != '\0')
        track(next, &count, k, k->last.uid, now);
    memcpy(k->judged, next, sizeof next);
}

static struct judged *judged_in(struct knowledge *k, const char *uid)
{
    const struct judged *found = judged_of(k, uid);
    return found == NULL ? NULL : &k->judged[found - k->judged];
}

/* P8: whoever claims now asks anew for the right to keep a record. */
static void found_dead(struct knowledge *k)
{
    if (!is_giving_back(k))
        probe_record(k);
}

/* P16: a pod's readiness is the sign to look after its node. */
static void learn_circumstances(struct judged *judged, const struct pod_view *pod, int64_t now)
{
    if (pod->sign != POD_ALIVE && pod->sign != POD_WAIT)
        return;
    if (pod->ready != judged->ready || !text_equal(pod->node, judged->node))
        judged->node_at = now > judged->node_free_at ? now : judged->node_free_at;
    judged->ready = pod->ready;
    text_copy(judged->node, sizeof judged->node, pod->node);
    if (!pod->terminating)
        judged->overdue_at = NEVER;
    else if (judged->overdue_at == NEVER)
        judged->overdue_at = now + pod->grace_ms + OVERDUE_MS;
}

/* A watch may have shown, or missed, the pod since the server looked for the flight's GET. */
static bool is_overtaken(struct knowledge *k, const struct pod_view *pod, bool by_get)
{
    if (by_get)
        return (k->pod_moved || k->pod_missed) && pod->sign != POD_DEAD;
    bool own = k->flight.kind == COMMAND_GET_OWN_POD && text_equal(k->self.uid, pod->uid);
    if (own || (k->flight.kind == COMMAND_GET_POD && text_equal(k->flight.pod.uid, pod->uid))) {
        k->pod_moved |= pod->sign != POD_UNSURE;
        k->pod_missed |= pod->sign == POD_UNSURE;
    }
    return false;
}

void learn_pod(struct knowledge *k, const struct pod_view *pod, bool by_get, int64_t now, uint32_t random)
{
    struct judged *judged = judged_in(k, pod->uid);
    if (judged == NULL || judged->verdict == VERDICT_DEAD)
        return;
    judged->poll_at = poll_time(k, WATCH_POD, now, random);
    if (is_overtaken(k, pod, by_get))
        return; /* what the watch has shown stands; after a gap it is asked for again */
    learn_circumstances(judged, pod, now);
    switch (pod->sign) {
    case POD_UNSURE: judged->verdict = VERDICT_UNKNOWN; break;
    case POD_ALIVE: judged->verdict = VERDICT_ALIVE; break;
    case POD_DEAD: judged->verdict = VERDICT_DEAD; break;
    case POD_WAIT: /* P4 (d): since first seen, and then a second quorum GET */
        if (judged->verdict != VERDICT_UNTIL)
            judged->until = now + pod->wait_ms;
        else if (by_get && now >= judged->until)
            judged->verdict = VERDICT_DEAD;
        if (judged->verdict != VERDICT_DEAD)
            judged->verdict = VERDICT_UNTIL;
        break;
    }
    if (judged->verdict == VERDICT_DEAD)
        found_dead(k);
}

/* P9: for the own pod P4 (d) does not wait, so that this process has stopped when others stop waiting. */
void learn_own_pod(struct knowledge *k, const struct pod_view *pod, bool by_get, int64_t now, uint32_t random)
{
    bool first = k->identity == IDENTITY_UNKNOWN; /* P2: a terminal pod's process does not begin to campaign */
    if (!by_get && (first || !text_equal(pod->uid, k->self.uid)))
        return;
    k->own_poll_at = poll_time(k, WATCH_OWN, now, random);
    if (is_overtaken(k, pod, by_get)) {
        k->own_sure = false; /* ask again */
        return;
    }
    if (pod->sign == POD_UNSURE)
        k->own_sure = false;
    else if (pod->sign == POD_DEAD || pod->sign == POD_WAIT || (first && pod->terminal))
        k->identity = IDENTITY_GONE;
    else
        k->identity = pod->terminating ? IDENTITY_TERMINATING : IDENTITY_GOOD;
    if (by_get)
        k->own_sure = true;
    if (k->identity == IDENTITY_GONE)
        k->own_poll_at = now + BACKOFF_MAX_MS; /* with retry-permanent: look again */
}

/* ---- Nodes (P16) ---- */

/* Of a pod that is ready nothing follows: its node is there. Else it is asked for again. A lock that cannot be deleted
 * cannot be taken from a pod that is there (P7). */
void learn_node(struct knowledge *k, enum node_sign sign, int64_t now)
{
    struct judged *judged = judged_in(k, k->flight.pod.uid);
    bool lost = sign == NODE_GONE || sign == NODE_OUT || (sign == NODE_UNREADY && k->node_policy == NODE_UNSAFE);
    bool kept = k->undeletable[0] != '\0' && text_equal(k->lock.uid, k->undeletable);
    k->node_fault = LEADERLIFE_OK;
    k->node_failed = false;
    if (judged == NULL || judged->verdict == VERDICT_DEAD)
        return;
    judged->node_free_at = now + NODE_ASK_MS;
    judged->node_at = judged->ready ? NEVER : judged->node_free_at;
    if (!lost || kept || judged->ready)
        return;
    judged->verdict = VERDICT_DEAD;
    judged->lost = sign;
    found_dead(k);
}

/* Without it the policy is strict, so nothing else waits for this; told when it is more than a moment's trouble. */
void learn_node_failed(struct knowledge *k, const struct fact *fact, int64_t now)
{
    struct judged *judged = judged_in(k, k->flight.pod.uid);
    bool lasts = k->node_failed;
    if (lasts)
        k->node_fault = fact->status;
    k->node_failed = true;
    if (judged == NULL)
        return;
    int64_t again = judged->ready && lasts ? NODE_PROBE_MS : NODE_ASK_MS;
    judged->node_at = now + (fact->retry_after_ms > again ? fact->retry_after_ms : again);
    judged->node_free_at = judged->node_at;
}

/* A machine that was down may come back, and with it the very pod: it has written since, or is not to be taken from. */
void doubt_lost(struct knowledge *k, const char *uid, int64_t now)
{
    struct judged *judged = judged_in(k, uid);
    if (judged == NULL || judged->verdict != VERDICT_DEAD || judged->lost == NODE_FINE)
        return;
    judged->verdict = VERDICT_UNKNOWN;
    judged->lost = NODE_FINE;
    judged->poll_at = judged->node_at = now;
}
