/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock that the kernel holds: an abstract Unix stream socket that is bound and listens. It is free the moment its
 * last descriptor is closed, however the holder dies. Used by the local backend (the lock itself) and by the
 * Kubernetes backend (the seat, P12).
 *
 * The holder never accepts (an accepted peer would not be told of its death) and never polls the listener (it stays
 * readable).
 */
#ifndef LEADERLIFE_IO_KERNEL_LOCK_H
#define LEADERLIFE_IO_KERNEL_LOCK_H

#include "io/unix_sockets.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    KLOCK_NAME_MAX = 107, /* bytes after the leading NUL of sun_path */
    KLOCK_NUMBER = 731    /* a holder's descriptor has this number, or one a little above, where that is allowed */
};

struct kernel_lock_name {
    char bytes[KLOCK_NAME_MAX + 1]; /* without the leading NUL, ended by NUL */
};

/* The holder as the kernel knows it. */
struct kernel_lock_peer {
    pid_t pid; /* 0: not known (another PID namespace) */
    uid_t uid;
};

/* "<prefix>/<key>/<lock>"; if longer than 107 bytes: its first bytes, '~', and 16 hex digits of FNV-1a-64 of the
 * whole. */
void kernel_lock_make_name(struct kernel_lock_name *ret_name, const char *prefix, const char *key, const char *lock);

/* 0 and the listening descriptor, with a number that no script takes for a file of its own where so many are allowed;
 * EADDRINUSE; another errno. */
int kernel_lock_acquire(const struct kernel_lock_name *name, int *ret_fd);

/* Who has the name, without connecting: as unix_socket_find. */
int kernel_lock_look(const struct kernel_lock_name *name, uint64_t known, struct unix_socket *ret_socket);

/* 0 and a connected descriptor that hangs up (EPOLLRDHUP/EPOLLHUP) when the lock becomes free, never to be read;
 * ECONNREFUSED: nobody holds it (or the moment between bind and listen); EAGAIN: the holder's queue is full, nothing
 * to poll; another errno. Each success takes a place in that queue for as long as the holder lives, whenever the
 * descriptor is closed: it is for who will wait, never for a look. */
int kernel_lock_wait(const struct kernel_lock_name *name, int *ret_fd, struct kernel_lock_peer *ret_peer);

/* Whether a descriptor of kernel_lock_wait has hung up by now. */
bool kernel_lock_has_hung_up(int fd);

/* Closes the descriptor of kernel_lock_acquire: 0 if the lock is free then; 1 if another process keeps it by a copy of
 * the descriptor (a forked child that did not exec); -errno if that cannot be found out. */
int kernel_lock_release(const struct kernel_lock_name *name, int fd);

/* Lets a descriptor survive exec: async-signal-safe. 0 or an errno. */
int kernel_lock_keep_on_exec(int fd);

/* What refuses this process the sockets that a lock is made of: 0 or an errno. */
int kernel_lock_refusal(void);

#endif
