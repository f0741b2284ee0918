/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on an answer: what it means for the command (P6, P15), and the text that names cause and cure. Kubernetes
 * says what happened in Status.reason, not in the HTTP code; where there is no Status, a proxy may have answered.
 * Must not know what follows from a verdict; answer_fact.c reads what was asked for.
 */
#include "kubernetes/api/verdict.h"

#include "base/text.h"
#include "kubernetes/api/missing_right.h"
#include "kubernetes/objects/document.h"

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

/* P6: statuses that are said instead of carrying out a request, by an API server or by what stands before it. Not 408,
 * 499 and the like: those are said when somebody has lost patience with what may go on all the same. */
static bool is_refusal(long status)
{
    static const short refusals[] = {400, 401, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 422, 429, 431};

    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (refusals[i] == status)
            return true;
    }
    return false;
}

/* ---- No answer ---- */

static int status_of_error(enum http_error error)
{
    switch (error) {
    case HTTP_TLS: return LEADERLIFE_ETLS;
    case HTTP_MEMORY: return LEADERLIFE_ENOMEM;
    case HTTP_TOO_LARGE:
    case HTTP_ENCODED: return LEADERLIFE_EPROTOCOL;
    default: return LEADERLIFE_ENETWORK;
    }
}

static void judge_silence(const struct judgement *j, struct api_verdict *v)
{
    bool lost = j->write && j->call->maybe_sent;

    decide_as(v, lost ? OUTCOME_AMBIGUOUS : OUTCOME_RETRY, status_of_error(j->call->error));
    text_format(v->text, sizeof v->text, "cannot %s: %s%s", j->what, j->call->text,
                lost ? " (it may have happened all the same)" : "");
}

/* A proxy's page, a redirect, another server. Such a thing has carried out no write, unless it says it has, or says
 * what nobody knows. */
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

/* What Go's servers say of a path that they do not serve. P8: no reason to lead without a record. */
static bool is_unknown_path(const struct judgement *j)
{
    static const char said[] = "404 page not found";
    size_t size = j->call->size;

    while (size > 0 && (j->call->data[size - 1] == '\n' || j->call->data[size - 1] == '\r'))
        size--;
    return j->call->status == 404 && size == sizeof said - 1 && memcmp(j->call->data, said, size) == 0;
}

static void judge_unknown_path(const struct judgement *j, struct api_verdict *v)
{
    decide_as(v, OUTCOME_RETRY, LEADERLIFE_EPROTOCOL);
    if (j->request->resource == api_leases)
        text_format(v->text, sizeof v->text,
                    "cannot %s: the server at %s has no Leases (API group coordination.k8s.io/v1, HTTP 404): set "
                    "option guard to 'memory' to elect without them; if it should have them, check the path in its URL",
                    j->what, j->server);
    else
        text_format(v->text, sizeof v->text,
                    "cannot %s: the server at %s knows no such path (HTTP 404, 404 page not found): check the path in "
                    "that URL (option server, or server in the kubeconfig), then what proxy stands before the server",
                    j->what, j->server);
}

static void judge_deep(const struct judgement *j, struct api_verdict *v)
{
    decide_as(v, j->write ? OUTCOME_AMBIGUOUS : OUTCOME_RETRY, LEADERLIFE_EPROTOCOL);
    text_format(v->text, sizeof v->text, "cannot %s: the object ", j->what);
    document_append_deep(v->text, sizeof v->text, j->request->resource, j->request->name);
}

/* ---- Refusals ---- */

static void copy_user(const char *message, char *user, size_t size)
{
    const char *begin = strstr(message, "User \"");

    user[0] = '\0';
    if (begin == NULL)
        return;
    begin += strlen("User \"");
    const char *end = strchr(begin, '"');
    if (end != NULL && (size_t)(end - begin) < size) {
        memcpy(user, begin, (size_t)(end - begin));
        user[end - begin] = '\0';
    }
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
    } else if (strstr(j->said.message, "exceeded quota") != NULL) {
        decide_as(v, OUTCOME_RETRY, LEADERLIFE_EQUOTA);
        text_format(v->text, sizeof v->text, "cannot %s: %s: raise the ResourceQuota, or delete what is not needed",
                    j->what, j->said.message);
    } else if (user[0]) {
        decide_as(v, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
        text_format(v->text, sizeof v->text, "%s may not %s", user, j->what);
        append_rule(j, v);
    } else {
        decide_as(v, OUTCOME_FORBIDDEN, LEADERLIFE_EFORBIDDEN);
        text_format(v->text, sizeof v->text,
                    "may not %s (%s): ask who set up the policy or webhook that this names, or, if a right is missing",
                    j->what, j->said.message);
        append_rule(j, v);
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
    } else if (j->request->resource == api_leases && j->said.kind[0] == '\0' && j->said.name[0] == '\0') {
        judge_unknown_path(j, v); /* "the server could not find the requested resource" */
    } else {
        judge_stranger(j, v, OUTCOME_RETRY);
    }
}

static void judge_collision(const struct judgement *j, struct api_verdict *v)
{
    bool create = j->request->verb == API_CREATE;

    if (create && text_equal(j->said.reason, "AlreadyExists"))
        decide_as(v, OUTCOME_EXISTS, LEADERLIFE_OK);
    else if (create) /* a conflict about what the server changes along with it, such as a quota */
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
    bool lost = j->write && j->call->status != 429; /* the server says 429 before it does anything */

    decide_as(v, lost ? OUTCOME_AMBIGUOUS : OUTCOME_RETRY, LEADERLIFE_ESERVER);
    text_format(v->text, sizeof v->text,
                "cannot %s: the server at %s %s (HTTP %ld%s%s)%s; it is tried again, "
                "and if that lasts, see that server's logs",
                j->what, j->server, j->call->status == 429 ? "is overloaded" : "failed", j->call->status,
                j->is_status && j->said.message[0] ? ", " : "", j->is_status ? j->said.message : "",
                lost ? "; it may have happened all the same" : "");
}

static void judge_rejected(const struct judgement *j, struct api_verdict *v)
{
    decide_as(v, OUTCOME_PERMANENT, LEADERLIFE_EREJECTED);
    text_format(v->text, sizeof v->text,
                "cannot %s: the server calls the request invalid (HTTP %ld): %s; correct "
                "what it names, or ask who set up the admission policy that says so",
                j->what, j->call->status, j->said.message);
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
        if (rows[i].reason != NULL && text_equal(rows[i].reason, j->said.reason))
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
    long status = j->call->status;
    bool redirect = status >= 300 && status < 400 && status != 303; /* 303 may mean: done, look there */
    bool sure = is_refusal(status) || redirect;

    if (row != NULL && (j->is_status || row->without_status))
        row->judge(j, v);
    else if (j->call->status >= 500)
        judge_server(j, v);
    else if (j->is_status && j->call->status >= 400)
        judge_rejected(j, v);
    else if (!j->is_status && is_unknown_path(j))
        judge_unknown_path(j, v);
    else
        judge_stranger(j, v, sure || !j->write ? OUTCOME_RETRY : OUTCOME_AMBIGUOUS);
}

/* P6: a refusal that was received holds, whatever befell the rest of the answer. Without its body it says no more than
 * that this was not carried out: neither that something is absent nor that a right is missing. But a Status that has
 * come whole to a write is an answer: what broke off is the sending of what the server did not want to read. */
static void judge_cut_refusal(const struct judgement *j, struct api_verdict *v)
{
    bool create = j->request->verb == API_CREATE;
    long status = j->call->status;

    if (j->write && j->is_status && j->said.code == status) {
        judge_refusal(j, v);
        return;
    }
    if (status == 401) {
        judge_unauthorized(j, v);
    } else if (status == 429) {
        judge_server(j, v);
    } else if (j->write && status == 409) { /* look again */
        decide_as(v, create ? OUTCOME_EXISTS : OUTCOME_CONFLICT, LEADERLIFE_OK);
        text_format(v->text, sizeof v->text, "cannot %s: HTTP 409", j->what);
    } else {
        decide_as(v, OUTCOME_RETRY, status_of_error(j->call->error));
        text_format(v->text, sizeof v->text, "cannot %s: HTTP %ld, and why has not come whole", j->what, status);
    }
    text_append(v->text, sizeof v->text, ": %s", j->call->text);
}

/* A write that says it was done, in words that cannot be read: it may have been. */
static void judge_done(const struct judgement *j, struct api_verdict *v)
{
    bool status_only = j->is_status && j->request->verb == API_DELETE;

    if (v->document == NULL && document_is_deep(j->call->data, j->call->size))
        judge_deep(j, v);
    else if (v->document == NULL || (j->is_status && !status_only))
        judge_stranger(j, v, j->write ? OUTCOME_AMBIGUOUS : OUTCOME_RETRY);
    else if (j->request->verb == API_DELETE && document_is_held(v->document))
        decide_as(v, OUTCOME_CONFLICT, LEADERLIFE_OK); /* not gone yet: look again */
    else
        decide_as(v, OUTCOME_OK, LEADERLIFE_OK);
}

void api_judge(const struct api_request *request, const struct http_call *call, const char *server,
               struct api_verdict *ret)
{
    struct judgement j = {
        .request = request, .call = call, .server = server, .write = api_is_write(request->verb) && !request->dry_run};

    memset(ret, 0, sizeof *ret);
    ret->unheard = call->unheard;
    describe(&j);
    if (call->error == HTTP_FINE || is_refusal(call->status)) {
        ret->document = call->size > 0 ? document_parse(call->data, call->size) : NULL;
        j.is_status = ret->document != NULL && document_status_view(ret->document, &j.said);
    }
    if (call->error != HTTP_FINE)
        (is_refusal(call->status) ? judge_cut_refusal : judge_silence)(&j, ret);
    else if (call->status >= 200 && call->status < 300)
        judge_done(&j, ret);
    else
        judge_refusal(&j, ret);
    ret->retry_after_ms = call->retry_after_ms > j.said.retry_after_ms ? call->retry_after_ms : j.said.retry_after_ms;
    if (ret->retry_after_ms > API_RETRY_MAX_MS)
        ret->retry_after_ms = API_RETRY_MAX_MS;
    if (ret->outcome != OUTCOME_OK || ret->absent) {
        document_free(ret->document);
        ret->document = NULL;
    }
}
