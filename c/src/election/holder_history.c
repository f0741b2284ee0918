/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remembers for people what the machine does not need: the holder's pod, who led before and how that ended. Writes
 * the Events when a term of this process begins or is lost (option events). It only reads knowledge, and nothing
 * follows from it.
 */
#include "election/holder_history.h"

static bool is_holder(const struct knowledge *k, const char *uid)
{
    const struct pod_id *holder = machine_holder(k);
    return holder != NULL && text_equal(holder->uid, uid);
}

const struct pod_id *holder_for_people(const struct leaderlife_election *election)
{
    const struct knowledge *k = &election->known;
    const struct pod_id *holder = machine_holder(k);
    bool collected = k->belief == BELIEF_YES || (k->lock.kind == LOCK_OTHER && !k->lock.orphaned);
    if (holder == NULL || collected || text_equal(election->pod.uid, holder->uid))
        return holder;
    return knowledge_verdict(k, holder->uid) == VERDICT_UNKNOWN ? NULL : holder;
}

/* An answer that a watch has overtaken tells of an earlier moment. */
static void keep_pod(struct leaderlife_election *election, const struct knowledge *before, const struct fact *fact)
{
    const struct pod_view *pod = &fact->pod;
    struct observed_pod *observed = &election->pod;
    bool own = knowledge_asked_as(before, fact->number) == &before->question;
    bool stale = fact->kind == FACT_ANSWER && (own ? before->own_moved : before->pod_moved);
    if (pod->phase == NULL || !is_holder(&election->known, pod->uid) || (stale && text_equal(observed->uid, pod->uid)))
        return;
    text_copy(observed->uid, sizeof observed->uid, pod->uid);
    observed->phase = pod->phase;
    text_copy(observed->node, sizeof observed->node, pod->node);
}

/* ---- Who led before ---- */

/* P8: the machine has forgotten it for that; or it has read the emptied record while the lock went. */
static bool gave_back(const char *uid, const struct knowledge *before, const struct knowledge *k)
{
    bool emptied = k->last_guarded && k->lock.kind == LOCK_ABSENT && k->record.kind == RECORD_EMPTY && k->record.sure;
    bool forgotten = k->last.uid[0] == '\0' && k->record.kind != RECORD_OTHER;
    return text_equal(before->last.uid, uid) && (forgotten || (emptied && text_equal(k->last.uid, uid)));
}

/* What this fact has shown of the end of that pod's term; NULL: nothing that is certain. */
static const char *end_of(const char *uid, const struct knowledge *before, const struct knowledge *k,
                          const struct fact *fact)
{
    const struct judged *judged = knowledge_judged(k, uid);
    bool died = judged != NULL && judged->verdict == VERDICT_DEAD && knowledge_verdict(before, uid) != VERDICT_DEAD;
    if (died && judged->lost != NODE_FINE)
        return "its node is lost";
    if (died)
        return fact->pod.terminal && !fact->pod.terminating ? "pod ended" : "pod deleted";
    return gave_back(uid, before, k) ? "resigned" : NULL;
}

static void keep_past(struct past *past, const struct knowledge *before, const struct knowledge *k,
                      const struct fact *fact)
{
    const struct pod_id *holder = machine_holder(k);
    if (k->belief != BELIEF_NO)
        return;
    if (holder != NULL && !is_holder(before, holder->uid))
        *past = (struct past){.holder = *holder};
    else if (past->end == NULL && past->holder.uid[0] != '\0')
        past->end = end_of(past->holder.uid, before, k, fact);
}

/* ---- The word to the cluster ---- */

static void publish_term(struct leaderlife_election *election, bool lost)
{
    const struct knowledge *k = &election->known;
    const struct past *past = &election->past;
    bool taken = !lost && past->holder.name[0] != '\0';
    char text[TEXT_MESSAGE];
    text_format(text, sizeof text, "%s %s%s%s%s%s",
                lost    ? k->rehearsed ? "lost, in a rehearsal, leadership of" : "lost leadership of"
                : taken ? "took over"
                        : "became leader of",
                election->lock, taken ? " from " : "", taken ? past->holder.name : "",
                taken && past->end != NULL ? ": " : "", taken && past->end != NULL ? past->end : "");
    if (k->term > 0)
        text_append(text, sizeof text, ", term %lld", (long long)k->term);
    election->ops->publish(election->backend, lost, text);
}

void holder_history_learn(struct leaderlife_election *election, const struct knowledge *before, const struct fact *fact)
{
    const struct knowledge *k = &election->known;
    keep_pod(election, before, fact);
    if (election->backend == NULL || election->ops->publish == NULL ||
        !option_is(&election->options, OPTION_EVENTS, "true"))
        return;
    keep_past(&election->past, before, k, fact);
    bool lost = k->end == END_LOST && before->end != END_LOST;
    if (lost || (k->belief == BELIEF_YES && before->belief != BELIEF_YES))
        publish_term(election, lost);
}
