/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people are told to do about a missing right: the rule that their Role needs.
 */
#include "kubernetes/api/missing_right.h"

#include "base/text.h"

const char *api_verb_name(enum api_verb verb)
{
    static const char *const verbs[] = {"get", "list", "watch", "create", "update", "delete"};
    return verbs[verb];
}

/* `create` cannot carry resourceNames, and pods and nodes have no name that a Role could know. */
void api_append_rule(char *text, size_t size, const char *resource, enum api_verb verb, const char *name)
{
    bool named = resource != api_pods && resource != api_nodes && verb != API_CREATE;

    text_append(text, size, ": add to its %s the rule {apiGroups: [%s], resources: [%s], ",
                resource == api_nodes ? "ClusterRole" : "Role", resource == api_leases ? "coordination.k8s.io" : "\"\"",
                resource);
    if (named)
        text_append(text, size, "resourceNames: [%s], ", name);
    text_append(text, size, "verbs: [%s]}", api_verb_name(verb));
}
