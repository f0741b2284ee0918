/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claims of a bound service account token: whose pod it was made for. They are not verified, and need not be:
 * the token is our own, and the server judges it.
 */
#include "kubernetes/objects/token_claims.h"

#include "base/base64.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/json.h"

#include <stdlib.h>
#include <string.h>

enum { PAYLOAD_MAX = 64 << 10 };

/* The middle one of three parts; NULL if the token is no JWT. */
static struct document *parse_payload(const char *token)
{
    const char *first = strchr(token, '.');
    const char *second = first == NULL ? NULL : strchr(first + 1, '.');
    struct document *payload = NULL;
    size_t size = 0;
    char *bytes;

    if (second == NULL || strchr(second + 1, '.') != NULL || second - first > PAYLOAD_MAX)
        return NULL;
    bytes = base64_decode(first + 1, (size_t)(second - first - 1), true, &size);
    if (bytes != NULL)
        payload = document_parse(bytes, size);
    free(bytes);
    return payload;
}

bool token_claims_identity(const char *token, struct identity_found *ret)
{
    struct identity_found found = {0};
    struct document *payload = token == NULL ? NULL : parse_payload(token);
    const json_t *claims = payload == NULL ? NULL : json_member(json_of(payload), "kubernetes.io");
    const json_t *pod = claims == NULL ? NULL : json_member(claims, "pod");
    bool is_bound = json_is_object(claims);

    if (is_bound) {
        (void)json_member_text(claims, "namespace", found.namespace_, sizeof found.namespace_);
        (void)json_member_text(pod, "name", found.pod.name, sizeof found.pod.name);
        (void)json_member_text(pod, "uid", found.pod.uid, sizeof found.pod.uid);
        *ret = found;
    }
    document_free(payload);
    return is_bound;
}
