/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes one Event about the own pod (option events): sent once, and given up on any trouble. It shares nothing with
 * the command in flight, and nothing waits for it.
 */
#include "kubernetes/backend/event_recorder.h"

#include "base/clock.h"
#include "base/text.h"
#include "kubernetes/api/request.h"
#include "kubernetes/api/verdict.h"
#include "kubernetes/backend/facts.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/event.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

void event_recorder_clear(struct kubernetes *kube)
{
    api_request_clear(&kube->event_recorder.request);
    kube->event_recorder.call = NULL;
    kube->event_recorder.waiting = false;
}

static void publication_end(struct kubernetes *kube)
{
    if (kube->event_recorder.call != NULL)
        http_end(kube->client.http, kube->event_recorder.call);
    event_recorder_clear(kube);
}

/* With a credential; without one, and without memory, nothing is told. */
static void go(struct kubernetes *kube)
{
    struct event_recorder *recorder = &kube->event_recorder;
    enum client_turn turn = client_ready(&kube->client, &recorder->pass, false, clock_now());

    if (turn == CLIENT_WAIT)
        return;
    recorder->waiting = false;
    if (turn == CLIENT_GO)
        recorder->call = client_start(&kube->client, &recorder->request, 0);
    if (recorder->call == NULL)
        event_recorder_clear(kube);
}

static void start(struct kubernetes *kube, bool warning, const char *text)
{
    struct event_recorder *recorder = &kube->event_recorder;
    char time[TEXT_TIME];
    struct event_write event = {.namespace_ = kube->identity.namespace_,
                                .pod = &kube->identity.pod,
                                .warning = warning,
                                .message = text,
                                .time = time};

    publication_end(kube);
    clock_text(time, sizeof time);
    recorder->waiting = api_request_event(&recorder->request, &event) == LEADERLIFE_OK;
    if (recorder->waiting)
        go(kube);
}

bool event_recorder_publish(struct kubernetes *kube, bool warning, const char *text)
{
    if (text != NULL && kube->identified && !kube->event_recorder.refused)
        start(kube, warning, text);
    return kube->event_recorder.waiting || kube->event_recorder.call != NULL;
}

void event_recorder_run(struct kubernetes *kube)
{
    struct event_recorder *recorder = &kube->event_recorder;
    struct api_verdict verdict;

    if (recorder->waiting)
        go(kube);
    if (recorder->call == NULL || !recorder->call->done || !facts_have_room(kube))
        return;
    api_judge(&recorder->request, recorder->call, kube->client.endpoint.server, &verdict);
    document_free(verdict.document);
    if (verdict.outcome == OUTCOME_AMBIGUOUS || verdict.outcome == OUTCOME_RETRY)
        client_count_failure(&kube->client, API_CREATE);
    recorder->refused = verdict.outcome == OUTCOME_FORBIDDEN;
    if (verdict.outcome != OUTCOME_OK)
        facts_note(kube, verdict.status, LEADERLIFE_LOG_INFO, "no Event tells of this term: %s", verdict.text);
    publication_end(kube);
}
