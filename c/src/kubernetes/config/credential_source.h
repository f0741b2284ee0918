/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the API server's URL and the credentials come from.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_CREDENTIAL_SOURCE_H
#define LEADERLIFE_KUBERNETES_CONFIG_CREDENTIAL_SOURCE_H

#include "kubernetes/config/endpoint.h"

/* Fills an endpoint that is all zero with the server, and with contents or paths of credentials, neither of them
 * checked. LEADERLIFE_OK; or LEADERLIFE_ECONFIG with a text, _ENOMEM: the caller clears the endpoint in every case. */
int credential_source_load(struct endpoint *endpoint, const struct options *options,
                           const struct backend_choice *choice, char *text, size_t size);

#endif
