/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON that only a diagnosis reads and writes. Must not know what is concluded from it.
 */
#include "kubernetes/objects/access_review.h"

#include "base/text.h"
#include "kubernetes/objects/json.h"

#include <stdlib.h>
#include <string.h>

char *access_review_body(const char *namespace_, const char *verb, const char *group, const char *resource,
                         const char *name)
{
    return json_dump_and_release(json_pack("{s:s, s:s, s:{s:{s:s, s:s, s:s, s:s, s:s}}}", "apiVersion",
                                           "authorization.k8s.io/v1", "kind", "SelfSubjectAccessReview", "spec",
                                           "resourceAttributes", "namespace", namespace_, "verb", verb, "group", group,
                                           "resource", resource, "name", name));
}

bool access_review_answer(const struct document *document, bool *ret_allowed)
{
    const json_t *allowed = json_member(json_member(json_of(document), "status"), "allowed");

    *ret_allowed = json_is_true(allowed);
    return json_is_boolean(allowed);
}

void object_server_version(const struct document *document, char *target, size_t size, int *ret_minor)
{
    const json_t *root = json_of(document);
    const char *minor = json_text(json_member(root, "minor")); /* may end in "+" */

    text_copy(target, size, "?");
    json_member_text(root, "gitVersion", target, size);
    text_printable(target);
    *ret_minor = minor != NULL && json_member_is(root, "major", "1") ? atoi(minor) : 0;
}

/* pod-template-hash, controller-revision-hash; statefulset.kubernetes.io/pod-name, apps.kubernetes.io/pod-index. */
static bool is_of_one(const char *label)
{
    return strstr(label, "-hash") != NULL || strstr(label, "kubernetes.io/pod-") != NULL;
}

void object_pod_selector(const struct document *document, char *target, size_t size)
{
    json_t *labels = json_member(json_member(json_of(document), "metadata"), "labels");
    const char *key;
    json_t *value;

    target[0] = '\0';
    json_object_foreach(labels, key, value) {
        const char *text = json_text(value);
        if (text != NULL && !is_of_one(key))
            text_append(target, size, "%s%s=%s", target[0] ? "," : "", key, text);
    }
    if (strlen(target) + 1 >= size) /* cut off */
        target[0] = '\0';
}
