/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock's shape on the wire (P13): reading it, naming what is wrong with one that is not ours (P14), and the bodies
 * that create, rewrite and delete it. Must not know how they are sent.
 */
#include "kubernetes/objects_json.h"

#include "base/text.h"

#include <string.h>

/* P8: so that who sees the lock knows whether a record, too, tells of its end. */
static const char guard_key[] = "leaderlife.dev/guard";
static const char guard_record[] = "record";

static bool read_owner(const json_t *owner, struct pod_id *ret)
{
    return member_text(owner, "name", ret->name, sizeof ret->name) && ret->name[0] != '\0' &&
           member_text(owner, "uid", ret->uid, sizeof ret->uid) && ret->uid[0] != '\0' &&
           !text_dns_subdomain_fault(ret->name, sizeof ret->name - 1);
}

/* What cannot be printed in full is for people only, so cutting it off does no harm. */
static void describe(const json_t *owner, const char *key, char *target, size_t size)
{
    const char *text = text_of(member(owner, key));
    text_format(target, size, "%s", text ? text : "(none)");
    text_printable(target);
}

static bool owner_is_pod(const json_t *owner)
{
    return member_is(owner, "kind", "Pod") && member_is(owner, "apiVersion", "v1");
}

/* P13 on reading: exactly one owner, a Pod of v1. The flags that other writers add are of no matter. */
static bool owner_fault(const json_t *metadata, struct pod_id *ret_owner, char *fault, size_t size)
{
    const json_t *owners = member(metadata, "ownerReferences");
    const json_t *owner = json_array_get(owners, 0);
    size_t count = json_array_size(owners);
    char kind[80];
    char name[80];

    if (count == 0) {
        text_format(fault, size,
                    "the ConfigMap has no owner, so it is not a lock that a candidate made (restored from "
                    "a backup?): if nothing else needs it, delete it");
        return true;
    }
    if (count > 1) {
        text_format(fault, size,
                    "the ConfigMap has %zu owners, a lock has exactly one: remove the owner references "
                    "that somebody added, or delete the ConfigMap",
                    count);
        return true;
    }
    if (!owner_is_pod(owner)) {
        describe(owner, "kind", kind, sizeof kind);
        describe(owner, "name", name, sizeof name);
        text_format(fault, size,
                    "the ConfigMap is owned by %s %s and not by a Pod, so it is somebody else's object: "
                    "choose another lock name, or delete the ConfigMap",
                    kind, name);
        return true;
    }
    if (!read_owner(owner, ret_owner)) {
        text_format(fault, size,
                    "the ConfigMap's owner reference has a name or UID that no pod can have: delete the "
                    "ConfigMap");
        return true;
    }
    return false;
}

static bool finalizer_fault(const json_t *metadata, char *fault, size_t size)
{
    char shown[80];

    if (!foreign_finalizer(metadata, shown, sizeof shown))
        return false;
    text_format(fault, size,
                "the ConfigMap has the finalizer %s, so it cannot be removed when its owner is gone: "
                "remove the finalizer",
                shown);
    return true;
}

static bool is_lock_kind(const json_t *root)
{
    return may_be_kind(root, "ConfigMap") || member_is(root, "kind", "PartialObjectMetadata");
}

bool lock_view_of(const struct document *document, struct lock_view *ret, char *fault, size_t size)
{
    const json_t *root = json_of(document);
    const json_t *metadata = member(root, "metadata");
    struct lock_view view = {.seen = LOCK_SEEN_OWNED};
    char why[TEXT_MESSAGE] = "";

    if (!is_lock_kind(root) || !json_is_object(metadata))
        return false;
    if (!member_text(metadata, "uid", view.uid, sizeof view.uid) || view.uid[0] == '\0')
        return false;
    if (!member_text(metadata, "resourceVersion", view.version, sizeof view.version) || view.version[0] == '\0')
        return false;
    view.released = member_is(member(metadata, "annotations"), NONCE_ANNOTATION, "");
    view.guarded = member_is(member(metadata, "annotations"), guard_key, guard_record);
    if (owner_fault(metadata, &view.owner, why, sizeof why) || finalizer_fault(metadata, why, sizeof why)) {
        view.seen = LOCK_SEEN_FOREIGN;
        view.released = view.guarded = false;
        memset(&view.owner, 0, sizeof view.owner);
    }
    text_copy(fault, size, why);
    *ret = view;
    return true;
}

/* An empty nonce says that the lock is given back; whoever gives back leaves the rest as it was. */
static bool annotate(json_t *metadata, const char *nonce, bool guarded)
{
    json_t *annotations = object_in(metadata, "annotations");

    if (!annotations || !set_text(annotations, NONCE_ANNOTATION, nonce))
        return false;
    if (guarded)
        return set_text(annotations, guard_key, guard_record);
    if (nonce[0] != '\0')
        json_object_del(annotations, guard_key);
    return true;
}

/* P13: one owner, no finalizer, no blockOwnerDeletion; annotations may be added. */
char *lock_body_new(const char *namespace_, const char *lock, const struct pod_id *owner, const char *nonce,
                    bool guarded)
{
    json_t *body = json_pack("{s:s, s:s, s:{s:s, s:s, s:[{s:s, s:s, s:s, s:s}]}}", "apiVersion", "v1", "kind",
                             "ConfigMap", "metadata", "name", lock, "namespace", namespace_, "ownerReferences",
                             "apiVersion", "v1", "kind", "Pod", "name", owner->name, "uid", owner->uid);

    if (nonce[0] != '\0' && !annotate(json_object_get(body, "metadata"), nonce, guarded)) {
        json_decref(body);
        return NULL;
    }
    return dump_and_release(body);
}

char *lock_body_rewritten(const struct document *document, const char *uid, const char *version, const char *nonce,
                          bool guarded)
{
    json_t *body = json_deep_copy(json_of(document));
    json_t *metadata = json_object_get(body, "metadata");

    if (!json_is_object(metadata) || !set_text(metadata, "uid", uid) ||
        !set_text(metadata, "resourceVersion", version) || !annotate(metadata, nonce, guarded)) {
        json_decref(body);
        return NULL;
    }
    return dump_and_release(body);
}

/* Background, said aloud: it also ends somebody's foreground deletion that a stalled collector would never finish. */
char *delete_body(const char *uid, const char *version)
{
    return dump_and_release(json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "kind", "DeleteOptions", "apiVersion", "v1",
                                      "propagationPolicy", "Background", "preconditions", "uid", uid, "resourceVersion",
                                      version));
}
