/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard: a fork that keeps one end of a pipe and a pidfd, and nothing else.
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Linux 5.1, 5.3 and 5.9; headers may be older than the kernel. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
enum { KEPT = 2 /* descriptors: 0 and 1 */ };

/* All but the first two. It must hold no lock, and nobody may wait for the end of its stderr. */
static void close_all(void)
{
    struct rlimit limit = {.rlim_cur = 1024};

    if (syscall(SYS_close_range, KEPT, ~0U, 0) == 0)
        return;
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    for (rlim_t fd = KEPT; fd < limit.rlim_cur && fd < 65536; fd++)
        close((int)fd);
}

/* Only what is async-signal-safe. Nothing but KILL ends it before its time: all signals that can be are blocked. */
static _Noreturn void watch(int pipe, int ward)
{
    sigset_t all;
    char byte;
    ssize_t got;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    setsid();
    (void)prctl(PR_SET_NAME, "lifeguard", 0, 0, 0);
    dup2(pipe, 0); /* neither is below 3: main() has seen to that */
    dup2(ward, 1);
    close_all();
    while ((got = read(0, &byte, 1)) < 0 && errno == EINTR)
        ;
    if (got == 0)
        (void)syscall(SYS_pidfd_send_signal, 1, SIGKILL, NULL, 0);
    _exit(0);
}

void guard_start(struct guard *guard, pid_t ward)
{
    int pipes[2];
    int pidfd = getpid() == 1 ? -1 : (int)syscall(SYS_pidfd_open, ward, 0);

    *guard = (struct guard){.pid = 0, .pipe = -1};
    if (pidfd < 0)
        return;
    if (pipe2(pipes, O_CLOEXEC) == 0) {
        guard->pid = fork();
        if (guard->pid == 0) {
            close(pipes[1]);
            watch(pipes[0], pidfd);
        }
        close(pipes[0]);
        guard->pipe = pipes[1];
    }
    close(pidfd);
    if (guard->pid < 0)
        guard_end(guard);
}

void guard_end(struct guard *guard)
{
    if (guard->pid > 0) {
        kill(guard->pid, SIGKILL); /* it has not been reaped, so the number is still its own */
        while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (guard->pipe >= 0)
        close(guard->pipe);
    *guard = (struct guard){.pid = 0, .pipe = -1};
}

void guard_reaped(struct guard *guard, pid_t pid)
{
    if (pid != guard->pid)
        return;
    guard->pid = 0;
    guard_end(guard);
}
