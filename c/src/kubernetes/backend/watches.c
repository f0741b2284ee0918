/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four API watches (lock, record, holder's pod, own pod): started and stopped as the machine wants, and what
 * they bring turned into facts. Must not decide what follows from a fact.
 */
#include "kubernetes/backend/watches.h"

#include "base/random.h"
#include "base/text.h"
#include "kubernetes/api/request.h"
#include "kubernetes/backend/facts.h"
#include "kubernetes/backend/object_cache.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/pod.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

void watches_init(struct kubernetes *kube)
{
    static const unsigned bits[WATCH_TARGETS] = {WATCH_LOCK, WATCH_RECORD, WATCH_POD, WATCH_OWN};

    for (size_t i = 0; i < WATCH_TARGETS; i++)
        kube->watches[i].bit = bits[i];
}

static const char *resource_of(const struct watch_target *target)
{
    if (target->bit == WATCH_RECORD)
        return api_leases;
    return target->bit == WATCH_LOCK ? api_configmaps : api_pods;
}

static void start(struct kubernetes *kube, struct watch_target *target, const char *name)
{
    struct watch_setup setup = {
        .resource = resource_of(target),
        .namespace_ = kube->identity.namespace_,
        .name = name,
        .server = kube->client.endpoint.server,
        .metadata_only = target->bit == WATCH_LOCK, /* of pods the status is needed, of records the spec */
        .idle_ms = option_number(kube->options, OPTION_X_IDLE_TIMEOUT_MS),
    };

    target->observation.presence = POD_NOT_OBSERVED;
    watch_transport_start(&target->transport, &setup);
    target->transport.watch.forbidden = target->blind; /* so the right's return is told, and its lack not twice */
    target->transport.watch.worked = target->was_allowed;
}

/* Kubernetes never changes that number, nor whether it is a mirror. */
static void look_at_own_pod(struct kubernetes *kube, const struct pod_facts *pod, struct pod_view *view)
{
    view->mirror = pod->mirror;
    identity_place(kube->options, pod, view);
    if (pod->containers > 0 && text_equal(pod->uid, kube->identity.pod.uid))
        text_format(kube->containers, sizeof kube->containers, "%u", (unsigned)pod->containers);
}

static void put_pod(struct kubernetes *kube, const struct watch_target *target)
{
    struct fact fact = {.kind = target->bit == WATCH_OWN ? FACT_OWN_POD : FACT_POD};

    observe_judge_pod(&target->observation, target->uid, &fact.pod);
    if (target->bit == WATCH_OWN)
        look_at_own_pod(kube, &target->observation.pod, &fact.pod);
    facts_put(kube, &fact);
}

void watches_note_own_pod(struct kubernetes *kube, const struct document *document, struct fact *answer)
{
    struct pod_facts pod;

    if (answer->outcome == OUTCOME_OK && document != NULL && pod_facts_of(document, &pod))
        look_at_own_pod(kube, &pod, &answer->pod);
}

/* ---- Items ---- */

static void put_usable(struct kubernetes *kube, struct watch_target *target, const struct watch_item *item, bool usable)
{
    struct fact fact = {.kind = FACT_WATCH, .watch = target->bit, .usable = usable};
    bool lock = target->bit == WATCH_LOCK;
    const char *what = lock ? "the lock" : target->bit == WATCH_RECORD ? "the holder record" : "the pod";

    target->blind = !usable;
    facts_put(kube, &fact);
    if (usable)
        facts_note(kube, LEADERLIFE_OK, LEADERLIFE_LOG_INFO, "%s can be watched again", what);
    else
        facts_note(kube, item->status, 0, "%s; until then %s is asked for every %s s", item->text, what,
                   lock ? "2 to 5" : "30 to 60");
}

static void put_lock(struct kubernetes *kube, const struct watch_item *item)
{
    struct fact fact = {.kind = FACT_LOCK};
    char fault[TEXT_MESSAGE];

    if (!observe_lock(item, &fact.lock, fault, sizeof fault)) {
        fact.lock.kind = LOCK_VIEW_GAP;
        facts_note(kube, LEADERLIFE_EPROTOCOL, LEADERLIFE_LOG_WARNING,
                   "the watch shows a lock that cannot be read: check what proxy stands before the API server");
    }
    if (fact.lock.kind != LOCK_VIEW_GAP)
        facts_note_foreign(kube, FOREIGN_LOCK, fact.lock.uid, fault);
    facts_put(kube, &fact);
}

static void put_record(struct kubernetes *kube, const struct watch_item *item)
{
    struct fact fact = {.kind = FACT_RECORD};
    char fault[TEXT_MESSAGE];

    if (!observe_record(item, &fact.record, fault, sizeof fault)) {
        fact.record.kind = RECORD_VIEW_GAP;
        facts_note(
            kube, LEADERLIFE_EPROTOCOL, LEADERLIFE_LOG_WARNING,
            "the watch shows a holder record that cannot be read: check what proxy stands before the API server");
    }
    if (fact.record.kind != RECORD_VIEW_GAP)
        facts_note_foreign(kube, FOREIGN_RECORD, fact.record.uid, fault);
    if (item->kind == WATCH_ITEM_OBJECT && fact.record.kind != RECORD_VIEW_GAP)
        object_cache_keep_record(kube, document_copy(item->object));
    facts_put(kube, &fact);
}

static void put_item(struct kubernetes *kube, struct watch_target *target, const struct watch_item *item)
{
    switch (item->kind) {
    case WATCH_ITEM_GAP:
    case WATCH_ITEM_OBJECT:
    case WATCH_ITEM_DELETED:
    case WATCH_ITEM_ABSENT:
        if (target->bit == WATCH_LOCK)
            put_lock(kube, item);
        else if (target->bit == WATCH_RECORD)
            put_record(kube, item);
        else if (observe_pod(&target->observation, item))
            put_pod(kube, target);
        break;
    case WATCH_ITEM_FORBIDDEN: put_usable(kube, target, item, false); break;
    case WATCH_ITEM_ALLOWED: put_usable(kube, target, item, true); break;
    case WATCH_ITEM_NOTE: facts_note(kube, item->status, item->level, "%s", item->text); break;
    }
}

static void log_opening(struct kubernetes *kube, const struct watch_target *target)
{
    facts_note(kube, LEADERLIFE_OK, LEADERLIFE_LOG_DEBUG, "GET %s", target->transport.watch.request.path);
}

void watches_hurry(struct kubernetes *kube, bool expired)
{
    for (size_t i = 0; i < WATCH_TARGETS; i++)
        watch_hurry(&kube->watches[i].transport.watch, expired, clock_now(), random_number());
}

static bool run_one(struct kubernetes *kube, struct watch_target *target, int64_t now)
{
    bool was_open = target->transport.call != NULL;
    bool had_heard = target->transport.watch.heard;
    struct watch_item item;

    if (!watch_transport_run(&target->transport, &kube->client, now))
        return false;
    if (target->transport.watch.heard && !had_heard)
        watches_hurry(kube, target->transport.watch.expired > 0);
    target->was_allowed = target->was_allowed || target->transport.watch.worked;
    if (!was_open && target->transport.call != NULL)
        log_opening(kube, target);
    while (watch_pull(&target->transport.watch, &item)) {
        put_item(kube, target, &item);
        watch_item_clear(&item);
    }
    return true;
}

/* ---- What is wanted ---- */

static void want_one(struct kubernetes *kube, struct watch_target *target, bool wanted, const char *name,
                     const char *uid)
{
    bool known = target->transport.active;

    if (known && (!wanted || !text_equal(target->transport.watch.name, name))) {
        watch_transport_stop(&target->transport, &kube->client);
        known = false;
    }
    if (!wanted)
        return;
    if (!known) {
        start(kube, target, name);
        run_one(kube, target, clock_now()); /* opens it */
    }
    if (known && !text_equal(target->uid, uid)) {
        text_copy(target->uid, sizeof target->uid, uid);
        if (target->observation.presence != POD_NOT_OBSERVED) /* another pod of that name: the watch goes on */
            put_pod(kube, target);
    }
    text_copy(target->uid, sizeof target->uid, uid);
}

void watches_want(struct kubernetes *kube, unsigned watches, const struct pod_id *pod)
{
    const struct pod_id *self = &kube->identity.pod;

    for (size_t i = 0; i < WATCH_TARGETS; i++) {
        struct watch_target *target = &kube->watches[i];
        bool wanted = kube->identified && (watches & target->bit) != 0;
        if (target->bit == WATCH_LOCK)
            want_one(kube, target, wanted, kube->lock, "");
        else if (target->bit == WATCH_RECORD)
            want_one(kube, target, wanted, kube->record, "");
        else if (target->bit == WATCH_POD)
            want_one(kube, target, wanted && pod->name[0] != '\0', pod->name, pod->uid);
        else
            want_one(kube, target, wanted, self->name, self->uid);
    }
}

/* In turn, so that a busy watch does not keep the others waiting. */
void watches_run(struct kubernetes *kube, int64_t now)
{
    bool worked = true;

    while (worked) {
        worked = false;
        for (size_t i = 0; i < WATCH_TARGETS; i++) {
            if (!facts_have_room(kube))
                return;
            worked = run_one(kube, &kube->watches[i], now) || worked;
        }
    }
}

int64_t watches_deadline(const struct kubernetes *kube)
{
    int64_t at = NEVER;

    for (size_t i = 0; i < WATCH_TARGETS; i++) {
        int64_t one = watch_transport_deadline(&kube->watches[i].transport);
        at = one < at ? one : at;
    }
    return at;
}

void watches_free(struct kubernetes *kube, bool forked)
{
    for (size_t i = 0; i < WATCH_TARGETS; i++) {
        struct watch_transport *transport = &kube->watches[i].transport;
        if (transport->active && forked)
            watch_clear(&transport->watch);
        else
            watch_transport_stop(transport, &kube->client);
    }
}
