/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries out COMMAND_IDENTIFY: finds the server, then who this process is (config/identity.c). Two steps, for a
 * credential may have to be fetched between them.
 */
#include "kubernetes/backend/identify_command.h"

#include "kubernetes/backend/facts.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

/* LEADERLIFE_OK, or the answer is a failure. */
static int check(struct fact *fact, int status)
{
    fact->status = status;
    fact->outcome = leaderlife_status_is_retriable(status) ? OUTCOME_RETRY : OUTCOME_PERMANENT;
    return status;
}

/* False if that ends the command; else it waits for credentials, which may be there already. */
bool identify_server(struct kubernetes *kube, struct fact *fact)
{
    return check(fact, client_load(&kube->client, clock_now(), fact->text, sizeof fact->text)) == LEADERLIFE_OK;
}

void identify(struct kubernetes *kube, struct fact *fact)
{
    bool campaign = kube->wish != WISH_OBSERVE;
    const struct pod_id *self = &kube->identity.pod;
    const char *proxy = kube->client.proxy.name;
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
    facts_note(kube, LEADERLIFE_OK, LEADERLIFE_LOG_INFO, "Kubernetes at %s (%s)%s%s, namespace %s%s%s%s%s",
               kube->client.endpoint.server, kube->client.endpoint.origin, proxy != NULL ? ", through the proxy " : "",
               proxy != NULL ? proxy : "", kube->identity.namespace_, self->name[0] ? ", pod " : "", self->name,
               self->uid[0] ? " with UID " : "", self->uid);
}
