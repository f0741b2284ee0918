/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backend's watches at the API server: started and stopped as the machine wants, their items turned into facts.
 * Must not decide what follows from what was seen.
 */
#include "kubernetes/backend_internal.h"

#include "base/text.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

void targets_init(struct kubernetes *kube)
{
    static const unsigned bits[TARGETS] = {WATCH_LOCK, WATCH_RECORD, WATCH_POD, WATCH_OWN};

    for (size_t i = 0; i < TARGETS; i++)
        kube->targets[i].bit = bits[i];
}

static const char *resource_of(const struct target *target)
{
    if (target->bit == WATCH_RECORD)
        return api_leases;
    return target->bit == WATCH_LOCK ? api_configmaps : api_pods;
}

static void start(struct kubernetes *kube, struct target *target, const char *name)
{
    struct watch_setup setup = {
        .resource = resource_of(target),
        .namespace_ = kube->identity.namespace_,
        .name = name,
        .server = kube->client.endpoint.server,
        .metadata_only = target->bit == WATCH_LOCK, /* a pod's phase is in its status, a record's holder in its spec */
        .idle_ms = option_number(kube->options, OPTION_X_IDLE_TIMEOUT_MS),
    };

    target->sight.presence = POD_UNSEEN;
    watcher_start(&target->watcher, &setup);
    target->watcher.watch.forbidden = target->blind; /* so that the right's return is told, and its lack not again */
    target->watcher.watch.worked = target->sighted;
}

static void put_pod(struct kubernetes *kube, const struct target *target)
{
    struct fact fact = {.kind = target->bit == WATCH_OWN ? FACT_OWN_POD : FACT_POD};

    sight_judge(&target->sight, target->uid, &fact.pod);
    if (target->bit == WATCH_OWN)
        identity_place(kube->options, &target->sight.pod, &fact.pod);
    facts_put(kube, &fact);
}

void place_own_pod(const struct kubernetes *kube, const struct document *document, struct fact *answer)
{
    struct pod_facts pod;

    if (answer->outcome == OUTCOME_OK && document && pod_facts_of(document, &pod))
        identity_place(kube->options, &pod, &answer->pod);
}

/* ---- Items ---- */

static void put_usable(struct kubernetes *kube, struct target *target, const struct watch_item *item, bool usable)
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

    if (!sight_of_lock(item, &fact.lock, fault, sizeof fault)) {
        fact.lock.seen = LOCK_SEEN_GAP;
        facts_note(kube, LEADERLIFE_EPROTOCOL, LEADERLIFE_LOG_WARNING,
                   "the watch shows a lock that cannot be read: check what proxy stands before the API server");
    }
    if (fact.lock.seen != LOCK_SEEN_GAP)
        note_foreign(kube, FOREIGN_LOCK, fact.lock.uid, fault);
    facts_put(kube, &fact);
}

static void put_record(struct kubernetes *kube, const struct watch_item *item)
{
    struct fact fact = {.kind = FACT_RECORD};
    char fault[TEXT_MESSAGE];

    if (!sight_of_record(item, &fact.record, fault, sizeof fault)) {
        fact.record.seen = RECORD_SEEN_GAP;
        facts_note(
            kube, LEADERLIFE_EPROTOCOL, LEADERLIFE_LOG_WARNING,
            "the watch shows a holder record that cannot be read: check what proxy stands before the API server");
    }
    if (fact.record.seen != RECORD_SEEN_GAP)
        note_foreign(kube, FOREIGN_RECORD, fact.record.uid, fault);
    if (item->saw == WATCH_SAW_OBJECT && fact.record.seen != RECORD_SEEN_GAP)
        keep_record(kube, document_copy(item->object));
    facts_put(kube, &fact);
}

static void put_item(struct kubernetes *kube, struct target *target, const struct watch_item *item)
{
    switch (item->saw) {
    case WATCH_SAW_GAP:
    case WATCH_SAW_OBJECT:
    case WATCH_SAW_DELETED:
    case WATCH_SAW_ABSENT:
        if (target->bit == WATCH_LOCK)
            put_lock(kube, item);
        else if (target->bit == WATCH_RECORD)
            put_record(kube, item);
        else if (sight_of_pod(&target->sight, item))
            put_pod(kube, target);
        break;
    case WATCH_SAW_FORBIDDEN: put_usable(kube, target, item, false); break;
    case WATCH_SAW_ALLOWED: put_usable(kube, target, item, true); break;
    case WATCH_SAW_NOTE: facts_note(kube, item->status, item->level, "%s", item->text); break;
    }
}

static void log_opening(struct kubernetes *kube, const struct target *target)
{
    facts_note(kube, LEADERLIFE_OK, LEADERLIFE_LOG_DEBUG, "GET %s", target->watcher.watch.request.path);
}

void targets_hurry(struct kubernetes *kube)
{
    for (size_t i = 0; i < TARGETS; i++)
        watch_hurry(&kube->targets[i].watcher.watch, reactor_now(), reactor_random());
}

static bool run_one(struct kubernetes *kube, struct target *target, int64_t now)
{
    bool was_open = target->watcher.call != NULL;
    bool had_heard = target->watcher.watch.heard;
    struct watch_item item;

    if (!watcher_run(&target->watcher, &kube->client, now))
        return false;
    if (target->watcher.watch.heard && !had_heard)
        targets_hurry(kube);
    target->sighted = target->sighted || target->watcher.watch.worked;
    if (!was_open && target->watcher.call)
        log_opening(kube, target);
    while (watch_pull(&target->watcher.watch, &item)) {
        put_item(kube, target, &item);
        watch_item_clear(&item);
    }
    return true;
}

/* ---- What is wanted ---- */

static void want_one(struct kubernetes *kube, struct target *target, bool wanted, const char *name, const char *uid)
{
    bool known = target->watcher.active;

    if (known && (!wanted || !text_equal(target->watcher.watch.name, name))) {
        watcher_stop(&target->watcher, &kube->client);
        known = false;
    }
    if (!wanted)
        return;
    if (!known) {
        start(kube, target, name);
        run_one(kube, target, reactor_now()); /* opens it */
    }
    if (known && !text_equal(target->uid, uid)) {
        text_copy(target->uid, sizeof target->uid, uid);
        if (target->sight.presence != POD_UNSEEN) /* a pod of the same name: the watch goes on */
            put_pod(kube, target);
    }
    text_copy(target->uid, sizeof target->uid, uid);
}

void targets_want(struct kubernetes *kube, unsigned watches, const struct pod_id *pod)
{
    const struct pod_id *self = &kube->identity.pod;

    for (size_t i = 0; i < TARGETS; i++) {
        struct target *target = &kube->targets[i];
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
void targets_run(struct kubernetes *kube, int64_t now)
{
    bool worked = true;

    while (worked) {
        worked = false;
        for (size_t i = 0; i < TARGETS; i++) {
            if (!facts_have_room(kube))
                return;
            worked = run_one(kube, &kube->targets[i], now) || worked;
        }
    }
}

int64_t targets_deadline(const struct kubernetes *kube)
{
    int64_t at = INT64_MAX;

    for (size_t i = 0; i < TARGETS; i++) {
        int64_t one = watcher_deadline(&kube->targets[i].watcher);
        at = one < at ? one : at;
    }
    return at;
}

void targets_free(struct kubernetes *kube, bool forked)
{
    for (size_t i = 0; i < TARGETS; i++) {
        struct watcher *watcher = &kube->targets[i].watcher;
        if (watcher->active && forked)
            watch_clear(&watcher->watch);
        else
            watcher_stop(watcher, &kube->client);
    }
}
