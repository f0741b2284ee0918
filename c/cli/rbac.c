/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaderlife rbac: prints the least rights that candidates of a lock need, as YAML. It asks no cluster.
 */
#include "cli/cli.h"

#include "base/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME = TEXT_NAME, QUOTED = TEXT_NAME + 16, HASH_DIGITS = 16 };

static const char group[] = "rbac.authorization.k8s.io";

/* ---- Names ---- */

/* Words that YAML 1.1 reads as something else than text. */
static bool is_yaml_word(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], text) == 0)
            return true;
    return false;
}

/* Kubernetes' names need no escapes, but may look like numbers. */
static const char *quoted(char *target, size_t size, const char *name)
{
    bool plain = islower((unsigned char)name[0]) && !is_yaml_word(name);

    text_format(target, size, plain ? "%s" : "\"%s\"", name);
    return target;
}

/* One that is too long is cut, and ends in a hash of the whole. */
static void make_name(char *target, size_t size, const char *lock, const char *what, const char *namespace_)
{
    char whole[2 * NAME];

    text_format(whole, sizeof whole, "%s-%s%s%s", lock, what, namespace_[0] != '\0' ? "-" : "", namespace_);
    if (text_copy(target, size, whole))
        return;
    size_t kept = size - 2 - HASH_DIGITS;
    while (kept > 0 && !isalnum((unsigned char)target[kept - 1]))
        kept--;
    target[kept] = '\0';
    text_append(target, size, "-%016" PRIx64, text_hash(whole));
}

static const char *given(const struct arguments *arguments, const char *flag)
{
    const char *value = argument(arguments, flag);

    return value != NULL ? value : "";
}

/* Both spellings. */
static const char *service_account(const struct arguments *arguments)
{
    return argument(arguments, argument_given(arguments, "serviceaccount") ? "serviceaccount" : "service-account");
}

/* ---- What is printed ---- */

static void print_head(const char *kind, const char *name, const char *namespace_)
{
    char text[QUOTED];

    printf("apiVersion: %s/v1\nkind: %s\nmetadata:\n  name: %s\n", group, kind, quoted(text, sizeof text, name));
    if (namespace_[0] != '\0')
        printf("  namespace: %s\n", quoted(text, sizeof text, namespace_));
}

static void print_rule(const char *api_group, const char *resource, const char *name, const char *verbs)
{
    char text[QUOTED];

    printf("- apiGroups: [%s]\n  resources: [%s]\n", api_group, resource);
    if (name[0] != '\0')
        printf("  resourceNames: [%s]\n", quoted(text, sizeof text, name));
    printf("  verbs: [%s]\n", verbs);
}

static void print_binding(const char *kind, const char *name, const char *role, const char *namespace_,
                          const char *account)
{
    const char *refers = strcmp(kind, "RoleBinding") == 0 ? "Role" : "ClusterRole";
    char text[QUOTED];

    printf("---\n");
    print_head(kind, name, refers[0] == 'R' ? namespace_ : "");
    printf("roleRef:\n  apiGroup: %s\n  kind: %s\n  name: %s\n", group, refers, quoted(text, sizeof text, role));
    printf("subjects:\n- kind: ServiceAccount\n  name: %s\n", quoted(text, sizeof text, account));
    if (namespace_[0] != '\0')
        printf("  namespace: %s\n", quoted(text, sizeof text, namespace_));
}

static void print_role(const struct arguments *arguments, const char *namespace_)
{
    static const char leases[] = "coordination.k8s.io";
    char name[NAME];
    char record[NAME];

    make_name(name, sizeof name, arguments->lock, "election", "");
    text_format(record, sizeof record, "%s.leaderlife", arguments->lock);
    print_head("Role", name, namespace_);
    printf("rules:\n");
    print_rule("\"\"", "configmaps", "", "create"); /* create cannot be limited to a name */
    print_rule("\"\"", "configmaps", arguments->lock, "get, list, watch, update, delete");
    print_rule(leases, "leases", "", "create");
    print_rule(leases, "leases", record, "get, list, watch, update");
    print_rule("\"\"", "pods", "", "get, list, watch");
    if (argument_given(arguments, "events"))
        print_rule("\"\"", "events", "", "create");
    print_binding("RoleBinding", name, name, namespace_, service_account(arguments));
}

/* Nodes belong to no namespace; nor do these two, so the binding's name tells whose it is. */
static void print_cluster_role(const struct arguments *arguments, const char *namespace_)
{
    char role[NAME];
    char binding[NAME];

    make_name(role, sizeof role, arguments->lock, "nodes", "");
    make_name(binding, sizeof binding, arguments->lock, "nodes", namespace_);
    printf("---\n");
    print_head("ClusterRole", role, "");
    printf("rules:\n");
    print_rule("\"\"", "nodes", "", "get");
    print_binding("ClusterRoleBinding", binding, role, namespace_, service_account(arguments));
}

/* ---- What is given ---- */

static int refuse(const char *what, const char *value, const char *fault)
{
    log_say(TONE_ERROR, "'%.60s' cannot be %s: it %s", value, what, fault);
    return CLI_TROUBLE;
}

static int check(const struct arguments *arguments, const char *namespace_, bool nodes)
{
    const char *fault = text_dns_subdomain_fault(arguments->lock, TEXT_LOCK_MAX);

    if (fault != NULL)
        return refuse("the name of a lock", arguments->lock, fault);
    fault = text_dns_subdomain_fault(service_account(arguments), NAME - 1);
    if (fault != NULL)
        return refuse("the name of a service account", service_account(arguments), fault);
    fault = argument_given(arguments, "namespace") ? text_dns_label_fault(namespace_) : NULL;
    if (fault != NULL)
        return refuse("a namespace", namespace_, fault);
    if (!nodes || namespace_[0] != '\0')
        return CLI_OK;
    log_say(TONE_ERROR,
            "with this --node-policy a ClusterRoleBinding is needed, which names the namespace of the service "
            "account: give --namespace too");
    return CLI_TROUBLE;
}

int rbac_main(const struct arguments *arguments)
{
    const char *namespace_ = given(arguments, "namespace");
    bool nodes = strcmp(argument(arguments, "node-policy"), "strict") != 0;
    int status = check(arguments, namespace_, nodes);

    if (status != CLI_OK)
        return status;
    print_role(arguments, namespace_);
    if (nodes)
        print_cluster_role(arguments, namespace_);
    return CLI_OK;
}
