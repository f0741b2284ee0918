/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command under way, and the question beside it: the request, its repetition after a 401, the answer. Must not decide
 * what follows from it.
 */
#include "kubernetes/backend_internal.h"

#include "base/text.h"

#include <leaderlife/leaderlife.h>
#include <string.h>
#include <time.h>

static void clear(struct errand *errand)
{
    api_request_clear(&errand->request);
    memset(errand, 0, sizeof *errand);
}

void errands_clear(struct kubernetes *kube)
{
    for (size_t i = 0; i < ERRANDS; i++)
        clear(&kube->errands[i]);
}

static void end(struct kubernetes *kube, struct errand *errand)
{
    if (errand->call)
        http_end(kube->client.http, errand->call);
    clear(errand);
}

static void answer(struct kubernetes *kube, const struct command *command, enum outcome outcome, int status,
                   const char *text)
{
    struct fact fact = {.kind = FACT_ANSWER, .number = command->number, .outcome = outcome, .status = status};

    text_copy(fact.text, sizeof fact.text, text);
    facts_put(kube, &fact);
}

static const struct document *read_for(const struct kubernetes *kube, const struct command *command)
{
    return command->kind == COMMAND_PUT_LOCK ? kube->lock_read : kube->record_read;
}

/* An overwriting keeps all that the object has besides, so it needs the version that was judged (P1, P3, CAS). */
static bool has_read(const struct kubernetes *kube, const struct command *command)
{
    const struct document *read = read_for(kube, command);
    char version[TEXT_VERSION];
    char uid[TEXT_UID];

    if (!read)
        return false;
    version_of(read, version, sizeof version);
    uid_of(read, uid, sizeof uid);
    return text_equal(uid, command->uid) && text_equal(version, command->version);
}

static bool overwrites(const struct command *command)
{
    return command->kind == COMMAND_PUT_LOCK || (is_record_write(command->kind) && command->version[0] != '\0');
}

void tell_time(char *target, size_t size)
{
    struct timespec now;
    struct tm tm;
    char day[24] = "";

    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &tm))
        strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    text_format(target, size, "%s.%06ldZ", day[0] ? day : "1970-01-01T00:00:00", now.tv_nsec / 1000);
}

/* No command waits longer for a credential than for an answer, so that whoever wants to end need not either. */
static int64_t patience(const struct kubernetes *kube, const struct errand *errand)
{
    return errand->started_at + option_number(kube->options, OPTION_X_REQUEST_TIMEOUT_MS);
}

static bool is_waiting(const struct errand *errand)
{
    return errand->command.kind != COMMAND_NONE && !errand->call;
}

int64_t errands_deadline(const struct kubernetes *kube)
{
    int64_t at = INT64_MAX;

    for (size_t i = 0; i < ERRANDS; i++) {
        if (is_waiting(&kube->errands[i]))
            at = reactor_earlier(at, patience(kube, &kube->errands[i]));
    }
    return at;
}

/* With a credential: false without memory. An IDENTIFY is answered at once. */
static bool carry_out(struct kubernetes *kube, struct errand *errand, struct fact *answer)
{
    if (errand->command.kind == COMMAND_IDENTIFY) {
        identify(kube, answer);
        return false;
    }
    errand->started_at = reactor_now();
    errand->sent = ++kube->sent;
    errand->call = client_start(&kube->client, &errand->request, 0);
    return errand->call != NULL;
}

static void go(struct kubernetes *kube, struct errand *errand)
{
    const struct exec_plugin *plugin = &kube->client.plugin;
    struct fact fact = {.kind = FACT_ANSWER,
                        .number = errand->command.number,
                        .outcome = OUTCOME_RETRY,
                        .status = LEADERLIFE_ENOMEM,
                        .text = "no memory for a request"};
    int64_t now = reactor_now();
    enum client_turn turn = client_ready(&kube->client, &errand->pass, errand->repeated, now);

    if (turn == CLIENT_GO ? carry_out(kube, errand, &fact) : turn == CLIENT_WAIT && now < patience(kube, errand))
        return;
    clear(errand);
    if (turn != CLIENT_GO) {
        fact.outcome = leaderlife_status_is_retriable(plugin->status) ? OUTCOME_RETRY : OUTCOME_PERMANENT;
        fact.status = plugin->status;
        text_copy(fact.text, sizeof fact.text, plugin->text);
    }
    facts_put(kube, &fact);
}

/* The command first (P1). */
void errands_go(struct kubernetes *kube)
{
    for (size_t i = 0; i < ERRANDS; i++) {
        if (is_waiting(&kube->errands[i]))
            go(kube, &kube->errands[i]);
    }
}

void errand_start(struct kubernetes *kube, const struct command *command)
{
    struct errand *errand = &kube->errands[is_question(command->kind) ? ERRAND_QUESTION : ERRAND_COMMAND];
    struct api_scope scope = {.namespace_ = kube->identity.namespace_,
                              .lock = kube->lock,
                              .record = kube->record,
                              .self = &kube->identity.pod,
                              .since = kube->since};
    int status = LEADERLIFE_OK;

    end(kube, errand); /* a question whose answer nobody waits for */
    errand->command = *command;
    errand->started_at = reactor_now();
    if (command->kind == COMMAND_GET_OWN_POD)
        errand->command.pod = kube->identity.pod;
    if (overwrites(command) && !has_read(kube, command)) {
        clear(errand);
        answer(kube, command, OUTCOME_CONFLICT, LEADERLIFE_OK,
               "the object has changed since it was read: reading it again");
        return;
    }
    if (command->kind == COMMAND_PUT_RECORD && command->new_term)
        tell_time(kube->since, sizeof kube->since);
    if (command->kind != COMMAND_IDENTIFY)
        status = api_request_for(&errand->request, &errand->command, &scope, read_for(kube, command));
    if (status == LEADERLIFE_OK) {
        go(kube, errand);
        return;
    }
    clear(errand);
    answer(kube, command, OUTCOME_RETRY, LEADERLIFE_ENOMEM, "no memory for a request");
}

void keep_record(struct kubernetes *kube, struct document *document)
{
    document_free(kube->record_read);
    kube->record_read = document;
}

/* What was read or written last is what the next overwriting begins with. */
static void keep_read(struct kubernetes *kube, enum command_kind kind, struct api_verdict *verdict,
                      const struct fact *fact)
{
    bool lock = kind == COMMAND_GET_LOCK || kind == COMMAND_CREATE_LOCK || kind == COMMAND_PUT_LOCK;
    bool record = is_record_command(kind);
    struct document *document = verdict->document;

    if (kind != COMMAND_DELETE_LOCK && (fact->outcome != OUTCOME_OK || !(lock || record)))
        return;
    if (record) {
        keep_record(kube, document);
    } else {
        document_free(kube->lock_read);
        kube->lock_read = lock ? document : NULL;
    }
    if (lock || record)
        verdict->document = NULL;
}

static void log_answer(struct kubernetes *kube, const struct errand *errand, const struct fact *fact)
{
    const char *text = fact->text[0] ? ": " : "";

    facts_note(kube, fact->status, LEADERLIFE_LOG_DEBUG, "%s %s: HTTP %ld after %lld ms%s%s",
               api_method(errand->request.verb), errand->request.path, errand->call->status,
               (long long)(reactor_now() - errand->started_at), text, fact->text);
}

/* P15: the token may have been rotated just now. Nothing was done, so even a write may be sent again. */
static void repeat(struct kubernetes *kube, struct errand *errand)
{
    http_end(kube->client.http, errand->call);
    errand->call = NULL;
    errand->repeated = true;
    errand->started_at = reactor_now();
    go(kube, errand);
}

/* The call is done. */
static void take(struct kubernetes *kube, struct errand *errand)
{
    const char *server = kube->client.endpoint.server;
    char fault[TEXT_MESSAGE];
    struct api_verdict verdict;
    struct fact fact;

    api_judge(&errand->request, errand->call, server, &verdict);
    if (verdict.unauthorized && !errand->repeated) {
        document_free(verdict.document);
        repeat(kube, errand);
        return;
    }
    api_fact(&errand->command, &errand->request, &verdict, server, &fact, fault, sizeof fault);
    fact.sent = errand->sent;
    if (errand->command.kind == COMMAND_GET_OWN_POD)
        place_own_pod(kube, verdict.document, &fact);
    if (fact.outcome == OUTCOME_AMBIGUOUS || fact.outcome == OUTCOME_RETRY)
        client_count_failure(&kube->client, errand->request.verb);
    log_answer(kube, errand, &fact);
    if (errand->call->error == HTTP_FINE)
        targets_hurry(kube);
    if (fact.lock.seen != LOCK_SEEN_NOTHING)
        note_foreign(kube, FOREIGN_LOCK, fact.lock.uid, fault);
    if (fact.record.seen != RECORD_SEEN_NOTHING)
        note_foreign(kube, FOREIGN_RECORD, fact.record.uid, fault);
    keep_read(kube, errand->command.kind, &verdict, &fact);
    document_free(verdict.document);
    end(kube, errand);
    facts_put(kube, &fact);
}

void errands_take(struct kubernetes *kube)
{
    for (size_t i = 0; i < ERRANDS; i++) {
        if (kube->errands[i].call && kube->errands[i].call->done)
            take(kube, &kube->errands[i]);
    }
}
