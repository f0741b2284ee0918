/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes over this process's signals, descriptors and orphans, and restores them before exec.
 */
#include "cli/run/process_state.h"

#include "cli/cli.h"
#include "cli/core_dump.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* ---- Descriptors ---- */

enum { GUESSED_FDS = 1024 };

/* Visits what is open above 2. Without /proc the usual numbers are tried. */
static void each_fd(void (*visit)(struct process_state *process_state, int fd), struct process_state *process_state)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;

    for (int fd = STDERR_FILENO + 1; folder == NULL && fd < GUESSED_FDS; fd++)
        visit(process_state, fd);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        int fd = atoi(entry->d_name); /* "." and "..": 0 */

        if (fd > STDERR_FILENO && fd != dirfd(folder))
            visit(process_state, fd);
    }
    if (folder != NULL)
        closedir(folder);
}

static void keep_fd(struct process_state *process_state, int fd)
{
    int flags = fcntl(fd, F_GETFD);

    if (flags >= 0 && (flags & FD_CLOEXEC) == 0)
        (void)int_set_add(&process_state->fds, fd);
}

static void fence_fd(struct process_state *process_state, int fd)
{
    if (!int_set_has(&process_state->fds, fd))
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* not open: nothing to do */
}

void process_state_fence(struct process_state *process_state)
{
    each_fd(fence_fd, process_state);
}

void process_state_free(struct process_state *process_state)
{
    int_set_free(&process_state->fds);
}

/* ---- Signals ---- */

/* Signals that no process can catch, that tell of a fault of our own, that a shell's job control sends, or that do
 * nothing by default. */
static bool is_left_alone(int signal)
{
    static const int alone[] = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS,  SIGFPE,  SIGILL, SIGTRAP,
                                SIGSYS,  SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGPIPE};

    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
        if (alone[i] == signal)
            return true;
    return false;
}

static bool is_ignored(int signal)
{
    struct sigaction action;

    return sigaction(signal, NULL, &action) == 0 && (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN;
}

static void signals_to_take(sigset_t *set, bool reaps)
{
    sigemptyset(set);
    for (int signal = 1; signal <= SIGRTMAX; signal++)
        if (signal == SIGCHLD ? reaps : !is_left_alone(signal) && !is_ignored(signal))
            sigaddset(set, signal); /* it refuses the signals that libc needs */
}

/* The kernel drops a signal to a container's process 1 that neither blocks nor handles it: a pod that is deleted
 * while this process begins would wait for the end of its grace period. Any other process ends by it, and holds
 * nothing yet. */
static void hold_signals_of_process_1(struct process_state *process_state)
{
    sigset_t set;

    sigemptyset(&set);
    if (getpid() == 1)
        signals_to_take(&set, false);
    sigprocmask(SIG_BLOCK, &set, &process_state->mask);
}

void process_state_keep(struct process_state *process_state)
{
    *process_state = (struct process_state){.reaps = false};
    hold_signals_of_process_1(process_state);
    each_fd(keep_fd, process_state);
}

/* Signals that our own output can cause: nobody reads it, or the file is full (ulimit -f). */
static const int of_words[OF_WORDS] = {SIGPIPE, SIGXFSZ};

void process_state_ignore(struct process_state *process_state)
{
    struct sigaction action = {.sa_handler = SIG_IGN};

    for (int i = 0; i < OF_WORDS; i++)
        sigaction(of_words[i], &action, &process_state->of_words[i]);
}

int process_state_take(struct process_state *process_state, bool reaps)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set, blocked;

    signals_to_take(&set, reaps);
    process_state->reaps = reaps;
    blocked = set;
    /* A terminal set to `stty tostop` sends SIGTTOU for what the background writes, and takes it if that is blocked. */
    sigaddset(&blocked, SIGTTOU);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    if (reaps) {
        /* If it were ignored, nobody would learn how children ended. */
        sigaction(SIGCHLD, &action, &process_state->child);
        if (prctl(PR_GET_CHILD_SUBREAPER, &process_state->subreaper, 0, 0, 0) == 0)
            (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
    process_state_ignore(process_state);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        log_say(TONE_ERROR, "cannot take signals from a descriptor: %s", strerror(errno));
    return fd;
}

void process_state_restore(const struct process_state *process_state)
{
    if (process_state->reaps) {
        sigaction(SIGCHLD, &process_state->child, NULL);
        (void)prctl(PR_SET_CHILD_SUBREAPER, (unsigned long)process_state->subreaper, 0, 0, 0);
    }
    for (int i = 0; i < OF_WORDS; i++)
        sigaction(of_words[i], &process_state->of_words[i], NULL);
    sigprocmask(SIG_SETMASK, &process_state->mask, NULL);
    core_dump_restore();
}
