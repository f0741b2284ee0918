/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A watch on its way: moves bytes between a client and the watch's state machine. Must not know what is watched.
 */
#ifndef LEADERLIFE_KUBERNETES_WATCHER_H
#define LEADERLIFE_KUBERNETES_WATCHER_H

#include "kubernetes/client.h"
#include "kubernetes/watch.h"

#include <stdbool.h>
#include <stdint.h>

struct watcher {
    bool active;
    struct watch watch;
    struct http_call *call; /* NULL between requests */
    int64_t idle_ms;        /* as the call has it */
    struct client_pass pass;
};

void watcher_start(struct watcher *watcher, const struct watch_setup *setup);
void watcher_stop(struct watcher *watcher, struct client *client);

/* Does one thing if there is one to do: opens a request, takes a line, takes an end. Pull the watch's items after
 * each. */
bool watcher_run(struct watcher *watcher, struct client *client, int64_t now);

/* When to call watcher_run although nothing came; INT64_MAX. */
int64_t watcher_deadline(const struct watcher *watcher);

#endif
