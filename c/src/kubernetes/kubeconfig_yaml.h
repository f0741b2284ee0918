/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One YAML file as a tree: the only includer of libyaml is kubeconfig_yaml.c and what reads its nodes. Anchors and
 * aliases are refused, size and number of nodes are bounded. Knows nothing of what the keys mean.
 */
#ifndef LEADERLIFE_KUBERNETES_KUBECONFIG_YAML_H
#define LEADERLIFE_KUBERNETES_KUBECONFIG_YAML_H

#include <stddef.h>
#include <yaml.h>

struct yaml_file {
    char *path;
    yaml_document_t document;
};

/* LEADERLIFE_OK, _ECONFIG, _ENOMEM with a text. The root is a mapping. */
int yaml_file_load(struct yaml_file *ret, const char *path, char *text, size_t size);

/* Wipes the values: tokens and keys are among them. */
void yaml_file_clear(struct yaml_file *file);

yaml_node_t *yaml_file_root(struct yaml_file *file);

/* The value of a key; NULL if there is none or map is NULL or no mapping. */
yaml_node_t *yaml_get(struct yaml_file *file, const yaml_node_t *map, const char *key);

/* The text of a scalar; NULL for none, for null, "" and what is no scalar. */
const char *yaml_text(const yaml_node_t *node);

/* The entry of a sequence of mappings whose "name" is that; NULL. */
yaml_node_t *yaml_named(struct yaml_file *file, const yaml_node_t *sequence, const char *name);

#endif
