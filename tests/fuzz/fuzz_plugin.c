/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a credential plugin prints.
 */
#include "fuzz/fuzz.h"

#include "kubernetes/objects/exec_credential.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    struct exec_answer answer;
    const char *fault = exec_answer_parse(text, size, "client.authentication.k8s.io/v1", &answer);

    if (fault != NULL) {
        fuzz_check_text(fault);
    } else {
        fuzz_check(answer.token != NULL || answer.cert != NULL, "what is taken has a credential");
        fuzz_check((answer.cert == NULL) == (answer.key == NULL), "a certificate comes with its key");
        exec_answer_clear(&answer);
    }
    free(text);
    return 0;
}
