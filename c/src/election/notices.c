/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notices about conditions that last, told when they begin: what happened to lock and record under a leader, who is
 * waited for and why, what guards a term. It only reads knowledge.
 */
#include "election/notices.h"

#include "election/emit.h"
#include "election/end_text.h"
#include "machine/state_table.h"

enum { BARRED_TELL_MS = 1000 /* the moment between a lock's end and its pod's is nothing to tell */ };

/* ---- Under a leader (P9, P14) ---- */

#define IT_ENDS "its pod is terminating: others wait for its end"
/* What takes something from the leader may come from its pod's deletion, of which it has not heard yet. */
#define UNLESS_IT_ENDS ", unless its pod is terminating"

static bool lock_is_gone(const struct knowledge *k)
{
    return k->lock.kind == LOCK_ABSENT && k->lock.sure;
}

static bool record_is_gone(const struct knowledge *k)
{
    return (k->record.kind == RECORD_ABSENT || k->record.kind == RECORD_EMPTY) && k->record.sure;
}

static bool lock_is_orphaned(const struct knowledge *k)
{
    return k->lock.kind == LOCK_MINE && k->lock.orphaned;
}

static void announce_orphaned(struct leaderlife_election *election, bool ends)
{
    const char *next =
        ends ? IT_ENDS
        : election->known.can_put
            ? "puts it back" UNLESS_IT_ENDS
            : "may not update the lock, so the garbage collector will not remove it: the next leader does";
    emit_notice(election, LEADERLIFE_EBLOCKED,
                "lock '%s' has lost its owner reference while this process leads (by --cascade=orphan, or by hand); it "
                "still leads and %s",
                election->lock, next);
}

static void announce_meddling(struct leaderlife_election *election, const struct knowledge *before)
{
    const struct knowledge *k = &election->known;
    bool ends = k->identity == IDENTITY_TERMINATING; /* a terminating leader puts nothing back (P9) */
    if (lock_is_gone(k) && !lock_is_gone(before))
        emit_notice(election, LEADERLIFE_EBLOCKED,
                    "lock '%s' was removed while this process leads; it still leads and %s", election->lock,
                    ends ? IT_ENDS : "puts the lock back" UNLESS_IT_ENDS);
    if (lock_is_orphaned(k) && !lock_is_orphaned(before))
        announce_orphaned(election, ends);
    if (record_is_gone(k) && !record_is_gone(before))
        emit_notice(election, LEADERLIFE_EBLOCKED,
                    "the holder record of lock '%s' was removed or emptied while this process leads; it still leads "
                    "and %s",
                    election->lock, ends ? IT_ENDS : "writes the record again" UNLESS_IT_ENDS);
    bool lock = k->lock.kind == LOCK_FOREIGN && before->lock.kind != LOCK_FOREIGN;
    if (lock || (k->record.kind == RECORD_FOREIGN && before->record.kind != RECORD_FOREIGN))
        emit_notice(
            election, LEADERLIFE_EBLOCKED,
            "%s '%s' is no longer as this process made it (another notice says why); it still leads, and nobody "
            "else can be elected before that is mended",
            lock ? "lock" : "the holder record of lock", election->lock);
}

/* P2, P9 */
static void announce_own_pod(struct leaderlife_election *election, const struct knowledge *before)
{
    const struct knowledge *k = &election->known;
    bool leads = k->belief == BELIEF_YES;
    if (k->identity == IDENTITY_TERMINATING && before->identity != IDENTITY_TERMINATING)
        emit_notice(election, LEADERLIFE_OK, "this pod, %s, is terminating%s", k->self.name,
                    leads ? "; it leads until it ends" : "; it does not campaign");
    /* With retry-permanent the election goes on, and this tells why it waits; without it the end tells. */
    if (k->identity == IDENTITY_GONE && before->identity != IDENTITY_GONE && k->end == END_NOT) {
        char text[TEXT_MESSAGE];
        end_text_of_own_pod(k, text, sizeof text);
        emit_notice(election, LEADERLIFE_EIDENTITY, "%s", text);
    }
    if (k->identity == IDENTITY_TERMINAL && before->identity != IDENTITY_TERMINAL)
        emit_notice(election, LEADERLIFE_EIDENTITY,
                    "the phase of this pod, %s, says that it has ended, though this process runs in it; it does not "
                    "campaign until the kubelet has taken that back",
                    k->self.name);
    if (k->elsewhere && !before->elsewhere)
        emit_notice(election, LEADERLIFE_EIDENTITY,
                    "none of the addresses of pod %s is one of this network namespace%s; run this process in a "
                    "container of that pod, or, if that pod's containers do not have its address, set the option "
                    "pod-network to 'any'",
                    k->self.name,
                    leads ? "; it still leads, but no other process of the pod can see that"
                          : ", so this process does not campaign, and gives up if that lasts");
}

static void announce_rehearsal(struct leaderlife_election *election, const struct knowledge *before)
{
    const struct knowledge *k = &election->known;
    if (k->belief == BELIEF_YES && before->belief != BELIEF_YES && k->rehearse_s > 0)
        emit_notice(election, LEADERLIFE_OK,
                    "rehearsal: this election of lock '%s' ends by itself in %d s, as if it were lost, because of "
                    "the option rehearse-loss: never use it in production",
                    election->lock, k->rehearse_s);
}

void notices_of_conditions(struct leaderlife_election *election, const struct knowledge *before)
{
    const struct knowledge *k = &election->known;
    announce_rehearsal(election, before);
    if (machine_state(k) == STATE_LEADING)
        announce_meddling(election, before);
    announce_own_pod(election, before);
}

/* ---- Who is waited for (P3, P4, P8) ---- */

/* NULL where nobody is. */
static const struct pod_id *waited_for(const struct knowledge *k)
{
    enum machine_state state = machine_state(k);
    const struct pod_id *pod = state == STATE_BARRED      ? knowledge_barring_pod(k)
                               : state == STATE_FOLLOWING ? &k->lock.owner
                                                          : NULL;
    return pod != NULL && knowledge_is_alive(k, pod->uid) ? pod : NULL;
}

static void tell_barred(struct leaderlife_election *election, const struct pod_id *pod)
{
    emit_notice(election, LEADERLIFE_EBLOCKED,
                "lock '%s' is %s, but its holder, pod %s, is not known to have ended or to have given it back: "
                "nobody takes over before that pod has ended (if it hangs, delete the pod)",
                election->lock, election->known.lock.kind == LOCK_ABSENT ? "free" : "not that of its holder any more",
                pod->name);
}

/* P16: what a strict candidate waits for may never come by itself. */
static void tell_overdue(struct leaderlife_election *election, const struct pod_id *pod, const char *node)
{
    emit_notice(election, LEADERLIFE_EBLOCKED,
                "pod %s, which holds lock '%s', has been terminating for longer than its grace period: its "
                "node%s%s may be lost, or its kubelet hang; nobody takes over before the pod is gone%s (once the "
                "machine is certainly down, delete its Node, or taint it "
                "node.kubernetes.io/out-of-service:NoExecute)",
                pod->name, election->lock, node[0] != '\0' ? " " : "", node,
                election->known.node_policy == NODE_STRICT ? "" : " or its node counts as lost (option node-policy)");
}

/* What was told of a pod is forgotten when another is waited for, or nobody is any more; not in a moment of doubt. */
static void forget_waiting(struct leaderlife_election *election, const struct pod_id *pod)
{
    enum machine_state state = machine_state(&election->known);
    bool over = state == STATE_CLAIMING || state == STATE_LEADING;
    if (over || (pod != NULL && !text_equal(election->waiting.for_uid, pod->uid)))
        election->waiting = (struct waiting){.tell_at = NEVER};
}

static int64_t announce_barred(struct leaderlife_election *election, const struct pod_id *pod, int64_t now)
{
    struct waiting *waiting = &election->waiting;
    bool barred = machine_state(&election->known) == STATE_BARRED;
    if (barred && !waiting->barred)
        waiting->tell_at = now + BARRED_TELL_MS;
    waiting->barred = barred;
    if (!barred)
        return NEVER;
    if (now >= waiting->tell_at) {
        waiting->tell_at = NEVER;
        tell_barred(election, pod);
    }
    return waiting->tell_at;
}

static int64_t announce_overdue(struct leaderlife_election *election, const struct pod_id *pod, int64_t now)
{
    const struct judged *judged = knowledge_judged(&election->known, pod->uid);
    bool overdue = now >= judged->overdue_at;
    if (overdue && !election->waiting.overdue)
        tell_overdue(election, pod, judged->node);
    election->waiting.overdue = election->waiting.overdue || overdue;
    return overdue ? NEVER : judged->overdue_at;
}

int64_t notices_of_waiting(struct leaderlife_election *election, int64_t now)
{
    const struct pod_id *pod = waited_for(&election->known);
    forget_waiting(election, pod);
    if (pod == NULL)
        return NEVER;
    text_copy(election->waiting.for_uid, sizeof election->waiting.for_uid, pod->uid);
    return clock_earlier(announce_barred(election, pod, now), announce_overdue(election, pod, now));
}

/* ---- Nodes (P16) ---- */

static const char *loss_of(enum node_sign sign)
{
    switch (sign) {
    case NODE_GONE: return "is gone";
    case NODE_OUT: return "is marked out of service and not ready";
    case NODE_UNREADY: return "is not ready, though the pod's processes may still run there and lead";
    case NODE_FINE: break;
    }
    return "is there";
}

static void announce_lost(struct leaderlife_election *election, const struct knowledge *before,
                          const struct judged *judged)
{
    const struct judged *earlier = knowledge_judged(before, judged->uid);
    const struct pod_id *pod = knowledge_pod(&election->known, judged->uid);
    bool told = earlier != NULL && earlier->verdict == VERDICT_DEAD;
    if (judged->verdict != VERDICT_DEAD || judged->lost == NODE_FINE || told || pod == NULL)
        return;
    emit_notice(election, LEADERLIFE_OK, "pod %s counts as dead, because its node %s %s (option node-policy is '%s')",
                pod->name, judged->node, loss_of(judged->lost), option_text(&election->options, OPTION_NODE_POLICY));
}

/* Said once, for as long as it lasts. */
void notices_of_nodes(struct leaderlife_election *election, const struct knowledge *before)
{
    const struct knowledge *k = &election->known;
    for (size_t i = 0; i < JUDGED; i++)
        announce_lost(election, before, &k->judged[i]);
    if (k->node_fault != LEADERLIFE_OK && k->node_fault != before->node_fault)
        emit_notice(election, k->node_fault,
                    "%s; until then the leader of a lost node counts as alive, as with node-policy 'strict'",
                    election->node_cause);
    else if (k->node_fault == LEADERLIFE_OK && before->node_fault != LEADERLIFE_OK)
        emit_log(election, LEADERLIFE_LOG_INFO, "lock '%s': nodes can be asked for again", election->lock);
}

/* ---- What guards a term (P8) ---- */

static const char *without_record(const struct knowledge *k)
{
    if (k->wish == WISH_OBSERVE)
        return "until then the leader's term and token are not known";
    if ((knowledge_is_releasing(k) || k->end != END_NOT) && k->record_writes.last != 0)
        return "the holder record may still name this pod: others then wait until this pod has ended";
    return "until then no holder record guards the election: if the lock is removed under a living leader, only "
           "candidates that have seen that leader wait for its pod to end";
}

/* Said once, for as long as it lasts. */
void notices_of_guard(struct leaderlife_election *election, const struct knowledge *before)
{
    const struct knowledge *k = &election->known;
    bool given_up = k->keep_record && k->record.kind == RECORD_NONE && before->record.kind != RECORD_NONE;
    if (given_up && !election->unguarded) {
        election->unguarded = true;
        emit_notice(election, LEADERLIFE_EFORBIDDEN, "%s; %s", election->cause, without_record(k));
    } else if (election->unguarded && k->record.kind > RECORD_NONE) {
        election->unguarded = false;
        emit_log(election, LEADERLIFE_LOG_INFO, "lock '%s': the holder record can be kept again", election->lock);
    }
}
