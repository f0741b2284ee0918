/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists, stops and reaps the processes below this one. A child leaves the kernel's list only when it is reaped,
 * which is done here alone; so a process with a descendant has a child in the list.
 */
#include "cli/run/children.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* False if there is no child, not even one that has ended and was not reaped. */
static bool has_children(void)
{
    siginfo_t info;

    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/* All children as the kernel lists them now; false if it does not. */
static bool list(const struct children *children, struct int_set *ret_found)
{
    char bytes[4096];
    off_t at = 0;
    ssize_t got = -1;
    pid_t pid = 0;

    *ret_found = (struct int_set){NULL, 0};
    while (children->list >= 0 && (got = pread(children->list, bytes, sizeof bytes, at)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            bool digit = bytes[i] >= '0' && bytes[i] <= '9';

            if (!digit && pid > 0 && !int_set_add(ret_found, pid))
                got = -1;
            pid = digit ? pid * 10 + (bytes[i] - '0') : 0;
        }
        if (got < 0)
            break;
        at += got;
    }
    return got == 0;
}

/* The children that are not strangers; if the kernel lists none, those that were started here. */
static bool members(const struct children *children, struct int_set *ret_found)
{
    struct int_set all;
    bool listed = list(children, &all);

    *ret_found = (struct int_set){NULL, 0};
    for (size_t i = 0; i < all.count; i++)
        if (!int_set_has(&children->strange, all.all[i]))
            (void)int_set_add(ret_found, all.all[i]);
    for (size_t i = 0; !listed && i < children->own.count; i++)
        if (!int_set_has(ret_found, children->own.all[i]))
            (void)int_set_add(ret_found, children->own.all[i]);
    int_set_free(&all);
    return listed;
}

/* ---- Beginning and end ---- */

void children_open(struct children *children)
{
    char path[64];

    *children = (struct children){.list = -1};
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    children->list = open(path, O_RDONLY | O_CLOEXEC);
    if (!list(children, &children->strange))
        children->mixed = has_children();
}

void children_close(struct children *children)
{
    if (children->list >= 0)
        close(children->list);
    int_set_free(&children->strange);
    int_set_free(&children->own);
    int_set_free(&children->asked);
    *children = (struct children){.list = -1};
}

void children_add(struct children *children, pid_t pid)
{
    (void)int_set_add(&children->own, pid);
}

void children_except(struct children *children, pid_t pid)
{
    (void)int_set_add(&children->strange, pid);
}

/* ---- Ends ---- */

pid_t children_reap(struct children *children, int *ret_status)
{
    pid_t ended = waitpid(-1, ret_status, WNOHANG);

    if (ended <= 0)
        return 0;
    int_set_remove(&children->strange, ended); /* another process may get this number */
    int_set_remove(&children->own, ended);
    int_set_remove(&children->asked, ended);
    children->asked_all = false; /* its children may have become ours */
    return ended;
}

/* ---- Who is left ---- */

pid_t children_any(const struct children *children)
{
    struct int_set found;

    (void)members(children, &found);
    pid_t member = found.count > 0 ? found.all[found.count - 1] : 0;
    int_set_free(&found);
    return member;
}

bool children_are_left(const struct children *children)
{
    struct int_set found;

    if (!has_children())
        return false;
    bool certain = members(children, &found) || children->mixed;
    bool any = found.count > 0;
    int_set_free(&found);
    return any || !certain;
}

/* ---- Signals ---- */

bool children_are_hidden(const struct children *children)
{
    struct int_set all;
    bool listed = list(children, &all);

    int_set_free(&all);
    return !listed && (children->mixed || getpid() != 1);
}

/* As process 1 of a container it may signal all processes there; elsewhere those would be all that the user has. */
static bool signal_everybody(const struct children *children, int signal)
{
    if (children->list >= 0 || children->mixed || getpid() != 1)
        return false;
    kill(-1, signal);
    return true;
}

void children_signal(struct children *children, int signal)
{
    struct int_set found;

    if (signal_everybody(children, signal))
        return;
    (void)members(children, &found);
    for (size_t i = 0; i < found.count; i++)
        kill(found.all[i], signal);
    int_set_free(&found);
}

void children_ask(struct children *children)
{
    struct int_set found;

    if (children->asked_all)
        return;
    children->asked_all = signal_everybody(children, SIGTERM) && signal_everybody(children, SIGCONT);
    if (children->asked_all)
        return;
    (void)members(children, &found);
    for (size_t i = 0; i < found.count; i++) {
        if (int_set_has(&children->asked, found.all[i]))
            continue;
        kill(found.all[i], SIGTERM);
        kill(found.all[i], SIGCONT);
        (void)int_set_add(&children->asked, found.all[i]);
    }
    int_set_free(&found);
}
