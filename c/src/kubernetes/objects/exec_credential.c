/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ExecCredential objects: what a credential plugin answers.
 */
#include "kubernetes/objects/exec_credential.h"

#include "base/secret.h"
#include "base/time_text.h"
#include "kubernetes/objects/document.h"
#include "kubernetes/objects/json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies it and wipes the original; NULL if it is no text or "", or without memory. */
static char *take_text(const json_t *status, const char *key)
{
    const char *text = json_text(json_member(status, key));
    char *copy = text != NULL && text[0] != '\0' ? strdup(text) : NULL;

    if (text != NULL)
        secret_wipe((char *)(uintptr_t)text, strlen(text));
    return copy;
}

static const char *take_status(const json_t *status, struct exec_answer *answer)
{
    const json_t *expires = json_member(status, "expirationTimestamp");

    answer->expires = INT64_MAX;
    answer->token = take_text(status, "token");
    answer->cert = take_text(status, "clientCertificateData");
    answer->key = take_text(status, "clientKeyData");
    if (expires != NULL && !time_parse(json_text(expires), &answer->expires))
        return "an expirationTimestamp that is not as RFC 3339 writes it";
    if ((answer->cert == NULL) != (answer->key == NULL) || (answer->token == NULL && answer->cert == NULL))
        return "neither a token nor both clientCertificateData and clientKeyData";
    return NULL;
}

const char *exec_answer_parse(const char *bytes, size_t size, const char *version, struct exec_answer *ret)
{
    struct document *document = document_parse(bytes, size);
    const json_t *root = json_of(document);
    struct exec_answer answer = {0};
    const char *fault;

    if (json_member_is(root, "kind", "ExecCredential") && json_member_is(root, "apiVersion", version))
        fault = take_status(json_member(root, "status"), &answer);
    else
        fault = "no ExecCredential of the apiVersion that the kubeconfig names";
    document_free(document);
    if (fault == NULL)
        *ret = answer;
    else
        exec_answer_clear(&answer);
    return fault;
}

void exec_answer_clear(struct exec_answer *answer)
{
    secret_free(answer->token);
    free(answer->cert);
    secret_free(answer->key);
    *answer = (struct exec_answer){0};
}
