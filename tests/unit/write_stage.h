/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of writes without an answer share (P10): a client with one connection, through a relay, to a server of
 * either protocol.
 */
#ifndef LEADERLIFE_TESTS_WRITE_STAGE_H
#define LEADERLIFE_TESTS_WRITE_STAGE_H

#include "http2_fixture.h"
#include "relay_fixture.h"

#include "io/http/curl_features.h"

enum {
    BODY = 40000,
    BODY_NEARLY = 16000,
    BODY_MAX = 1500000,
    BUFFER = 4 << 20,
    NOTHING_MS = 300,
    SILENCE_MS = 10000,
    ACKNOWLEDGE_MS = 11000
};

struct stage {
    const char *server;
    struct relay relay;
    struct client client;
    long port; /* in URLs: the relay's, or that of the server behind the proxy behind the relay */
    char url[100];
    char *body;
    int fd;
};

static struct http_request stage_request(struct stage *stage, const char *method, const char *path, size_t body)
{
    struct http_request request = request_for("good", "/");

    snprintf(stage->url, sizeof stage->url, "https://127.0.0.1:%ld%s", stage->port, path);
    memset(stage->body, 'b', BODY_MAX);
    stage->body[body] = '\0';
    request.url = stage->url;
    request.method = method;
    request.body = body > 0 ? stage->body : NULL;
    request.withdraw_ms = HANG_MS;
    request.acknowledge_ms = ACKNOWLEDGE_MS;
    return request;
}

static struct http_call *start(struct stage *stage, const char *method, size_t body, int64_t timeout_ms)
{
    struct http_request request = stage_request(stage, method, "/small", body);

    request.timeout_ms = timeout_ms;
    struct http_call *call = http_start(stage->client.http, &request, NULL);
    assert_non_null(call);
    return call;
}

static void answered(struct stage *stage, struct http_call *call)
{
    await_done(&stage->client, call);
    assert_string_equal(call->text, "");
    assert_int_equal(call->error, HTTP_FINE);
    http_end(stage->client.http, call);
}

/* Between client and relay nothing but a proxy's words differs: the relay's end of the connection is then the
 * proxy's. */
static void open_proxied_stage(struct stage *stage, const char *server_name, const char *scheme)
{
    bool http2 = strcmp(server_name, "h2") == 0;
    long server_port = http2 ? port : atol(fact("good"));
    char proxy[100];

    if (http2 && nghttpd == 0)
        skip();
    memset(stage, 0, sizeof *stage);
    stage->server = server_name;
    stage->body = malloc(BODY_MAX + 1);
    assert_non_null(stage->body);
    relay_open(&stage->relay, scheme != NULL ? atol(fact("proxy")) : server_port);
    stage->port = scheme != NULL ? server_port : stage->relay.port;
    client_open(&stage->client);
    if (scheme != NULL) {
        snprintf(proxy, sizeof proxy, "%s://127.0.0.1:%ld", scheme, stage->relay.port);
        client_go_through(&stage->client, &(struct http_proxy){.url = proxy, .name = proxy, .cure = "a cure"});
    }
    answered(stage, start(stage, "GET", 0, HANG_MS));
    stage->fd = client_socket(&stage->relay);
}

static inline void open_stage(struct stage *stage, const char *server_name)
{
    open_proxied_stage(stage, server_name, NULL);
}

static void close_stage(struct stage *stage)
{
    client_close(&stage->client);
    relay_close(&stage->relay);
    free(stage->body);
}

/* With a libcurl that does not ask before it sends, a write is on the newest connection, which is its own. */
static inline int written(const struct stage *stage)
{
    return CURL_ASKS_BEFORE_SENDING ? 0 : atomic_load(&stage->relay.count) - 1;
}

/* So long a write may take that is only a matter of time; its own connection must be made first. */
static inline int64_t soon_ms(void)
{
    return CURL_ASKS_BEFORE_SENDING ? NOTHING_MS : 10 * NOTHING_MS;
}

/* Nobody will read the next write. */
static inline void hold_a_write(struct stage *stage)
{
    if (CURL_ASKS_BEFORE_SENDING)
        relay_freeze(&stage->relay, true);
    else
        atomic_store(&stage->relay.holds, 1);
}

static inline void await_sending(struct stage *stage, bool all_is_acknowledged)
{
    int64_t end = clock_now() + HANG_MS;

    while (!atomic_load(&stage->relay.all[written(stage)].frozen) ||
           (!all_is_acknowledged && unacknowledged(client_socket_of(&stage->relay, written(stage))) == 0)) {
        assert_true(clock_now() < end);
        assert_null(client_next(&stage->client, 10));
    }
    stage->fd = client_socket_of(&stage->relay, written(stage));
}

/* A write that the kernel has and cannot get rid of. */
static inline struct http_call *start_stuck(struct stage *stage, int64_t timeout_ms)
{
    int size = BUFFER;

    assert_int_equal(setsockopt(stage->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    hold_a_write(stage);
    struct http_call *call = start(stage, "PUT", BODY, timeout_ms);
    if (!CURL_ASKS_BEFORE_SENDING)
        await_sending(stage, false);
    assert_null(client_next(&stage->client, NOTHING_MS));
    assert_true(unacknowledged(stage->fd) > 0);
    return call;
}

/* False: a write has a connection of its own, and the test is of something that it cannot meet. */
static inline bool writes_share_connections(void)
{
    if (!CURL_ASKS_BEFORE_SENDING)
        print_message("nothing to test: with libcurl %s each write has a connection of its own\n", LIBCURL_VERSION);
    return CURL_ASKS_BEFORE_SENDING;
}

static void expect_fate(struct stage *stage, int fate)
{
    int found = relay_fate(&stage->relay, written(stage), fate == EAGAIN ? NOTHING_MS : HANG_MS);

    if (found != fate)
        fail_msg("%s: the server sees %s, not %s", stage->server, strerror(found), strerror(fate));
}

/* Over either protocol, and through either kind of proxy. */
static inline void with_all(void (*play)(struct stage *stage))
{
    static const char *const ways[][2] = {{"h1", NULL}, {"h2", NULL}, {"h1", "http"}, {"h2", "socks5h"}};

    for (size_t i = 0; i < 4; i++) {
        struct stage stage;

        open_proxied_stage(&stage, ways[i][0], ways[i][1]);
        play(&stage);
        close_stage(&stage);
    }
}

#endif
