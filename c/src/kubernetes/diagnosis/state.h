/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a diagnosis, as its files share it. checks.c has the order of the checks.
 */
#ifndef LEADERLIFE_KUBERNETES_DIAGNOSIS_STATE_H
#define LEADERLIFE_KUBERNETES_DIAGNOSIS_STATE_H

#include "backend/backend.h"
#include "kubernetes/api/client.h"
#include "kubernetes/api/request.h"
#include "kubernetes/api/verdict.h"
#include "kubernetes/config/identity.h"
#include "kubernetes/diagnosis/leader_view.h"
#include "kubernetes/objects/token_claims.h"

struct diagnosis {
    struct client *client;
    struct identity_found *identity;
    const struct options *options;
    const char *lock;
    const char *record;
    const struct diagnosis_sink *sink;
    uint32_t rights; /* as bits of the table in rights.c */
    int ended;       /* LEADERLIFE_OK; or why nothing more is asked */
    bool campaign;
    bool records;               /* a holder record is of matter (P8) */
    bool self_known;            /* identity->pod */
    struct command command;     /* of the last look */
    struct api_request request; /* the last one */
    struct client_pass pass;
    struct api_verdict verdict; /* on its answer; the document is ours until the next one */
    struct fact fact;           /* of the last look */
    char fault[TEXT_MESSAGE];   /* likewise: why the object is foreign (P14), or "" */
    struct leader_view leader;
};

#endif
