/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that may fail, preloaded into the place of the C library's. Each fails as the kernel or the C library
 * may let it fail on a healthy machine that is short of something: that no call fails by an errno which it cannot have
 * is as much a part of the test as that each fails. What cannot fail for a descriptor that is open (changes in an
 * epoll, flags, a timer's setting) passes, and so does a signal to an own child; a pipe or a socket that is read fails
 * by a signal alone.
 */
#undef _FORTIFY_SOURCE /* it would lead from these functions to themselves */

#include "torture/strike.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLER __builtin_return_address(0)

#define STRIKE(name, ...)                                                                                              \
    static const int errnos[] = {__VA_ARGS__};                                                                         \
    int error = strike(#name, CALLER, errnos, sizeof errnos / sizeof errnos[0])

#define REAL(type, name, parameters)                                                                                   \
    static type(*real) parameters;                                                                                     \
    if (real == NULL)                                                                                                  \
    strike_real(#name, &real)

/* One that tells by its result and errno; unless `when` is true it passes. */
#define FAILS_WHEN(when, type, name, parameters, arguments, failure, ...)                                              \
    type name parameters;                                                                                              \
    type name parameters                                                                                               \
    {                                                                                                                  \
        REAL(type, name, parameters);                                                                                  \
        if (when) {                                                                                                    \
            STRIKE(name, __VA_ARGS__);                                                                                 \
            if (error != 0) {                                                                                          \
                errno = error;                                                                                         \
                return failure;                                                                                        \
            }                                                                                                          \
        }                                                                                                              \
        return real arguments;                                                                                         \
    }

#define FAILS(type, name, parameters, arguments, failure, ...)                                                         \
    FAILS_WHEN(1, type, name, parameters, arguments, failure, __VA_ARGS__)

/* ---- Descriptors ---- */

FAILS(int, socket, (int family, int type, int protocol), (family, type, protocol), -1, EMFILE, ENFILE, ENOBUFS)
FAILS(int, socketpair, (int family, int type, int protocol, int ends[2]), (family, type, protocol, ends), -1, EMFILE,
      ENFILE)
FAILS(int, epoll_create1, (int flags), (flags), -1, EMFILE, ENOMEM)
FAILS(int, eventfd, (unsigned count, int flags), (count, flags), -1, EMFILE, ENOMEM)
FAILS(int, timerfd_create, (int clock, int flags), (clock, flags), -1, EMFILE, ENOMEM)
FAILS(int, signalfd, (int fd, const sigset_t *signals, int flags), (fd, signals, flags), -1, EMFILE, ENOMEM)
FAILS(int, pipe2, (int ends[2], int flags), (ends, flags), -1, EMFILE, ENFILE)
FAILS(int, pipe, (int ends[2]), (ends), -1, EMFILE, ENFILE)
FAILS(int, dup, (int fd), (fd), -1, EMFILE)
FAILS(int, dup2, (int fd, int number), (fd, number), -1, EBUSY, EINTR)
FAILS(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL, EMFILE, ENOMEM, EACCES)
FAILS(DIR *, opendir, (const char *path), (path), NULL, EMFILE, ENOMEM, EACCES)

int open(const char *path, int flags, ...)
{
    REAL(int, open, (const char *, int, ...));
    STRIKE(open, EMFILE, ENFILE, ENOMEM, EACCES);
    va_list more;

    if (error != 0) {
        errno = error;
        return -1;
    }
    va_start(more, flags);
    int mode = va_arg(more, int);
    va_end(more);
    return real(path, flags, mode);
}

int fcntl(int fd, int command, ...)
{
    REAL(int, fcntl, (int, int, ...));
    va_list more;

    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) {
        STRIKE(fcntl, EMFILE);
        if (error != 0) {
            errno = error;
            return -1;
        }
    }
    va_start(more, command);
    long argument = va_arg(more, long);
    va_end(more);
    return real(fd, command, argument);
}

/* By number: each has its own ways to fail. close_range and pidfd_send_signal are newer than some kernels. */
long syscall(long number, ...)
{
    REAL(long, syscall, (long, ...));
    void *caller = CALLER;
    static const int of_descriptors[] = {EMFILE, ENOMEM, ENOSYS, EPERM};
    static const int of_others[] = {ENOSYS, EPERM};
    bool makes = number == SYS_pidfd_open || number == SYS_memfd_create;
    int error = strike("syscall", caller, makes ? of_descriptors : of_others, makes ? 4 : 2);
    va_list more;
    long a[6];

    if (error != 0) {
        errno = error;
        return -1;
    }
    va_start(more, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(more, long);
    va_end(more);
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- Sockets ---- */

FAILS(int, bind, (int fd, __CONST_SOCKADDR_ARG address, socklen_t length), (fd, address, length), -1, ENOMEM)
FAILS(int, connect, (int fd, __CONST_SOCKADDR_ARG address, socklen_t length), (fd, address, length), -1, ENOBUFS)
FAILS(int, listen, (int fd, int backlog), (fd, backlog), -1, ENOBUFS)
FAILS(int, getsockname, (int fd, __SOCKADDR_ARG address, socklen_t *length), (fd, address, length), -1, ENOBUFS)
FAILS(int, getpeername, (int fd, __SOCKADDR_ARG address, socklen_t *length), (fd, address, length), -1, ENOBUFS)
FAILS(int, getsockopt, (int fd, int level, int option, void *value, socklen_t *length),
      (fd, level, option, value, length), -1, ENOMEM, EPERM)
FAILS(int, setsockopt, (int fd, int level, int option, const void *value, socklen_t length),
      (fd, level, option, value, length), -1, ENOMEM, EPERM)
FAILS(ssize_t, send, (int fd, const void *bytes, size_t size, int flags), (fd, bytes, size, flags), -1, ENOBUFS, EAGAIN,
      EINTR)
FAILS(ssize_t, recv, (int fd, void *bytes, size_t size, int flags), (fd, bytes, size, flags), -1, ENOBUFS, ENOMEM,
      EINTR)

/* ---- Waiting ---- */

FAILS_WHEN(operation == EPOLL_CTL_ADD, int, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event),
           (epoll, operation, fd, event), -1, ENOMEM, ENOSPC)
FAILS(int, epoll_wait, (int epoll, struct epoll_event *events, int count, int timeout), (epoll, events, count, timeout),
      -1, EINTR)
FAILS(int, poll, (struct pollfd * fds, nfds_t count, int timeout), (fds, count, timeout), -1, EINTR, ENOMEM)
FAILS(int, usleep, (unsigned us), (us), -1, EINTR)

/* ---- Files ---- */

FAILS(ssize_t, read, (int fd, void *bytes, size_t size), (fd, bytes, size), -1, EINTR)
FAILS(ssize_t, pread, (int fd, void *bytes, size_t size, off_t at), (fd, bytes, size, at), -1, EINTR, EIO, ENOMEM)
FAILS(ssize_t, write, (int fd, const void *bytes, size_t size), (fd, bytes, size), -1, EINTR, ENOSPC, ENOMEM)
FAILS(int, access, (const char *path, int mode), (path, mode), -1, ENOMEM, EACCES)
FAILS(int, stat, (const char *path, struct stat *about), (path, about), -1, ENOMEM, EACCES)
FAILS(int, lstat, (const char *path, struct stat *about), (path, about), -1, ENOMEM, EACCES)
FAILS(int, fstat, (int fd, struct stat *about), (fd, about), -1, ENOMEM)
FAILS(int, fstatat, (int folder, const char *path, struct stat *about, int flags), (folder, path, about, flags), -1,
      ENOMEM, EACCES)
FAILS(ssize_t, readlinkat, (int folder, const char *path, char *link, size_t size), (folder, path, link, size), -1,
      ENOMEM, EACCES)
FAILS(int, unlink, (const char *path), (path), -1, ENOMEM, EACCES)
FAILS(struct dirent *, readdir, (DIR * folder), (folder), NULL, ENOMEM)
FAILS(char *, getcwd, (char *path, size_t size), (path, size), NULL, ENOMEM, EACCES)

/* The file is closed whatever it says. */
int close(int fd)
{
    REAL(int, close, (int));
    STRIKE(close, EINTR, EIO);
    int result = real(fd);

    if (error != 0) {
        errno = error;
        return -1;
    }
    return result;
}

/* ---- Processes ---- */

FAILS(pid_t, fork, (void), (), -1, EAGAIN, ENOMEM)
FAILS(int, execve, (const char *path, char *const *arguments, char *const *environment), (path, arguments, environment),
      -1, ENOMEM, EACCES)
FAILS(int, waitid, (idtype_t type, id_t id, siginfo_t *about, int options), (type, id, about, options), -1, EINTR)
FAILS(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options), -1, EINTR)

/* ---- Memory of the kernel's ---- */

FAILS(void *, mmap, (void *at, size_t size, int protection, int flags, int fd, off_t offset),
      (at, size, protection, flags, fd, offset), MAP_FAILED, ENOMEM)
FAILS(int, madvise, (void *at, size_t size, int advice), (at, size, advice), -1, ENOMEM, EINVAL)

/* ---- Those that return their error ---- */

FAILS(int, posix_spawnp,
      (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
       char *const *arguments, char *const *environment),
      (pid, path, actions, attributes, arguments, environment), error, EAGAIN, ENOMEM)
FAILS(int, posix_spawn_file_actions_init, (posix_spawn_file_actions_t * actions), (actions), error, ENOMEM)
FAILS(int, posix_spawn_file_actions_adddup2, (posix_spawn_file_actions_t * actions, int fd, int number),
      (actions, fd, number), error, ENOMEM)
FAILS(int, posix_spawn_file_actions_addopen,
      (posix_spawn_file_actions_t * actions, int fd, const char *path, int flags, mode_t mode),
      (actions, fd, path, flags, mode), error, ENOMEM)
FAILS(int, getaddrinfo, (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found),
      (node, service, hints, found), EAI_MEMORY, ENOMEM)

/* ---- Modules that come later ---- */

void *dlopen(const char *path, int flags)
{
    REAL(void *, dlopen, (const char *, int));
    void *module = real(path, flags);

    strike_look_at_modules();
    return module;
}
