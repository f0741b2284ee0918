/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks which rights the process has, verb by verb, and says what is lost without each. The server is asked by
 * access reviews, so that no right is tried out.
 */
#include "kubernetes/diagnosis/rights.h"

#include "base/text.h"
#include "kubernetes/api/missing_right.h"
#include "kubernetes/api/request.h"
#include "kubernetes/api/verdict.h"
#include "kubernetes/diagnosis/ask.h"
#include "kubernetes/objects/access_review.h"

#include <leaderlife/leaderlife.h>
#include <stddef.h>

/* Who asks for it; and who needs it. */
enum {
    OF_CANDIDATE = 1 << 0, /* an observer has no use for it */
    NEEDED = 1 << 1,
    OF_RECORD = 1 << 2 /* needed with option guard=required */
};

struct right {
    const char *resource;
    const char *loss;
    uint8_t verb;
    uint8_t flags;
};

static const char no_election[] = "there is no election";
static const char no_record[] = "no holder record guards the election";
static const char asked_for[] = "it asks every 30 to 60 s";
static const char lock_asked_for[] = "it asks every 2 to 5 s";

/* As docs/reference/pods.md has them. */
static const struct right table[] = {
    {api_configmaps, no_election, API_GET, NEEDED},
    {api_configmaps, no_election, API_CREATE, NEEDED | OF_CANDIDATE},
    {api_pods, no_election, API_GET, NEEDED},
    {api_configmaps, lock_asked_for, API_LIST, 0},
    {api_configmaps, lock_asked_for, API_WATCH, 0},
    {api_configmaps, "a restarted leader takes 10 s to resume", API_UPDATE, OF_CANDIDATE},
    {api_configmaps, "a takeover waits for the garbage collector", API_DELETE, OF_CANDIDATE},
    {api_leases, no_record, API_GET, OF_RECORD},
    {api_leases, no_record, API_CREATE, OF_RECORD | OF_CANDIDATE},
    {api_leases, no_record, API_UPDATE, OF_RECORD | OF_CANDIDATE},
    {api_leases, asked_for, API_LIST, 0},
    {api_leases, asked_for, API_WATCH, 0},
    {api_pods, asked_for, API_LIST, 0},
    {api_pods, asked_for, API_WATCH, 0},
    {api_nodes, "the leader of a lost node counts as alive", API_GET, OF_CANDIDATE},
    {api_events, "no Event tells who leads", API_CREATE, OF_CANDIDATE},
};

enum { RIGHTS = sizeof table / sizeof table[0] };

static const char *name_of(const struct diagnosis *d, const struct right *right)
{
    if (right->verb == API_CREATE)
        return "";
    if (right->resource == api_configmaps)
        return d->lock;
    return right->resource == api_leases ? d->record : "";
}

static bool is_of_use(const struct diagnosis *d, const struct right *right)
{
    const struct options *options = d->options;
    const char *events = options_find(options, "events"); /* not every version has that option */

    if (!d->campaign && (right->flags & OF_CANDIDATE))
        return false;
    if (right->resource == api_leases)
        return d->records;
    if (right->resource == api_nodes)
        return !option_is(options, OPTION_NODE_POLICY, "strict");
    return right->resource != api_events || (events != NULL && text_equal(events, "true"));
}

static bool is_needed(const struct diagnosis *d, const struct right *right)
{
    bool required = (right->flags & OF_RECORD) && d->campaign && option_is(d->options, OPTION_GUARD, "required");

    return required || (right->flags & NEEDED);
}

static void tell_missing(struct diagnosis *d, const struct right *right)
{
    const char *name = name_of(d, right);
    bool needed = is_needed(d, right);

    text_format(d->fault, sizeof d->fault, "rights: this process may not %s %s%s%s in namespace %s (without that, %s)",
                api_verb_name(right->verb), right->resource, name[0] ? "/" : "", name, d->identity->namespace_,
                needed ? no_election : right->loss);
    api_append_rule(d->fault, sizeof d->fault, right->resource, right->verb, name);
    diagnosis_found(d, needed ? LEADERLIFE_LOG_ERROR : LEADERLIFE_LOG_WARNING, LEADERLIFE_EFORBIDDEN, "%s", d->fault);
}

/* False if the server does not answer such questions; that is told. */
static bool review(struct diagnosis *d, const struct right *right, bool *ret_allowed)
{
    const char *namespace_ = right->resource == api_nodes ? "" : d->identity->namespace_;
    char *body = access_review_body(namespace_, api_verb_name(right->verb),
                                    right->resource == api_leases ? "coordination.k8s.io" : "", right->resource,
                                    name_of(d, right));

    api_request_other(&d->request, API_CREATE, "selfsubjectaccessreviews",
                      "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body);
    if (body == NULL)
        d->ended = LEADERLIFE_ENOMEM;
    if (!diagnosis_ask(d))
        return false;
    if (access_review_answer(d->verdict.document, ret_allowed))
        return true;
    diagnosis_found(d, LEADERLIFE_LOG_WARNING, d->verdict.status,
                    "rights: the server does not tell which there are: %s", d->verdict.text);
    return false;
}

void diagnosis_check_rights(struct diagnosis *d)
{
    bool complete = true;

    for (size_t i = 0; i < RIGHTS; i++) {
        bool allowed = false;
        if (!is_of_use(d, &table[i]))
            continue;
        if (!review(d, &table[i], &allowed)) {
            d->rights = UINT32_MAX; /* assume all: the requests that follow will show */
            return;
        }
        if (allowed)
            d->rights |= UINT32_C(1) << i;
        else
            tell_missing(d, &table[i]);
        complete = complete && allowed;
    }
    if (complete)
        diagnosis_found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "rights: all are there");
}

bool diagnosis_may(const struct diagnosis *d, const char *resource, enum api_verb verb)
{
    for (size_t i = 0; i < RIGHTS; i++) {
        if (table[i].resource == resource && table[i].verb == verb)
            return is_of_use(d, &table[i]) && (d->rights & UINT32_C(1) << i);
    }
    return false;
}
