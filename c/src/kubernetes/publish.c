/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One Event about the own pod, on its way to the API server: sent once, and given up on any trouble. It shares nothing with
 * the command under way, and nothing waits for it. Must not know what it tells, or what an election is.
 */
#include "kubernetes/backend_internal.h"

#include "base/text.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

void publication_clear(struct kubernetes *kube)
{
    api_request_clear(&kube->publication.request);
    kube->publication.call = NULL;
    kube->publication.waiting = false;
}

static void publication_end(struct kubernetes *kube)
{
    if (kube->publication.call)
        http_end(kube->client.http, kube->publication.call);
    publication_clear(kube);
}

/* With a credential; without one, and without memory, nothing is told. */
static void go(struct kubernetes *kube)
{
    struct publication *publication = &kube->publication;
    enum client_turn turn = client_ready(&kube->client, &publication->pass, false, reactor_now());

    if (turn == CLIENT_WAIT)
        return;
    publication->waiting = false;
    if (turn == CLIENT_GO)
        publication->call = client_start(&kube->client, &publication->request, 0);
    if (!publication->call)
        publication_clear(kube);
}

static void start(struct kubernetes *kube, bool warning, const char *text)
{
    struct publication *publication = &kube->publication;
    char time[TEXT_TIME];
    struct event_write event = {.namespace_ = kube->identity.namespace_,
                                .pod = &kube->identity.pod,
                                .warning = warning,
                                .message = text,
                                .time = time};

    publication_end(kube);
    tell_time(time, sizeof time);
    publication->waiting = api_request_event(&publication->request, &event) == LEADERLIFE_OK;
    if (publication->waiting)
        go(kube);
}

bool publish(struct kubernetes *kube, bool warning, const char *text)
{
    if (text && kube->identified && !kube->publication.refused)
        start(kube, warning, text);
    return kube->publication.waiting || kube->publication.call != NULL;
}

void publication_run(struct kubernetes *kube)
{
    struct publication *publication = &kube->publication;
    struct api_verdict verdict;

    if (publication->waiting)
        go(kube);
    if (!publication->call || !publication->call->done || !facts_have_room(kube))
        return;
    api_judge(&publication->request, publication->call, kube->client.endpoint.server, &verdict);
    document_free(verdict.document);
    if (verdict.outcome == OUTCOME_AMBIGUOUS || verdict.outcome == OUTCOME_RETRY)
        client_count_failure(&kube->client, API_CREATE);
    publication->refused = verdict.outcome == OUTCOME_FORBIDDEN;
    if (verdict.outcome != OUTCOME_OK)
        facts_note(kube, verdict.status, LEADERLIFE_LOG_INFO, "no Event tells of this term: %s", verdict.text);
    publication_end(kube);
}
