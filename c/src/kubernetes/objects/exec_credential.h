/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a credential plugin answers.
 */
#ifndef LEADERLIFE_KUBERNETES_OBJECTS_EXEC_CREDENTIAL_H
#define LEADERLIFE_KUBERNETES_OBJECTS_EXEC_CREDENTIAL_H

#include <stddef.h>
#include <stdint.h>

/* What a credential plugin answers: a token, or cert and key as PEM, or all; NULL where it has none. */
struct exec_answer {
    char *token;
    char *cert;
    char *key;
    int64_t expires; /* seconds since 1970; INT64_MAX: not said */
};
/* NULL; or what the bytes are instead of an ExecCredential of that version with a credential, for a sentence like
 * "it gave ...". Names no secret, and keeps none in memory. */
const char *exec_answer_parse(const char *bytes, size_t size, const char *version, struct exec_answer *ret);
void exec_answer_clear(struct exec_answer *answer);

#endif
