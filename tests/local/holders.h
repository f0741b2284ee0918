/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the kernel lock share: names of their own, and holders that are other processes. A child dies
 * with its parent, so no test leaves a process behind. Include after cmocka.h.
 */
#ifndef TESTS_LOCAL_HOLDERS_H
#define TESTS_LOCAL_HOLDERS_H

#include "io/kernel_lock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANG_MS = 20000, NOBODY = 65534 };

/* Abstract names are common to the network namespace: other runs of the tests must not meet ours. */
static inline const char *fresh_lock_name(void)
{
    static char name[64];
    static unsigned count;

    snprintf(name, sizeof name, "test-%ld-%u", (long)getpid(), count++);
    return name;
}

/* A socket bound to the name, listening with that queue; not listening if it is negative. Not the way of a holder: for
 * what the kernel lets others do. */
static inline int bind_raw(const struct kernel_lock_name *name, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name->bytes);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path + 1, name->bytes, length);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0)
        return -1;
    if (backlog >= 0 && listen(fd, backlog) != 0)
        return -1;
    return fd;
}

/* Forks a child that lives until it is killed or its parent dies. In the child: 0. */
static inline pid_t fork_child(void)
{
    pid_t parent = getpid();
    pid_t child = fork();

    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
    }
    return child;
}

static inline void kill_child(pid_t child)
{
    int status;

    kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
}

/* A child tells that it is where the test wants it, and waits for its end. */
static inline void report_and_wait(int writer, bool good)
{
    if (write(writer, good ? "y" : "n", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static inline void wait_for_report(int reader)
{
    struct pollfd wait_for = {.fd = reader, .events = POLLIN};
    char byte = '\0';

    assert_int_equal(poll(&wait_for, 1, HANG_MS), 1);
    assert_int_equal(read(reader, &byte, 1), 1);
    assert_int_equal(byte, 'y');
}

/* Another process that holds the lock until it is killed. As another user if `user` is not the present one. */
static inline pid_t start_holder(const struct kernel_lock_name *name, uid_t user)
{
    int ends[2];
    pid_t child;
    int fd;

    assert_int_equal(pipe(ends), 0);
    child = fork_child();
    if (child == 0) {
        bool good = user == geteuid() || setresuid(user, user, user) == 0;

        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of user clears it */
        report_and_wait(ends[1], good && kernel_lock_acquire(name, &fd) == 0);
    }
    close(ends[1]);
    wait_for_report(ends[0]);
    close(ends[0]);
    return child;
}

/* Another process that listens with that queue, without a word of whose the socket is. */
static inline pid_t start_raw_holder(const struct kernel_lock_name *name, int backlog)
{
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork_child();
    if (child == 0)
        report_and_wait(ends[1], bind_raw(name, backlog) >= 0);
    close(ends[1]);
    wait_for_report(ends[0]);
    close(ends[0]);
    return child;
}

/* A child that was forked from us, keeps our descriptors, and does not exec. */
static inline pid_t start_child_without_exec(void)
{
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork_child();
    if (child == 0)
        report_and_wait(ends[1], true);
    close(ends[1]);
    wait_for_report(ends[0]);
    close(ends[0]);
    return child;
}

/* Whether some socket listens under that name; whether some socket has it, listening or not. */
static inline int is_listening(const struct kernel_lock_name *name)
{
    struct unix_socket seen;
    int found = kernel_lock_look(name, 0, &seen);

    return found == 1 ? seen.listens : found;
}

static inline int is_bound(const struct kernel_lock_name *name)
{
    struct unix_socket seen;

    return kernel_lock_look(name, 0, &seen);
}

/* Fills the queue of whoever listens; false if it has no end. Every connection is closed: a probe that went stays. */
static inline bool fill_queue(const struct kernel_lock_name *name)
{
    for (int i = 0; i < 100000; i++) {
        struct kernel_lock_peer peer;
        int fd;
        int error = kernel_lock_wait(name, &fd, &peer);

        if (error == EAGAIN)
            return true;
        if (error != 0)
            return false;
        close(fd);
    }
    return false;
}

#endif
