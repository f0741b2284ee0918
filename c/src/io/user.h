/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users as people call them.
 */
#ifndef LEADERLIFE_IO_USER_H
#define LEADERLIFE_IO_USER_H

#include <stddef.h>
#include <sys/types.h>

/* "user 33 (www-data)", by /etc/passwd alone: to ask the name services could block, and loads code into the host
 * program. Without the name where that file does not have it. */
void user_describe(uid_t user, char *target, size_t size);

#endif
