/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http against an HTTP/2 server, nghttpd: many calls on one connection, and what happens to all of them when that
 * stalls. Skipped, and said so, where nghttpd is not installed (Debian: nghttp2-server).
 */
#include "http2_fixture.h"

#include "io/http/curl_features.h"

static void need_nghttpd(struct client *client)
{
    if (nghttpd == 0)
        skip();
    client_open(client);
}

static void test_calls_share_one_connection(void **state)
{
    /* Until it has read the server's settings, libcurl 7.76 believes that a connection carries 13. */
    struct http_call *calls[13];
    enum { MANY = sizeof calls / sizeof calls[0] };
    struct client client;

    (void)state;
    need_nghttpd(&client);
    struct http_request request = request_for("free", "/small");
    for (int i = 0; i < MANY; i++) /* all before there is any connection: PIPEWAIT */
        calls[i] = http_start(client.http, &request, NULL);
    for (int i = 0; i < MANY; i++) {
        await_done(&client, calls[i]);
        assert_int_equal(calls[i]->error, HTTP_FINE);
        assert_string_equal(calls[i]->data, "pppppppppp");
        http_end(client.http, calls[i]);
    }
    assert_int_equal(connections_to(port), 1);
    http_end(client.http, get(&client, "free", "/small"));
    assert_int_equal(connections_to(port), 1);
    client_close(&client);
}

static void test_ending_a_stream_keeps_the_connection(void **state)
{
    struct client client;

    (void)state;
    need_nghttpd(&client);
    struct http_request request = request_for("free", "/large");
    request.stream = true;
    struct http_call *stream = http_start(client.http, &request, NULL);
    assert_ptr_equal(client_next(&client, HANG_MS), stream);
    struct http_call *other = http_start(
        client.http,
        &(struct http_request){.method = "GET", .url = request.url, .max_bytes = 4000000, .timeout_ms = HANG_MS}, NULL);
    http_end(client.http, stream);
    await_done(&client, other);
    assert_int_equal(other->error, HTTP_FINE);
    assert_int_equal(other->size, 3000000);
    http_end(client.http, other);
    assert_int_equal(connections_to(port), 1);
    client_close(&client);
}

static void test_bodies(void **state)
{
    struct client client;

    (void)state;
    need_nghttpd(&client);
    struct http_request request = request_for("free", "/small");
    request.method = "PUT";
    request.body = "{}";
    request.content_type = "application/json";
    struct http_call *call = run(&client, &request);
    assert_int_equal(call->error, HTTP_FINE);
    assert_true(call->status >= 200);
    http_end(client.http, call);
    client_close(&client);
}

/* A shared connection is a shared fate (P18): what stalls is forsaken, and the next call is on a fresh one. */
static void test_a_stalled_connection_is_forsaken(void **state)
{
    struct client client;

    (void)state;
    need_nghttpd(&client);
    http_end(client.http, get(&client, "free", "/small"));
    assert_int_equal(kill(nghttpd, SIGSTOP), 0);
    struct http_request request = request_for("free", "/small");
    request.timeout_ms = 3000; /* enough to send it, on a busy machine, too */
    struct http_call *lost = run(&client, &request);
    assert_int_equal(lost->error, HTTP_TIMEOUT);
    assert_true(lost->maybe_sent);
    http_end(client.http, lost);
    assert_int_equal(connections_to(port), 0);

    request.timeout_ms = HANG_MS;
    struct http_call *next = http_start(client.http, &request, NULL);
    assert_null(client_next(&client, 100));
    assert_int_equal(kill(nghttpd, SIGCONT), 0);
    await_done(&client, next);
    assert_int_equal(next->error, HTTP_FINE);
    http_end(client.http, next);
    assert_int_equal(connections_to(port), 1);
    client_close(&client);
}

static void test_idle_connection_makes_no_wakeups(void **state)
{
    struct client client;

    (void)state;
    need_nghttpd(&client);
    http_end(client.http, get(&client, "free", "/small"));
    do {
        client.wakeups = 0;
        assert_null(client_next(&client, 500));
    } while (client.wakeups > 0);
    assert_null(client_next(&client, 3000));
    assert_int_equal(client.wakeups, 0);
    client_close(&client);
}

static void test_server_that_ends(void **state)
{
    struct client client;

    (void)state;
    need_nghttpd(&client);
    struct http_request request = request_for("free", "/small");
    http_end(client.http, run(&client, &request));
    kill(nghttpd, SIGSTOP);
    request.method = "POST";
    request.body = "{}";
    struct http_call *call = http_start(client.http, &request, NULL);
    assert_null(client_next(&client, 1000)); /* sent by then */
    kill(nghttpd, SIGKILL);
    waitpid(nghttpd, NULL, 0);
    nghttpd = 0;
    await_done(&client, call);
    if (CURL_ASKS_BEFORE_SENDING)
        assert_int_equal(call->error, HTTP_NETWORK);
    else /* in the handshake of its own connection */
        assert_in_range(call->error, HTTP_NETWORK, HTTP_TLS);
    assert_int_equal(call->maybe_sent, CURL_ASKS_BEFORE_SENDING);
    http_end(client.http, call);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_share_one_connection),
        cmocka_unit_test(test_ending_a_stream_keeps_the_connection),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_a_stalled_connection_is_forsaken),
        cmocka_unit_test(test_idle_connection_makes_no_wakeups),
        cmocka_unit_test(test_server_that_ends), /* last: ends nghttpd */
    };

    return cmocka_run_group_tests_name("unit_http2", tests, start_both, stop_both);
}
