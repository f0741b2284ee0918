/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kubeconfig may hold, and of which type.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_SCHEMA_H
#define LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_SCHEMA_H

#include "kubernetes/config/kubeconfig_files.h"

/* LEADERLIFE_OK, _ECONFIG, _ENOMEM with a text: whether every value has the type that its key needs. */
int kubeconfig_schema_judge(const struct yaml_file *file, char *text, size_t size);

#endif
