/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Carries out COMMAND_IDENTIFY.
 */
#ifndef LEADERLIFE_KUBERNETES_BACKEND_IDENTIFY_COMMAND_H
#define LEADERLIFE_KUBERNETES_BACKEND_IDENTIFY_COMMAND_H

#include "kubernetes/backend/state.h"

/* False if that ends the command; else it waits for credentials, which may be there already. */
bool identify_server(struct kubernetes *kube, struct fact *fact);

/* Once there are credentials: a bound token says who we are. */
void identify(struct kubernetes *kube, struct fact *fact);

#endif
