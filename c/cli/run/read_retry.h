/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket pair between this process and one that it has forked.
 */
#ifndef LEADERLIFE_CLI_RUN_READ_RETRY_H
#define LEADERLIFE_CLI_RUN_READ_RETRY_H

#include <errno.h>
#include <unistd.h>

/* read(2), whatever signals come; async-signal-safe. */
static inline ssize_t channel_read(int fd, void *bytes, size_t size)
{
    ssize_t got;

    while ((got = read(fd, bytes, size)) < 0 && errno == EINTR)
        ;
    return got;
}

#endif
