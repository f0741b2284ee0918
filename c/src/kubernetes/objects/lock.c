/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock's shape on the wire (P13): reading it, naming what is wrong with one that is not ours (P14), and the
 * bodies that create, rewrite and delete it.
 */
#include "kubernetes/objects/lock.h"

#include "base/text.h"
#include "kubernetes/objects/json.h"

#include <string.h>

/* P14: the holder, in words that no collector takes away. */
static const char holder_key[] = "leaderlife.dev/holder";
static const char holder_uid_key[] = "leaderlife.dev/holder-uid";
/* P8: so that who sees the lock knows whether a record, too, tells of its end. */
static const char guard_key[] = "leaderlife.dev/guard";
static const char guard_record[] = "record";

static bool read_pod_id(const json_t *object, const char *name, const char *uid, struct pod_id *ret)
{
    return json_member_text(object, name, ret->name, sizeof ret->name) && ret->name[0] != '\0' &&
           json_member_text(object, uid, ret->uid, sizeof ret->uid) && ret->uid[0] != '\0' &&
           text_dns_subdomain_fault(ret->name, sizeof ret->name - 1) == NULL;
}

/* P14: its owner reference was taken away, by a collector (--cascade=orphan), a backup tool or a hand. Where there is
 * one, that decides: who writes no annotations, such as operator-lib, may have made the lock anew from an old one. */
static bool read_orphan(const json_t *metadata, struct lock_view *view)
{
    view->orphaned = json_array_size(json_member(metadata, "ownerReferences")) == 0 &&
                     read_pod_id(json_member(metadata, "annotations"), holder_key, holder_uid_key, &view->owner);
    return view->orphaned;
}

/* What cannot be printed in full is for people only, so cutting it off does no harm. */
static void describe(const json_t *owner, const char *key, char *target, size_t size)
{
    const char *text = json_text(json_member(owner, key));
    text_format(target, size, "%s", text != NULL ? text : "(none)");
    text_printable(target);
}

static bool owner_is_pod(const json_t *owner)
{
    return json_member_is(owner, "kind", "Pod") && json_member_is(owner, "apiVersion", "v1");
}

/* P13 on reading: exactly one owner, a Pod of v1. The flags that other writers add are of no matter. */
static bool owner_fault(const json_t *metadata, struct pod_id *ret_owner, char *fault, size_t size)
{
    const json_t *owners = json_member(metadata, "ownerReferences");
    const json_t *owner = json_array_get(owners, 0);
    size_t count = json_array_size(owners);
    char kind[80];
    char name[80];

    if (count == 0) {
        text_format(fault, size,
                    "the ConfigMap has no owner, and no annotations that tell its holder, so it is not a lock that a "
                    "candidate made (restored from a backup?)");
        return true;
    }
    if (count > 1) {
        text_format(fault, size,
                    "the ConfigMap has %zu owners, a lock has exactly one: remove the owner references "
                    "that somebody added",
                    count);
        return true;
    }
    if (!owner_is_pod(owner)) {
        describe(owner, "kind", kind, sizeof kind);
        describe(owner, "name", name, sizeof name);
        text_format(fault, size,
                    "the ConfigMap is owned by %s %s and not by a Pod, so it is somebody else's object: "
                    "choose another lock name, or, if it was a lock, remove that owner reference",
                    kind, name);
        return true;
    }
    if (!read_pod_id(owner, "name", "uid", ret_owner)) {
        text_format(fault, size, "the ConfigMap's owner reference has a name or UID that no pod can have");
        return true;
    }
    return false;
}

static bool finalizer_fault(const json_t *metadata, char *fault, size_t size)
{
    char shown[80];

    if (!json_foreign_finalizer(metadata, shown, sizeof shown))
        return false;
    text_format(fault, size,
                "the ConfigMap has the finalizer %s, so it cannot be removed when its owner is gone: "
                "remove the finalizer",
                shown);
    return true;
}

static bool is_lock_kind(const json_t *root)
{
    return json_may_be_kind(root, "ConfigMap") || json_member_is(root, "kind", "PartialObjectMetadata");
}

bool lock_view_of(const struct document *document, struct lock_view *ret, char *fault, size_t size)
{
    const json_t *root = json_of(document);
    const json_t *metadata = json_member(root, "metadata");
    struct lock_view view = {.kind = LOCK_VIEW_OWNED};
    char why[TEXT_MESSAGE] = "";

    if (!is_lock_kind(root) || !json_is_object(metadata))
        return false;
    if (!json_member_text(metadata, "uid", view.uid, sizeof view.uid) || view.uid[0] == '\0')
        return false;
    if (!json_member_text(metadata, "resourceVersion", view.version, sizeof view.version) || view.version[0] == '\0')
        return false;
    view.released = json_member_is(json_member(metadata, "annotations"), NONCE_ANNOTATION, "");
    view.guarded = json_member_is(json_member(metadata, "annotations"), guard_key, guard_record);
    if (!json_member_text(json_member(metadata, "annotations"), NONCE_ANNOTATION, view.nonce, sizeof view.nonce))
        view.nonce[0] = '\0';
    if ((!read_orphan(metadata, &view) && owner_fault(metadata, &view.owner, why, sizeof why)) ||
        finalizer_fault(metadata, why, sizeof why)) {
        struct lock_view foreign = {.kind = LOCK_VIEW_FOREIGN};
        text_copy(foreign.uid, sizeof foreign.uid, view.uid);
        text_copy(foreign.version, sizeof foreign.version, view.version);
        view = foreign;
    }
    text_copy(fault, size, why);
    *ret = view;
    return true;
}

/* An empty nonce says that the lock is released; whoever releases it leaves the rest as it was. */
static bool annotate(json_t *metadata, const struct pod_id *owner, const char *nonce, bool guarded)
{
    json_t *annotations = json_object_in(metadata, "annotations");

    if (annotations == NULL || !json_set_text(annotations, NONCE_ANNOTATION, nonce))
        return false;
    if (nonce[0] == '\0')
        return true;
    if (!guarded)
        json_object_del(annotations, guard_key);
    return json_set_text(annotations, holder_key, owner->name) &&
           json_set_text(annotations, holder_uid_key, owner->uid) &&
           (!guarded || json_set_text(annotations, guard_key, guard_record));
}

/* P13: one owner, no blockOwnerDeletion. */
static json_t *owner_references(const struct pod_id *owner)
{
    return json_pack("[{s:s, s:s, s:s, s:s}]", "apiVersion", "v1", "kind", "Pod", "name", owner->name, "uid",
                     owner->uid);
}

/* P13: no finalizer; annotations may be added. */
char *lock_body_new(const char *namespace_, const char *lock, const struct pod_id *owner, const char *nonce,
                    bool guarded)
{
    json_t *body = json_pack("{s:s, s:s, s:{s:s, s:s, s:o}}", "apiVersion", "v1", "kind", "ConfigMap", "metadata",
                             "name", lock, "namespace", namespace_, "ownerReferences", owner_references(owner));

    if (nonce[0] != '\0' && !annotate(json_object_get(body, "metadata"), owner, nonce, guarded)) {
        json_decref(body);
        return NULL;
    }
    return json_dump_and_release(body);
}

/* P14: an owner reference that was taken away is written again, but not to a released lock. */
static bool restore_owner(json_t *metadata, const struct pod_id *owner, const char *nonce)
{
    bool missing = json_array_size(json_member(metadata, "ownerReferences")) == 0;

    return nonce[0] == '\0' || !missing ||
           json_object_set_new(metadata, "ownerReferences", owner_references(owner)) == 0;
}

char *lock_body_rewritten(const struct document *document, const char *uid, const char *version,
                          const struct pod_id *owner, const char *nonce, bool guarded)
{
    json_t *body = json_deep_copy(json_of(document));
    json_t *metadata = json_object_get(body, "metadata");

    if (!json_is_object(metadata) || !json_set_text(metadata, "uid", uid) ||
        !json_set_text(metadata, "resourceVersion", version) || !annotate(metadata, owner, nonce, guarded) ||
        !restore_owner(metadata, owner, nonce)) {
        json_decref(body);
        return NULL;
    }
    return json_dump_and_release(body);
}

/* Background, said aloud: it also ends somebody's foreground deletion that a stalled collector would never finish. */
char *lock_body_delete(const char *uid, const char *version)
{
    return json_dump_and_release(json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "kind", "DeleteOptions", "apiVersion", "v1",
                                           "propagationPolicy", "Background", "preconditions", "uid", uid,
                                           "resourceVersion", version));
}
