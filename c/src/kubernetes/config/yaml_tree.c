/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access to the values of a kubeconfig.
 */
#include "kubernetes/config/yaml.h"

#include <string.h>

const struct tree *yaml_tree_get(const struct tree *map, const char *key)
{
    for (size_t i = 0; map != NULL && map->kind == TREE_MAP && i < map->count; i++)
        if (strcmp(map->pairs[i].key, key) == 0)
            return map->pairs[i].value->kind == TREE_NULL ? NULL : map->pairs[i].value;
    return NULL;
}

const char *yaml_tree_text(const struct tree *value)
{
    return value != NULL && value->kind == TREE_TEXT && value->text[0] != '\0' ? value->text : NULL;
}

const char *yaml_tree_kind_name(enum tree_kind kind)
{
    static const char *const names[] = {
        [TREE_NULL] = "null",   [TREE_FLAG] = "yes or no", [TREE_NUMBER] = "a number",
        [TREE_TEXT] = "a text", [TREE_LIST] = "a list",    [TREE_MAP] = "a map",
    };

    return names[kind];
}
