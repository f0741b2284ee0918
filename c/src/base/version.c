/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The version of the library that runs. The build gives it; CMakeLists.txt is its one place.
 */
#include <leaderlife/leaderlife.h>

const char *leaderlife_version(void)
{
    return LEADERLIFE_VERSION_STRING;
}

int leaderlife_version_number(void)
{
    return LEADERLIFE_VERSION_NUMBER;
}
