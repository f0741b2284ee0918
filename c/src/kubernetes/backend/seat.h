/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seat (P12): one campaigning process per pod and lock, by a kernel lock.
 */
#ifndef LEADERLIFE_KUBERNETES_BACKEND_SEAT_H
#define LEADERLIFE_KUBERNETES_BACKEND_SEAT_H

#include "io/kernel_lock.h"
#include "io/reactor.h"
#include "machine/knowledge.h"

#include <stdbool.h>
#include <stdint.h>

struct pod_seat {
    struct reactor *reactor;
    const char *lock; /* for texts; valid as long as the seat */
    struct kernel_lock_name name;
    int held;             /* the seat itself, or -1 */
    struct file_id file;  /* held: which it is */
    bool wanted;          /* somebody waits for the sibling's end */
    struct source source; /* fd -1, or the connection that hangs up then */
    bool gone;            /* it has hung up, which has not been told yet */
    int64_t retry_at;
    unsigned attempts;
    bool noted; /* the present sibling was told of */
    pid_t noted_pid;
};

void seat_init(struct pod_seat *seat, struct reactor *reactor);

/* Once identity is known. */
void seat_name(struct pod_seat *seat, const char *pod_uid, const char *lock);

/* Fills the answer: OK, EXISTS, or RETRY with status and text. */
void seat_take(struct pod_seat *seat, struct fact *fact);

/* P12: the seat that is held is held still, and its descriptor not closed by the host program; true where none is.
 * Async-signal-safe. */
bool seat_is_ours(const struct pod_seat *seat);

/* Frees the seat; true if the fact is a notice that a forked child keeps it. */
bool seat_release(struct pod_seat *seat, struct fact *ret_note);

void seat_want(struct pod_seat *seat, bool wanted);

/* The next fact of the wait for the sibling: FACT_SEAT or a notice; false when there is none now. */
bool seat_run(struct pod_seat *seat, int64_t now, uint32_t random, struct fact *ret_fact);

/* When to call seat_run although nothing is ready; NEVER. */
int64_t seat_deadline(const struct pod_seat *seat);

/* Closes the descriptors; with forked the reactor is the parent's and is left alone. */
void seat_free(struct pod_seat *seat, bool forked);

#endif
