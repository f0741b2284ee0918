/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files kubeconfig*.c share: files that are merged, and an entry in one of them. kubeconfig.c follows a
 * context to its cluster and its user, kubeconfig_entry.c says what those mean, kubeconfig_exec.c what a credential
 * plugin is, kubeconfig_yaml.c reads YAML.
 */
#ifndef LEADERLIFE_KUBERNETES_KUBECONFIG_INTERNAL_H
#define LEADERLIFE_KUBERNETES_KUBECONFIG_INTERNAL_H

#include "base/text.h"
#include "kubernetes/kubeconfig.h"
#include "kubernetes/kubeconfig_yaml.h"

enum { FILES_MAX = 32 };

struct merge {
    const struct kubeconfig_query *query;
    struct yaml_file files[FILES_MAX];
    size_t count;
    struct kubeconfig found;
    char *text;
    size_t size;
};

/* An entry and the file that it is from. */
struct entry {
    struct yaml_file *file;
    const yaml_node_t *node;
    const char *kind; /* "cluster", "user" */
    const char *name;
};

/* The value of a failure, after its text. */
#define FAIL(merge, status, ...) (text_format((merge)->text, (merge)->size, __VA_ARGS__), (status))

/* Of the entry's mapping; NULL. */
const char *entry_value(const struct entry *entry, const char *key);

/* A path is relative to the file that says it. NULL is left out; false without memory. */
bool copy_path(const struct entry *entry, const char *value, char **target);

/* As YAML says no; so does NULL. */
bool is_false(const char *value);

/* Into merge->found: LEADERLIFE_OK or a status with a text. */
int take_cluster(struct merge *merge, const struct entry *cluster);
int take_user(struct merge *merge, const struct entry *user);
int take_exec(struct merge *merge, const struct entry *user, const yaml_node_t *exec);

#endif
