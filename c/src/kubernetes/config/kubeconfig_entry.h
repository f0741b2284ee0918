/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the values of an entry of a kubeconfig.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_ENTRY_H
#define LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_ENTRY_H

#include "kubernetes/config/kubeconfig_files.h"

/* The text under the key; NULL for none and for "". */
const char *kubeconfig_entry_value(const struct entry *entry, const char *key);
bool kubeconfig_entry_flag(const struct entry *entry, const char *key);

#endif
