/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a kubeconfig that are merged, and an entry in one of them, as kubeconfig.c (follows a context to its
 * cluster and user), kubeconfig_user.c, kubeconfig_exec.c and kubeconfig_entry.c share them. A header alone: it has
 * data and no functions.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_FILES_H
#define LEADERLIFE_KUBERNETES_CONFIG_KUBECONFIG_FILES_H

#include "base/text.h"
#include "kubernetes/config/kubeconfig.h"
#include "kubernetes/config/yaml.h"

enum { FILES_MAX = 32 };

struct merge {
    const struct kubeconfig_query *query;
    struct yaml_file files[FILES_MAX];
    size_t count;
    struct kubeconfig found;
    bool has_plugin_settings; /* the cluster has an extension for credential plugins */
    char *text;
    size_t size;
};

/* An entry and the file that it is from. */
struct entry {
    const struct yaml_file *file;
    const struct tree *map; /* NULL: nothing is in it */
    const char *kind;       /* "cluster", "user" */
    const char *name;       /* may be "" */
};

/* The value of a failure, after its text. */
#define FAIL(merge, status, ...) (text_format((merge)->text, (merge)->size, __VA_ARGS__), (status))

#endif
