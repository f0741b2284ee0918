/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is below this process. The kernel's list may miss one while others come and go, so it is read again and again, and
 * that nobody is left is never taken from it where the kernel can be asked outright.
 */
#include "family.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* All children as the kernel lists them now. */
static struct numbers listed(const struct family *family)
{
    struct numbers found = {NULL, 0};
    char bytes[4096];
    off_t at = 0;
    ssize_t got;
    pid_t pid = 0;

    while (family->list >= 0 && (got = pread(family->list, bytes, sizeof bytes, at)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            bool digit = bytes[i] >= '0' && bytes[i] <= '9';

            if (!digit && pid > 0)
                numbers_add(&found, pid);
            pid = digit ? pid * 10 + (bytes[i] - '0') : 0;
        }
        at += got;
    }
    return found;
}

/* ---- Beginning and end ---- */

void family_open(struct family *family)
{
    char path[64];

    *family = (struct family){.list = -1};
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    family->list = open(path, O_RDONLY | O_CLOEXEC);
    family->strange = listed(family);
}

void family_close(struct family *family)
{
    if (family->list >= 0)
        close(family->list);
    numbers_free(&family->strange);
    numbers_free(&family->asked);
    *family = (struct family){.list = -1};
}

/* ---- Ends ---- */

static pid_t reap_own(const struct family *family, int *ret_status)
{
    struct numbers found = listed(family);
    pid_t ended = 0;

    for (size_t i = 0; i < found.count && ended <= 0; i++)
        if (!numbers_have(&family->strange, found.all[i]))
            ended = waitpid(found.all[i], ret_status, WNOHANG);
    numbers_free(&found);
    return ended;
}

pid_t family_reap(struct family *family, bool strangers, int *ret_status)
{
    bool all = strangers || family->strange.count == 0;
    pid_t ended = all ? waitpid(-1, ret_status, WNOHANG) : reap_own(family, ret_status);

    if (ended <= 0)
        return 0;
    numbers_remove(&family->strange, ended); /* the number may be another's one day */
    numbers_remove(&family->asked, ended);
    family->asked_all = false; /* its children may be ours now */
    return ended;
}

/* ---- Who is left ---- */

pid_t family_member(const struct family *family)
{
    struct numbers found = listed(family);
    pid_t member = 0;

    for (size_t i = 0; i < found.count; i++)
        if (!numbers_have(&family->strange, found.all[i]))
            member = found.all[i];
    numbers_free(&found);
    return member;
}

bool family_is_left(const struct family *family)
{
    siginfo_t info;

    if (family->strange.count > 0)
        return family_member(family) != 0;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/* ---- Signals ---- */

/* PID 1 of a container may speak to all that is in it; elsewhere that would be all that the user has. */
static bool signal_everybody(int signal)
{
    if (getpid() != 1)
        return false;
    kill(-1, signal);
    return true;
}

bool family_signal(struct family *family, int signal)
{
    struct numbers found = listed(family);

    if (family->list < 0)
        return signal_everybody(signal);
    for (size_t i = 0; i < found.count; i++)
        if (!numbers_have(&family->strange, found.all[i]))
            kill(found.all[i], signal);
    numbers_free(&found);
    return true;
}

bool family_ask(struct family *family)
{
    struct numbers found = listed(family);

    if (family->list < 0) {
        bool first = !family->asked_all;

        family->asked_all = true;
        return first ? signal_everybody(SIGTERM) && signal_everybody(SIGCONT) : getpid() == 1;
    }
    for (size_t i = 0; i < found.count; i++) {
        if (numbers_have(&family->strange, found.all[i]) || numbers_have(&family->asked, found.all[i]))
            continue;
        kill(found.all[i], SIGTERM);
        kill(found.all[i], SIGCONT);
        numbers_add(&family->asked, found.all[i]);
    }
    numbers_free(&found);
    return true;
}
