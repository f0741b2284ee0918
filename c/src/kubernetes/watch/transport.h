/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves the bytes of an API watch between the client and the watch's state machine.
 */
#ifndef LEADERLIFE_KUBERNETES_WATCH_TRANSPORT_H
#define LEADERLIFE_KUBERNETES_WATCH_TRANSPORT_H

#include "kubernetes/api/client.h"
#include "kubernetes/watch/stream.h"

#include <stdbool.h>
#include <stdint.h>

struct watch_transport {
    bool active;
    struct watch watch;
    struct http_call *call; /* NULL between requests */
    int64_t idle_ms;        /* as the call has it */
    struct client_pass pass;
};

void watch_transport_start(struct watch_transport *transport, const struct watch_setup *setup);
void watch_transport_stop(struct watch_transport *transport, struct client *client);

/* Does one thing if there is one to do: opens a request, takes a line, takes an end. Pull the watch's items after
 * each. */
bool watch_transport_run(struct watch_transport *transport, struct client *client, int64_t now);

/* When to call watch_transport_run although nothing came; NEVER. */
int64_t watch_transport_deadline(const struct watch_transport *transport);

#endif
