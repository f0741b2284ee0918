/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Curl multis on the reactor: sockets become sources, curl's timer becomes a deadline. Callbacks only note what curl
 * wants; curl is never called from one of them. Knows nothing of requests.
 */
#include "io/http_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { CONNECTIONS_KEPT = 4 };

static void note_result(struct pool *pool, CURLMcode code)
{
    if (code != CURLM_OK && pool->failure == CURLM_OK)
        pool->failure = code;
}

/* The process was stopped for a while, perhaps: curl does not run until what is too late has been taken from it. */
static bool has_overdue(const struct pool *pool)
{
    int64_t now = reactor_now();

    for (struct transfer *transfer = pool->http->transfers; transfer != NULL; transfer = transfer->next)
        if (transfer->pool == pool && transfer_is_overdue(transfer, now))
            return true;
    return false;
}

static void on_ready(struct source *source, uint32_t events)
{
    struct watched *watched = source->owner;
    struct pool *pool = watched->pool;
    int mask = 0;
    int running;

    if (pool->failure != CURLM_OK || has_overdue(pool))
        return;
    /* An error is found by reading and writing: then its errno gets into curl's text. */
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        mask |= CURL_CSELECT_IN;
    if (events & (EPOLLOUT | EPOLLERR))
        mask |= CURL_CSELECT_OUT;
    note_result(pool, curl_multi_socket_action(pool->multi, source->fd, mask, &running));
}

static void unwatch(struct pool *pool, struct watched *watched)
{
    struct watched **link = &pool->sockets;

    while (*link != watched)
        link = &(*link)->next;
    *link = watched->next;
    reactor_remove(pool->http->reactor, &watched->source);
    free(watched);
}

static int watch(struct pool *pool, curl_socket_t fd, uint32_t events)
{
    struct watched *watched = calloc(1, sizeof *watched);

    if (watched == NULL)
        return ENOMEM;
    watched->pool = pool;
    watched->source.fd = fd;
    watched->source.ready = on_ready;
    watched->source.owner = watched;
    int error = reactor_add(pool->http->reactor, &watched->source, events);
    if (error != 0) {
        free(watched);
        return error;
    }
    watched->next = pool->sockets;
    pool->sockets = watched;
    (void)curl_multi_assign(pool->multi, fd, watched);
    return 0;
}

static int rewatch(struct pool *pool, struct watched *watched, uint32_t events)
{
    int error = reactor_change(pool->http->reactor, &watched->source, events);

    if (error == ENOENT) /* closed and opened again under the same number */
        error = reactor_add(pool->http->reactor, &watched->source, events);
    return error;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *pool_pointer, void *watched_pointer)
{
    struct pool *pool = pool_pointer;
    struct watched *watched = watched_pointer;
    uint32_t events = 0;

    (void)easy;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= EPOLLOUT;
    if (events == 0) { /* also CURL_POLL_NONE: epoll would go on reporting hang-ups */
        if (watched != NULL) {
            (void)curl_multi_assign(pool->multi, fd, NULL);
            unwatch(pool, watched);
        }
        return 0;
    }
    int error = watched == NULL ? watch(pool, fd, events) : rewatch(pool, watched, events);
    return error == 0 ? 0 : -1;
}

static int on_timer(CURLM *multi, long timeout_ms, void *pool_pointer)
{
    struct pool *pool = pool_pointer;

    (void)multi;
    if (timeout_ms < 0)
        pool->timer_at = INT64_MAX;
    else /* curl counts microseconds: one more, or it would be called too early and ask again */
        pool->timer_at = timeout_ms == 0 ? 0 : reactor_now() + timeout_ms + 1;
    return 0;
}

static struct pool *pool_new(struct http *http)
{
    struct pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL)
        return NULL;
    pool->http = http;
    pool->timer_at = INT64_MAX;
    pool->last_byte_at = reactor_now();
    pool->multi = curl_multi_init();
    if (pool->multi == NULL) {
        free(pool);
        return NULL;
    }
    (void)curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
    (void)curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    (void)curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
    (void)curl_multi_setopt(pool->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    (void)curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    return pool;
}

struct pool *pool_present(struct http *http)
{
    struct pool *pool = http->pools;

    if (pool != NULL && !pool->retired && pool->failure == CURLM_OK)
        return pool;
    pool = pool_new(http);
    if (pool != NULL) {
        pool_retire(http);
        pool->next = http->pools;
        http->pools = pool;
    }
    return pool;
}

void pool_retire(struct http *http)
{
    if (http->pools != NULL)
        http->pools->retired = true;
}

void pool_run(struct pool *pool, int64_t now)
{
    int running;

    if (pool->failure != CURLM_OK || pool->timer_at > now || has_overdue(pool))
        return;
    pool->timer_at = INT64_MAX; /* before the call, which may set it anew */
    note_result(pool, curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running));
}

bool pool_wants_to_write(const struct pool *pool, int fd)
{
    for (const struct watched *watched = pool->sockets; watched != NULL; watched = watched->next)
        if (watched->source.fd == fd)
            return (watched->source.events & EPOLLOUT) != 0;
    return false;
}

struct transfer *pool_finished(struct pool *pool, CURLcode *ret_code)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(pool->multi, &left)) != NULL) {
        char *transfer = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        if (transfer == NULL)
            continue;
        *ret_code = message->data.result;
        return (struct transfer *)(void *)transfer;
    }
    return NULL;
}

static void pool_free(struct pool *pool, bool forked)
{
    if (!forked) /* the sources go here, before curl closes their descriptors */
        (void)curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, NULL);
    while (pool->sockets != NULL) {
        struct watched *watched = pool->sockets;

        pool->sockets = watched->next;
        if (!forked) /* the epoll is the parent's too */
            reactor_remove(pool->http->reactor, &watched->source);
        free(watched);
    }
    if (!forked) /* in a child curl could end the parent's TLS sessions: its handles are leaked on purpose */
        (void)curl_multi_cleanup(pool->multi);
    connections_forget(pool);
    free(pool);
}

void pools_reap(struct http *http)
{
    struct pool **link = &http->pools;

    while (*link != NULL) {
        struct pool *pool = *link;

        if (pool->calls > 0 || (!pool->retired && pool->failure == CURLM_OK)) {
            link = &pool->next;
            continue;
        }
        *link = pool->next;
        pool_free(pool, false);
    }
}

void pools_free(struct http *http, bool forked)
{
    while (http->pools != NULL) {
        struct pool *pool = http->pools;

        http->pools = pool->next;
        pool_free(pool, forked);
    }
}
