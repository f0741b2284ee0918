/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which process holds the lock's socket, found without connecting. For people alone: nothing is decided by it.
 */
#include "local/holder_process.h"

#include "io/process.h"

/* The socket names the process that took the lock, by its number in its own PID namespace; /proc shows which
 * process has the socket now. */
void local_find_who(const struct unix_socket *lock_socket, struct local_who *ret_who)
{
    const struct process_socket socket = {.inode = lock_socket->inode,
                                          .number = KLOCK_NUMBER,
                                          .has_user = lock_socket->has_user,
                                          .user = lock_socket->user};
    pid_t signer = lock_socket->signer;
    int has = signer > 0 ? process_has_socket(signer, &socket) : 0;
    pid_t found;

    *ret_who = (struct local_who){.pid = signer};
    if (has == 1)
        return;
    if (has < 0 && process_exists(signer)) { /* we may not see its descriptors */
        if (lock_socket->has_user && !process_may_be_of(signer, lock_socket->user))
            ret_who->pid = 0;
        return;
    }
    if (process_find_socket(&socket, signer, &found) || signer == 0) {
        ret_who->pid = found;
    } else if (found != 0) {
        ret_who->gone = true;
        ret_who->keeper = found;
    } else {
        ret_who->pid = 0;
    }
}
