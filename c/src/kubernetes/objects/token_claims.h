/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claims of a bound service account token.
 */
#ifndef LEADERLIFE_KUBERNETES_OBJECTS_TOKEN_CLAIMS_H
#define LEADERLIFE_KUBERNETES_OBJECTS_TOKEN_CLAIMS_H

#include "machine/fact.h"

#include <stdbool.h>

struct identity_found {
    char namespace_[TEXT_NAME];
    struct pod_id pod;
};

/* Pod name, UID and namespace from the payload of a bound service account token; fields are "" where it has none.
 * False if it is no JWT of that shape. */
bool token_claims_identity(const char *token, struct identity_found *ret);

#endif
