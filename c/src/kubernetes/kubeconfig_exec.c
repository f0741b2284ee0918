/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The section `exec` of a kubeconfig's user: which credential plugin is to be run, and how. Must not know how it is run
 * or what it answers.
 */
#include "base/secret.h"
#include "kubernetes/kubeconfig_internal.h"

#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V1 "client.authentication.k8s.io/v1"

static const char *exec_fault(const struct entry *exec)
{
    const char *version = entry_value(exec, "apiVersion");
    const char *mode = entry_value(exec, "interactiveMode");

    if (version == NULL || (strcmp(version, V1) != 0 && strcmp(version, V1 "beta1") != 0))
        return "needs apiVersion " V1 " or " V1 "beta1; correct it, and update the plugin if it is older";
    if (entry_value(exec, "command") == NULL)
        return "has no command; add it";
    if (mode == NULL && strcmp(version, V1) != 0) /* only v1 demands it */
        return NULL;
    if (mode == NULL || (strcmp(mode, "IfAvailable") != 0 && strcmp(mode, "Never") != 0))
        return "needs interactiveMode IfAvailable or Never, as no terminal is offered here (that Always needs); change "
               "it, or give option token-file";
    return NULL;
}

/* ---- Lists ---- */

/* "" is a value here, and so is "null". NULL if it is no text. */
static const char *scalar(const yaml_node_t *node)
{
    const char *value = node != NULL && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;

    return value != NULL && strlen(value) == node->data.scalar.length ? value : NULL;
}

/* args has texts, env mappings with name and value. */
static int copy_item(struct yaml_file *file, const yaml_node_t *item, bool pair, char **target)
{
    const char *name = pair ? yaml_text(yaml_get(file, item, "name")) : "";
    const char *value = scalar(pair ? yaml_get(file, item, "value") : item);

    if (name == NULL || strchr(name, '=') != NULL || value == NULL)
        return LEADERLIFE_ECONFIG;
    if (asprintf(target, "%s%s%s", name, pair ? "=" : "", value) >= 0)
        return LEADERLIFE_OK;
    *target = NULL;
    return LEADERLIFE_ENOMEM;
}

/* Into an array ended by NULL, behind `first`, which it takes, if there is one. */
static int copy_list(const struct entry *exec, const char *key, char *first, char ***ret)
{
    size_t used = first != NULL; /* of args alone */
    const yaml_node_t *list = yaml_get(exec->file, exec->node, key);
    bool none = list == NULL || (list->type == YAML_SCALAR_NODE && yaml_text(list) == NULL);
    size_t count = 0;
    int status = LEADERLIFE_OK;

    if (!none && list->type == YAML_SEQUENCE_NODE)
        count = (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
    else if (!none)
        status = LEADERLIFE_ECONFIG;
    *ret = calloc(used + count + 1, sizeof **ret);
    if (*ret == NULL) {
        free(first);
        return LEADERLIFE_ENOMEM;
    }
    (*ret)[0] = first;
    for (size_t i = 0; status == LEADERLIFE_OK && i < count; i++) {
        yaml_node_item_t item = list->data.sequence.items.start[i];

        status =
            copy_item(exec->file, yaml_document_get_node(&exec->file->document, item), used == 0, &(*ret)[used + i]);
    }
    return status;
}

static void free_list(char **list)
{
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        secret_free(list[i]); /* some give a password there */
    free(list);
}

void kubeconfig_exec_free(struct kubeconfig_exec *exec)
{
    if (exec == NULL)
        return;
    free_list(exec->argv);
    free_list(exec->env);
    free(exec->hint);
    free(exec);
}

/* ---- The whole ---- */

static int fill(struct kubeconfig_exec *made, const struct entry *exec)
{
    const char *given = entry_value(exec, "command");
    const char *hint = entry_value(exec, "installHint");
    char *command = NULL;
    int status;

    /* A bare name is searched for, a path is relative to the file. */
    if (strchr(given, '/') == NULL)
        command = strdup(given);
    else
        (void)copy_path(exec, given, &command);
    if (command == NULL)
        return LEADERLIFE_ENOMEM;
    made->version = entry_value(exec, "apiVersion")[sizeof V1 - 1] == '\0' ? V1 : V1 "beta1";
    made->tell_cluster = !is_false(entry_value(exec, "provideClusterInfo"));
    status = copy_list(exec, "args", command, &made->argv);
    if (status == LEADERLIFE_OK)
        status = copy_list(exec, "env", NULL, &made->env);
    if (status != LEADERLIFE_OK || hint == NULL)
        return status;
    made->hint = strdup(hint);
    for (char *c = made->hint; c != NULL && *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    return made->hint != NULL ? LEADERLIFE_OK : LEADERLIFE_ENOMEM;
}

int take_exec(struct merge *merge, const struct entry *user, const yaml_node_t *node)
{
    const struct entry exec = {.file = user->file, .node = node, .kind = user->kind, .name = user->name};
    const char *fault = exec_fault(&exec);
    int status = LEADERLIFE_ECONFIG;

    if (fault == NULL) {
        merge->found.exec = calloc(1, sizeof *merge->found.exec);
        status = merge->found.exec == NULL ? LEADERLIFE_ENOMEM : fill(merge->found.exec, &exec);
    }
    if (status != LEADERLIFE_ECONFIG)
        return status;
    return FAIL(merge, status, "kubeconfig %s, user %s: exec %s", user->file->path, user->name,
                fault != NULL ? fault
                              : "has args that are no list of texts, or an env that is no list of name and value");
}
