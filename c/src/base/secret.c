/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and keys, wiped. Knows nothing of what they open.
 */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

void secret_free(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}
