/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P10: a write that was not handed to the kernel in time is withdrawn, and what the kernel has it may send for so long
 * only; over HTTP/1.1 and HTTP/2.
 */
#include "write_stage.h"

/* ---- Withdrawn ---- */

static void expect_withdrawn(struct stage *stage, struct http_call *call, bool maybe_sent)
{
    await_done(&stage->client, call);
    assert_has(call->text, "withdrawn");
    assert_int_equal(call->error, HTTP_TIMEOUT);
    assert_int_equal(call->maybe_sent, maybe_sent);
    http_end(stage->client.http, call);
}

static void withdraw_in_part(struct stage *stage)
{
    hold_a_write(stage);
    struct http_request request = stage_request(stage, "PUT", "/small", BODY_MAX);
    request.withdraw_ms = soon_ms();
    expect_withdrawn(stage, http_start(stage->client.http, &request, NULL), true);
    expect_fate(stage, ECONNRESET);
}

static void test_a_write_that_the_kernel_has_in_part_is_withdrawn(void **state)
{
    (void)state;
    with_all(withdraw_in_part);
}

/* Curl has read all of it, and could not write the last of it. */
static void withdraw_nearly_sent(struct stage *stage)
{
    int size = 1;

    assert_int_equal(setsockopt(stage->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    relay_freeze(&stage->relay, true);
    struct http_request request = stage_request(stage, "PUT", "/small", BODY_NEARLY);
    request.withdraw_ms = NOTHING_MS;
    expect_withdrawn(stage, http_start(stage->client.http, &request, NULL), true);
    expect_fate(stage, ECONNRESET);
}

static void test_a_write_that_the_kernel_has_nearly_is_withdrawn(void **state)
{
    (void)state;
    if (!writes_share_connections())
        return; /* the kernel's buffer is made small before */
    with_all(withdraw_nearly_sent);
}

/* The server gives no more room (flow control of HTTP/2), though the kernel has. */
static void test_a_write_that_the_server_takes_in_part_is_withdrawn(void **state)
{
    struct stage stage;

    (void)state;
    if (!writes_share_connections())
        return;
    open_stage(&stage, "h2");
    assert_int_equal(kill(nghttpd, SIGSTOP), 0);
    struct http_request request = stage_request(&stage, "PUT", "/small", BODY_MAX / 10);
    request.withdraw_ms = NOTHING_MS;
    struct http_call *call = http_start(stage.client.http, &request, NULL);
    await_done(&stage.client, call);
    assert_int_equal(kill(nghttpd, SIGCONT), 0);
    expect_withdrawn(&stage, call, true);
    assert_int_equal(connections_to(stage.relay.port), 0);
    close_stage(&stage);
}

/* Behind the connection that another call is making: nobody answers the handshake. */
static void test_a_write_that_waits_for_a_connection_is_withdrawn(void **state)
{
    struct stage stage;

    (void)state;
    open_stage(&stage, "h1");
    client_trust(&stage.client, "ca.crt", "client", NULL); /* other credentials: a new connection */
    atomic_store(&stage.relay.deaf, true);
    struct http_call *first = start(&stage, "GET", 0, HANG_MS);
    struct http_request request = stage_request(&stage, "POST", "/small", BODY);
    request.withdraw_ms = NOTHING_MS;
    expect_withdrawn(&stage, http_start(stage.client.http, &request, NULL), false);
    assert_false(first->done);
    http_end(stage.client.http, first);
    close_stage(&stage);
}

static void take_long(struct stage *stage)
{
    hold_a_write(stage);
    struct http_request request = stage_request(stage, "PUT", "/small", 2);
    request.withdraw_ms = soon_ms();
    struct http_call *call = http_start(stage->client.http, &request, NULL);
    assert_null(client_next(&stage->client, 2 * NOTHING_MS + soon_ms()));
    relay_freeze(&stage->relay, false);
    answered(stage, call);
}

static void test_a_write_that_was_handed_over_is_not_withdrawn(void **state)
{
    (void)state;
    with_all(take_long);
}

/* The process was stopped between its deciding to write and the writing. */
static void wake_late(struct stage *stage)
{
    struct http_request request = stage_request(stage, "PUT", "/small", 2);

    request.withdraw_ms = NOTHING_MS;
    struct http_call *call = http_start(stage->client.http, &request, NULL);
    relay_freeze(&stage->relay, true);
    usleep(2 * NOTHING_MS * 1000);
    reactor_poll(&stage->client.reactor);
    expect_withdrawn(stage, call, false);
}

static void test_a_process_that_wakes_late_does_not_send(void **state)
{
    (void)state;
    with_all(wake_late);
}

/* The same in the middle: what curl still has goes nowhere. */
static void wake_late_in_the_middle(struct stage *stage)
{
    hold_a_write(stage);
    struct http_request request = stage_request(stage, "PUT", "/small", BODY_MAX);
    request.withdraw_ms = NOTHING_MS + soon_ms();
    struct http_call *call = http_start(stage->client.http, &request, NULL);
    assert_null(client_next(&stage->client, soon_ms()));
    relay_freeze(&stage->relay, false); /* there is room again, but nobody is there to use it */
    usleep(2 * NOTHING_MS * 1000);
    relay_freeze(&stage->relay, true);
    reactor_poll(&stage->client.reactor);
    expect_withdrawn(stage, call, true);
    expect_fate(stage, ECONNRESET);
}

static void test_a_process_that_wakes_late_does_not_send_the_rest(void **state)
{
    (void)state;
    with_all(wake_late_in_the_middle);
}

/* ---- The kernel's patience ---- */

static void ask_patience(struct stage *stage)
{
    assert_int_equal(user_timeout(stage->fd), SILENCE_MS);
    int kept = stage->fd;
    hold_a_write(stage);
    struct http_call *first = start(stage, "PUT", 2, HANG_MS);
    if (!CURL_ASKS_BEFORE_SENDING)
        await_sending(stage, true);
    assert_null(client_next(&stage->client, NOTHING_MS));
    assert_int_equal(user_timeout(stage->fd), ACKNOWLEDGE_MS);
    relay_freeze(&stage->relay, false);
    answered(stage, first);
    stage->fd = kept;
    assert_int_equal(user_timeout(stage->fd), SILENCE_MS);
    answered(stage, start(stage, "GET", 0, HANG_MS));
    assert_int_equal(user_timeout(stage->fd), SILENCE_MS);
}

static void test_the_user_timeout_is_short_while_a_write_is_under_way(void **state)
{
    (void)state;
    with_all(ask_patience);
}

static void test_the_user_timeout_is_short_until_the_last_write_has_ended(void **state)
{
    struct stage stage;

    (void)state;
    if (!writes_share_connections())
        return;
    open_stage(&stage, "h2");
    relay_freeze(&stage.relay, true);
    struct http_call *first = start(&stage, "PUT", 2, 2 * NOTHING_MS);
    struct http_call *second = start(&stage, "PUT", 2, HANG_MS);
    await_done(&stage.client, first);
    assert_int_equal(first->error, HTTP_TIMEOUT);
    http_end(stage.client.http, first);
    assert_int_equal(user_timeout(stage.fd), ACKNOWLEDGE_MS);
    relay_freeze(&stage.relay, false);
    answered(&stage, second);
    close_stage(&stage);
}

/* Without the relay, which speaks IPv4. */
static void test_the_connection_is_found_over_ipv6(void **state)
{
    struct client client;
    bool found = false;

    (void)state;
    if (fact("six") == NULL)
        skip();
    client_open(&client);
    struct http_request request = request_for("six", "/silent");
    request.method = "PUT";
    request.body = "{}";
    request.acknowledge_ms = ACKNOWLEDGE_MS;
    struct http_call *call = http_start(client.http, &request, NULL);
    assert_null(client_next(&client, NOTHING_MS));
    for (int fd = 0; fd < 256; fd++) {
        struct sockaddr_in6 peer;
        socklen_t size = sizeof peer;

        if (getpeername(fd, (struct sockaddr *)&peer, &size) != 0 || peer.sin6_family != AF_INET6)
            continue;
        assert_int_equal(user_timeout(fd), ACKNOWLEDGE_MS);
        found = true;
    }
    assert_true(found);
    http_end(client.http, call);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_write_that_the_kernel_has_in_part_is_withdrawn),
        cmocka_unit_test(test_a_write_that_the_kernel_has_nearly_is_withdrawn),
        cmocka_unit_test(test_a_write_that_the_server_takes_in_part_is_withdrawn),
        cmocka_unit_test(test_a_write_that_waits_for_a_connection_is_withdrawn),
        cmocka_unit_test(test_a_write_that_was_handed_over_is_not_withdrawn),
        cmocka_unit_test(test_a_process_that_wakes_late_does_not_send),
        cmocka_unit_test(test_a_process_that_wakes_late_does_not_send_the_rest),
        cmocka_unit_test(test_the_user_timeout_is_short_while_a_write_is_under_way),
        cmocka_unit_test(test_the_connection_is_found_over_ipv6),
        cmocka_unit_test(test_the_user_timeout_is_short_until_the_last_write_has_ended),
    };

    return cmocka_run_group_tests_name("unit_http_withdraw", tests, start_both, stop_both);
}
