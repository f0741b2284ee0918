/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Curl multis on the reactor: sockets become sources, curl's timer becomes a deadline. Callbacks only note what curl
 * wants; curl is never called from one of them.
 */
#include "io/http/pool.h"

#include "io/http/connection.h"
#include "io/http/curl.h"
#include "io/http/sigpipe.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum { CONNECTIONS_KEPT = 4 };

static void note_result(struct pool *pool, CURLMcode code)
{
    if (code != CURLM_OK && pool->failure == CURLM_OK)
        pool->failure = code;
}

static bool sockets_are_ours(const struct pool *pool)
{
    for (const struct pool_socket *pool_socket = pool->sockets; pool_socket != NULL; pool_socket = pool_socket->next)
        if (!reactor_source_is_ours(&pool_socket->source))
            return false;
    return true;
}

bool pool_is_ours(struct pool *pool)
{
    bool reactor = pool->http->reactor->epoll >= 0;

    if (!pool->closed_by_program && reactor && sockets_are_ours(pool) && connections_are_ours(pool))
        return true;
    pool->closed_by_program = true;
    note_result(pool, CURLM_BAD_SOCKET);
    return false;
}

/* The process was stopped for a while, perhaps: curl does not run until what is too late has been taken from it. */
static bool has_overdue(const struct pool *pool)
{
    int64_t now = clock_now();

    for (struct transfer *transfer = pool->http->transfers; transfer != NULL; transfer = transfer->next)
        if (transfer->pool == pool && connection_is_overdue(transfer, now))
            return true;
    return false;
}

static bool some_wait(const struct pool *pool)
{
    for (const struct transfer *transfer = pool->http->transfers; transfer != NULL; transfer = transfer->next)
        if (transfer->pool == pool && transfer->easy != NULL && transfer->attempts == 0)
            return true;
    return false;
}

/* Calls may wait to see whether they can share the connection that was being made (CURLOPT_PIPEWAIT). Where they
 * cannot, libcurl 8 leaves them waiting until another call ends, and a watch never does. It looks again when a handle
 * goes. */
static void wake_waiting(struct pool *pool)
{
    CURL *nobody = pool->sent && curl_forgets_who_waits() && some_wait(pool) ? curl_new_handle() : NULL;

    pool->sent = false;
    if (nobody == NULL)
        return;
    if (curl_multi_add_handle(pool->multi, nobody) == CURLM_OK)
        (void)curl_multi_remove_handle(pool->multi, nobody);
    curl_easy_cleanup(nobody);
}

/* Lets curl do what is to be done for that socket, or by its timer. */
static void act(struct pool *pool, curl_socket_t fd, int mask)
{
    struct sigpipe held;
    int running;

    sigpipe_hold(&held);
    note_result(pool, curl_multi_socket_action(pool->multi, fd, mask, &running));
    if (pool->failure == CURLM_OK)
        wake_waiting(pool);
    sigpipe_release(&held);
}

static void on_ready(struct source *source, uint32_t events)
{
    struct pool_socket *pool_socket = source->owner;
    struct pool *pool = pool_socket->pool;
    int mask = 0;

    if (pool->failure != CURLM_OK || !pool_is_ours(pool) || has_overdue(pool))
        return;
    /* An error is found by reading and writing: then its errno gets into curl's text. */
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        mask |= CURL_CSELECT_IN;
    if (events & (EPOLLOUT | EPOLLERR))
        mask |= CURL_CSELECT_OUT;
    act(pool, source->fd, mask);
}

static void unwatch(struct pool *pool, struct pool_socket *pool_socket)
{
    struct pool_socket **link = &pool->sockets;

    while (*link != pool_socket)
        link = &(*link)->next;
    *link = pool_socket->next;
    reactor_remove(pool->http->reactor, &pool_socket->source);
    free(pool_socket);
}

static int watch(struct pool *pool, curl_socket_t fd, uint32_t events)
{
    struct pool_socket *pool_socket = calloc(1, sizeof *pool_socket);

    if (pool_socket == NULL)
        return ENOMEM;
    pool_socket->pool = pool;
    pool_socket->source.fd = fd;
    pool_socket->source.ready = on_ready;
    pool_socket->source.owner = pool_socket;
    int error = reactor_add(pool->http->reactor, &pool_socket->source, events);
    if (error != 0) {
        free(pool_socket);
        return error;
    }
    pool_socket->next = pool->sockets;
    pool->sockets = pool_socket;
    (void)curl_multi_assign(pool->multi, fd, pool_socket);
    return 0;
}

static int rewatch(struct pool *pool, struct pool_socket *pool_socket, uint32_t events)
{
    int error = reactor_change(pool->http->reactor, &pool_socket->source, events);

    if (error == ENOENT) /* the descriptor was closed, and its number is in use again */
        error = reactor_add(pool->http->reactor, &pool_socket->source, events);
    return error;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *pool_pointer, void *watched_pointer)
{
    struct pool *pool = pool_pointer;
    struct pool_socket *pool_socket = watched_pointer;
    uint32_t events = 0;

    (void)easy;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= EPOLLOUT;
    if (events == 0) { /* CURL_POLL_NONE too: epoll would go on reporting hang-ups */
        if (pool_socket != NULL) {
            (void)curl_multi_assign(pool->multi, fd, NULL);
            unwatch(pool, pool_socket);
        }
        return 0;
    }
    int error = pool_socket == NULL ? watch(pool, fd, events) : rewatch(pool, pool_socket, events);
    if (error != 0) /* libcurl 8 does not always report this failure */
        note_result(pool, CURLM_INTERNAL_ERROR);
    return error == 0 ? 0 : -1;
}

static int on_timer(CURLM *multi, long timeout_ms, void *pool_pointer)
{
    struct pool *pool = pool_pointer;

    (void)multi;
    if (timeout_ms < 0)
        pool->timer_at = NEVER;
    else /* one more, as curl counts microseconds: called too early, it would ask again */
        pool->timer_at = timeout_ms == 0 ? 0 : clock_now() + timeout_ms + 1;
    return 0;
}

static struct pool *pool_new(struct http *http)
{
    struct pool *pool = calloc(1, sizeof *pool);

    if (pool == NULL)
        return NULL;
    pool->http = http;
    pool->timer_at = NEVER;
    pool->last_byte_at = clock_now();
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

struct pool *pool_for_write(struct http *http)
{
    if (CURL_ASKS_BEFORE_SENDING)
        return pool_present(http);
    struct pool *pool = pool_new(http);
    if (pool == NULL)
        return NULL;
    pool->alone = true;
    pool->retired = true; /* no other call gets it, and it ends with its call */
    if (http->pools == NULL) {
        http->pools = pool;
    } else { /* the first pool stays first */
        pool->next = http->pools->next;
        http->pools->next = pool;
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
    if (!pool_is_ours(pool) || pool->failure != CURLM_OK || pool->timer_at > now || has_overdue(pool))
        return;
    pool->timer_at = NEVER; /* reset first: the call may set it anew */
    act(pool, CURL_SOCKET_TIMEOUT, 0);
}

/* Curl looks after the connections of the multi that a handle is in, and wants one that has none of its own. */
static bool look_after(struct pool *pool, CURL *nobody)
{
    if (curl_easy_setopt(nobody, CURLOPT_UPKEEP_INTERVAL_MS, 1L) != CURLE_OK ||
        curl_multi_add_handle(pool->multi, nobody) != CURLM_OK)
        return false;
    bool done = curl_easy_upkeep(nobody) == CURLE_OK;
    (void)curl_multi_remove_handle(pool->multi, nobody);
    return done;
}

bool pool_ask(struct pool *pool, int fd)
{
    struct sigpipe held;
    CURL *nobody;

    if (!pool_is_ours(pool) || pool->failure != CURLM_OK || has_overdue(pool) || (nobody = curl_new_handle()) == NULL)
        return false;
    sigpipe_hold(&held);
    bool asked = look_after(pool, nobody);
    curl_easy_cleanup(nobody);
    sigpipe_release(&held);
    if (asked) /* curl has only prepared it: it writes when it has tried to read */
        act(pool, fd, CURL_CSELECT_IN);
    return asked;
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

/* In a child curl could end the parent's TLS sessions, and with descriptors that are others' by now, theirs: its
 * handles are leaked on purpose. */
static void pool_free(struct pool *pool, bool forked)
{
    bool leak = forked || !pool_is_ours(pool);
    struct sigpipe held;

    if (!leak) /* sources are removed here, before curl closes their descriptors */
        (void)curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, NULL);
    while (pool->sockets != NULL) {
        struct pool_socket *pool_socket = pool->sockets;

        pool->sockets = pool_socket->next;
        if (!forked) /* a forked child shares the epoll with its parent */
            reactor_remove(pool->http->reactor, &pool_socket->source);
        free(pool_socket);
    }
    if (!leak) {
        sigpipe_hold(&held);
        (void)curl_multi_cleanup(pool->multi);
        sigpipe_release(&held);
    } else if (!forked) {
        connections_close(pool);
    }
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
