/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and keys, wiped.
 */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

/* What explicit_bzero(3) does, which C libraries have had only since 2017, glibc since 2.25: the compiler cannot leave
 * it out, since for all it knows the assembly reads those bytes. */
void secret_wipe(void *bytes, size_t size)
{
    memset(bytes, 0, size);
    __asm__ __volatile__("" : : "r"(bytes) : "memory");
}

void secret_free(char *secret)
{
    if (secret != NULL)
        secret_wipe(secret, strlen(secret));
    free(secret);
}
