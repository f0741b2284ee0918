/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on an answer: what it means for the command (P6, P15), and the text that names cause and cure. Kubernetes
 * says what happened in Status.reason, not in the HTTP code; where there is no Status, a proxy may have answered.
 * Must not know what follows from a verdict.
 */
#include "kubernetes/api.h"

#include "base/text.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

enum { DESCRIPTION = 640, USER = 256 };

/* What is judged, gathered once. */
struct judgement {
    const struct api_request *request;
    const struct http_call *call;
    const char *server;
    bool write;
    bool is_status; /* `said` holds: the API server itself speaks */
    struct status_view said;
    char what[DESCRIPTION]; /* "create configmaps/NAME in namespace NAMESPACE" */
};

const char *api_verb_name(enum api_verb verb)
{
    static const char *const verbs[] = {"get", "list", "watch", "create", "update", "delete"};
    return verbs[verb];
}

static void describe(struct judgement *j)
{
    text_format(j->what, sizeof j->what, "%s %s%s%s", api_verb_name(j->request->verb), j->request->resource,
                j->request->name[0] ? "/" : "", j->request->name);
    if (j->request->namespace_[0])
        text_append(j->what, sizeof j->what, " in namespace %s", j->request->namespace_);
    text_printable(j->what);
}

static void decide_as(struct api_verdict *v, enum outcome outcome, int status)
{
    v->outcome = outcome;
    v->status = status;
}

/* ---- No answer ---- */

static void judge_silence(const struct judgement *j, struct api_verdict *v)
{
    bool lost = j->write && j->call->maybe_sent;
    int status = LEADERLIFE_ENETWORK;

    if (j->call->error == HTTP_TLS)
        status = LEADERLIFE_ETLS;
    else if (j->call->error == HTTP_MEMORY)
        status = LEADERLIFE_ENOMEM;
    else if (j->call->error == HTTP_TOO_LARGE)
        status = LEADERLIFE_EPROTOCOL;
    decide_as(v, lost ? OUTCOME_AMBIGUOUS : OUTCOME_RETRY, status);
    text_format(v->text, sizeof v->text, "cannot %s: %s%s", j->what, j->call->text,
                lost ? " (it may have happened all the same)" : "");
}

/* A proxy's page, a redirect, another server. Such a thing has carried out no write, unless it says it has. */
static void judge_stranger(const struct judgement *j, struct api_verdict *v, enum outcome outcome)
{
    char type[sizeof j->call->content_type];

    text_copy(type, sizeof type, j->call->content_type);
    text_printable(type);
    decide_as(v, outcome, LEADERLIFE_EPROTOCOL);
    text_format(v->text, sizeof v->text,
                "cannot %s: the server at %s does not answer like a Kubernetes API server (HTTP %ld, %s): check its "
                "address, and what proxy stands before it",
                j->what, j->server, j->call->status, type[0] ? type : "no content type");
}

/* ---- Refusals ---- */

static void copy_user(const char *message, char *user, size_t size)
{
    const char *begin = strstr(message, "User \"");
    const char *end;

    user[0] = '\0';
    if (!begin)
        return;
    begin += strlen("User \"");
    end = strchr(begin, '"');
    if (end && (size_t)(end - begin) < size) {
        memcpy(user, begin, (size_t)(end - begin));
        user[end - begin] = '\0';
    }
}

/* `create` cannot carry resourceNames, and pods and nodes have no name that a Role could know. */
void api_append_rule(char *text, size_t size, const char *resource, enum api_verb verb, const char *name)
{
    bool named = resource != api_pods && resource != api_nodes && verb != API_CREATE;

    text_append(text, size, ": add to its %s the rule {apiGroups: [%s], resources: [%s], ",
                resource == api_nodes ? "ClusterRole" : "Role", resource == api_leases ? "coordination.k8s.io" : "\"\"",
                resource);
    if (named)
        text_append(text, size, "resourceNames: [%s], ", name);
    text_append(text, size, "verbs: [%s]}", api_verb_name(verb));
}

static void append_rule(const struct judgement *j, struct api_verdict *v)
{
    api_append_rule(v->text, sizeof v->text, j->request->resource, j->request->verb, j->request->name);
}

static void judge_forbidden(const struct judgement *j, struct api_verdict *v)
{
    char user[USER];

    copy_user(j->said.message, user, sizeof user);
    if (j->said.namespace_terminating) {
        decide_as(v, OUTCOME_PERMANENT, LEADERLIFE_ENAMESPACE);
        text_format(v->text, sizeof v->text,
                    "cannot %s: the namespace is being deleted: create it anew once it is gone, or use "
                    "another (option namespace)",
                    j->what);
    } else if (strstr(j->said.message, "exceeded quota")) {
        decide_as(v, OUTCOME_RETRY, LEADERLIFE_EQUOTA);
        text_format(v->text, sizeof v->text, "cannot %s: %s: raise the ResourceQuota, or delete what is not needed",
                    j->what, j->said.message);
    } else if (user[0]) {
        decide_as(v, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
        text_format(v->text, sizeof v->text, "%s may not %s", user, j->what);
        append_rule(j, v);
    } else {
        decide_as(v, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
        text_format(v->text, sizeof v->text, "may not %s (%s)", j->what, j->said.message);
        append_rule(j, v);
        text_append(v->text, sizeof v->text, ", or ask who set up the policy that the message names");
    }
}

static void judge_not_found(const struct judgement *j, struct api_verdict *v)
{
    bool of_object = text_equal(j->said.kind, j->request->resource) && text_equal(j->said.name, j->request->name);

    if (j->request->verb == API_GET && of_object) {
        decide_as(v, OUTCOME_OK, LEADERLIFE_OK);
        v->absent = true;
    } else if (j->request->verb == API_CREATE && text_equal(j->said.kind, "namespaces")) {
        decide_as(v, OUTCOME_PERMANENT, LEADERLIFE_ENAMESPACE);
        text_format(v->text, sizeof v->text,
                    "cannot %s: there is no such namespace: create it, or correct the option "
                    "namespace or POD_NAMESPACE",
                    j->what);
    } else if (j->write && j->request->verb != API_CREATE && of_object) {
        decide_as(v, OUTCOME_NOT_FOUND, LEADERLIFE_OK);
        text_format(v->text, sizeof v->text, "cannot %s: it is not there", j->what);
    } else {
        judge_stranger(j, v, OUTCOME_RETRY);
    }
}

static void judge_collision(const struct judgement *j, struct api_verdict *v)
{
    bool create = j->request->verb == API_CREATE;

    if (create && text_equal(j->said.reason, "AlreadyExists"))
        decide_as(v, OUTCOME_EXISTS, LEADERLIFE_OK);
    else if (create) /* of something else that the server changes along with it, such as a quota */
        decide_as(v, OUTCOME_RETRY, LEADERLIFE_ESERVER);
    else
        decide_as(v, OUTCOME_CONFLICT, LEADERLIFE_OK);
    text_format(v->text, sizeof v->text, "cannot %s: %s", j->what, j->said.message);
}

static void judge_unauthorized(const struct judgement *j, struct api_verdict *v)
{
    decide_as(v, OUTCOME_RETRY, LEADERLIFE_EAUTH);
    v->unauthorized = true;
    text_format(v->text, sizeof v->text,
                "cannot %s: the server at %s does not accept the credentials (401): check that the token or client "
                "certificate is of this cluster and not expired; the token of a deleted pod is refused",
                j->what, j->server);
}

/* P6: whatever fails inside the server may have been done, or may still be. */
static void judge_server(const struct judgement *j, struct api_verdict *v)
{
    bool lost = j->write && j->call->status != 429; /* that one is said before anything is done */

    decide_as(v, lost ? OUTCOME_AMBIGUOUS : OUTCOME_RETRY, LEADERLIFE_ESERVER);
    text_format(v->text, sizeof v->text, "cannot %s: the server at %s %s (HTTP %ld%s%s)%s", j->what, j->server,
                j->call->status == 429 ? "is overloaded" : "failed", j->call->status,
                j->is_status && j->said.message[0] ? ", " : "", j->is_status ? j->said.message : "",
                lost ? "; it may have happened all the same" : "");
}

static void judge_rejected(const struct judgement *j, struct api_verdict *v)
{
    decide_as(v, OUTCOME_PERMANENT, LEADERLIFE_EREJECTED);
    text_format(v->text, sizeof v->text, "cannot %s: the server calls the request invalid (HTTP %ld): %s", j->what,
                j->call->status, j->said.message);
}

/* ---- The table ---- */

struct row {
    long code;
    const char *reason; /* Status.reason; it decides where there is one */
    void (*judge)(const struct judgement *j, struct api_verdict *v);
    bool without_status; /* also of a proxy, or in plain text */
};

static const struct row rows[] = {
    {401, "Unauthorized", judge_unauthorized, true},
    {403, "Forbidden", judge_forbidden, false},
    {404, "NotFound", judge_not_found, false},
    {408, NULL, judge_server, true},
    {409, "AlreadyExists", judge_collision, false},
    {409, "Conflict", judge_collision, false},
    {410, "Gone", judge_server, false},
    {410, "Expired", judge_server, false},
    {429, "TooManyRequests", judge_server, true}, /* plain text when the server sheds load */
    {500, "InternalError", judge_server, true},
    {500, "ServerTimeout", judge_server, true},
    {503, "ServiceUnavailable", judge_server, true},
    {504, "Timeout", judge_server, true},
    {400, "BadRequest", judge_rejected, false},
    {422, "Invalid", judge_rejected, false},
};

static const struct row *row_of(const struct judgement *j)
{
    for (size_t i = 0; j->is_status && j->said.reason[0] && i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].reason && text_equal(rows[i].reason, j->said.reason))
            return &rows[i];
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == j->call->status)
            return &rows[i];
    }
    return NULL;
}

static void judge_refusal(const struct judgement *j, struct api_verdict *v)
{
    const struct row *row = row_of(j);

    if (row && (j->is_status || row->without_status))
        row->judge(j, v);
    else if (j->call->status >= 500)
        judge_server(j, v);
    else if (j->is_status && j->call->status >= 400)
        judge_rejected(j, v);
    else
        judge_stranger(j, v, OUTCOME_RETRY);
}

/* A write that says it was done, in words that cannot be read: it may have been. */
static void judge_done(const struct judgement *j, struct api_verdict *v)
{
    bool status_only = j->is_status && j->request->verb == API_DELETE;

    if (!v->document || (j->is_status && !status_only))
        judge_stranger(j, v, j->write ? OUTCOME_AMBIGUOUS : OUTCOME_RETRY);
    else if (j->request->verb == API_DELETE && is_held(v->document))
        decide_as(v, OUTCOME_CONFLICT, LEADERLIFE_OK); /* not gone yet: look again */
    else
        decide_as(v, OUTCOME_OK, LEADERLIFE_OK);
}

void api_judge(const struct api_request *request, const struct http_call *call, const char *server,
               struct api_verdict *ret)
{
    struct judgement j = {.request = request,
                          .call = call,
                          .server = server,
                          .write = api_is_write(request->verb) && !request->rehearsal};

    memset(ret, 0, sizeof *ret);
    describe(&j);
    if (call->error != HTTP_FINE) {
        judge_silence(&j, ret);
    } else {
        ret->document = call->size > 0 ? document_parse(call->data, call->size) : NULL;
        j.is_status = ret->document && status_view_of(ret->document, &j.said);
        if (call->status >= 200 && call->status < 300)
            judge_done(&j, ret);
        else
            judge_refusal(&j, ret);
    }
    ret->retry_after_ms = call->retry_after_ms > j.said.retry_after_ms ? call->retry_after_ms : j.said.retry_after_ms;
    if (ret->retry_after_ms > API_RETRY_MAX_MS)
        ret->retry_after_ms = API_RETRY_MAX_MS;
    if (ret->outcome != OUTCOME_OK || ret->absent) {
        document_free(ret->document);
        ret->document = NULL;
    }
}

/* ---- What was read or written ---- */

static bool read_lock(const struct api_request *request, const struct document *document, struct fact *fact,
                      char *fault, size_t size)
{
    return document && is_named(document, request->name) && lock_view_of(document, &fact->lock, fault, size);
}

static bool read_record(const struct api_request *request, const struct document *document, struct fact *fact,
                        char *fault, size_t size)
{
    return document && is_named(document, request->name) && record_view_of(document, &fact->record, fault, size);
}

/* P4 (a): another UID under that name means that the one asked for is gone. */
static bool read_pod(const struct command *command, const struct document *document, struct fact *fact)
{
    struct pod_facts pod;

    if (!document || !is_named(document, command->pod.name) || !pod_facts_of(document, &pod))
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
        return verdict->absent || (verdict->document && is_named(verdict->document, request->name) &&
                                   node_judge(verdict->document, &fact->node));
    }
    if (request->resource == api_leases) {
        fact->record.seen = RECORD_SEEN_ABSENT;
        return verdict->absent || read_record(request, verdict->document, fact, fault, size);
    }
    fact->lock.seen = LOCK_SEEN_ABSENT;
    return verdict->absent || read_lock(request, verdict->document, fact, fault, size);
}

void api_fact(const struct command *command, const struct api_request *request, const struct api_verdict *verdict,
              const char *server, struct fact *ret_fact, char *ret_fault, size_t size)
{
    struct fact fact = {.kind = FACT_ANSWER,
                        .number = command->number,
                        .outcome = verdict->outcome,
                        .status = verdict->status,
                        .retry_after_ms = verdict->retry_after_ms};

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
