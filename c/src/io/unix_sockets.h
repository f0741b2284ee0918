/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel lists of the Unix sockets of this network namespace. A look goes by sock_diag(7), and where that
 * is not to be had by /proc/net/unix, which tells less; nothing is connected, so no socket notices it.
 */
#ifndef LEADERLIFE_IO_UNIX_SOCKETS_H
#define LEADERLIFE_IO_UNIX_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A stream socket that is bound to an abstract name. */
struct unix_socket {
    uint64_t inode; /* no other socket has it, now or later */
    bool listens;
    bool has_user; /* user: who made it */
    uid_t user;
    bool has_queue; /* connections that were not accepted, living or dead; how many there can be */
    unsigned queued;
    unsigned room;
    pid_t signer; /* as unix_socket_sign left it, in the PID namespace of who did; 0: not said */
};

/* 1 and the socket with that abstract name (given without the leading NUL); 0: there is none; -errno: neither way to
 * look is open, and that is the second one's error. With known (0: none), the inode of whoever had the name before, the
 * kernel is asked for that one first, which costs less. Never blocks. */
int unix_socket_find(const char *name, uint64_t known, struct unix_socket *ret_socket);

/* Lets a listening socket say which process it is of, for people who look: in the sizes of its buffers, which a
 * listener does not need. Children that have inherited it do not change that. */
void unix_socket_sign(int fd, pid_t pid);

#endif
