/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One descriptor for everything (epoll + timerfd + socket pair): sources of readiness, one deadline, a wake-up from
 * other threads.
 */
#ifndef LEADERLIFE_IO_REACTOR_H
#define LEADERLIFE_IO_REACTOR_H

#include "base/clock.h"
#include "io/file_id.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct source;

struct reactor {
    int epoll; /* -1: given up */
    int timer;
    int wake;  /* in the epoll: an end of a socket pair, for an eventfd could not be told from another one */
    int waker; /* the other end, that is written to */
    struct file_id wake_file;
    struct file_id waker_file;
    atomic_bool woken;      /* by reactor_wake, and no wait has ended for that yet */
    int64_t armed;          /* what the timer is set to, ms; NEVER: not set, 0 = at once */
    struct source *sources; /* those that are added; what epoll tells of another is not believed */
    uint64_t last_serial;
    bool removed; /* a source, since this round began: the rest of the round may still tell of it */
    bool haunted; /* epoll tells of a source that is gone: its number was closed under us, and a fork has the file */
};

/* A descriptor somebody waits for. `ready` may remove its own source, and any other: removed sources are not called
 * again in the same round. The memory must stay until reactor_remove. */
struct source {
    int fd;
    struct file_id file; /* set by reactor_add, as are those with the reactor */
    uint32_t events;     /* EPOLLIN ... as registered */
    uint64_t serial;     /* of this adding, in the reactor: no other has had it; 0: not added */
    bool superseded;     /* another source was added under its number since: that was closed under us */
    struct source *next;
    void (*ready)(struct source *source, uint32_t events);
    void *owner;
};

/* 0, or an errno. All descriptors are close-on-exec. */
int reactor_init(struct reactor *reactor);

/* Closes what is still its own. */
void reactor_free(struct reactor *reactor);

/* Whether all its descriptors are still its own, and not closed by the host program, nor other files' by now. Nor if
 * epoll tells of a source that is gone. Some system calls, and nothing changes. */
bool reactor_is_ours(const struct reactor *reactor);

/* For one that is not ours any more: nothing is ever done by its numbers again, and reactor_add and reactor_change
 * answer EBADF. What is still its own is closed, but for the pair, which a wake-up may be using. */
void reactor_give_up(struct reactor *reactor);

/* 0, or an errno. The memory of a source may be gone after reactor_remove, whatever epoll still tells of its file. */
int reactor_add(struct reactor *reactor, struct source *source, uint32_t events);
int reactor_change(struct reactor *reactor, struct source *source, uint32_t events);
void reactor_remove(struct reactor *reactor, struct source *source);

/* Of a number that is going to be closed by somebody else's word: epoll would go on telling of its file where a forked
 * child has it. */
void reactor_forget(struct reactor *reactor, int fd);

/* Whether the source's number is still that of the file that was added; for a reactor that is ours. */
bool reactor_has(const struct reactor *reactor, const struct source *source);

/* Removes it and closes it, if it is still its own: for a pidfd, which is known by being in our epoll alone. With
 * forked only closes: the epoll is the parent's too. */
void reactor_close(struct reactor *reactor, struct source *source, bool forked);

/* The same as reactor_has by the file alone, for sockets and pipes. */
bool reactor_source_is_ours(const struct source *source);

/* Closes a socket or a pipe, if it is still the source's own; then its number is -1. */
void reactor_source_close(struct source *source);

/* Dispatches what is ready now, without waiting; how many were ready, timer and wake-up included, which are drained
 * here. */
int reactor_poll(struct reactor *reactor);

/* The descriptor becomes readable at that time (0: at once and until armed anew; NEVER). */
void reactor_arm(struct reactor *reactor, int64_t at);

/* Waits until the descriptor is readable: 1; 0 after timeout_ms (negative: no limit); -EINTR when a signal handler ran,
 * or for a reactor_wake since the last -EINTR, also one from before this call; -EBADF: it is not ours any more; another
 * negative errno. */
int reactor_wait(struct reactor *reactor, int timeout_ms);

/* Makes the descriptor readable until the next reactor_poll, and ends a wait, or the next one. From any thread or
 * signal handler; keeps errno. */
void reactor_wake(struct reactor *reactor);

#endif
