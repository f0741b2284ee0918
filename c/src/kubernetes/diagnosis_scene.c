/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lock, record and the leader's pod say together, and what of it does not fit. Pure; must not know how they were
 * read or what people are told.
 */
#include "kubernetes/diagnosis.h"

#include "base/text.h"

#include <string.h>

void scene_settle(struct scene *scene)
{
    if (scene->lock.seen == LOCK_SEEN_OWNED)
        scene->who = scene->lock.owner;
    else if (scene->record.seen == RECORD_SEEN_HELD)
        scene->who = scene->record.holder;
}

static enum oddity oddity_of_owned(const struct scene *scene)
{
    enum record_seen record = scene->record.seen;

    if (scene->sign == POD_DEAD)
        return scene->lock.orphaned ? ODD_DEAD_ORPHAN : ODD_DEAD_HOLDER;
    if (record == RECORD_SEEN_HELD && !text_equal(scene->record.holder.uid, scene->lock.owner.uid))
        return ODD_TWO_NAMES;
    if (scene->lock.guarded && (record == RECORD_SEEN_ABSENT || record == RECORD_SEEN_EMPTY))
        return ODD_NO_RECORD;
    return scene->lock.orphaned && scene->pod.name[0] && !scene->pod.terminating ? ODD_ORPHAN : ODD_NOTHING;
}

enum oddity scene_oddity(const struct scene *scene)
{
    bool lives = scene->sign == POD_ALIVE || scene->sign == POD_WAIT;

    if (scene->lock_held)
        return ODD_BEING_DELETED;
    if (scene->lock.seen == LOCK_SEEN_OWNED)
        return oddity_of_owned(scene);
    return scene->lock.seen == LOCK_SEEN_ABSENT && lives ? ODD_NO_LOCK : ODD_NOTHING;
}

void scene_removal(const struct scene *scene, enum foreign what, struct removal *ret)
{
    bool lock = what == FOREIGN_LOCK;
    bool named = lock ? scene->record.seen == RECORD_SEEN_HELD : scene->lock.seen == LOCK_SEEN_OWNED;
    bool tells = lock && (named || scene->record.seen == RECORD_SEEN_EMPTY || scene->record.seen == RECORD_SEEN_ABSENT);

    *ret = (struct removal){.what = what, .bar = tells ? BAR_NOTHING : BAR_UNTOLD};
    if (!named || scene->sign == POD_DEAD)
        return;
    ret->bar = lock ? BAR_RECORD : BAR_LOCK;
    ret->pod = &scene->who;
}

/* Such times are in order as texts are. */
static bool is_before(const char *time, const char *limit)
{
    return time[0] && strcmp(time, limit) < 0;
}

bool pod_overdue(const struct pod_facts *pod, const char *time)
{
    return is_before(pod->ends_at, time);
}

/* One whose containers do not run is unready for another reason. */
bool pod_unready(const struct pod_facts *pod, const char *time)
{
    bool runs = pod->has_statuses && !pod->halted && !pod->terminating && text_equal(pod->phase, "Running");

    return runs && pod->unready && is_before(pod->ready_since, time);
}

void elsewhere_text(const struct identity_found *self, const struct pod_facts *pod, bool allowed, char *text,
                    size_t size)
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
