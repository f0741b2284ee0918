/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel sends SIGPIPE to the thread that has written: so it is enough to block it there, and to take what is
 * pending before it is let in again.
 */
#include "io/http/sigpipe.h"

#include "io/http/curl_features.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>

#if LIBCURL_VERSION_NUM >= CURL_NUMBER(7, 88)

void sigpipe_hold(struct sigpipe *held)
{
    (void)held;
}

void sigpipe_release(const struct sigpipe *held)
{
    (void)held;
}

#else

static sigset_t only_sigpipe(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

static bool is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

void sigpipe_hold(struct sigpipe *held)
{
    const sigset_t set = only_sigpipe();

    held->pending = is_pending();
    if (pthread_sigmask(SIG_BLOCK, &set, &held->mask) != 0)
        sigemptyset(&held->mask);
}

void sigpipe_release(const struct sigpipe *held)
{
    const struct timespec at_once = {0};
    const sigset_t set = only_sigpipe();

    if (!held->pending && is_pending())
        (void)sigtimedwait(&set, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &held->mask, NULL);
}

#endif
