/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of the local backend for people: names of processes, and what is wrong with its cure.
 */
#include "local/messages.h"

#include "io/process.h"
#include "io/user.h"
#include "local/facts.h"

#include <errno.h>
#include <string.h>

void local_name_process(pid_t pid, char *target, size_t size)
{
    char command[64];

    process_command(pid, command, sizeof command);
    if (pid <= 0)
        text_copy(target, size, "pid unknown");
    else if (command[0] != '\0')
        text_format(target, size, "pid %ld (%s)", (long)pid, command);
    else if (!process_exists(pid))
        text_format(target, size, "pid %ld (gone)", (long)pid);
    else
        text_format(target, size, "pid %ld", (long)pid);
}

void local_name_holder(const struct local_who *who, bool has_user, uid_t user, char *target, size_t size)
{
    char name[64];

    if (who->gone) { /* its number may be another's by now */
        text_format(target, size, "pid %ld (gone; a child of it still holds the lock)", (long)who->pid);
    } else if (who->pid == 0 && has_user) {
        user_describe(user, name, sizeof name);
        text_format(target, size, "a process of %s", name);
    } else {
        local_name_process(who->pid, target, size);
    }
}

void local_describe_scope(uid_t user, char *text, size_t size)
{
    char name[64];

    user_describe(user, name, sizeof name);
    text_format(text, size, "%s, this network namespace; other users and containers have locks of their own", name);
}

void local_describe_error(const struct local *local, int error, char *text, size_t size)
{
    const char *cure = "it is tried again";

    if (local_is_refusal(error))
        cure = "allow the process abstract Unix sockets (RestrictAddressFamilies=, seccomp, AppArmor or SELinux)";
    else if (error == EMFILE || error == ENFILE)
        cure = "raise the limit of open files, or close some; it is tried again";
    text_format(text, size, "the system refuses the Unix socket @%s of lock '%s': %s; %s", local->name.bytes,
                local->lock, strerror(error), cure);
}

void local_describe_full(const struct local *local, char *text, size_t size)
{
    text_format(
        text, size,
        "lock '%s' is held, and its holder's queue of waiters is full: this candidate looks every 2 s at least "
        "instead of being told when the leader gives back; run fewer candidates, or raise net.core.somaxconn and "
        "restart the leader (each candidate that waited for more than 1 s and went counts until then)",
        local->lock);
}

void local_describe_silent(const struct local *local, char *text, size_t size)
{
    text_format(text, size,
                "lock '%s' is taken by a process that does not listen on the socket @%s, so it cannot be waited for: "
                "end that process (lsof -U names it), or use another lock name; it is tried again every second",
                local->lock, local->name.bytes);
}

void local_describe_stranger(const struct local *local, const char *holder, uid_t user, char *text, size_t size)
{
    text_format(text, size,
                "lock '%s' of user %lu is held by %s of user %lu: a process of somebody else uses the socket @%s; wait "
                "for its end, end it, or use another lock name",
                local->lock, (unsigned long)local->user, holder, (unsigned long)user, local->name.bytes);
}

void local_describe_left(const struct local_who *who, char *text, size_t size)
{
    char keeper[TEXT_NAME];

    text_format(text, size,
                "pid %ld (gone) took it, and a process that it has started still holds the lock's descriptor: ",
                (long)who->pid);
    if (who->keeper != 0) {
        local_name_process(who->keeper, keeper, sizeof keeper);
        text_append(text, size, "%s; end it", keeper);
    } else {
        text_append(text, size, "find it with ss -xlp or lsof -U, and end it");
    }
    text_append(text, size, " (a program that becomes a daemon must be elected after that)");
}

void local_describe_own(char *text, size_t size)
{
    text_format(text, size,
                "another election of this very process leads, and this one waits for it: make one election for each "
                "lock, or close the other");
}

void local_describe_unseen(int error, char *text, size_t size)
{
    text_format(text, size,
                "who holds it cannot be seen from outside (no NETLINK_SOCK_DIAG, and /proc/net/unix: %s), so this look "
                "has taken a place in the holder's queue of waiters until the holder ends; mount /proc, or allow "
                "AF_NETLINK",
                strerror(error));
}
