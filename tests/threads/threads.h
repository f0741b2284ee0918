/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the cases of threads.c share. On the public API alone, and with no synchronisation of their own beyond what the
 * header asks of programs: counters are relaxed, so that they hide no race from ThreadSanitizer.
 */
#ifndef TESTS_THREADS_THREADS_H
#define TESTS_THREADS_THREADS_H

#include <leaderlife/leaderlife.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { THREADS = 8 };

/* Ends the process, and says where. */
#define CHECK(condition) ((condition) ? (void)0 : threads_fail(__FILE__, __LINE__, #condition))
_Noreturn void threads_fail(const char *file, int line, const char *condition);

/* A lock that several threads contend for. */
struct threads_lock {
    char name[64];
    atomic_int leaders; /* who believe that they lead */
    atomic_int terms;
};

void threads_lock_init(struct threads_lock *lock);

leaderlife_election *threads_new(const char *lock);
void threads_set(leaderlife_election *election, const char *name, const char *value);

/* A leader leads alone, does what a program does with its handle, and ends in one of three ways. */
void threads_lead(struct threads_lock *lock, leaderlife_election *election, int how);

/* Until it leads; a signal that is handled in this thread, or a wakeup, ends no campaign. */
void threads_become(leaderlife_election *election);
void threads_pop_all(leaderlife_election *election);

/* THREADS threads, all of which begin at one moment; joins them. */
void threads_run(void *(*begin)(void *), void *const *arguments, int count);

/* Called first by what threads_run starts. */
void threads_begin(void);

/* The elections on an API server: words: URL, CA, token's file, namespace, then pods as NAME=UID. */
void threads_kubernetes(int count, char **words);

#endif
