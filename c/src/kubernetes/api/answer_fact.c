/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns an answer that verdict.c has judged into the command's fact: what it shows of the lock, the record, a pod or
 * a node. Must not know what follows from it.
 */
#include "kubernetes/api/answer_fact.h"

#include "base/text.h"
#include "kubernetes/api/verdict.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/lock.h"
#include "kubernetes/objects/pod.h"
#include "kubernetes/objects/record.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

static bool read_lock(const struct api_request *request, const struct document *document, struct fact *fact,
                      char *fault, size_t size)
{
    return document != NULL && document_is_named(document, request->name) &&
           lock_view_of(document, &fact->lock, fault, size);
}

static bool read_record(const struct api_request *request, const struct document *document, struct fact *fact,
                        char *fault, size_t size)
{
    return document != NULL && document_is_named(document, request->name) &&
           record_view_of(document, &fact->record, fault, size);
}

/* P4 (a): another UID under that name means that the one asked for is gone. */
static bool read_pod(const struct command *command, const struct document *document, struct fact *fact)
{
    struct pod_facts pod;

    if (document == NULL || !document_is_named(document, command->pod.name) || !pod_facts_of(document, &pod))
        return false;
    if (text_equal(pod.uid, command->pod.uid))
        pod_judge(&pod, &fact->pod);
    else
        fact->pod.sign = POD_DEAD;
    return true;
}

static bool read_body(const struct command *command, const struct api_request *request,
                      const struct api_verdict *verdict, struct fact *fact, char *fault, size_t size)
{
    if (request->verb == API_DELETE)
        return true;
    if (request->resource == api_pods) {
        fact->pod.sign = POD_DEAD;
        text_copy(fact->pod.uid, sizeof fact->pod.uid, command->pod.uid);
        return verdict->absent || read_pod(command, verdict->document, fact);
    }
    if (request->resource == api_nodes) {
        fact->node = NODE_GONE;
        return verdict->absent || (verdict->document != NULL && document_is_named(verdict->document, request->name) &&
                                   pod_node_judge(verdict->document, &fact->node));
    }
    if (request->resource == api_leases) {
        fact->record.kind = RECORD_VIEW_ABSENT;
        return verdict->absent || read_record(request, verdict->document, fact, fault, size);
    }
    fact->lock.kind = LOCK_VIEW_ABSENT;
    return verdict->absent || read_lock(request, verdict->document, fact, fault, size);
}

void api_fact(const struct command *command, const struct api_request *request, const struct api_verdict *verdict,
              const char *server, struct fact *ret_fact, char *ret_fault, size_t size)
{
    struct fact fact = {.kind = FACT_ANSWER,
                        .number = command->number,
                        .outcome = verdict->outcome,
                        .status = verdict->status,
                        .retry_after_ms = verdict->retry_after_ms,
                        .unheard = verdict->unheard};

    text_copy(fact.text, sizeof fact.text, verdict->text);
    text_copy(ret_fault, size, "");
    if (verdict->outcome == OUTCOME_OK && !read_body(command, request, verdict, &fact, ret_fault, size)) {
        memset(&fact.lock, 0, sizeof fact.lock);
        memset(&fact.record, 0, sizeof fact.record);
        memset(&fact.pod, 0, sizeof fact.pod);
        fact.node = NODE_FINE;
        fact.outcome = api_is_write(request->verb) ? OUTCOME_AMBIGUOUS : OUTCOME_RETRY;
        fact.status = LEADERLIFE_EPROTOCOL;
        text_format(fact.text, sizeof fact.text,
                    "the server at %s answers with something else than %s/%s, or with one "
                    "that cannot be read: check its address, and what proxy stands before it",
                    server, request->resource, request->name);
    }
    *ret_fact = fact;
}
