/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths in a kubeconfig.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_PATH_H
#define LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_PATH_H

#include "kubernetes/config/kubeconfig_files.h"

/* A path is relative to the file that says it, and made absolute and clean as kubectl makes it. NULL is left out; false
 * without memory. */
bool kubeconfig_path_copy(const struct entry *entry, const char *value, char **target);

#endif
