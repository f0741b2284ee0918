/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a look at a pod or at its node changes what is known of who lives (P4, P16). What a pod's phase and deletion mean
 * (P4 (c), (d)) is judged where the object is read: kubernetes/objects/pod.c, pod_judge(). learn_lock.c says whose life
 * matters, decide.c what follows from a death.
 */
#include "machine/learn_pod.h"

#include "base/backoff.h"
#include "machine/poll.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

enum {
    OVERDUE_MS = 30000,             /* beyond its grace period */
    NODE_ASK_MS = 10000,            /* P16: while the pod is not ready */
    NODE_PROBE_MS = 30 * 60 * 1000, /* while it is, but the node could not be asked for */
    UNFIT_ASK_MS = 5000             /* P2: while something may pass that keeps this process from campaigning */
};

static void track(struct judged *next, size_t *count, const struct knowledge *k, const char *uid, int64_t now)
{
    for (size_t i = 0; i < *count; i++) {
        if (text_equal(next[i].uid, uid))
            return;
    }
    const struct judged *known = knowledge_judged(k, uid);
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

/* Keeps verdicts on exactly those pods whose life matters now. */
void learn_pod_track(struct knowledge *k, int64_t now)
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
    const struct judged *found = knowledge_judged(k, uid);
    return found == NULL ? NULL : &k->judged[found - k->judged];
}

/* P8: a candidate that claims now asks anew for the right to keep a record. */
static void found_dead(struct knowledge *k)
{
    if (!knowledge_is_releasing(k))
        poll_probe_record(k);
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
    if (k->flight.kind == COMMAND_GET_POD && text_equal(k->flight.pod.uid, pod->uid)) {
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
        return; /* the watch's view is newer; after a gap the pod is read again */
    learn_circumstances(judged, pod, now);
    switch (pod->sign) {
    case POD_UNSURE: judged->verdict = VERDICT_UNKNOWN; break;
    case POD_ALIVE: judged->verdict = VERDICT_ALIVE; break;
    case POD_DEAD: judged->verdict = VERDICT_DEAD; break;
    case POD_WAIT: /* P4 (d): wait from the first sight on, then make a second quorum GET */
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

/* ---- The own pod (P2) ---- */

/* A leader's word is not taken back: it has stopped when others stop waiting, so for it P4 (d) does not wait (P9), and
 * it stays where it is. Anybody else only waits while that may pass. At the start a terminal phase is enough. A
 * mirror's life is not its static pod's. */
static enum identity identity_of(const struct knowledge *k, const struct pod_view *pod)
{
    bool first = k->identity == IDENTITY_UNKNOWN;
    bool leads = k->belief == BELIEF_YES;
    if (pod->sign == POD_DEAD || (pod->sign == POD_WAIT && leads) || (first && pod->terminal) ||
        (pod->mirror && !leads))
        return IDENTITY_GONE;
    if (pod->terminating)
        return IDENTITY_TERMINATING;
    if (pod->sign == POD_WAIT)
        return IDENTITY_TERMINAL;
    return pod->elsewhere && !leads ? IDENTITY_ELSEWHERE : IDENTITY_GOOD;
}

/* Its network namespace is told late, and a new one, too, when a sandbox is made anew. */
static void learn_place(struct knowledge *k, bool elsewhere, int64_t now)
{
    if (elsewhere && !k->elsewhere)
        k->elsewhere_at = now + k->elsewhere_ms;
    k->elsewhere = elsewhere;
}

static int64_t own_poll_time(const struct knowledge *k, int64_t now, uint32_t random)
{
    switch (k->identity) {
    case IDENTITY_GONE: return now + BACKOFF_MAX_MS; /* with retry-permanent: look again */
    case IDENTITY_TERMINAL: return now + UNFIT_ASK_MS;
    case IDENTITY_ELSEWHERE: return now + (k->elsewhere_ms < UNFIT_ASK_MS ? k->elsewhere_ms : UNFIT_ASK_MS);
    default: return poll_time(k, WATCH_OWN, now, random);
    }
}

/* While it was unfit it looked after nothing: a lock that it has claimed may be gone, and another elected (P1); and a
 * pod that seemed to end may have lived on, so that its next end is waited for anew (P4). */
static void on_fit_again(struct knowledge *k)
{
    k->lock.sure = k->lock.confirmed = false;
    for (size_t i = 0; i < JUDGED; i++) {
        if (k->judged[i].verdict == VERDICT_UNTIL)
            k->judged[i].verdict = VERDICT_UNKNOWN;
    }
}

static void set_identity(struct knowledge *k, const struct pod_view *pod, int64_t now)
{
    enum identity before = k->identity;
    learn_place(k, pod->elsewhere && pod->sign != POD_DEAD, now);
    k->mirror = pod->mirror;
    k->identity = identity_of(k, pod);
    if (k->identity == IDENTITY_GOOD && before != IDENTITY_GOOD && k->belief == BELIEF_NO)
        on_fit_again(k);
}

/* From its watch, which may show it only after the first look. */
void learn_pod_own(struct knowledge *k, const struct pod_view *pod, int64_t now, uint32_t random)
{
    if (k->identity == IDENTITY_UNKNOWN || !text_equal(pod->uid, k->self.uid))
        return;
    if (k->question.kind == COMMAND_GET_OWN_POD) {
        k->own_moved |= pod->sign != POD_UNSURE;
        k->own_missed |= pod->sign == POD_UNSURE;
    }
    if (pod->sign == POD_UNSURE)
        k->own_sure = false;
    else
        set_identity(k, pod, now);
    k->own_poll_at = own_poll_time(k, now, random);
}

/* P1: what it shows good was good after it was sent, whatever the watch has shown meanwhile; but what that has shown
 * stands, and after a gap the pod is asked for again. */
void learn_pod_own_got(struct knowledge *k, const struct fact *fact, int64_t now, uint32_t random)
{
    const struct pod_view *pod = &fact->pod;
    bool overtaken = (k->own_moved || k->own_missed) && pod->sign != POD_DEAD;
    bool good = pod->sign == POD_ALIVE && !pod->terminating && !pod->elsewhere && !pod->mirror;
    if (good) {
        k->own_checked = fact->number;
        k->own_sent = fact->sent;
    }
    k->own_sure = !overtaken;
    if (!overtaken && pod->sign != POD_UNSURE)
        set_identity(k, pod, now);
    k->own_poll_at = own_poll_time(k, now, random);
}

/* ---- Nodes (P16) ---- */

/* Of a pod that is ready nothing follows: its node is there. Else it is asked for again. A lock that cannot be deleted
 * cannot be taken from a pod that is there (P7). */
void learn_pod_node(struct knowledge *k, enum node_sign sign, int64_t now)
{
    struct judged *judged = judged_in(k, k->question.pod.uid);
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
void learn_pod_node_failed(struct knowledge *k, const struct fact *fact, int64_t now)
{
    struct judged *judged = judged_in(k, k->question.pod.uid);
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
void learn_pod_doubt_lost(struct knowledge *k, const char *uid, int64_t now)
{
    struct judged *judged = judged_in(k, uid);
    if (judged == NULL || judged->verdict != VERDICT_DEAD || judged->lost == NODE_FINE)
        return;
    judged->verdict = VERDICT_UNKNOWN;
    judged->lost = NODE_FINE;
    judged->poll_at = judged->node_at = now;
}
