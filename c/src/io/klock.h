/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock that the kernel holds: an abstract Unix stream socket that is bound and listens. Free the moment its last
 * descriptor is closed, however the holder dies. Used by the local backend (the lock itself) and by the Kubernetes
 * backend (the seat, P12). Knows nothing of elections.
 *
 * The holder never accepts (an accepted peer would not be told of its death) and never polls the listener (it stays
 * readable).
 */
#ifndef LEADERLIFE_IO_KLOCK_H
#define LEADERLIFE_IO_KLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { KLOCK_NAME_MAX = 107 }; /* bytes after the leading NUL of sun_path */

struct klock_name {
    char bytes[KLOCK_NAME_MAX + 1]; /* without the leading NUL, ended by NUL */
};

/* The holder as the kernel knows it. */
struct klock_peer {
    pid_t pid; /* 0: not known (another PID namespace) */
    uid_t uid;
};

/* "<prefix>/<key>/<lock>"; if longer than 107 bytes: its first bytes, '~', and 16 hex digits of FNV-1a-64 of the
 * whole. */
void klock_make_name(struct klock_name *ret_name, const char *prefix, const char *key, const char *lock);

/* 0 and the listening descriptor, with a number that no script takes for a file of its own where so many are allowed;
 * EADDRINUSE; another errno. */
int klock_acquire(const struct klock_name *name, int *ret_fd);

/* 0 and a connected descriptor that hangs up (EPOLLRDHUP/EPOLLHUP) when the lock becomes free, never to be read;
 * ECONNREFUSED: nobody holds it (or the moment between bind and listen); EAGAIN: the holder's queue is full, nothing
 * to poll; another errno. */
int klock_wait(const struct klock_name *name, int *ret_fd, struct klock_peer *ret_peer);

/* Whether a descriptor of klock_wait has hung up by now. */
bool klock_has_hung_up(int fd);

/* Closes the descriptor of klock_acquire: 0 if the lock is free then; 1 if another process keeps it by a copy of the
 * descriptor (a forked child that did not exec); -errno if that cannot be found out. */
int klock_release(const struct klock_name *name, int fd);

/* Lets a descriptor survive exec: async-signal-safe. 0 or an errno. */
int klock_keep_on_exec(int fd);

/* Whether some socket listens under that name, from /proc/net/unix, without connecting: 1, 0, or -errno. */
int klock_is_listening(const struct klock_name *name);

/* Likewise whether some socket has that name, whether it listens or not. */
int klock_is_bound(const struct klock_name *name);

/* "comm" of a process, or "" if it is gone or hidden. */
void klock_command_name(pid_t pid, char *target, size_t size);

#endif
