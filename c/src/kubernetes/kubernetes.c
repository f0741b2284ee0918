/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Kubernetes backend's operations: commands become requests, answers and watches become facts. Must not know
 * what the machine makes of them.
 */
#include "kubernetes/backend/in_flight.h"

#include "base/random.h"
#include "base/text.h"
#include "kubernetes/backend/event_recorder.h"
#include "kubernetes/backend/facts.h"
#include "kubernetes/backend/identify_command.h"
#include "kubernetes/backend/watches.h"
#include "kubernetes/diagnosis/checks.h"
#include "kubernetes/objects/document.h"

#include <leaderlife/leaderlife.h>
#include <stdlib.h>
#include <string.h>

static struct kubernetes *kube_of(struct backend *backend)
{
    return (struct kubernetes *)(void *)backend;
}

static const struct kubernetes *kube_in(const struct backend *backend)
{
    return (const struct kubernetes *)(const void *)backend;
}

/* ---- Commands that are no requests ---- */

static void release_seat(struct kubernetes *kube, struct fact *fact)
{
    struct fact note;

    if (seat_release(&kube->seat, &note))
        facts_put(kube, &note);
    fact->outcome = OUTCOME_OK;
}

static void submit(struct backend *backend, const struct command *command)
{
    struct kubernetes *kube = kube_of(backend);
    struct fact fact = {.kind = FACT_ANSWER, .number = command->number};

    switch (command->kind) {
    case COMMAND_TAKE_SEAT: seat_take(&kube->seat, &fact); break;
    case COMMAND_RELEASE_SEAT: release_seat(kube, &fact); break;
    case COMMAND_IDENTIFY:
        if (!identify_server(kube, &fact))
            break;
        in_flight_start(kube, command);
        return;
    default: in_flight_start(kube, command); return;
    }
    facts_put(kube, &fact);
}

/* ---- The other operations ---- */

static void want(struct backend *backend, unsigned watches, const struct pod_id *pod)
{
    struct kubernetes *kube = kube_of(backend);

    watches_want(kube, watches, pod);
    seat_want(&kube->seat, (watches & WATCH_SEAT) != 0);
}

static void note_trouble(struct kubernetes *kube)
{
    struct exec_plugin *plugin = &kube->client.plugin;

    if (plugin->stale_is_new)
        facts_note(kube, LEADERLIFE_EAUTH, 0, "%s", plugin->stale_text);
    plugin->stale_is_new = false;
    if (!kube->client.trouble_is_new)
        return;
    kube->client.trouble_is_new = false;
    facts_note(kube, LEADERLIFE_ECONFIG, LEADERLIFE_LOG_WARNING, "%s; going on with what was read before",
               kube->client.trouble);
}

/* Looks at everything that may have happened. Streams need no more than to be looked at: their bytes stay until they
 * are taken. */
static void look(struct kubernetes *kube)
{
    int64_t now = clock_now();
    struct fact fact;

    client_run(&kube->client, now);
    while (http_next(kube->client.http) != NULL)
        ;
    in_flight_take(kube);
    in_flight_go(kube);
    event_recorder_run(kube);
    watches_run(kube, now);
    while (facts_have_room(kube) && seat_run(&kube->seat, now, random_number(), &fact))
        facts_put(kube, &fact);
    note_trouble(kube);
}

static bool next_fact(struct backend *backend, struct fact *ret_fact)
{
    struct kubernetes *kube = kube_of(backend);

    if (fact_queue_take(&kube->facts, ret_fact))
        return true;
    look(kube);
    return fact_queue_take(&kube->facts, ret_fact);
}

static int64_t deadline(const struct backend *backend)
{
    const struct kubernetes *kube = kube_in(backend);
    int64_t requests = clock_earlier(client_deadline(&kube->client), watches_deadline(kube));

    requests = clock_earlier(requests, in_flight_deadline(kube));

    return kube->facts.count > 0 ? 0 : clock_earlier(requests, seat_deadline(&kube->seat));
}

static const char *detail(const struct backend *backend, const char *name)
{
    const struct kubernetes *kube = kube_in(backend);

    if (!kube->identified)
        return NULL;
    if (text_equal(name, "namespace"))
        return kube->identity.namespace_;
    if (text_equal(name, "pod-containers"))
        return kube->containers[0] ? kube->containers : NULL;
    return text_equal(name, "server") ? kube->client.endpoint.server : NULL;
}

static bool publish_term(struct backend *backend, bool warning, const char *text)
{
    return event_recorder_publish(kube_of(backend), warning, text);
}

static bool lock_is_ours(const struct backend *backend)
{
    return seat_is_ours(&kube_in(backend)->seat);
}

static int exec_fd(const struct backend *backend)
{
    return kube_in(backend)->seat.held;
}

static void diagnose(struct backend *backend, const struct diagnosis_sink *sink)
{
    struct kubernetes *kube = kube_of(backend);
    const struct diagnosis_setup setup = {.client = &kube->client,
                                          .identity = &kube->identity,
                                          .options = kube->options,
                                          .lock = kube->lock,
                                          .record = kube->record,
                                          .campaign = kube->wish == WISH_CAMPAIGN};

    diagnosis_run(&setup, sink);
}

static void free_backend(struct backend *backend, bool forked)
{
    struct kubernetes *kube = kube_of(backend);

    watches_free(kube, forked);
    in_flight_clear(kube);
    event_recorder_clear(kube);
    seat_free(&kube->seat, forked);
    document_free(kube->lock_read);
    document_free(kube->record_read);
    client_free(&kube->client, forked);
    free(kube);
}

static const struct backend_ops operations = {
    .name = "kubernetes",
    .late_writes = true,
    .records = true,
    .guard = LEADERLIFE_GUARD_MEMORY,
    .want = want,
    .submit = submit,
    .next_fact = next_fact,
    .deadline = deadline,
    .detail = detail,
    .publish = publish_term,
    .lock_is_ours = lock_is_ours,
    .exec_fd = exec_fd,
    .diagnose = diagnose,
    .free = free_backend,
};

/* ---- Birth ---- */

const char *kubernetes_backend_missing(void)
{
    return NULL;
}

int kubernetes_backend_new(const struct backend_setup *setup, struct backend **ret_backend, char *text, size_t size)
{
    struct kubernetes *kube = calloc(1, sizeof *kube);
    int status;

    if (kube == NULL) {
        text_format(text, size, "no memory");
        return LEADERLIFE_ENOMEM;
    }
    status = client_init(&kube->client, setup, text, size);
    if (status != LEADERLIFE_OK) {
        free(kube);
        return status;
    }
    kube->base.ops = &operations;
    kube->lock = setup->lock;
    text_format(kube->record, sizeof kube->record, "%s.leaderlife", setup->lock);
    kube->wish = setup->wish;
    kube->options = setup->options;
    kube->counters = setup->counters;
    seat_init(&kube->seat, setup->reactor);
    watches_init(kube);
    *ret_backend = &kube->base;
    return LEADERLIFE_OK;
}
