/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a cluster and a user of a kubeconfig mean.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_USER_H
#define LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_USER_H

#include "kubernetes/config/kubeconfig_files.h"

/* Into merge->found: LEADERLIFE_OK or a status with a text. */
int kubeconfig_take_cluster(struct merge *merge, const struct entry *cluster);
int kubeconfig_take_user(struct merge *merge, const struct entry *user);

#endif
