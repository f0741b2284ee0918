/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The holder record's shape on the wire (P3): reading the Lease, naming what is wrong with one that is not as a
 * candidate wrote it (P14), and the bodies that create, overwrite and empty it.
 */
#include "kubernetes/objects/record.h"

#include "base/text.h"
#include "kubernetes/objects/json.h"

#include <string.h>

/* All three are always there, "" where they say nothing. */
static const char uid_key[] = "leaderlife.dev/holder-uid";
static const char nonce_key[] = NONCE_ANNOTATION;
static const char token_key[] = "leaderlife.dev/token";

/* ---- Reading ---- */

static bool has_any_of_ours(const json_t *annotations)
{
    return json_member(annotations, uid_key) != NULL || json_member(annotations, nonce_key) != NULL ||
           json_member(annotations, token_key) != NULL;
}

static bool is_decimal(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

/* For people: what is no time is not shown. */
static void read_since(const json_t *spec, struct record_view *view)
{
    if (!json_member_text(spec, "acquireTime", view->since, sizeof view->since) ||
        view->since[strspn(view->since, "0123456789-:.+TZ")] != '\0')
        view->since[0] = '\0';
}

/* Held or empty, nothing between; false for any mixture. */
static bool read_holder(const json_t *annotations, const json_t *spec, struct record_view *view)
{
    bool whole = json_member_text(spec, "holderIdentity", view->holder.name, sizeof view->holder.name) &&
                 json_member_text(annotations, uid_key, view->holder.uid, sizeof view->holder.uid) &&
                 json_member_text(annotations, nonce_key, view->nonce, sizeof view->nonce) &&
                 json_member_text(annotations, token_key, view->token, sizeof view->token);
    bool empty = view->holder.name[0] == '\0' && view->holder.uid[0] == '\0' && view->nonce[0] == '\0';
    bool held = view->holder.uid[0] != '\0' && view->nonce[0] != '\0' &&
                text_dns_subdomain_fault(view->holder.name, sizeof view->holder.name - 1) == NULL;

    view->kind = empty ? RECORD_VIEW_EMPTY : RECORD_VIEW_HELD;
    return whole && is_decimal(view->token) && (held || (empty && view->token[0] == '\0'));
}

/* Why a collector or somebody's controller may have a hand in it; false where none can. */
static bool meddling_fault(const json_t *metadata, char *fault, size_t size)
{
    char shown[80];

    if (json_array_size(json_member(metadata, "ownerReferences")) > 0) {
        text_format(fault, size,
                    "the Lease has an owner, so the garbage collector could remove it under a living leader: remove "
                    "its owner references");
        return true;
    }
    if (!json_foreign_finalizer(metadata, shown, sizeof shown))
        return false;
    text_format(fault, size, "the Lease has the finalizer %s, which no candidate gave it: remove the finalizer", shown);
    return true;
}

bool record_view_of(const struct document *document, struct record_view *ret, char *fault, size_t size)
{
    const json_t *root = json_of(document);
    const json_t *metadata = json_member(root, "metadata");
    const json_t *annotations = json_member(metadata, "annotations");
    struct record_view view = {.kind = RECORD_VIEW_FOREIGN};
    char why[TEXT_MESSAGE] = "";

    if (!json_may_be_kind(root, "Lease") || !json_is_object(metadata))
        return false;
    if (!json_member_text(metadata, "uid", view.uid, sizeof view.uid) || view.uid[0] == '\0')
        return false;
    if (!json_member_text(metadata, "resourceVersion", view.version, sizeof view.version) || view.version[0] == '\0')
        return false;
    view.term = json_integer_value(
        json_member(json_member(root, "spec"), "leaseTransitions")); /* never negative, says the API */
    if (!has_any_of_ours(annotations))
        text_format(why, sizeof why,
                    "the Lease is not one that a candidate made (if somebody else needs it, choose another lock "
                    "name)");
    else if (!meddling_fault(metadata, why, sizeof why) && !read_holder(annotations, json_member(root, "spec"), &view))
        text_format(why, sizeof why,
                    "the Lease has been edited, its holderIdentity and annotations contradict each other");
    if (why[0] != '\0') { /* keep only what tells it from another record */
        struct record_view foreign = {.kind = RECORD_VIEW_FOREIGN, .term = view.term};
        text_copy(foreign.uid, sizeof foreign.uid, view.uid);
        text_copy(foreign.version, sizeof foreign.version, view.version);
        view = foreign;
    }
    if (view.kind == RECORD_VIEW_HELD)
        read_since(json_member(root, "spec"), &view);
    if (view.kind == RECORD_VIEW_HELD && view.token[0] == '\0')
        text_copy(view.token, sizeof view.token, view.version);
    text_copy(fault, size, why);
    *ret = view;
    return true;
}

/* ---- Writing ---- */

/* Neither duration nor renewal: it never expires, and nobody renews it. */
static bool write_spec(json_t *spec, const struct record_write *write)
{
    json_object_del(spec, "leaseDurationSeconds");
    json_object_del(spec, "renewTime");
    json_object_del(spec, "acquireTime");
    return json_set_text(spec, "holderIdentity", write->holder.name) &&
           json_object_set_new(spec, "leaseTransitions", json_integer((json_int_t)write->term)) == 0 &&
           (write->time[0] == '\0' || json_set_text(spec, "acquireTime", write->time));
}

static bool write_annotations(json_t *annotations, const struct record_write *write)
{
    return json_set_text(annotations, uid_key, write->holder.uid) &&
           json_set_text(annotations, nonce_key, write->nonce) && json_set_text(annotations, token_key, write->token);
}

/* The uid is what makes a PUT a CAS: without it the API server creates a Lease that is absent. */
static bool write_identity(json_t *metadata, const struct record_write *write)
{
    return json_set_text(metadata, "name", write->name) && json_set_text(metadata, "namespace", write->namespace_) &&
           (write->version[0] == '\0' ||
            (json_set_text(metadata, "uid", write->uid) && json_set_text(metadata, "resourceVersion", write->version)));
}

char *record_body(const struct document *read, const struct record_write *write)
{
    json_t *body = read != NULL ? json_deep_copy(json_of(read)) : json_object();
    json_t *metadata = json_object_in(body, "metadata");
    json_t *annotations = json_object_in(metadata, "annotations");
    json_t *spec = json_object_in(body, "spec");

    if (annotations == NULL || spec == NULL || !json_set_text(body, "apiVersion", "coordination.k8s.io/v1") ||
        !json_set_text(body, "kind", "Lease") || !write_identity(metadata, write) || !write_spec(spec, write) ||
        !write_annotations(annotations, write)) {
        json_decref(body);
        return NULL;
    }
    return json_dump_and_release(body);
}
