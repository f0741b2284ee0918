/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who this process is (P2): namespace, pod name and UID. All sources of a value are compared: one that differs means
 * that something was copied from another pod, and an election under a wrong identity could not be undone.
 */
#include "kubernetes/config/identity.h"

#include "backend/environment.h"
#include "base/text.h"
#include "io/address.h"
#include "kubernetes/objects/pod.h"
#include "kubernetes/objects/token_claims.h"

#include <leaderlife/leaderlife.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES_MAX = 4 };

#define CURE_UID                                                                                                       \
    "give the pod's UID by the downward API: in the container's env {name: POD_UID, valueFrom: {fieldRef: "            \
    "{fieldPath: "                                                                                                     \
    "metadata.uid}}}, or by option pod-uid"
#define CURE_NAME                                                                                                      \
    "give the pod's name by the downward API: in the container's env {name: POD_NAME, valueFrom: {fieldRef: "          \
    "{fieldPath: metadata.name}}}, or by option pod-name"
#define CURE_NAMESPACE                                                                                                 \
    "give the namespace by option namespace, or by the downward API: in the container's env {name: POD_NAMESPACE, "    \
    "valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}"

#define CURE_OBSERVED                                                                                                  \
    "give the namespace by option namespace, or in the kubeconfig's context: kubectl config set-context --current "    \
    "--namespace=NAME"

struct source {
    const char *value; /* NULL or "": it does not know */
    const char *name;
};

/* One value to find, with its sources in their order. */
struct quest {
    const char *what;
    const char *cure;
    const char *(*fault)(const char *value); /* what is wrong with a value; NULL */
    int status;                              /* of a value that is wrong */
    size_t count;
    struct source sources[SOURCES_MAX];
};

struct finding {
    char *text;
    size_t size;
};

static void add(struct quest *quest, const char *value, const char *name)
{
    if (value != NULL && value[0] != '\0')
        quest->sources[quest->count++] = (struct source){value, name};
}

static void add_option(struct quest *quest, const struct options *options, enum option option, const char *name)
{
    if (option_is_set(options, option))
        add(quest, option_text(options, option), name);
}

static int fail(const struct finding *finding, int status)
{
    text_printable(finding->text);
    return status;
}

/* The value of all sources; there is one at least. */
static int settle(const struct quest *quest, const struct finding *finding, char *target, size_t size)
{
    const struct source *first = &quest->sources[0];

    for (size_t i = 0; i < quest->count; i++) {
        const struct source *source = &quest->sources[i];
        const char *fault = quest->fault(source->value);

        if (fault != NULL) {
            text_format(finding->text, finding->size, "%s \"%.80s\" (from %s) cannot be one: it %s; %s", quest->what,
                        source->value, source->name, fault, quest->cure);
            return fail(finding, quest->status);
        }
        if (strcmp(source->value, first->value) != 0) {
            text_format(
                finding->text, finding->size,
                "two sources give two values for %s: \"%.254s\" (from %s) and \"%.254s\" (from %s); correct the "
                "one that is wrong or take it away",
                quest->what, first->value, first->name, source->value, source->name);
            return fail(finding, LEADERLIFE_EIDENTITY);
        }
    }
    if (text_copy(target, size, first->value))
        return LEADERLIFE_OK;
    text_format(finding->text, finding->size, "%s (from %s) is longer than %zu bytes; %s", quest->what, first->name,
                size - 1, quest->cure);
    return fail(finding, LEADERLIFE_EIDENTITY);
}

static int missing(const struct quest *quest, const struct finding *finding)
{
    text_format(finding->text, finding->size,
                "%s is not known: no option, no environment variable and no bound token "
                "says it; %s",
                quest->what, quest->cure);
    return LEADERLIFE_EIDENTITY;
}

/* ---- What values may look like ---- */

static const char *pod_name_fault(const char *value)
{
    return text_dns_subdomain_fault(value, TEXT_NAME - 1);
}

static const char *uid_fault(const char *value)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    if (strlen(value) >= TEXT_UID)
        return "is too long";
    return value[strspn(value, allowed)] == '\0' ? NULL : "may contain only letters, digits, '-', '_' and '.'";
}

/* ---- The three values ---- */

static int find_namespace(const struct options *options, const struct endpoint *endpoint,
                          const struct identity_found *claims, bool need_pod, const struct finding *finding,
                          struct identity_found *found)
{
    struct quest quest = {.what = "the namespace",
                          .cure = need_pod ? CURE_NAMESPACE : CURE_OBSERVED,
                          .fault = text_dns_label_fault,
                          .status = LEADERLIFE_ENAME};

    add_option(&quest, options, OPTION_NAMESPACE, "option namespace");
    /* An observer writes nothing and has no pod to keep to: it may look at another namespace than its own. */
    if (need_pod || quest.count == 0) {
        add(&quest, environment_variable("POD_NAMESPACE"), "POD_NAMESPACE");
        add(&quest, claims->namespace_, "the claims of the token");
        add(&quest, endpoint->service_account_namespace, "the service account's namespace file");
    }
    if (quest.count == 0)
        add(&quest, endpoint->context_namespace, "the kubeconfig's context");
    if (quest.count == 0)
        return missing(&quest, finding);
    return settle(&quest, finding, found->namespace_, sizeof found->namespace_);
}

static int find_name(const struct options *options, const struct identity_found *claims, const struct finding *finding,
                     struct identity_found *found)
{
    struct quest quest = {
        .what = "the pod's name", .cure = CURE_NAME, .fault = pod_name_fault, .status = LEADERLIFE_EIDENTITY};

    add_option(&quest, options, OPTION_POD_NAME, "option pod-name");
    add(&quest, environment_variable("POD_NAME"), "POD_NAME");
    add(&quest, claims->pod.name, "the claims of the token");
    if (quest.count == 0)
        return missing(&quest, finding);
    return settle(&quest, finding, found->pod.name, sizeof found->pod.name);
}

static int find_uid(const struct options *options, const struct identity_found *claims, const struct finding *finding,
                    struct identity_found *found)
{
    struct quest quest = {
        .what = "the pod's UID", .cure = CURE_UID, .fault = uid_fault, .status = LEADERLIFE_EIDENTITY};

    add_option(&quest, options, OPTION_POD_UID, "option pod-uid");
    add(&quest, environment_variable("POD_UID"), "POD_UID");
    add(&quest, claims->pod.uid, "the claims of the token");
    if (quest.count == 0)
        return missing(&quest, finding);
    return settle(&quest, finding, found->pod.uid, sizeof found->pod.uid);
}

int identity_find(struct identity_found *ret, const struct options *options, const struct endpoint *endpoint,
                  bool need_pod, char *text, size_t size)
{
    const struct finding finding = {.text = text, .size = size};
    struct identity_found claims = {0};
    struct identity_found found = {0};
    int status;

    (void)token_claims_identity(endpoint->token, &claims);
    status = find_namespace(options, endpoint, &claims, need_pod, &finding, &found);
    if (status == LEADERLIFE_OK && need_pod)
        status = find_name(options, &claims, &finding, &found);
    if (status == LEADERLIFE_OK && need_pod)
        status = find_uid(options, &claims, &finding, &found);
    if (status == LEADERLIFE_OK)
        *ret = found;
    return status;
}

/* ---- Where ---- */

bool identity_is_elsewhere(const struct pod_facts *pod)
{
    for (size_t i = 0; i < pod->address_count; i++) {
        if (address_place_of(pod->addresses[i]) != ADDRESS_NOT_HERE)
            return false;
    }
    return pod->address_count > 0;
}

void identity_place(const struct options *options, const struct pod_facts *pod, struct pod_view *ret)
{
    bool there = text_equal(pod->uid, ret->uid) && (ret->sign == POD_ALIVE || ret->sign == POD_WAIT);

    ret->elsewhere = there && !option_is(options, OPTION_POD_NETWORK, "any") && identity_is_elsewhere(pod);
}
