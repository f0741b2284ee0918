/* SPDX-License-Identifier: Apache-2.0 */
/* A program that uses the installed library, as little as it can. */
#include <leaderlife/leaderlife.h>
#include <stdio.h>

int main(void)
{
    printf("%s %d\n", leaderlife_version(), leaderlife_version_number());
    return 0;
}
