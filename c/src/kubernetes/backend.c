/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Kubernetes backend's operations: commands become requests, answers and watches become facts. Must not know what
 * the machine makes of them.
 */
#include "kubernetes/diagnosis.h"

#include "base/text.h"

#include <leaderlife/leaderlife.h>
#include <stdarg.h>
#include <stdio.h>
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

/* ---- Facts ---- */

void facts_put(struct kubernetes *kube, const struct fact *fact)
{
    if (kube->count == FACTS)
        return;
    kube->facts[(kube->first + kube->count) % FACTS] = *fact;
    kube->count++;
}

bool facts_have_room(const struct kubernetes *kube)
{
    return FACTS - kube->count > FACTS_FREE;
}

static bool facts_take(struct kubernetes *kube, struct fact *ret_fact)
{
    if (kube->count == 0)
        return false;
    *ret_fact = kube->facts[kube->first];
    kube->first = (kube->first + 1) % FACTS;
    kube->count--;
    return true;
}

void facts_note(struct kubernetes *kube, int status, int level, const char *format, ...)
{
    struct fact fact = {.kind = FACT_NOTE, .status = status, .level = level};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(fact.text, sizeof fact.text, format, arguments);
    va_end(arguments);
    facts_put(kube, &fact);
}

void note_foreign(struct kubernetes *kube, enum foreign which, const char *uid, const char *fault)
{
    uint64_t what = fault[0] ? text_hash(uid) ^ text_hash(fault) : 0;
    bool removal = fault_asks_removal(fault);
    struct fact fact = {.kind = FACT_NOTE, .status = LEADERLIFE_EBLOCKED, .foreign = which, .removal = what && removal};

    if (what == kube->foreign[which])
        return;
    kube->foreign[which] = what;
    if (!what)
        return;
    text_format(fact.text, sizeof fact.text, "lock '%s' in namespace %s cannot be taken", kube->lock,
                kube->identity.namespace_);
    if (which == FOREIGN_RECORD)
        text_append(fact.text, sizeof fact.text, ", because its holder record '%s' cannot be used", kube->record);
    text_append(fact.text, sizeof fact.text, ": %s%s", fault, removal ? "" : "; the election goes on by itself then");
    facts_put(kube, &fact);
}

/* ---- Commands that are no requests ---- */

/* LEADERLIFE_OK, or the answer is a failure. */
static int check(struct fact *fact, int status)
{
    fact->status = status;
    fact->outcome = leaderlife_status_is_retriable(status) ? OUTCOME_RETRY : OUTCOME_PERMANENT;
    return status;
}

/* False if that ends the command; else it waits for credentials, which may be there already. */
static bool find_server(struct kubernetes *kube, struct fact *fact)
{
    return check(fact, client_load(&kube->client, reactor_now(), fact->text, sizeof fact->text)) == LEADERLIFE_OK;
}

void identify(struct kubernetes *kube, struct fact *fact)
{
    bool campaign = kube->wish != WISH_OBSERVE;
    const struct pod_id *self = &kube->identity.pod;
    int status = check(fact, identity_find(&kube->identity, kube->options, &kube->client.endpoint, campaign, fact->text,
                                           sizeof fact->text));

    kube->identified = status == LEADERLIFE_OK;
    if (status != LEADERLIFE_OK)
        return;
    if (!campaign)
        memset(&kube->identity.pod, 0, sizeof kube->identity.pod);
    fact->outcome = OUTCOME_OK;
    fact->self = *self;
    fact->text[0] = '\0';
    seat_name(&kube->seat, self->uid, kube->lock);
    facts_note(kube, LEADERLIFE_OK, LEADERLIFE_LOG_INFO, "Kubernetes at %s (%s), namespace %s%s%s%s%s",
               kube->client.endpoint.server, kube->client.endpoint.origin, kube->identity.namespace_,
               self->name[0] ? ", pod " : "", self->name, self->uid[0] ? " with UID " : "", self->uid);
}

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
        if (!find_server(kube, &fact))
            break;
        errand_start(kube, command);
        return;
    default: errand_start(kube, command); return;
    }
    facts_put(kube, &fact);
}

/* ---- The other operations ---- */

static void want(struct backend *backend, unsigned watches, const struct pod_id *pod)
{
    struct kubernetes *kube = kube_of(backend);

    targets_want(kube, watches, pod);
    seat_want(&kube->seat, (watches & WATCH_SEAT) != 0);
}

static void note_trouble(struct kubernetes *kube)
{
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
    int64_t now = reactor_now();
    struct fact fact;

    client_run(&kube->client, now);
    while (http_next(kube->client.http))
        ;
    errands_take(kube);
    errands_go(kube);
    publication_run(kube);
    targets_run(kube, now);
    while (facts_have_room(kube) && seat_run(&kube->seat, now, reactor_random(), &fact))
        facts_put(kube, &fact);
    note_trouble(kube);
}

static bool next_fact(struct backend *backend, struct fact *ret_fact)
{
    struct kubernetes *kube = kube_of(backend);

    if (facts_take(kube, ret_fact))
        return true;
    look(kube);
    return facts_take(kube, ret_fact);
}

static int64_t deadline(const struct backend *backend)
{
    const struct kubernetes *kube = kube_in(backend);
    int64_t requests = reactor_earlier(client_deadline(&kube->client), targets_deadline(kube));

    requests = reactor_earlier(requests, errands_deadline(kube));

    return kube->count > 0 ? 0 : reactor_earlier(requests, seat_deadline(&kube->seat));
}

static const char *detail(const struct backend *backend, const char *name)
{
    const struct kubernetes *kube = kube_in(backend);

    if (!kube->identified)
        return NULL;
    if (text_equal(name, "namespace"))
        return kube->identity.namespace_;
    return text_equal(name, "server") ? kube->client.endpoint.server : NULL;
}

static bool publish_term(struct backend *backend, bool warning, const char *text)
{
    return publish(kube_of(backend), warning, text);
}

static int exec_fd(const struct backend *backend)
{
    return kube_in(backend)->seat.held;
}

static void free_backend(struct backend *backend, bool forked)
{
    struct kubernetes *kube = kube_of(backend);

    targets_free(kube, forked);
    errands_clear(kube);
    publication_clear(kube);
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
    .exec_fd = exec_fd,
    .diagnose = diagnosis_diagnose,
    .free = free_backend,
};

/* ---- Birth ---- */

int kubernetes_backend_new(const struct backend_setup *setup, struct backend **ret_backend, char *text, size_t size)
{
    struct kubernetes *kube = calloc(1, sizeof *kube);
    int status;

    if (!kube) {
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
    targets_init(kube);
    *ret_backend = &kube->base;
    return LEADERLIFE_OK;
}
