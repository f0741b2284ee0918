/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions that people should know, as notices when they begin: what happened to lock and record under a leader, who
 * is waited for, what guards a term. It only reads knowledge.
 */
#include "election.h"

enum { BARRED_TELL_MS = 1000 /* the moment between a lock's end and its pod's is nothing to tell */ };

/* ---- Under a leader (P9, P14) ---- */

static bool lock_is_gone(const struct knowledge *k)
{
    return k->lock.kind == LOCK_ABSENT && k->lock.sure;
}

static bool record_is_gone(const struct knowledge *k)
{
    return (k->record.kind == RECORD_ABSENT || k->record.kind == RECORD_EMPTY) && k->record.sure;
}

static void announce_meddling(struct leaderlife_election *election, const struct knowledge *before)
{
    const struct knowledge *k = &election->known;
    bool ends = k->identity == IDENTITY_TERMINATING; /* then nothing is put back (P9) */
    if (lock_is_gone(k) && !lock_is_gone(before))
        announce_notice(election, LEADERLIFE_EBLOCKED,
                        "lock '%s' was removed while this process leads; it still leads and %s", election->lock,
                        ends ? "its pod is terminating: others wait for its end" : "puts the lock back");
    if (record_is_gone(k) && !record_is_gone(before))
        announce_notice(
            election, LEADERLIFE_EBLOCKED,
            "the holder record of lock '%s' was removed or emptied while this process leads; it still leads "
            "and %s",
            election->lock, ends ? "its pod is terminating: others wait for its end" : "writes the record again");
    bool lock = k->lock.kind == LOCK_FOREIGN && before->lock.kind != LOCK_FOREIGN;
    if (lock || (k->record.kind == RECORD_FOREIGN && before->record.kind != RECORD_FOREIGN))
        announce_notice(
            election, LEADERLIFE_EBLOCKED,
            "%s '%s' is no longer as this process made it (another notice says why); it still leads, and nobody "
            "else can be elected before that is mended",
            lock ? "lock" : "the holder record of lock", election->lock);
}

void announce_conditions(struct leaderlife_election *election, const struct knowledge *before)
{
    const struct knowledge *k = &election->known;
    if (machine_state(k) == STATE_LEADING)
        announce_meddling(election, before);
    if (k->identity == IDENTITY_TERMINATING && before->identity != IDENTITY_TERMINATING)
        announce_notice(election, LEADERLIFE_OK, "this pod, %s, is terminating%s", k->self.name,
                        k->belief == BELIEF_YES ? "; it leads until it ends" : "; it does not campaign");
}

/* ---- Who is waited for although there is no lock (P3, P8) ---- */

/* A pod that was asked for and lives. */
static bool is_barred(const struct knowledge *k)
{
    enum verdict verdict = verdict_of(k, barring_pod(k)->uid);
    return machine_state(k) == STATE_BARRED && (verdict == VERDICT_ALIVE || verdict == VERDICT_UNTIL);
}

int64_t announce_waiting(struct leaderlife_election *election, int64_t now)
{
    const struct knowledge *k = &election->known;
    struct waiting *waiting = &election->waiting;
    if (!is_barred(k)) {
        waiting->for_uid[0] = '\0';
        return NEVER;
    }
    const struct pod_id *pod = barring_pod(k);
    if (!text_equal(waiting->for_uid, pod->uid)) {
        text_copy(waiting->for_uid, sizeof waiting->for_uid, pod->uid);
        waiting->tell_at = now + BARRED_TELL_MS;
    }
    if (now >= waiting->tell_at) {
        waiting->tell_at = NEVER;
        announce_notice(election, LEADERLIFE_EBLOCKED,
                        "lock '%s' is %s, but its holder, pod %s, is not known to have ended or to have given it back: "
                        "nobody takes over before that pod has ended (if it hangs, delete the pod)",
                        election->lock, k->lock.kind == LOCK_ABSENT ? "free" : "not that of its holder any more",
                        pod->name);
    }
    return waiting->tell_at;
}

/* ---- What guards a term (P8) ---- */

static const char *without_record(const struct knowledge *k)
{
    if (k->wish == WISH_OBSERVE)
        return "until then the leader's term and token are not known";
    if ((is_giving_back(k) || k->end != END_NOT) && k->record_writes.last != 0)
        return "the holder record may still name this pod: others then wait until this pod has ended";
    return "until then no holder record guards the election: if the lock is removed under a living leader, only "
           "candidates that have seen that leader wait for its pod to end";
}

/* Said once, for as long as it lasts. */
void announce_guard(struct leaderlife_election *election, const struct knowledge *before)
{
    const struct knowledge *k = &election->known;
    bool given_up = k->keep_record && k->record.kind == RECORD_NONE && before->record.kind != RECORD_NONE;
    if (given_up && !election->unguarded) {
        election->unguarded = true;
        announce_notice(election, LEADERLIFE_EFORBIDDEN, "%s; %s", election->cause, without_record(k));
    } else if (election->unguarded && k->record.kind > RECORD_NONE) {
        election->unguarded = false;
        announce_log(election, LEADERLIFE_LOG_INFO, "lock '%s': the holder record can be kept again", election->lock);
    }
}
