/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ExecCredential objects: what a credential plugin answers. Must not know how it is run.
 */
#include "base/secret.h"
#include "kubernetes/objects_json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* RFC 3339, as seconds since 1970. */
static bool parse_time(const char *text, int64_t *ret)
{
    struct tm tm = {0};
    const char *rest = text != NULL ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    long east;

    if (rest == NULL)
        return false;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (strcmp(rest, "Z") != 0) {
        if (strlen(rest) != 6 || strptime(rest, "%z", &tm) != rest + 6)
            return false;
    }
    east = tm.tm_gmtoff;
    *ret = (int64_t)timegm(&tm) - east;
    return true;
}

/* Copies it and wipes the original; NULL if it is no text or "", or without memory. */
static char *take_text(const json_t *status, const char *key)
{
    const char *text = text_of(member(status, key));
    char *copy = text != NULL && text[0] != '\0' ? strdup(text) : NULL;

    if (text != NULL)
        explicit_bzero((char *)(uintptr_t)text, strlen(text));
    return copy;
}

static const char *take_status(const json_t *status, struct exec_answer *answer)
{
    const json_t *expires = member(status, "expirationTimestamp");

    answer->expires = INT64_MAX;
    answer->token = take_text(status, "token");
    answer->cert = take_text(status, "clientCertificateData");
    answer->key = take_text(status, "clientKeyData");
    if (expires != NULL && !parse_time(text_of(expires), &answer->expires))
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

    if (member_is(root, "kind", "ExecCredential") && member_is(root, "apiVersion", version))
        fault = take_status(member(root, "status"), &answer);
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
