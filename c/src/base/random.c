/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers, of the kernel's.
 */
#include "base/random.h"

#include <linux/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

uint32_t random_number(void)
{
    uint32_t random;
    struct timespec now;

    /* The system call itself: C libraries have had a function for it only since 2017, glibc since 2.25. */
    if (syscall(SYS_getrandom, &random, sizeof random, GRND_NONBLOCK) == (long)sizeof random)
        return random;
    /* Early in a boot the kernel may have none yet. They serve for jitter and names, never for secrets. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)now.tv_nsec * 2654435761u ^ (uint32_t)getpid();
}
