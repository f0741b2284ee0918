/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requests in flight: the one command and the question beside it. Each is sent, repeated after a 401, and
 * answered by a fact. Must not decide what follows from an answer.
 */
#include "kubernetes/backend/in_flight.h"

#include "base/clock.h"
#include "base/text.h"
#include "kubernetes/api/answer_fact.h"
#include "kubernetes/api/request.h"
#include "kubernetes/api/verdict.h"
#include "kubernetes/backend/facts.h"
#include "kubernetes/backend/identify_command.h"
#include "kubernetes/backend/object_cache.h"
#include "kubernetes/backend/watches.h"
#include "kubernetes/objects/document.h"
#include "machine/command_kind.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

static void clear(struct in_flight *flight)
{
    api_request_clear(&flight->request);
    memset(flight, 0, sizeof *flight);
}

void in_flight_clear(struct kubernetes *kube)
{
    for (size_t i = 0; i < IN_FLIGHT_MAX; i++)
        clear(&kube->in_flight[i]);
}

static void end(struct kubernetes *kube, struct in_flight *flight)
{
    if (flight->call != NULL)
        http_end(kube->client.http, flight->call);
    clear(flight);
}

static void answer(struct kubernetes *kube, const struct command *command, enum outcome outcome, int status,
                   const char *text)
{
    struct fact fact = {.kind = FACT_ANSWER, .number = command->number, .outcome = outcome, .status = status};

    text_copy(fact.text, sizeof fact.text, text);
    facts_put(kube, &fact);
}

static bool overwrites(const struct command *command)
{
    return command->kind == COMMAND_PUT_LOCK || (command_writes_record(command->kind) && command->version[0] != '\0');
}

/* No command waits longer for a credential than for an answer, so that an end does not take longer either. */
static int64_t patience(const struct kubernetes *kube, const struct in_flight *flight)
{
    return flight->started_at + option_number(kube->options, OPTION_X_REQUEST_TIMEOUT_MS);
}

static bool is_waiting(const struct in_flight *flight)
{
    return flight->command.kind != COMMAND_NONE && flight->call == NULL;
}

int64_t in_flight_deadline(const struct kubernetes *kube)
{
    int64_t at = NEVER;

    for (size_t i = 0; i < IN_FLIGHT_MAX; i++) {
        if (is_waiting(&kube->in_flight[i]))
            at = clock_earlier(at, patience(kube, &kube->in_flight[i]));
    }
    return at;
}

/* With a credential: false without memory. An IDENTIFY is answered at once. */
static bool carry_out(struct kubernetes *kube, struct in_flight *flight, struct fact *answer)
{
    if (flight->command.kind == COMMAND_IDENTIFY) {
        identify(kube, answer);
        return false;
    }
    flight->started_at = clock_now();
    flight->sent = ++kube->sent;
    flight->call = client_start(&kube->client, &flight->request, 0);
    return flight->call != NULL;
}

static void go(struct kubernetes *kube, struct in_flight *flight)
{
    const struct exec_plugin *plugin = &kube->client.plugin;
    struct fact fact = {.kind = FACT_ANSWER,
                        .number = flight->command.number,
                        .outcome = OUTCOME_RETRY,
                        .status = LEADERLIFE_ENOMEM,
                        .text = "no memory for a request"};
    int64_t now = clock_now();
    enum client_turn turn = client_ready(&kube->client, &flight->pass, flight->repeated, now);

    if (turn == CLIENT_GO ? carry_out(kube, flight, &fact) : turn == CLIENT_WAIT && now < patience(kube, flight))
        return;
    clear(flight);
    if (turn != CLIENT_GO) {
        fact.outcome = leaderlife_status_is_retriable(plugin->status) ? OUTCOME_RETRY : OUTCOME_PERMANENT;
        fact.status = plugin->status;
        text_copy(fact.text, sizeof fact.text, plugin->text);
    }
    facts_put(kube, &fact);
}

/* The command first (P1). */
void in_flight_go(struct kubernetes *kube)
{
    for (size_t i = 0; i < IN_FLIGHT_MAX; i++) {
        if (is_waiting(&kube->in_flight[i]))
            go(kube, &kube->in_flight[i]);
    }
}

void in_flight_start(struct kubernetes *kube, const struct command *command)
{
    struct in_flight *flight =
        &kube->in_flight[command_is_question(command->kind) ? IN_FLIGHT_QUESTION : IN_FLIGHT_COMMAND];
    struct api_scope scope = {.namespace_ = kube->identity.namespace_,
                              .lock = kube->lock,
                              .record = kube->record,
                              .self = &kube->identity.pod,
                              .since = kube->since};
    int status = LEADERLIFE_OK;

    end(kube, flight); /* drops a question whose answer nobody waits for */
    flight->command = *command;
    flight->started_at = clock_now();
    if (command->kind == COMMAND_GET_OWN_POD)
        flight->command.pod = kube->identity.pod;
    if (overwrites(command) && !object_cache_has_read(kube, command)) {
        clear(flight);
        answer(kube, command, OUTCOME_CONFLICT, LEADERLIFE_OK,
               "the object has changed since it was read: reading it again");
        return;
    }
    if (command->kind == COMMAND_PUT_RECORD && command->new_term)
        clock_text(kube->since, sizeof kube->since);
    if (command->kind != COMMAND_IDENTIFY)
        status = api_request_for(&flight->request, &flight->command, &scope, object_cache_read_for(kube, command));
    if (status == LEADERLIFE_OK) {
        go(kube, flight);
        return;
    }
    clear(flight);
    answer(kube, command, OUTCOME_RETRY, LEADERLIFE_ENOMEM, "no memory for a request");
}

static void log_answer(struct kubernetes *kube, const struct in_flight *flight, const struct fact *fact)
{
    const char *text = fact->text[0] ? ": " : "";

    facts_note(kube, fact->status, LEADERLIFE_LOG_DEBUG, "%s %s: HTTP %ld after %lld ms%s%s",
               api_method(flight->request.verb), flight->request.path, flight->call->status,
               (long long)(clock_now() - flight->started_at), text, fact->text);
}

/* P15: the token may have been rotated just now. Nothing was done, so even a write may be sent again. */
static void repeat(struct kubernetes *kube, struct in_flight *flight)
{
    http_end(kube->client.http, flight->call);
    flight->call = NULL;
    flight->repeated = true;
    flight->started_at = clock_now();
    go(kube, flight);
}

/* The call is done. */
static void take(struct kubernetes *kube, struct in_flight *flight)
{
    const char *server = kube->client.endpoint.server;
    char fault[TEXT_MESSAGE];
    struct api_verdict verdict;
    struct fact fact;

    api_judge(&flight->request, flight->call, server, &verdict);
    if (verdict.unauthorized && !flight->repeated) {
        document_free(verdict.document);
        repeat(kube, flight);
        return;
    }
    api_fact(&flight->command, &flight->request, &verdict, server, &fact, fault, sizeof fault);
    fact.sent = flight->sent;
    if (flight->command.kind == COMMAND_GET_OWN_POD)
        watches_note_own_pod(kube, verdict.document, &fact);
    if (fact.outcome == OUTCOME_AMBIGUOUS || fact.outcome == OUTCOME_RETRY)
        client_count_failure(&kube->client, flight->request.verb);
    log_answer(kube, flight, &fact);
    if (flight->call->error == HTTP_FINE)
        watches_hurry(kube, false);
    if (fact.lock.kind != LOCK_VIEW_NOTHING)
        facts_note_foreign(kube, FOREIGN_LOCK, fact.lock.uid, fault);
    if (fact.record.kind != RECORD_VIEW_NOTHING)
        facts_note_foreign(kube, FOREIGN_RECORD, fact.record.uid, fault);
    object_cache_keep_read(kube, flight->command.kind, &verdict, &fact);
    document_free(verdict.document);
    end(kube, flight);
    facts_put(kube, &fact);
}

void in_flight_take(struct kubernetes *kube)
{
    for (size_t i = 0; i < IN_FLIGHT_MAX; i++) {
        if (kube->in_flight[i].call != NULL && kube->in_flight[i].call->done)
            take(kube, &kube->in_flight[i]);
    }
}
