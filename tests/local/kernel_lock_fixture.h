/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel lock of a name of its own for each test, and what a waiter finds. Knows nothing of elections.
 */
#ifndef LEADERLIFE_TESTS_KLOCK_FIXTURE_H
#define LEADERLIFE_TESTS_KLOCK_FIXTURE_H

#include "local/holders.h"

static struct kernel_lock_name name;

static inline int set_up(void **state)
{
    (void)state;
    kernel_lock_make_name(&name, "leaderlife", "0", fresh_lock_name());
    return 0;
}

static inline int connect_to_holder(void)
{
    struct kernel_lock_peer peer;
    int fd;

    assert_int_equal(kernel_lock_wait(&name, &fd, &peer), 0);
    return fd;
}

static inline void assert_refused(void)
{
    struct kernel_lock_peer peer;
    int fd = -7;

    assert_int_equal(kernel_lock_wait(&name, &fd, &peer), ECONNREFUSED);
    assert_int_equal(fd, -7);
}

#endif
