/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which process holds the lock's socket.
 */
#ifndef LEADERLIFE_LOCAL_HOLDER_PROCESS_H
#define LEADERLIFE_LOCAL_HOLDER_PROCESS_H

#include "local/state.h"

/* Which process holds that socket, as far as /proc shows it. */
void local_find_who(const struct unix_socket *lock_socket, struct local_who *ret_who);

#endif
