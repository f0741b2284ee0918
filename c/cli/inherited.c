/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This process's signals, descriptors and orphans, taken and given back.
 */
#include "inherited.h"

#include "cli.h"

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
static void each_fd(void (*visit)(struct inherited *inherited, int fd), struct inherited *inherited)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;

    for (int fd = STDERR_FILENO + 1; folder == NULL && fd < GUESSED_FDS; fd++)
        visit(inherited, fd);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        int fd = atoi(entry->d_name); /* "." and "..": 0 */

        if (fd > STDERR_FILENO && fd != dirfd(folder))
            visit(inherited, fd);
    }
    if (folder != NULL)
        closedir(folder);
}

static void keep_fd(struct inherited *inherited, int fd)
{
    int flags = fcntl(fd, F_GETFD);

    if (flags >= 0 && (flags & FD_CLOEXEC) == 0)
        (void)numbers_add(&inherited->fds, fd);
}

static void fence_fd(struct inherited *inherited, int fd)
{
    if (!numbers_have(&inherited->fds, fd))
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* not open: nothing to do */
}

void inherited_keep(struct inherited *inherited)
{
    *inherited = (struct inherited){.reaps = false};
    each_fd(keep_fd, inherited);
}

void inherited_fence(struct inherited *inherited)
{
    each_fd(fence_fd, inherited);
}

void inherited_free(struct inherited *inherited)
{
    numbers_free(&inherited->fds);
}

/* ---- Signals ---- */

/* Those that no process takes, that tell of a fault of our own, that a shell's job control sends, and those that mean
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

/* What our own words would send us: nobody reads them, a file is full (ulimit -f). */
static const int of_words[OF_WORDS] = {SIGPIPE, SIGXFSZ};

void inherited_ignore(struct inherited *inherited)
{
    struct sigaction action = {.sa_handler = SIG_IGN};

    for (int i = 0; i < OF_WORDS; i++)
        sigaction(of_words[i], &action, &inherited->of_words[i]);
}

bool inherited_reaps_by_itself(const struct inherited *inherited)
{
    return inherited->reaps && (inherited->child.sa_flags & SA_SIGINFO) == 0 && inherited->child.sa_handler == SIG_IGN;
}

int inherited_take(struct inherited *inherited, bool reaps)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set, blocked;

    sigemptyset(&set);
    for (int signal = 1; signal <= SIGRTMAX; signal++)
        if (signal == SIGCHLD ? reaps : !is_left_alone(signal) && !is_ignored(signal))
            sigaddset(&set, signal); /* refuses those that libc needs */
    inherited->reaps = reaps;
    blocked = set;
    sigaddset(&blocked,
              SIGTTOU); /* of a terminal that wants no words from the background (stty tostop): it takes them then */
    sigprocmask(SIG_BLOCK, &blocked, &inherited->mask);
    if (reaps) {
        sigaction(SIGCHLD, &action, &inherited->child); /* ignored, it would hide how children ended */
        if (prctl(PR_GET_CHILD_SUBREAPER, &inherited->subreaper, 0, 0, 0) == 0)
            (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
    inherited_ignore(inherited);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        say(TONE_ERROR, "cannot take signals from a descriptor: %s", strerror(errno));
    return fd;
}

void inherited_give_back(const struct inherited *inherited)
{
    if (inherited->reaps) {
        sigaction(SIGCHLD, &inherited->child, NULL);
        (void)prctl(PR_SET_CHILD_SUBREAPER, (unsigned long)inherited->subreaper, 0, 0, 0);
    }
    for (int i = 0; i < OF_WORDS; i++)
        sigaction(of_words[i], &inherited->of_words[i], NULL);
    sigprocmask(SIG_SETMASK, &inherited->mask, NULL);
}
