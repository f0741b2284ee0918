/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads environment variables, and tells whether the caller of this program may choose what they say.
 */
#include "backend/environment.h"

#include <stdlib.h>
#include <sys/auxv.h>

const char *environment_variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

bool environment_is_privileged(void)
{
    return getauxval(AT_SECURE) != 0;
}
