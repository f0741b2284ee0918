/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One descriptor for everything (epoll + timerfd + eventfd): sources of readiness, one deadline, a wake-up from
 * other threads. Knows nothing of what the bytes mean, and never blocks but in reactor_wait.
 */
#ifndef LEADERLIFE_IO_REACTOR_H
#define LEADERLIFE_IO_REACTOR_H

#include <stdbool.h>
#include <stdint.h>

struct epoll_event;

struct reactor {
    int epoll;
    int timer;
    int wake;
    int64_t armed;             /* what the timer is set to, ms; NEVER-like INT64_MAX = not set, 0 = at once */
    struct epoll_event *round; /* being dispatched now: reactor_remove strikes its source out */
    int round_size;
};

/* A descriptor somebody waits for. `ready` may remove its own source, and any other: removed sources are not called
 * again in the same round. The memory must stay until reactor_remove. */
struct source {
    int fd;
    uint32_t events; /* EPOLLIN ... as registered */
    void (*ready)(struct source *source, uint32_t events);
    void *owner;
};

/* 0, or an errno. All descriptors are close-on-exec. */
int reactor_init(struct reactor *reactor);
void reactor_free(struct reactor *reactor);

/* 0, or an errno. */
int reactor_add(struct reactor *reactor, struct source *source, uint32_t events);
int reactor_change(struct reactor *reactor, struct source *source, uint32_t events);
void reactor_remove(struct reactor *reactor, struct source *source);

/* Dispatches what is ready now, without waiting; how many were ready, timer and wake-up included, which are drained
 * here. */
int reactor_poll(struct reactor *reactor);

/* The descriptor becomes readable at that time (0: at once and until armed anew; INT64_MAX: never). */
void reactor_arm(struct reactor *reactor, int64_t at);

/* Waits until the descriptor is readable: 1; 0 after timeout_ms (negative: no limit); -EINTR or another
 * negative errno. */
int reactor_wait(struct reactor *reactor, int timeout_ms);

/* From any thread or signal handler; keeps errno. */
void reactor_wake(struct reactor *reactor);

/* Milliseconds on CLOCK_MONOTONIC: the clock of all deadlines. */
int64_t reactor_now(void);

/* A fresh random number. */
uint32_t reactor_random(void);

/* Of two deadlines. */
int64_t reactor_earlier(int64_t a, int64_t b);

#endif
