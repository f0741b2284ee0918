/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is below this process. Children leave the kernel's list only when they are reaped, which is done here alone, so whoever
 * has a descendant has a child in it.
 */
#include "family.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* False: there is nobody, not even one who has ended and was not reaped. */
static bool has_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/* All children as the kernel lists them now; false if it does not. */
static bool list(const struct family *family, struct numbers *ret_found)
{
    char bytes[4096];
    off_t at = 0;
    ssize_t got = -1;
    pid_t pid = 0;

    *ret_found = (struct numbers){NULL, 0};
    while (family->list >= 0 && (got = pread(family->list, bytes, sizeof bytes, at)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            bool digit = bytes[i] >= '0' && bytes[i] <= '9';

            if (!digit && pid > 0 && !numbers_add(ret_found, pid))
                got = -1;
            pid = digit ? pid * 10 + (bytes[i] - '0') : 0;
        }
        if (got < 0)
            break;
        at += got;
    }
    return got == 0;
}

/* Those of them that are no strangers; without a list those that were started here. */
static bool members(const struct family *family, struct numbers *ret_found)
{
    struct numbers all;
    bool listed = list(family, &all);

    *ret_found = (struct numbers){NULL, 0};
    for (size_t i = 0; i < all.count; i++)
        if (!numbers_have(&family->strange, all.all[i]))
            (void)numbers_add(ret_found, all.all[i]);
    for (size_t i = 0; !listed && i < family->own.count; i++)
        if (!numbers_have(ret_found, family->own.all[i]))
            (void)numbers_add(ret_found, family->own.all[i]);
    numbers_free(&all);
    return listed;
}

/* ---- Beginning and end ---- */

void family_open(struct family *family)
{
    char path[64];

    *family = (struct family){.list = -1};
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    family->list = open(path, O_RDONLY | O_CLOEXEC);
    if (!list(family, &family->strange))
        family->mixed = has_children();
}

void family_close(struct family *family)
{
    if (family->list >= 0)
        close(family->list);
    numbers_free(&family->strange);
    numbers_free(&family->own);
    numbers_free(&family->asked);
    *family = (struct family){.list = -1};
}

void family_add(struct family *family, pid_t pid)
{
    (void)numbers_add(&family->own, pid);
}

/* ---- Ends ---- */

static pid_t reap_members(const struct family *family, int *ret_status)
{
    struct numbers found;
    pid_t ended = 0;

    (void)members(family, &found);
    for (size_t i = 0; i < found.count && ended <= 0; i++)
        ended = waitpid(found.all[i], ret_status, WNOHANG);
    numbers_free(&found);
    return ended;
}

pid_t family_reap(struct family *family, bool strangers, int *ret_status)
{
    bool all = strangers || (family->strange.count == 0 && !family->mixed);
    pid_t ended = all ? waitpid(-1, ret_status, WNOHANG) : reap_members(family, ret_status);

    if (ended <= 0)
        return 0;
    numbers_remove(&family->strange, ended); /* the number may be another's one day */
    numbers_remove(&family->own, ended);
    numbers_remove(&family->asked, ended);
    family->asked_all = false; /* its children may be ours now */
    return ended;
}

/* ---- Who is left ---- */

pid_t family_member(const struct family *family)
{
    struct numbers found;
    pid_t member;

    (void)members(family, &found);
    member = found.count > 0 ? found.all[found.count - 1] : 0;
    numbers_free(&found);
    return member;
}

bool family_is_left(const struct family *family)
{
    struct numbers found;
    bool certain;
    bool any;

    if (!has_children())
        return false;
    certain = members(family, &found) || family->mixed;
    any = found.count > 0;
    numbers_free(&found);
    return any || !certain;
}

/* ---- Signals ---- */

bool family_is_blind(const struct family *family)
{
    struct numbers all;
    bool listed = list(family, &all);

    numbers_free(&all);
    return !listed && (family->mixed || getpid() != 1);
}

/* PID 1 of a container may speak to all that is in it; elsewhere that would be all that the user has. */
static bool signal_everybody(const struct family *family, int signal)
{
    if (family->list >= 0 || family->mixed || getpid() != 1)
        return false;
    kill(-1, signal);
    return true;
}

void family_signal(struct family *family, int signal)
{
    struct numbers found;

    if (signal_everybody(family, signal))
        return;
    (void)members(family, &found);
    for (size_t i = 0; i < found.count; i++)
        kill(found.all[i], signal);
    numbers_free(&found);
}

void family_ask(struct family *family)
{
    struct numbers found;

    if (family->asked_all)
        return;
    family->asked_all = signal_everybody(family, SIGTERM) && signal_everybody(family, SIGCONT);
    if (family->asked_all)
        return;
    (void)members(family, &found);
    for (size_t i = 0; i < found.count; i++) {
        if (numbers_have(&family->asked, found.all[i]))
            continue;
        kill(found.all[i], SIGTERM);
        kill(found.all[i], SIGCONT);
        (void)numbers_add(&family->asked, found.all[i]);
    }
    numbers_free(&found);
}
