/* SPDX-License-Identifier: Apache-2.0 */
/*
 * posix_spawn, a pipe and a pidfd.
 */
#include "io/child.h"

#include "base/secret.h"
#include "io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Linux 5.1 and 5.4; the C library and its headers may be older than the kernel. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif

enum { BY_PIDFD = 3 /* P_PIDFD */ };

void child_init(struct child *child, struct reactor *reactor)
{
    *child = (struct child){.reactor = reactor, .process.fd = -1, .output.fd = -1};
}

bool child_is_running(const struct child *child)
{
    return child->process.fd >= 0;
}

static void close_output(struct child *child, bool forked)
{
    if (child->output.fd < 0)
        return;
    if (!forked) /* a forked child shares the epoll with its parent */
        reactor_remove(child->reactor, &child->output);
    reactor_source_close(&child->output);
}

/* By the pidfd, never by the number: that may be another process's by now, if somebody else has reaped ours. 0 or an
 * errno. */
static int send_by(int pidfd, int signal)
{
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0 ? 0 : errno;
}

void child_kill(struct child *child)
{
    if (child_is_running(child) && reactor_has(child->reactor, &child->process))
        (void)send_by(child->process.fd, SIGKILL);
}

static int wait_for(int type, int id, siginfo_t *info, int more)
{
    int result;

    do
        result = waitid((idtype_t)type, (id_t)id, info, WEXITED | more);
    while (result != 0 && errno == EINTR);
    return result;
}

static void reap(struct child *child, int more)
{
    siginfo_t info = {0};
    bool ours = reactor_has(child->reactor, &child->process);

    child->end = CHILD_GONE;
    child->number = 0;
    if (!ours || wait_for(BY_PIDFD, child->process.fd, &info, more) != 0 || info.si_pid == 0)
        return;
    child->end = info.si_code == CLD_EXITED ? CHILD_EXITED : CHILD_SIGNALLED;
    child->number = info.si_status;
}

/* All that is there. Closed at its end, which need not be the process's. */
static void read_output(struct source *source, uint32_t events)
{
    struct child *child = source->owner;
    ssize_t got = 1;

    (void)events;
    while (reactor_source_is_ours(source) && got > 0 && !child->too_much) {
        do
            got = read(source->fd, child->bytes + child->size, child->max + 1 - child->size);
        while (got < 0 && errno == EINTR);
        if (got > 0)
            child->size += (size_t)got;
        child->too_much = child->size > child->max;
    }
    if (child->too_much)
        child_kill(child);
    if (child->too_much || got == 0 || (got < 0 && errno != EAGAIN))
        close_output(child, false);
}

/* Other processes that have the pipe, such as a child of the child, are not waited for. */
static void take_end(struct source *source, uint32_t events)
{
    struct child *child = source->owner;

    read_output(&child->output, events);
    if (child_is_running(child))
        reap(child, WNOHANG);
    close_output(child, false);
    reactor_close(child->reactor, &child->process, false);
    child->bytes[child->too_much ? 0 : child->size] = '\0';
}

void child_check(struct child *child)
{
    if (child_is_running(child) && !reactor_has(child->reactor, &child->process))
        take_end(&child->process, 0);
}

/* Signals as a fresh program expects them, whatever the host program has done with its own. All our descriptors are
 * close-on-exec. */
static int spawn(char *const *argv, char *const *envp, int output, pid_t *ret_pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error != 0)
        goto out;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    /* First stdout, then stdin: if the program has closed its stdin, the pipe's end may have the number 0. */
    error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawnp(ret_pid, argv[0], &actions, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
out:
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* A pidfd by which it can be stopped, too; or -errno. Old kernels have none, and seccomp profiles that do not know it
 * forbid it, each of its two calls by itself. */
static int open_process(struct child *child, pid_t pid)
{
    int process = process_open(pid);
    int error = process < 0 ? -process : send_by(process, 0);

    if (error == 0 || (process >= 0 && error == ESRCH))
        return process;
    if (process >= 0)
        close(process);
    child->unwatchable = error == ENOSYS || error == EPERM || error == EACCES;
    return -error;
}

/* 0 or an errno; then it is stopped. */
static int await_process(struct child *child, pid_t pid)
{
    siginfo_t info;
    int process = open_process(child, pid);

    if (process < 0) {
        if (process != -ESRCH) { /* it runs, but there is no pidfd: it is forbidden, or no descriptor is left */
            kill(pid, SIGKILL);
            (void)wait_for(P_PID, pid, &info, 0);
        }
        return -process;
    }
    child->process.fd = process;
    int error = reactor_add(child->reactor, &child->process, EPOLLIN);
    if (error != 0) {
        (void)send_by(child->process.fd, SIGKILL);
        (void)wait_for(BY_PIDFD, child->process.fd, &info, 0);
        close(child->process.fd);
        child->process.fd = -1;
    }
    return error;
}

static int await(struct child *child, pid_t pid, int output)
{
    child->output = (struct source){.fd = output, .file = file_id_of(output), .ready = read_output, .owner = child};
    child->process = (struct source){.fd = -1, .ready = take_end, .owner = child};
    int error = await_process(child, pid);
    if (error == ESRCH) { /* the host program has reaped it: it has ended, and all output is there */
        child->end = CHILD_GONE;
        take_end(&child->process, 0);
        return 0;
    }
    if (error == 0)
        error = reactor_add(child->reactor, &child->output, EPOLLIN);
    if (error != 0)
        child_free(child, false);
    return error;
}

int child_start(struct child *child, char *const *argv, char *const *envp, size_t max)
{
    int ends[2];
    int error;
    pid_t pid = 0;

    child_wipe(child);
    child->too_much = child->unwatchable = false;
    child->max = max;
    child->bytes = malloc(max + 1);
    if (child->bytes == NULL)
        return ENOMEM;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        error = errno;
        goto out;
    }
    error = fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0 ? errno : spawn(argv, envp, ends[1], &pid);
    close(ends[1]);
    if (error == 0)
        error = await(child, pid, ends[0]);
    else
        close(ends[0]);
out:
    if (error != 0)
        child_wipe(child);
    return error;
}

void child_wipe(struct child *child)
{
    if (child->bytes != NULL)
        secret_wipe(child->bytes, child->size);
    free(child->bytes);
    child->bytes = NULL;
    child->size = 0;
}

void child_free(struct child *child, bool forked)
{
    if (child_is_running(child) && !forked) {
        child_kill(child);
        reap(child, 0); /* takes a moment only: nobody can refuse SIGKILL */
    }
    close_output(child, forked);
    reactor_close(child->reactor, &child->process, forked);
    child_wipe(child);
}
