/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard: a fork that keeps one end of a socket pair and a pidfd, and nothing else.
 */
#include "guard.h"

#include "channel.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
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
static _Noreturn void watch(int channel, int ward)
{
    sigset_t all;
    char byte;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    setsid();
    (void)prctl(PR_SET_NAME, "lifeguard", 0, 0, 0);
    dup2(channel, 0); /* neither is below 3: main() has seen to that */
    dup2(ward, 1);
    close_all();
    if (write(0, "", 1) < 0 || channel_read(0, &byte, 1) == 0)
        (void)syscall(SYS_pidfd_send_signal, 1, SIGKILL, NULL, 0);
    _exit(0);
}

void guard_start(struct guard *guard, pid_t ward)
{
    int channel[2];
    char byte;
    int pidfd = getpid() == 1 ? -1 : (int)syscall(SYS_pidfd_open, ward, 0);

    *guard = (struct guard){.pid = 0, .channel = -1};
    if (pidfd < 0)
        return;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) == 0) {
        guard->pid = fork();
        if (guard->pid == 0) {
            close(channel[1]);
            watch(channel[0], pidfd);
        }
        close(channel[0]);
        guard->channel = channel[1];
    }
    close(pidfd);
    if (guard->pid < 0 || (guard->pid > 0 && channel_read(guard->channel, &byte, 1) != 1))
        guard_end(guard);
}

void guard_end(struct guard *guard)
{
    if (guard->pid > 0) {
        kill(guard->pid, SIGKILL); /* it has not been reaped, so the number is still its own */
        while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (guard->channel >= 0)
        close(guard->channel);
    *guard = (struct guard){.pid = 0, .channel = -1};
}

void guard_reaped(struct guard *guard, pid_t pid)
{
    if (pid != guard->pid)
        return;
    guard->pid = 0;
    guard_end(guard);
}
