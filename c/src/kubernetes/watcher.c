/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves a watch's bytes. Must not know what is watched.
 */
#include "kubernetes/watcher.h"

#include "io/reactor.h"

#include <leaderlife/leaderlife.h>
#include <string.h>

void watcher_start(struct watcher *watcher, const struct watch_setup *setup)
{
    watcher->active = true;
    watcher->call = NULL;
    memset(&watcher->pass, 0, sizeof watcher->pass);
    watch_init(&watcher->watch, setup);
}

void watcher_stop(struct watcher *watcher, struct client *client)
{
    if (!watcher->active)
        return;
    if (watcher->call)
        http_end(client->http, watcher->call);
    watch_clear(&watcher->watch);
    watcher->call = NULL;
    watcher->active = false;
}

/* False as long as it waits for a credential. */
static bool open_request(struct watcher *watcher, struct client *client, int64_t now)
{
    enum client_turn turn = client_ready(client, &watcher->pass, watcher->watch.reread, now);

    if (turn == CLIENT_WAIT)
        return false;
    if (turn == CLIENT_FAIL) {
        watch_not_opened(&watcher->watch, now, reactor_random(), client->plugin.status, client->plugin.text);
        return true;
    }
    watcher->idle_ms = watch_idle_ms(&watcher->watch);
    watcher->call = client_start(client, watch_open(&watcher->watch, now, reactor_random()), watcher->idle_ms);
    if (!watcher->call)
        watch_not_opened(&watcher->watch, now, reactor_random(), LEADERLIFE_ENOMEM, "no memory for a request");
    return true;
}

static void take(struct watcher *watcher, size_t used)
{
    http_consume(watcher->call, used);
    if (watcher->idle_ms == watch_idle_ms(&watcher->watch))
        return;
    watcher->idle_ms = watch_idle_ms(&watcher->watch);
    http_set_idle(watcher->call, watcher->idle_ms);
}

static void close_request(struct watcher *watcher, struct client *client)
{
    const struct http_call *call = watcher->call;

    if (call->error != HTTP_FINE || (call->done && call->status != 200))
        client_count_failure(client, watcher->watch.request.verb);
    if (call->error == HTTP_STALLED)
        http_forsake_connections(client->http); /* P18: a shared connection is a shared fate */
    http_end(client->http, watcher->call);
    watcher->call = NULL;
}

bool watcher_run(struct watcher *watcher, struct client *client, int64_t now)
{
    size_t used = 0;

    if (!watcher->active)
        return false;
    if (!watcher->call) {
        if (now < watcher->watch.at)
            return false;
        return open_request(watcher, client, now);
    }
    switch (watch_step(&watcher->watch, watcher->call, now, reactor_random(), &used)) {
    case WATCH_TOOK: take(watcher, used); return true;
    case WATCH_CLOSE: close_request(watcher, client); return true;
    case WATCH_WAIT: break;
    }
    return false;
}

int64_t watcher_deadline(const struct watcher *watcher)
{
    if (watcher->pass.awaited != 0)
        return INT64_MAX;
    return watcher->active ? watch_deadline(&watcher->watch) : INT64_MAX;
}
