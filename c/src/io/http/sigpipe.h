/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps SIGPIPE away while curl may write to a connection that its peer has closed: before 7.88 it lets OpenSSL do that
 * by write(2), and the signal would end the host program. Only the calling thread's mask is touched, and only
 * meanwhile; no handler is. Knows nothing of what curl does.
 */
#ifndef LEADERLIFE_IO_HTTP_SIGPIPE_H
#define LEADERLIFE_IO_HTTP_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

struct sigpipe {
    sigset_t mask; /* as it was */
    bool pending;  /* it was there before: somebody else's */
};

void sigpipe_hold(struct sigpipe *held);

/* What has come meanwhile is dropped. */
void sigpipe_release(const struct sigpipe *held);

#endif
