/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of the local backend for people.
 */
#ifndef LEADERLIFE_LOCAL_MESSAGES_H
#define LEADERLIFE_LOCAL_MESSAGES_H

#include "local/state.h"

/* "pid N (comm)" and the like. */
void local_name_process(pid_t pid, char *target, size_t size);
/* Likewise for who holds the lock; by its user, if no more is known. */
void local_name_holder(const struct local_who *who, bool has_user, uid_t user, char *target, size_t size);
/* For whom the lock is: one user in one network namespace. */
void local_describe_scope(uid_t user, char *text, size_t size);
void local_describe_error(const struct local *local, int error, char *text, size_t size);
/* What is wrong with a holder, with its cure: its queue is full, it never listens, it is somebody else's, it has left
 * the lock to a process of its own, it is of this very process. */
void local_describe_full(const struct local *local, char *text, size_t size);
void local_describe_silent(const struct local *local, char *text, size_t size);
void local_describe_stranger(const struct local *local, const char *holder, uid_t user, char *text, size_t size);
void local_describe_left(const struct local_who *who, char *text, size_t size);
void local_describe_own(char *text, size_t size);
/* Neither sock_diag nor /proc shows who holds it. */
void local_describe_unseen(int error, char *text, size_t size);

#endif
