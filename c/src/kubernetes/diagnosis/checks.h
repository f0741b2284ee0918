/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an election would meet on Kubernetes.
 */
#ifndef LEADERLIFE_KUBERNETES_DIAGNOSIS_CHECKS_H
#define LEADERLIFE_KUBERNETES_DIAGNOSIS_CHECKS_H

#include "kubernetes/diagnosis/state.h"
#include "kubernetes/objects/token_claims.h"

struct diagnosis_setup {
    struct client *client;
    struct identity_found *identity; /* is found anew */
    const struct options *options;
    const char *lock;
    const char *record;
    bool campaign;
};

/* struct backend_ops, diagnose. */
void diagnosis_run(const struct diagnosis_setup *setup, const struct diagnosis_sink *sink);

#endif
