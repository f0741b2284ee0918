/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claims of a service account's token, which name the pod. The bytes are the middle part as it is before it is
 * written in base64, and then the whole token as it stands.
 */
#include "fuzz/fuzz.h"

#include "base/base64.h"
#include "kubernetes/objects/token_claims.h"

static void try_token(const char *token)
{
    struct identity_found found;

    if (token_claims_identity(token, &found)) {
        fuzz_check(memchr(found.namespace_, '\0', sizeof found.namespace_) != NULL, "a namespace ends");
        fuzz_check(memchr(found.pod.name, '\0', sizeof found.pod.name) != NULL, "a name ends");
        fuzz_check(memchr(found.pod.uid, '\0', sizeof found.pod.uid) != NULL, "a UID ends");
    }
}

static char *of_url(char *text)
{
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    text[strcspn(text, "=")] = '\0';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *whole = fuzz_text(bytes, size);
    char *encoded = base64_encode(whole, size);
    char *token = NULL;

    if (encoded == NULL || asprintf(&token, "e30.%s.x", of_url(encoded)) < 0)
        abort();
    try_token(token);
    try_token(whole);
    free(token);
    free(encoded);
    free(whole);
    return 0;
}
