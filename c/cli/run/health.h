/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --health and --ready-file: what probes and Prometheus read. Served from the caller's one loop.
 */
#ifndef LEADERLIFE_CLI_RUN_HEALTH_H
#define LEADERLIFE_CLI_RUN_HEALTH_H

#include <leaderlife/leaderlife.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct health;

/* What is told besides what the election's getters say. */
struct health_view {
    const leaderlife_election *election;
    const char *lock;
    int64_t transitions; /* how often another holder was observed */
    int64_t notices;     /* notices */
};

/* Listens on "HOST:PORT", "[IPv6]:PORT", ":PORT" or "PORT" (all addresses). CLI_OK, or CLI_TROUBLE with a message. */
int health_open(const char *address, const struct health_view *view, struct health **ret_health);
int health_fd(const struct health *health);
/* Milliseconds until health_run() is due without the descriptor; -1: never. */
int health_timeout_ms(const struct health *health);
/* ready: the descriptor was. */
void health_run(struct health *health, bool ready);
void health_close(struct health *health);

/* metrics.c: the text of /metrics, to be freed; NULL without memory. */
char *metrics_text(const struct health_view *view, size_t *ret_length);

/* A file that exists while ready. _check: CLI_OK if it can be made, and removes one that an earlier life left
 * behind. */
int ready_file_check(const char *path);
void ready_file_set(const char *path, bool ready);

#endif
