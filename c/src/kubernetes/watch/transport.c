/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves the bytes of an API watch between the client and the watch's state machine.
 */
#include "kubernetes/watch/transport.h"

#include "base/random.h"
#include "io/reactor.h"
#include "kubernetes/watch/restart.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

void watch_transport_start(struct watch_transport *transport, const struct watch_setup *setup)
{
    transport->active = true;
    transport->call = NULL;
    memset(&transport->pass, 0, sizeof transport->pass);
    watch_init(&transport->watch, setup);
}

void watch_transport_stop(struct watch_transport *transport, struct client *client)
{
    if (!transport->active)
        return;
    if (transport->call != NULL)
        http_end(client->http, transport->call);
    watch_clear(&transport->watch);
    transport->call = NULL;
    transport->active = false;
}

/* False as long as it waits for a credential. */
static bool open_request(struct watch_transport *transport, struct client *client, int64_t now)
{
    enum client_turn turn = client_ready(client, &transport->pass, transport->watch.reread, now);

    if (turn == CLIENT_WAIT)
        return false;
    if (turn == CLIENT_FAIL) {
        watch_not_opened(&transport->watch, now, random_number(), client->plugin.status, client->plugin.text);
        return true;
    }
    transport->idle_ms = watch_idle_ms(&transport->watch);
    transport->call = client_start(client, watch_open(&transport->watch, now, random_number()), transport->idle_ms);
    if (transport->call == NULL)
        watch_not_opened(&transport->watch, now, random_number(), LEADERLIFE_ENOMEM, "no memory for a request");
    return true;
}

static void take(struct watch_transport *transport, size_t used)
{
    http_consume(transport->call, used);
    if (transport->idle_ms == watch_idle_ms(&transport->watch))
        return;
    transport->idle_ms = watch_idle_ms(&transport->watch);
    http_set_idle(transport->call, transport->idle_ms);
}

static void close_request(struct watch_transport *transport, struct client *client)
{
    const struct http_call *call = transport->call;

    if (call->error != HTTP_FINE || (call->done && call->status != 200))
        client_count_failure(client, transport->watch.request.verb);
    if (call->error == HTTP_STALLED)
        http_forsake_connections(client->http); /* P18: what shares the connection hangs too */
    http_end(client->http, transport->call);
    transport->call = NULL;
}

bool watch_transport_run(struct watch_transport *transport, struct client *client, int64_t now)
{
    size_t used = 0;

    if (!transport->active)
        return false;
    if (transport->call == NULL) {
        if (now < transport->watch.at)
            return false;
        return open_request(transport, client, now);
    }
    switch (watch_step(&transport->watch, transport->call, now, random_number(), &used)) {
    case WATCH_TOOK: take(transport, used); return true;
    case WATCH_CLOSE: close_request(transport, client); return true;
    case WATCH_WAIT: break;
    }
    return false;
}

int64_t watch_transport_deadline(const struct watch_transport *transport)
{
    if (transport->pass.awaited != 0)
        return NEVER;
    return transport->active ? watch_deadline(&transport->watch) : NEVER;
}
