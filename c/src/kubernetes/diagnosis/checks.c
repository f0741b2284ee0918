/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an election would meet on Kubernetes, check by check. This file has the order and the first checks: server,
 * identity, own pod. Nothing is written. The machine is not known here: what is judged is what people can mend.
 */
#include "kubernetes/diagnosis/checks.h"

#include "kubernetes/api/request.h"
#include "kubernetes/diagnosis/ask.h"
#include "kubernetes/diagnosis/leader_view.h"
#include "kubernetes/diagnosis/lock.h"
#include "kubernetes/diagnosis/pods.h"
#include "kubernetes/diagnosis/rights.h"
#include "kubernetes/objects/access_review.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/pod.h"
#include "kubernetes/objects/token_claims.h"
#include "machine/static_pod.h"

#include <leaderlife/leaderlife.h>
#include <stdlib.h>

enum { OLDEST_MINOR = 24, /* P4: what earlier kubelets report of ended pods */ VERSION = 64 };

static void tell_version(struct diagnosis *d)
{
    const struct endpoint *endpoint = &d->client->endpoint;
    char version[VERSION];
    int minor = 0;

    object_server_version(d->verdict.document, version, sizeof version, &minor);
    bool old = minor > 0 && minor < OLDEST_MINOR;
    diagnosis_found(d, old ? LEADERLIFE_LOG_WARNING : LEADERLIFE_LOG_INFO, old ? LEADERLIFE_ENOTSUP : LEADERLIFE_OK,
                    "server: %s (%s) accepts the credentials, version %s%s", endpoint->server, endpoint->origin,
                    version,
                    old ? ": kubelets before 1.24 may report a running pod as ended: upgrade the cluster" : "");
}

/* Told before the first request, because it may explain that request's failure. */
static void tell_proxy(struct diagnosis *d)
{
    const struct proxy *proxy = &d->client->proxy;

    if (proxy->name != NULL)
        diagnosis_found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "proxy: %s", proxy->name);
    else if (proxy->cure != NULL)
        diagnosis_found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "proxy: none: %s", proxy->cure);
}

/* The first request meets whatever is wrong with address, network, TLS and credentials. */
static bool find_server(struct diagnosis *d)
{
    struct client *client = d->client;
    int status = client_load(client, clock_now(), d->fault, sizeof d->fault);

    if (status != LEADERLIFE_OK) {
        diagnosis_found(d, LEADERLIFE_LOG_ERROR, status, "server: %s", d->fault);
        return false;
    }
    tell_proxy(d);
    api_request_other(&d->request, API_GET, "version", "/version", NULL);
    if (!diagnosis_ask(d))
        return false;
    if (client->plugin.stale > 0)
        diagnosis_found(d, LEADERLIFE_LOG_WARNING, LEADERLIFE_EAUTH, "server: %s", client->plugin.stale_text);
    if (d->verdict.outcome == OUTCOME_OK || d->verdict.outcome == OUTCOME_FORBIDDEN) {
        tell_version(d);
        return true;
    }
    diagnosis_found(d, LEADERLIFE_LOG_ERROR, d->verdict.status, "server (%s): %s", client->endpoint.origin,
                    d->verdict.text);
    return false;
}

/* Without a pod of its own the rest can still be looked at, if the namespace is known. */
static bool find_identity(struct diagnosis *d)
{
    const struct endpoint *endpoint = &d->client->endpoint;
    int status = identity_find(d->identity, d->options, endpoint, d->campaign, d->fault, sizeof d->fault);

    d->self_known = d->campaign && status == LEADERLIFE_OK;
    if (status == LEADERLIFE_OK)
        return true;
    diagnosis_found(d, LEADERLIFE_LOG_ERROR, status, "own pod: %s", d->fault);
    return identity_find(d->identity, d->options, endpoint, false, d->fault, sizeof d->fault) == LEADERLIFE_OK;
}

/* An absent namespace looks like one without a lock. A candidate's dry runs tell them apart; who only observes asks,
 * which is a right that it need not have. */
static void find_namespace(struct diagnosis *d)
{
    const char *namespace_ = d->identity->namespace_;
    char path[TEXT_NAME + 32];

    if (d->campaign)
        return;
    text_format(path, sizeof path, "/api/v1/namespaces/%s", namespace_);
    api_request_other(&d->request, API_GET, "namespaces", path, NULL);
    text_copy(d->request.name, sizeof d->request.name, namespace_);
    if (diagnosis_ask(d) && d->verdict.absent)
        diagnosis_found(d, LEADERLIFE_LOG_ERROR, LEADERLIFE_ENAMESPACE,
                        "namespace: there is none called %s: correct option namespace, or create it", namespace_);
}

static const char *own_pod_fault(const struct diagnosis *d)
{
    const struct pod_view *pod = &d->fact.pod;

    if (pod->terminal)
        return "has ended";
    if (pod->sign == POD_DEAD)
        return d->verdict.absent ? "does not exist" : "has another UID";
    return pod->terminating ? "is being deleted" : NULL;
}

/* P2: whatever UID it has. */
static bool is_static(const struct diagnosis *d)
{
    struct pod_facts pod = {.containers = 0};
    bool read = d->verdict.document != NULL && pod_facts_of(d->verdict.document, &pod);

    return (read && pod.mirror) || static_pod_is_uid(d->identity->pod.uid);
}

static void tell_static(struct diagnosis *d)
{
    const struct identity_found *self = d->identity;

    text_format(d->fault, sizeof d->fault, "own pod: %s in namespace %s ", self->pod.name, self->namespace_);
    static_pod_append(d->fault, sizeof d->fault);
    diagnosis_found(d, LEADERLIFE_LOG_ERROR, LEADERLIFE_EIDENTITY, "%s", d->fault);
}

/* P2 */
static void tell_elsewhere(struct diagnosis *d, const struct pod_facts *pod)
{
    bool allowed = option_is(d->options, OPTION_POD_NETWORK, "any");

    leader_view_elsewhere_text(d->identity, pod, allowed, d->fault, sizeof d->fault);
    diagnosis_found(d, allowed ? LEADERLIFE_LOG_INFO : LEADERLIFE_LOG_ERROR,
                    allowed ? LEADERLIFE_OK : LEADERLIFE_EIDENTITY, "%s", d->fault);
}

/* The sidecar trap. */
static void tell_containers(struct diagnosis *d, const struct pod_facts *pod)
{
    if (pod->containers > 1)
        diagnosis_found(
            d, LEADERLIFE_LOG_WARNING, LEADERLIFE_ECONFIG,
            "own pod: it has %u containers, which all get SIGTERM at once: a process that gives the lock back then "
            "makes a second leader beside a container that still works; let the one that works take part and give "
            "back, or none (leaderlife run leaves the lock to the pod's end, unless --release says that its program "
            "is what works)",
            (unsigned)pod->containers);
}

static void find_own_pod(struct diagnosis *d)
{
    const struct identity_found *self = d->identity;
    struct pod_facts pod = {.containers = 0};
    const char *fault;

    if (!d->self_known || !diagnosis_may(d, api_pods, API_GET) ||
        !diagnosis_look(d, COMMAND_GET_OWN_POD, &self->pod, ""))
        return;
    if (is_static(d)) {
        tell_static(d);
        return;
    }
    fault = own_pod_fault(d);
    if (fault != NULL)
        diagnosis_found(
            d, LEADERLIFE_LOG_ERROR, LEADERLIFE_EIDENTITY,
            "own pod: %s with UID %s in namespace %s %s: run this in a living pod, or correct POD_NAMESPACE, "
            "POD_NAME and "
            "POD_UID",
            self->pod.name, self->pod.uid, self->namespace_, fault);
    else if (pod_facts_of(d->verdict.document, &pod) && identity_is_elsewhere(&pod))
        tell_elsewhere(d, &pod);
    else
        diagnosis_found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "own pod: %s in namespace %s, UID %s", self->pod.name,
                        self->namespace_, self->pod.uid);
    if (fault == NULL)
        tell_containers(d, &pod);
}

static void find_all(struct diagnosis *d)
{
    if (!find_server(d) || !find_identity(d))
        return;
    find_namespace(d);
    diagnosis_check_rights(d);
    find_own_pod(d);
    if (!diagnosis_read_leader(d))
        d->leader = (struct leader_view){.lock_held = false};
    diagnosis_check_room(d);
    diagnosis_tell_leader(d);
    diagnosis_check_leader(d);
    diagnosis_check_standbys(d);
}

void diagnosis_run(const struct diagnosis_setup *setup, const struct diagnosis_sink *sink)
{
    struct diagnosis *d = calloc(1, sizeof *d); /* too large for a caller's stack */

    if (d == NULL) {
        sink->put(sink->context, LEADERLIFE_LOG_ERROR, LEADERLIFE_ENOMEM, "no memory: give the process more");
        return;
    }
    d->client = setup->client;
    d->identity = setup->identity;
    d->options = setup->options;
    d->lock = setup->lock;
    d->record = setup->record;
    d->sink = sink;
    d->campaign = setup->campaign;
    d->records = !option_is(d->options, OPTION_GUARD, "memory");
    find_all(d);
    if (d->ended != LEADERLIFE_OK)
        diagnosis_found(d, LEADERLIFE_LOG_ERROR, d->ended, "not all was looked at: %s%s: give more time, or try again",
                        leaderlife_strerror(d->ended), d->fault);
    document_free(d->verdict.document);
    free(d);
}
