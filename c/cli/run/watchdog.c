/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watchdog: a fork that keeps one end of a socket pair, a pidfd and the lock's descriptor, and nothing else.
 */
#include "cli/run/watchdog.h"

#include "cli/run/read_retry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Linux 5.1, 5.3, 5.9 and (to set close-on-exec) 5.11; headers may be older than the kernel. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
enum { CHANNEL, PROGRAM, LOCK, OTHERS /* descriptors of the watchdog */, MOST = 65536 };

/* Every open descriptor has a lower number than this. */
static int most_descriptors(void)
{
    struct rlimit limit = {.rlim_cur = 1024};

    (void)getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur < MOST ? (int)limit.rlim_cur : MOST;
}

/* Closes what it inherited: else a reader of a pipe (stderr, for example) would wait for the watchdog's end. */
static void close_from(int first)
{
    if (syscall(SYS_close_range, first, ~0U, 0) == 0)
        return;
    for (int fd = first, most = most_descriptors(); fd < most; fd++)
        close(fd);
}

/* The lock's descriptor, or -1. First close-on-exec is set on all; leaderlife_election_prepare_exec() clears it on
 * that one, and so shows it. */
static int lock_of(leaderlife_election *election)
{
    int most = most_descriptors();
    bool fenced = syscall(SYS_close_range, OTHERS, ~0U, CLOSE_RANGE_CLOEXEC) == 0;

    for (int fd = OTHERS; !fenced && fd < most; fd++)
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (leaderlife_election_prepare_exec(election) != LEADERLIFE_OK)
        return -1;
    for (int fd = OTHERS; fd < most; fd++)
        if (fcntl(fd, F_GETFD) == 0)
            return fd;
    return -1;
}

/* Kills the program and waits for its end. That may take time: the program may be another user's, or wait for a
 * disk. */
static void end_program(void)
{
    struct pollfd program = {.fd = PROGRAM, .events = POLLIN};

    (void)syscall(SYS_pidfd_send_signal, PROGRAM, SIGKILL, NULL, 0);
    while (poll(&program, 1, -1) < 0 && errno == EINTR)
        ;
}

/* Calls async-signal-safe functions only. It blocks all signals that can be blocked: only KILL ends it early. */
static _Noreturn void watch(int channel, int program, leaderlife_election *election)
{
    int lock = -1;
    sigset_t all;
    char byte;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    setsid();
    (void)prctl(PR_SET_NAME, "life-watchdog", 0, 0, 0);
    /* main() has made sure that the numbers 0 to 2 are not among ours */
    if (dup2(channel, CHANNEL) < 0 || dup2(program, PROGRAM) < 0 ||
        (election != NULL && ((lock = lock_of(election)) < 0 || dup2(lock, LOCK) < 0)))
        _exit(1); /* no byte is written, so watchdog_start() learns that there is no watchdog */
    close_from(lock < 0 ? LOCK : OTHERS);
    bool told = write(CHANNEL, "", 1) == 1;
    if (!told && errno != EPIPE) /* EPIPE: run has died already */
        _exit(1);
    if (!told || channel_read(CHANNEL, &byte, 1) == 0)
        end_program();
    _exit(0);
}

/* A pidfd of the program. -1 if there is none, or if it cannot be used: a seccomp profile may forbid each of the two
 * calls by itself. */
static int open_program(pid_t program)
{
    int pidfd = (int)syscall(SYS_pidfd_open, program, 0);

    if (pidfd < 0 || syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0 || errno == ESRCH)
        return pidfd;
    close(pidfd);
    return -1;
}

void watchdog_start(struct watchdog *watchdog, pid_t program, leaderlife_election *election)
{
    int channel[2];
    char byte;
    int pidfd = open_program(program);

    *watchdog = (struct watchdog){.pid = 0, .channel = -1};
    if (pidfd < 0)
        return;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) == 0) {
        watchdog->pid = fork();
        if (watchdog->pid == 0) {
            close(channel[1]);
            watch(channel[0], pidfd, election);
        }
        close(channel[0]);
        watchdog->channel = channel[1];
    }
    close(pidfd);
    if (watchdog->pid < 0 || (watchdog->pid > 0 && channel_read(watchdog->channel, &byte, 1) != 1))
        watchdog_end(watchdog);
}

void watchdog_end(struct watchdog *watchdog)
{
    if (watchdog->pid > 0) {
        kill(watchdog->pid, SIGKILL); /* it has not been reaped, so the number is still its own */
        while (waitpid(watchdog->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (watchdog->channel >= 0)
        close(watchdog->channel);
    *watchdog = (struct watchdog){.pid = 0, .channel = -1};
}

bool watchdog_reaped(struct watchdog *watchdog, pid_t pid)
{
    if (watchdog->pid == 0 || pid != watchdog->pid)
        return false;
    watchdog->pid = 0;
    watchdog_end(watchdog);
    return true;
}
