/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of writes without an answer share (P10): a client with one connection, through a relay, to a server of
 * either protocol.
 */
#ifndef LEADERLIFE_TESTS_WRITE_STAGE_H
#define LEADERLIFE_TESTS_WRITE_STAGE_H

#include "http2_fixture.h"
#include "relay_fixture.h"

enum {
    BODY = 40000,
    BODY_NEARLY = 16000,
    BODY_MAX = 1500000,
    BUFFER = 4 << 20,
    NOTHING_MS = 300,
    SILENCE_MS = 60000,
    ACKNOWLEDGE_MS = 10000
};

struct stage {
    const char *server;
    struct relay relay;
    struct client client;
    char url[100];
    char *body;
    int fd;
};

static struct http_request stage_request(struct stage *stage, const char *method, const char *path, size_t body)
{
    struct http_request request = request_for("good", "/");

    snprintf(stage->url, sizeof stage->url, "https://127.0.0.1:%ld%s", stage->relay.port, path);
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

static void open_stage(struct stage *stage, const char *server_name)
{
    bool http2 = strcmp(server_name, "h2") == 0;

    if (http2 && nghttpd == 0)
        skip();
    memset(stage, 0, sizeof *stage);
    stage->server = server_name;
    stage->body = malloc(BODY_MAX + 1);
    assert_non_null(stage->body);
    relay_open(&stage->relay, http2 ? port : atol(fact("good")));
    client_open(&stage->client);
    answered(stage, start(stage, "GET", 0, HANG_MS));
    stage->fd = client_socket(&stage->relay);
}

static void close_stage(struct stage *stage)
{
    client_close(&stage->client);
    relay_close(&stage->relay);
    free(stage->body);
}

/* A write that the kernel has and cannot get rid of. */
static inline struct http_call *start_stuck(struct stage *stage, int64_t timeout_ms)
{
    int size = BUFFER;

    assert_int_equal(setsockopt(stage->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    relay_freeze(&stage->relay, true);
    struct http_call *call = start(stage, "PUT", BODY, timeout_ms);
    assert_null(client_next(&stage->client, NOTHING_MS));
    assert_true(unacknowledged(stage->fd) > 0);
    return call;
}

static void expect_fate(struct stage *stage, int fate)
{
    int found = relay_fate(&stage->relay, 0, fate == EAGAIN ? NOTHING_MS : HANG_MS);

    if (found != fate)
        fail_msg("%s: the server sees %s, not %s", stage->server, strerror(found), strerror(fate));
}

static void with_both(void (*play)(struct stage *stage))
{
    static const char *const servers[] = {"h1", "h2"};

    for (size_t i = 0; i < 2; i++) {
        struct stage stage;

        open_stage(&stage, servers[i]);
        play(&stage);
        close_stage(&stage);
    }
}

#endif
