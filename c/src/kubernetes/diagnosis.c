/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an election would meet on Kubernetes, step by step; this file has the order and the first steps: server, identity,
 * own pod. Nothing is written, and the machine is not known here: what is judged is what people can mend.
 */
#include "kubernetes/diagnosis.h"

#include "kubernetes/objects_diagnosis.h"

#include <leaderlife/leaderlife.h>
#include <stdlib.h>

enum { OLDEST_MINOR = 24, /* P4: what earlier kubelets report of ended pods */ VERSION = 64 };

static void tell_version(struct diagnosis *d)
{
    const struct endpoint *endpoint = &d->kube->client.endpoint;
    char version[VERSION];
    int minor = 0;

    server_version_of(d->verdict.document, version, sizeof version, &minor);
    bool old = minor > 0 && minor < OLDEST_MINOR;
    found(d, old ? LEADERLIFE_LOG_WARNING : LEADERLIFE_LOG_INFO, old ? LEADERLIFE_ENOTSUP : LEADERLIFE_OK,
          "server: %s (%s) accepts the credentials, version %s%s", endpoint->server, endpoint->origin, version,
          old ? ": kubelets before 1.24 may report a running pod as ended: upgrade the cluster" : "");
}

/* The first request meets whatever is wrong with address, network, TLS and credentials. */
static bool find_server(struct diagnosis *d)
{
    struct client *client = &d->kube->client;
    int status = client_load(client, reactor_now(), d->fault, sizeof d->fault);

    if (status != LEADERLIFE_OK) {
        found(d, LEADERLIFE_LOG_ERROR, status, "server: %s", d->fault);
        return false;
    }
    api_request_other(&d->request, API_GET, "version", "/version", NULL);
    if (!diagnosis_ask(d))
        return false;
    if (d->verdict.outcome == OUTCOME_OK || d->verdict.outcome == OUTCOME_FORBIDDEN) {
        tell_version(d);
        return true;
    }
    found(d, LEADERLIFE_LOG_ERROR, d->verdict.status, "server (%s): %s", client->endpoint.origin, d->verdict.text);
    return false;
}

/* Without a pod of its own the rest can still be looked at, if the namespace is known. */
static bool find_identity(struct diagnosis *d)
{
    struct kubernetes *kube = d->kube;
    const struct endpoint *endpoint = &kube->client.endpoint;
    int status = identity_find(&kube->identity, kube->options, endpoint, d->campaign, d->fault, sizeof d->fault);

    d->self_known = d->campaign && status == LEADERLIFE_OK;
    if (status == LEADERLIFE_OK)
        return true;
    found(d, LEADERLIFE_LOG_ERROR, status, "own pod: %s", d->fault);
    return identity_find(&kube->identity, kube->options, endpoint, false, d->fault, sizeof d->fault) == LEADERLIFE_OK;
}

/* An absent namespace looks like one without a lock. A candidate's dry runs tell them apart; who only observes asks, which
 * is a right that it need not have. */
static void find_namespace(struct diagnosis *d)
{
    const char *namespace_ = d->kube->identity.namespace_;
    char path[TEXT_NAME + 32];

    if (d->campaign)
        return;
    text_format(path, sizeof path, "/api/v1/namespaces/%s", namespace_);
    api_request_other(&d->request, API_GET, "namespaces", path, NULL);
    text_copy(d->request.name, sizeof d->request.name, namespace_);
    if (diagnosis_ask(d) && d->verdict.absent)
        found(d, LEADERLIFE_LOG_ERROR, LEADERLIFE_ENAMESPACE,
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

/* P2 */
static void tell_elsewhere(struct diagnosis *d, const struct pod_facts *pod)
{
    bool allowed = option_is(d->kube->options, OPTION_POD_NETWORK, "any");

    elsewhere_text(&d->kube->identity, pod, allowed, d->fault, sizeof d->fault);
    found(d, allowed ? LEADERLIFE_LOG_INFO : LEADERLIFE_LOG_ERROR, allowed ? LEADERLIFE_OK : LEADERLIFE_EIDENTITY, "%s",
          d->fault);
}

static void find_own_pod(struct diagnosis *d)
{
    const struct identity_found *self = &d->kube->identity;
    struct pod_facts pod;
    const char *fault;

    if (!d->self_known || !diagnosis_may(d, api_pods, API_GET) ||
        !diagnosis_look(d, COMMAND_GET_OWN_POD, &self->pod, ""))
        return;
    fault = own_pod_fault(d);
    if (fault)
        found(d, LEADERLIFE_LOG_ERROR, LEADERLIFE_EIDENTITY,
              "own pod: %s with UID %s in namespace %s %s: run this in a living pod, or correct POD_NAMESPACE, "
              "POD_NAME and "
              "POD_UID",
              self->pod.name, self->pod.uid, self->namespace_, fault);
    else if (pod_facts_of(d->verdict.document, &pod) && identity_is_elsewhere(&pod))
        tell_elsewhere(d, &pod);
    else
        found(d, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, "own pod: %s in namespace %s, UID %s", self->pod.name,
              self->namespace_, self->pod.uid);
}

static void find_all(struct diagnosis *d)
{
    if (!find_server(d) || !find_identity(d))
        return;
    find_namespace(d);
    find_rights(d);
    find_own_pod(d);
    if (!find_scene(d))
        d->scene = (struct scene){.lock_held = false};
    find_room(d);
    tell_scene(d);
    find_leader(d);
    find_standbys(d);
}

void diagnosis_diagnose(struct backend *backend, const struct finder *finder)
{
    struct kubernetes *kube = (struct kubernetes *)(void *)backend;
    struct diagnosis *d = calloc(1, sizeof *d); /* too large for a caller's stack */

    if (!d) {
        finder->put(finder->context, LEADERLIFE_LOG_ERROR, LEADERLIFE_ENOMEM, "no memory: give the process more");
        return;
    }
    d->kube = kube;
    d->finder = finder;
    d->campaign = kube->wish == WISH_CAMPAIGN;
    d->records = !option_is(kube->options, OPTION_GUARD, "memory");
    find_all(d);
    if (d->ended != LEADERLIFE_OK)
        found(d, LEADERLIFE_LOG_ERROR, d->ended, "not all was looked at: %s%s: give more time, or try again",
              leaderlife_strerror(d->ended), d->fault);
    document_free(d->verdict.document);
    free(d);
}
