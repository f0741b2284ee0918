/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be known of other processes: by /proc, and by a descriptor that tells of their end. What is hidden from
 * this process is not known.
 */
#ifndef LEADERLIFE_IO_PROCESS_H
#define LEADERLIFE_IO_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A descriptor (pidfd) that is readable once that process has ended; -errno: ESRCH, or it cannot be had (Linux before
 * 5.3). Close-on-exec. */
int process_open(pid_t pid);

/* False if it is known that there is none with that number. */
bool process_exists(pid_t pid);

/* False if it is known that it is of a user other than this; of a process that hides itself nothing is known. */
bool process_may_be_of(pid_t pid, uid_t user);

/* Its command's name, made printable; "" if it is gone or hidden. */
void process_command(pid_t pid, char *target, size_t size);

/* A socket that some process may hold. */
struct process_socket {
    uint64_t inode;
    int number;    /* of the descriptor, or a little less, where it is likely: looked for first */
    bool has_user; /* user: of the processes that come into question */
    uid_t user;
};

/* Whether that process has it open: 1; 0; -errno: its descriptors are hidden. */
int process_has_socket(pid_t pid, const struct process_socket *socket);

/* Of the processes that have it open: the one whose number is `inner` in its own PID namespace (true); else the oldest
 * (false), pid 0 if none is seen. */
bool process_find_socket(const struct process_socket *socket, pid_t inner, pid_t *ret_pid);

#endif
