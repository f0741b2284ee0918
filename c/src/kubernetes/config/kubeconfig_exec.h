/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The section `exec` of a kubeconfig's user.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_EXEC_H
#define LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_EXEC_H

#include "kubernetes/config/kubeconfig_files.h"

/* Judges it in any case; takes it if it is what gives the credentials. */
int kubeconfig_exec_take(struct merge *merge, const struct entry *user, const struct tree *map, bool needed);

#endif
