/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the requests of a diagnosis, one after the other; each is waited for until the diagnosis's time is over.
 */
#include "kubernetes/diagnosis/ask.h"

#include "base/text.h"
#include "kubernetes/api/answer_fact.h"
#include "kubernetes/api/request.h"
#include "kubernetes/api/verdict.h"
#include "kubernetes/objects/document.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void diagnosis_found(struct diagnosis *d, int level, int status, const char *format, ...)
{
    char text[TEXT_MESSAGE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    text_printable(text);
    d->sink->put(d->sink->context, level, status, text);
}

static bool end(struct diagnosis *d, int status)
{
    d->ended = status;
    if (status == LEADERLIFE_ETIMEDOUT && d->request.path[0] != '\0')
        text_format(d->fault, sizeof d->fault, ": no answer from %s to %s %s", d->client->endpoint.server,
                    api_method(d->request.verb), d->request.path);
    else
        d->fault[0] = '\0';
    return false;
}

/* Until something may have happened, `at` at the latest. */
static bool await(struct diagnosis *d, int64_t at)
{
    struct reactor *reactor = d->sink->reactor;
    int ready;

    if (clock_now() >= d->sink->until)
        return end(d, LEADERLIFE_ETIMEDOUT);
    reactor_arm(reactor, clock_earlier(at, d->sink->until));
    ready = reactor_wait(reactor, -1);
    if (ready < 0)
        return end(d, ready == -EINTR ? LEADERLIFE_EINTR : LEADERLIFE_ESYSTEM);
    reactor_poll(reactor);
    return true;
}

static bool await_call(struct diagnosis *d, const struct http_call *call)
{
    struct http *http = d->client->http;

    for (;;) {
        while (http_next(http) != NULL)
            ;
        if (call->done)
            return true;
        if (!await(d, http_deadline(http)))
            return false;
    }
}

bool diagnosis_pause(struct diagnosis *d, int64_t ms)
{
    int64_t until = clock_now() + ms;

    while (clock_now() < until) {
        if (!await(d, until))
            return false;
    }
    return true;
}

/* Until there is a credential: the verdict is OK, or says why there is none. */
static bool await_credential(struct diagnosis *d, bool refused)
{
    struct client *client = d->client;
    enum client_turn turn;

    while ((turn = client_ready(client, &d->pass, refused, clock_now())) == CLIENT_WAIT) {
        if (!await(d, client_deadline(client)))
            return false;
        client_run(client, clock_now());
    }
    if (turn == CLIENT_FAIL) {
        d->verdict.outcome = OUTCOME_PERMANENT;
        d->verdict.status = client->plugin.status;
        text_copy(d->verdict.text, sizeof d->verdict.text, client->plugin.text);
    }
    return true;
}

static bool ask_once(struct diagnosis *d, bool refused)
{
    struct client *client = d->client;
    struct http_call *call;
    bool answered;

    document_free(d->verdict.document);
    memset(&d->verdict, 0, sizeof d->verdict);
    if (!await_credential(d, refused))
        return false;
    if (d->verdict.status != LEADERLIFE_OK)
        return true;
    call = client_start(client, &d->request, 0);
    if (call == NULL)
        return end(d, LEADERLIFE_ENOMEM);
    answered = await_call(d, call);
    if (answered)
        api_judge(&d->request, call, client->endpoint.server, &d->verdict);
    http_end(client->http, call);
    return answered;
}

bool diagnosis_ask(struct diagnosis *d)
{
    bool answered = d->ended == LEADERLIFE_OK && ask_once(d, false);

    if (answered && d->verdict.unauthorized) /* the token may have been rotated just now */
        answered = ask_once(d, true);
    api_request_clear(&d->request);
    return answered;
}

static bool prepare(struct diagnosis *d)
{
    const struct api_scope scope = {.namespace_ = d->identity->namespace_,
                                    .lock = d->lock,
                                    .record = d->record,
                                    .self = &d->identity->pod,
                                    .since = ""};

    return api_request_for(&d->request, &d->command, &scope, NULL) == LEADERLIFE_OK || end(d, LEADERLIFE_ENOMEM);
}

bool diagnosis_look(struct diagnosis *d, enum command_kind kind, const struct pod_id *pod, const char *node)
{
    memset(&d->command, 0, sizeof d->command);
    d->command.kind = kind;
    d->command.pod = *pod;
    text_copy(d->command.node, sizeof d->command.node, node);
    if (!prepare(d) || !diagnosis_ask(d))
        return false;
    api_fact(&d->command, &d->request, &d->verdict, d->client->endpoint.server, &d->fact, d->fault, sizeof d->fault);
    if (d->fact.outcome == OUTCOME_OK)
        return true;
    diagnosis_found(d, LEADERLIFE_LOG_ERROR, d->fact.status, "%s", d->fact.text);
    return false;
}

bool diagnosis_dry_run(struct diagnosis *d, enum command_kind kind)
{
    memset(&d->command, 0, sizeof d->command);
    d->command.kind = kind;
    d->command.guarded = d->records;
    d->command.new_term = true;
    text_copy(d->command.nonce, sizeof d->command.nonce, "dry-run");
    if (!prepare(d))
        return false;
    api_request_dry_run(&d->request);
    return diagnosis_ask(d);
}
