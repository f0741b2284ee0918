/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command under way: its request, its repetition after a 401, its answer. Must not decide what follows from it.
 */
#include "kubernetes/backend_internal.h"

#include "base/text.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

void errand_clear(struct kubernetes *kube)
{
    api_request_clear(&kube->errand.request);
    memset(&kube->errand, 0, sizeof kube->errand);
}

static void answer(struct kubernetes *kube, const struct command *command, enum outcome outcome, int status,
                   const char *text)
{
    struct fact fact = {.kind = FACT_ANSWER, .number = command->number, .outcome = outcome, .status = status};

    text_copy(fact.text, sizeof fact.text, text);
    facts_put(kube, &fact);
}

/* A rewriting keeps all that the lock has, so it needs the version that was judged (P1, CAS). */
static bool has_read(const struct kubernetes *kube, const struct command *command)
{
    struct lock_view view;
    char fault[TEXT_MESSAGE];

    return kube->lock_read && lock_view_of(kube->lock_read, &view, fault, sizeof fault) &&
           text_equal(view.uid, command->uid) && text_equal(view.version, command->version);
}

void errand_start(struct kubernetes *kube, const struct command *command)
{
    struct errand *errand = &kube->errand;
    struct api_scope scope = {.namespace_ = kube->identity.namespace_, .lock = kube->lock, .self = &kube->identity.pod};
    int64_t now = reactor_now();
    int status;

    errand_clear(kube);
    errand->command = *command;
    errand->started_at = now;
    if (command->kind == COMMAND_GET_OWN_POD)
        errand->command.pod = kube->identity.pod;
    if (command->kind == COMMAND_PUT_LOCK && !has_read(kube, command)) {
        errand_clear(kube);
        answer(kube, command, OUTCOME_CONFLICT, LEADERLIFE_OK,
               "the lock has changed since it was read: reading it again");
        return;
    }
    status = api_request_for(&errand->request, &errand->command, &scope, kube->lock_read);
    if (status == LEADERLIFE_OK)
        errand->call = client_start(&kube->client, &errand->request, false, 0, now);
    if (errand->call)
        return;
    errand_clear(kube);
    if (status == LEADERLIFE_ENOTSUP)
        answer(kube, command, OUTCOME_PERMANENT, status, "this version keeps no holder record");
    else
        answer(kube, command, OUTCOME_RETRY, LEADERLIFE_ENOMEM, "no memory for a request");
}

/* What a GET, create or rewriting has shown of the lock is what the next rewriting begins with. */
static void keep_lock(struct kubernetes *kube, struct api_verdict *verdict, const struct fact *fact)
{
    enum command_kind kind = kube->errand.command.kind;
    bool shown = kind == COMMAND_GET_LOCK || kind == COMMAND_CREATE_LOCK || kind == COMMAND_PUT_LOCK;

    if (kind != COMMAND_DELETE_LOCK && (!shown || fact->outcome != OUTCOME_OK))
        return;
    document_free(kube->lock_read);
    kube->lock_read = NULL;
    if (kind == COMMAND_DELETE_LOCK)
        return;
    kube->lock_read = verdict->document;
    verdict->document = NULL;
}

static void log_answer(struct kubernetes *kube, const struct http_call *call, const struct fact *fact)
{
    const struct errand *errand = &kube->errand;
    const char *text = fact->text[0] ? ": " : "";

    facts_note(kube, fact->status, LEADERLIFE_LOG_DEBUG, "%s %s: HTTP %ld after %lld ms%s%s",
               api_method(errand->request.verb), errand->request.path, call->status,
               (long long)(reactor_now() - errand->started_at), text, fact->text);
}

/* P15: the token may have been rotated just now. Nothing was done, so even a write may be sent again. */
static bool repeat(struct kubernetes *kube)
{
    struct errand *errand = &kube->errand;
    struct http_call *call = client_start(&kube->client, &errand->request, true, 0, reactor_now());

    if (!call)
        return false;
    http_end(kube->client.http, errand->call);
    errand->call = call;
    errand->repeated = true;
    return true;
}

void errand_take(struct kubernetes *kube)
{
    struct errand *errand = &kube->errand;
    const char *server = kube->client.endpoint.server;
    char fault[TEXT_MESSAGE];
    struct api_verdict verdict;
    struct fact fact;

    api_judge(&errand->request, errand->call, server, &verdict);
    if (verdict.unauthorized && !errand->repeated && repeat(kube))
        return;
    api_fact(&errand->command, &errand->request, &verdict, server, &fact, fault, sizeof fault);
    if (fact.outcome == OUTCOME_AMBIGUOUS || fact.outcome == OUTCOME_RETRY)
        kube->counters->failures++;
    log_answer(kube, errand->call, &fact);
    if (errand->call->error == HTTP_FINE)
        targets_hurry(kube);
    if (fact.lock.seen != LOCK_SEEN_NOTHING)
        note_foreign(kube, &fact.lock, fault);
    keep_lock(kube, &verdict, &fact);
    document_free(verdict.document);
    http_end(kube->client.http, errand->call);
    errand_clear(kube);
    facts_put(kube, &fact);
}
