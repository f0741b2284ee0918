/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words how an election has ended: cause and cure. It only reads knowledge.
 */
#include "election/end_text.h"

#include "machine/static_pod.h"

void end_text_of_closed_descriptors(const struct leaderlife_election *election, char *text, size_t size)
{
    enum end end = election->known.end;
    text_format(text, size,
                "%s '%s'%s: the program has closed %s, which it did not open (closefrom(), os.closerange(), a "
                "daemon's library); let it keep such descriptors, or start the election after that",
                end == END_LOST     ? "leadership of"
                : end == END_FAILED ? "cannot take part for"
                                    : "nothing more is given back of",
                election->lock, end == END_LOST ? " is lost" : "", election->closed_by_program);
}

/* P2: why the own pod does not let this process take part. */
void end_text_of_own_pod(const struct knowledge *k, char *text, size_t size)
{
    text_format(text, size, "pod %s ", k->self.name);
    if (k->mirror || static_pod_is_uid(k->self.uid)) {
        static_pod_append(text, size);
        return;
    }
    text_append(
        text, size,
        "with UID %s is gone, has ended or has another UID, so this process %s; run it in a living pod, or correct "
        "POD_NAMESPACE, POD_NAME and POD_UID (options namespace, pod-name, pod-uid)",
        k->self.uid, k->end == END_LOST ? "no longer leads" : "does not campaign");
}

#define WHY_LOST                                                                                                       \
    ": lock and record were both removed, or this pod counted as dead there; stop what a leader does, and take part "  \
    "again by a new election"

void end_text_set(struct leaderlife_election *election)
{
    const struct knowledge *k = &election->known;
    char *text = election->error_text;
    size_t size = sizeof election->error_text;
    election->end_status = election->end_status != LEADERLIFE_OK ? election->end_status : k->fault.status;
    if (election->closed_by_program != NULL)
        end_text_of_closed_descriptors(election, text, size);
    else if (k->rehearsed)
        text_format(text, size,
                    "rehearsal: leadership of '%s' is lost on purpose (option rehearse-loss); stop what a leader does, "
                    "and close this election: until then the lock stays held",
                    election->lock);
    else if (k->identity == IDENTITY_GONE)
        end_text_of_own_pod(k, text, size);
    else if (k->identity == IDENTITY_ELSEWHERE)
        text_format(text, size,
                    "this process has the identity of pod %s but not its network namespace, for none of the pod's "
                    "addresses is one here: the pod's own processes and this one cannot see each other, so it does not "
                    "campaign; run it in a container of that pod (not under unshare -n or PrivateNetwork, nor with a "
                    "borrowed identity), or, if that pod's containers do not have its address, set the option "
                    "pod-network to 'any'",
                    k->self.name);
    else if (k->end == END_LOST && knowledge_lock_is_strangers(k))
        text_format(text, size,
                    "leadership of '%s' is lost: another process with the identity of pod %s (UID %s) has claimed it, "
                    "and the two do not see each other: run only one, in the pod's own network namespace, and let no "
                    "program close the descriptors of this library",
                    election->lock, k->self.name, k->self.uid);
    else if (k->end == END_LOST && k->lock.kind == LOCK_OTHER)
        text_format(text, size, "leadership of '%s' is lost: the lock now belongs to pod %s with UID %s" WHY_LOST,
                    election->lock, k->lock.owner.name, k->lock.owner.uid);
    else if (k->end == END_LOST)
        text_format(text, size, "leadership of '%s' is lost: the holder record now names %s %s with UID %s" WHY_LOST,
                    election->lock, k->record.kind == RECORD_SIBLING ? "another claim of this pod," : "pod",
                    k->record.holder.name, k->record.holder.uid);
    else
        text_copy(text, size, election->cause);
}
