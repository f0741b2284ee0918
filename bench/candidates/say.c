/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says `leader` with CLOCK_MONOTONIC in milliseconds, and stays until it is killed: the program that `leaderlife run`,
 * flock(1) and `etcdctl lock` start.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    printf("leader %.3f\n", (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6);
    fflush(stdout);
    for (;;)
        pause();
}
