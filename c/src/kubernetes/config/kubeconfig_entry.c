/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the values of an entry of a kubeconfig.
 */
#include "kubernetes/config/kubeconfig_entry.h"

const char *kubeconfig_entry_value(const struct entry *entry, const char *key)
{
    return yaml_tree_text(yaml_tree_get(entry->map, key));
}

bool kubeconfig_entry_flag(const struct entry *entry, const char *key)
{
    const struct tree *value = yaml_tree_get(entry->map, key);

    return value != NULL && value->kind == TREE_FLAG && value->on;
}
