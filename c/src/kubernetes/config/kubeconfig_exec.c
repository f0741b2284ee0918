/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The section `exec` of a kubeconfig's user: which credential plugin is to be run, and how.
 */
#include "kubernetes/config/kubeconfig_exec.h"

#include "base/secret.h"
#include "kubernetes/config/kubeconfig_entry.h"
#include "kubernetes/config/kubeconfig_path.h"

#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V1 "client.authentication.k8s.io/v1"

/* One that is not needed, beside a token, must be right all the same: kubectl judges it as well. */
static const char *exec_fault(const struct entry *exec, bool needed)
{
    const char *version = kubeconfig_entry_value(exec, "apiVersion");
    const char *mode = kubeconfig_entry_value(exec, "interactiveMode");
    const struct tree *env = yaml_tree_get(exec->map, "env");

    if (version == NULL || (strcmp(version, V1) != 0 && strcmp(version, V1 "beta1") != 0))
        return "needs apiVersion " V1 " or " V1 "beta1; correct it, and update the plugin if it is older";
    if (kubeconfig_entry_value(exec, "command") == NULL)
        return "has no command; add it";
    for (size_t i = 0; env != NULL && i < env->count; i++)
        if (yaml_tree_text(yaml_tree_get(env->pairs[i].value, "name")) == NULL)
            return "has an env entry without a name; add the name, or remove the entry";
    if (mode == NULL && strcmp(version, V1) != 0) /* only v1 demands interactiveMode */
        return NULL;
    if (mode != NULL && (strcmp(mode, "IfAvailable") == 0 || strcmp(mode, "Never") == 0))
        return NULL;
    if (mode != NULL && strcmp(mode, "Always") == 0 && !needed)
        return NULL;
    return "needs interactiveMode IfAvailable or Never, as no terminal is offered here (that Always needs); change it, "
           "or "
           "give option token-file";
}

/* ---- Lists ---- */

/* What is null is "", as with kubectl. */
static const char *text_of(const struct tree *value)
{
    const char *text = yaml_tree_text(value);

    return text != NULL ? text : "";
}

/* args has texts, env maps with name and value. */
static bool copy_item(const struct tree *item, bool pair, char **target)
{
    const char *name = pair ? text_of(yaml_tree_get(item, "name")) : "";

    if (asprintf(target, "%s%s%s", name, pair ? "=" : "", text_of(pair ? yaml_tree_get(item, "value") : item)) >= 0)
        return true;
    *target = NULL;
    return false;
}

/* Into an array ended by NULL, behind `first`, which it takes, if there is one. */
static bool copy_list(const struct tree *list, char *first, char ***ret)
{
    size_t used = first != NULL; /* 1 for args, behind the command */
    size_t count = list == NULL ? 0 : list->count;

    *ret = calloc(used + count + 1, sizeof **ret);
    if (*ret == NULL) {
        free(first);
        return false;
    }
    (*ret)[0] = first;
    for (size_t i = 0; i < count; i++)
        if (!copy_item(list->pairs[i].value, used == 0, &(*ret)[used + i]))
            return false;
    return true;
}

/* Of a variable that is there twice the last counts, as with kubectl. */
static void drop_repeated(char **list)
{
    size_t used = 0;

    for (size_t i = 0; list[i] != NULL; i++) {
        size_t length = strcspn(list[i], "=") + 1;
        bool again = false;

        for (size_t j = i + 1; list[j] != NULL && !again; j++)
            again = strncmp(list[i], list[j], length) == 0;
        if (again)
            secret_free(list[i]);
        else
            list[used++] = list[i];
    }
    while (list[used] != NULL)
        list[used++] = NULL;
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
    const char *given = kubeconfig_entry_value(exec, "command");
    const char *hint = kubeconfig_entry_value(exec, "installHint");
    char *command = NULL;

    /* A bare name is searched for, a path is relative to the file. */
    if (strchr(given, '/') == NULL)
        command = strdup(given);
    else
        (void)kubeconfig_path_copy(exec, given, &command);
    if (command == NULL)
        return LEADERLIFE_ENOMEM;
    made->version = kubeconfig_entry_value(exec, "apiVersion")[sizeof V1 - 1] == '\0' ? V1 : V1 "beta1";
    made->tell_cluster = kubeconfig_entry_flag(exec, "provideClusterInfo");
    if (!copy_list(yaml_tree_get(exec->map, "args"), command, &made->argv) ||
        !copy_list(yaml_tree_get(exec->map, "env"), NULL, &made->env))
        return LEADERLIFE_ENOMEM;
    drop_repeated(made->env);
    if (hint == NULL)
        return LEADERLIFE_OK;
    made->hint = strdup(hint);
    for (char *c = made->hint; c != NULL && *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    return made->hint != NULL ? LEADERLIFE_OK : LEADERLIFE_ENOMEM;
}

int kubeconfig_exec_take(struct merge *merge, const struct entry *user, const struct tree *map, bool needed)
{
    const struct entry exec = {.file = user->file, .map = map, .kind = user->kind, .name = user->name};
    const char *fault = exec_fault(&exec, needed);

    if (fault != NULL)
        return FAIL(merge, LEADERLIFE_ECONFIG, "kubeconfig %s, user %s: exec %s", user->file->path, user->name, fault);
    if (!needed)
        return LEADERLIFE_OK;
    if (merge->has_plugin_settings && kubeconfig_entry_flag(&exec, "provideClusterInfo"))
        return FAIL(
            merge, LEADERLIFE_ENOTSUP,
            "kubeconfig %s, user %s: exec wants the cluster's extension client.authentication.k8s.io/exec, which "
            "is not handed on; give the plugin its settings by args or env",
            user->file->path, user->name);
    merge->found.exec = calloc(1, sizeof *merge->found.exec);
    return merge->found.exec == NULL ? LEADERLIFE_ENOMEM : fill(merge->found.exec, &exec);
}
