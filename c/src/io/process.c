/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes by /proc and pidfd.
 */
#include "io/process.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_pidfd_open /* Linux 5.3; the C library and its headers may be older than the kernel */
#define SYS_pidfd_open 434
#endif

enum { NEAR = 8 /* so many numbers from the likely one on */ };

int process_open(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    return fd < 0 ? -errno : fd;
}

bool process_exists(pid_t pid)
{
    return kill(pid, 0) == 0 || errno != ESRCH;
}

bool process_may_be_of(pid_t pid, uid_t user)
{
    char path[32];
    struct stat about;

    text_format(path, sizeof path, "/proc/%ld", (long)pid);
    /* The files of a process that is not dumpable are root's. */
    return stat(path, &about) != 0 || about.st_uid == user || about.st_uid == 0;
}

/* The beginning of a file of /proc, ended by NUL; false if there is nothing to read. */
static bool read_file(pid_t pid, const char *name, char *target, size_t size)
{
    char path[64];

    text_format(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, target, size - 1);
    close(fd);
    target[length > 0 ? length : 0] = '\0';
    return length > 0;
}

void process_command(pid_t pid, char *target, size_t size)
{
    if (size == 0)
        return;
    if (pid <= 0 || !read_file(pid, "comm", target, size))
        target[0] = '\0';
    target[strcspn(target, "\n")] = '\0';
    text_printable(target);
}

/* ---- Who has a socket ---- */

static bool is_socket(int folder, const char *name, uint64_t inode)
{
    char wanted[40];
    char link[40];
    ssize_t length = readlinkat(folder, name, link, sizeof link - 1);

    link[length > 0 ? length : 0] = '\0';
    text_format(wanted, sizeof wanted, "socket:[%" PRIu64 "]", inode);
    return text_equal(link, wanted);
}

static bool is_near(int folder, const struct process_socket *socket)
{
    char name[16];
    bool found = false;

    for (int number = socket->number; !found && number < socket->number + NEAR; number++) {
        text_format(name, sizeof name, "%d", number);
        found = is_socket(folder, name, socket->inode);
    }
    return found;
}

int process_has_socket(pid_t pid, const struct process_socket *socket)
{
    char path[40];
    const struct dirent *entry;

    text_format(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return -errno;
    bool found = is_near(dirfd(folder), socket);
    while (!found && (entry = readdir(folder)) != NULL)
        found = is_socket(dirfd(folder), entry->d_name, socket->inode);
    closedir(folder);
    return found ? 1 : 0;
}

/* In its innermost PID namespace; Linux before 4.1 does not say. */
static pid_t inner_number(pid_t pid)
{
    char status[2048];
    const char *line = read_file(pid, "status", status, sizeof status) ? strstr(status, "\nNSpid:") : NULL;
    pid_t number = pid;

    if (line == NULL)
        return number;
    line += sizeof "\nNSpid:" - 1;
    for (char *end = NULL;; line = end) {
        long next = strtol(line, &end, 10);

        if (end == line || *end == '\0')
            return end == line ? number : (pid_t)next;
        number = (pid_t)next;
        if (*end == '\n')
            return number;
    }
}

/* In ticks since boot; the name before it may hold anything, but no ')' follows it. */
static uint64_t start_of(pid_t pid)
{
    char status[1024];
    uint64_t start = UINT64_MAX;
    const char *rest = read_file(pid, "stat", status, sizeof status) ? strrchr(status, ')') : NULL;

    if (rest != NULL)
        (void)sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNu64,
                     &start);
    return start;
}

/* Of an entry of /proc; 0 if it is no process that comes into question. */
static pid_t number_of(DIR *all, const char *name, const struct process_socket *socket)
{
    struct stat about;
    char *end = NULL;
    long number = strtol(name, &end, 10);

    if (number <= 0 || *end != '\0')
        return 0;
    if (socket->has_user && fstatat(dirfd(all), name, &about, 0) == 0 && about.st_uid != socket->user &&
        about.st_uid != 0)
        return 0;
    return (pid_t)number;
}

bool process_find_socket(const struct process_socket *socket, pid_t inner, pid_t *ret_pid)
{
    const struct dirent *entry;
    uint64_t oldest = UINT64_MAX;
    bool exact = false;
    DIR *all = opendir("/proc");

    *ret_pid = 0;
    while (all != NULL && !exact && (entry = readdir(all)) != NULL) {
        pid_t pid = number_of(all, entry->d_name, socket);
        uint64_t start;

        if (pid == 0 || process_has_socket(pid, socket) != 1)
            continue;
        exact = inner > 0 && inner_number(pid) == inner;
        start = start_of(pid);
        if (exact || start < oldest || *ret_pid == 0) {
            *ret_pid = pid;
            oldest = start;
        }
    }
    if (all != NULL)
        closedir(all);
    return exact;
}
