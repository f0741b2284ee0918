/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who leads, as lock, record and the leader's pod tell together, and what of it does not fit. Pure: it reads no
 * object and writes no text to people.
 */
#include "kubernetes/diagnosis/leader_view.h"

#include "base/text.h"
#include "kubernetes/objects/pod.h"
#include "kubernetes/objects/token_claims.h"

#include <string.h>

void leader_view_settle(struct leader_view *leader)
{
    if (leader->lock.kind == LOCK_VIEW_OWNED)
        leader->who = leader->lock.owner;
    else if (leader->record.kind == RECORD_VIEW_HELD)
        leader->who = leader->record.holder;
}

static enum mismatch oddity_of_owned(const struct leader_view *leader)
{
    enum record_view_kind record = leader->record.kind;

    if (leader->sign == POD_DEAD)
        return leader->lock.orphaned ? MISMATCH_DEAD_ORPHAN : MISMATCH_DEAD_HOLDER;
    if (record == RECORD_VIEW_HELD && !text_equal(leader->record.holder.uid, leader->lock.owner.uid))
        return MISMATCH_TWO_NAMES;
    if (leader->lock.guarded && (record == RECORD_VIEW_ABSENT || record == RECORD_VIEW_EMPTY))
        return MISMATCH_NO_RECORD;
    return leader->lock.orphaned && leader->pod.name[0] && !leader->pod.terminating ? MISMATCH_ORPHAN
                                                                                    : MISMATCH_NOTHING;
}

enum mismatch leader_view_mismatch(const struct leader_view *leader)
{
    bool lives = leader->sign == POD_ALIVE || leader->sign == POD_WAIT;

    if (leader->lock_held)
        return MISMATCH_BEING_DELETED;
    if (leader->lock.kind == LOCK_VIEW_OWNED)
        return oddity_of_owned(leader);
    return leader->lock.kind == LOCK_VIEW_ABSENT && lives ? MISMATCH_NO_LOCK : MISMATCH_NOTHING;
}

void leader_view_removal(const struct leader_view *leader, enum foreign what, struct removal *ret)
{
    bool lock = what == FOREIGN_LOCK;
    bool named = lock ? leader->record.kind == RECORD_VIEW_HELD : leader->lock.kind == LOCK_VIEW_OWNED;
    bool tells =
        lock && (named || leader->record.kind == RECORD_VIEW_EMPTY || leader->record.kind == RECORD_VIEW_ABSENT);

    *ret = (struct removal){.what = what, .bar = tells ? BAR_NOTHING : BAR_UNTOLD};
    if (!named || leader->sign == POD_DEAD)
        return;
    ret->bar = lock ? BAR_RECORD : BAR_LOCK;
    ret->pod = &leader->who;
}

/* Such times are in order as texts are. */
static bool is_before(const char *time, const char *limit)
{
    return time[0] && strcmp(time, limit) < 0;
}

bool leader_view_pod_overdue(const struct pod_facts *pod, const char *time)
{
    return is_before(pod->ends_at, time);
}

/* One whose containers do not run is unready for another reason. */
bool leader_view_pod_unready(const struct pod_facts *pod, const char *time)
{
    bool runs = pod->has_statuses && !pod->halted && !pod->terminating && text_equal(pod->phase, "Running");

    return runs && pod->unready && is_before(pod->ready_since, time);
}

void leader_view_elsewhere_text(const struct identity_found *self, const struct pod_facts *pod, bool allowed,
                                char *text, size_t size)
{
    char addresses[POD_ADDRESSES * (POD_ADDRESS + 2)] = "";

    for (size_t i = 0; i < pod->address_count; i++)
        text_append(addresses, sizeof addresses, "%s%s", i > 0 ? ", " : "", pod->addresses[i]);
    text_format(text, size,
                "own pod: %s in namespace %s has the address %s, and this network namespace has no such address",
                self->pod.name, self->namespace_, addresses);
    if (allowed)
        text_append(text, size, ", which option pod-network 'any' allows");
    else
        text_append(
            text, size,
            ": this process would not see others of its pod that take part, so it does not campaign; run it in "
            "the pod's own network namespace (not by unshare -n or PrivateNetwork=, nor outside the pod with an "
            "identity that a tool lends; a process in the host's needs a pod with hostNetwork: true), or, where the "
            "pod's own containers do not have its address, set option pod-network to any");
}
