/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http against a real TLS server: requests, streams, credentials, connections, wake-ups. What goes wrong is in
 * test_http_faults.c, HTTP/2 in test_http2.c.
 */
#include "http_fixture.h"

static void test_get(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "good", "/plain");
    assert_int_equal(call->error, HTTP_FINE);
    assert_int_equal(call->status, 200);
    assert_string_equal(call->data, "{\"kind\":\"Plain\"}");
    assert_int_equal(call->size, strlen(call->data));
    assert_string_equal(call->content_type, "application/json");
    assert_int_equal(call->retry_after_ms, 0);
    assert_string_equal(call->text, "");
    assert_null(http_next(client.http));
    http_end(client.http, call);
    client_close(&client);
}

static void test_headers_are_those_asked_for(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "good", "/echo");
    assert_has(call->data, "GET /echo\n");
    assert_has(call->data, "Accept: application/json\n");
    assert_has(call->data, "User-Agent: test/1\n");
    assert_has(call->data, "Authorization: Bearer " SECRET "\n");
    http_end(client.http, call);

    struct http_request request = request_for("good", "/echo");
    request.bearer = NULL; /* of a call, not of the connection */
    call = run(&client, &request);
    assert_null(strstr(call->data, "Authorization"));
    http_end(client.http, call);
    client_close(&client);
}

static void test_methods_with_bodies(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE"};
    struct client client;

    (void)state;
    client_open(&client);
    for (size_t i = 0; i < 3; i++) {
        struct http_request request = request_for("good", "/echo");
        char first[40];

        request.method = methods[i];
        request.body = "{\"a\":1}";
        request.content_type = "application/json";
        struct http_call *call = run(&client, &request);
        snprintf(first, sizeof first, "%s /echo\n", methods[i]);
        assert_int_equal(strncmp(call->data, first, strlen(first)), 0);
        assert_has(call->data, "Content-Type: application/json\n");
        assert_has(call->data, "body={\"a\":1}\n");
        http_end(client.http, call);
    }
    client_close(&client);
}

static void test_large_body_goes_without_waiting(void **state)
{
    struct client client;
    size_t size = 1200000;
    char *body = malloc(size + 1);

    (void)state;
    assert_non_null(body);
    memset(body, 'b', size);
    body[size] = '\0';
    client_open(&client);
    struct http_request request = request_for("good", "/echo");
    request.method = "PUT";
    request.body = body;
    request.max_bytes = 2000000;
    struct http_call *call = run(&client, &request);
    assert_int_equal(call->status, 200);
    assert_null(strstr(call->data, "Expect"));
    assert_true(call->size > size);
    http_end(client.http, call);
    free(body);
    client_close(&client);
}

static void test_stream_gives_bytes_as_they_come(void **state)
{
    struct client client;
    char all[100] = "";
    int rounds = 0;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/lines");
    request.stream = true;
    request.timeout_ms = 0;
    request.idle_ms = HANG_MS;
    struct http_call *call = http_start(client.http, &request, NULL);
    while (!call->done) {
        assert_ptr_equal(client_next(&client, HANG_MS), call);
        assert_int_equal(call->status, 200);
        assert_string_equal(call->content_type, "application/json");
        strncat(all, call->data, sizeof all - strlen(all) - 1);
        http_consume(call, call->size);
        assert_int_equal(call->size, 0);
        assert_string_equal(call->data, "");
        rounds++;
    }
    assert_int_equal(call->error, HTTP_FINE);
    assert_string_equal(all, "first\nsecond\nthird\n");
    assert_true(rounds >= 2);
    http_end(client.http, call);
    client_close(&client);
}

static void test_what_is_not_consumed_stays(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/lines");
    request.stream = true;
    struct http_call *call = http_start(client.http, &request, NULL);
    assert_ptr_equal(client_next(&client, HANG_MS), call);
    assert_int_equal(strncmp(call->data, "fir", 3), 0);
    http_consume(call, 2);
    await_done(&client, call);
    assert_string_equal(call->data, "rst\nsecond\nthird\n");
    http_consume(call, 1000); /* more than there is */
    assert_int_equal(call->size, 0);
    http_end(client.http, call);
    client_close(&client);
}

static void test_retry_after(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "good", "/retry");
    assert_int_equal(call->error, HTTP_FINE);
    assert_int_equal(call->status, 429);
    assert_int_equal(call->retry_after_ms, 7000);
    http_end(client.http, call);
    call = get(&client, "good", "/retry-date");
    assert_int_equal(call->status, 503);
    assert_in_range(call->retry_after_ms, 1000, 61000);
    http_end(client.http, call);
    client_close(&client);
}

static void test_redirects_are_not_followed(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "good", "/redirect");
    assert_int_equal(call->status, 302);
    http_end(client.http, call);
    client_close(&client);
}

static void test_proxies_of_the_environment_are_ignored(void **state)
{
    struct client client;

    (void)state;
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    client_open(&client);
    struct http_call *call = get(&client, "good", "/plain");
    assert_int_equal(call->error, HTTP_FINE);
    http_end(client.http, call);
    client_close(&client);
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
}

static void test_ipv6(void **state)
{
    struct client client;

    (void)state;
    if (fact("six") == NULL)
        skip();
    client_open(&client);
    struct http_call *call = get(&client, "six", "/plain");
    assert_int_equal(call->status, 200);
    http_end(client.http, call);
    client_close(&client);
}

static void test_server_name(void **state)
{
    struct client client;
    char host[64];

    (void)state;
    client_open(&client);
    client_trust(&client, "ca.crt", NULL, "api.elsewhere.example");
    struct http_call *call = get(&client, "elsewhere", "/echo");
    assert_int_equal(call->error, HTTP_FINE);
    snprintf(host, sizeof host, "Host: 127.0.0.1:%s\n", fact("elsewhere"));
    assert_has(call->data, host);
    http_end(client.http, call);
    client_close(&client);
}

static void test_client_certificate(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "clients", "/plain");
    assert_true(call->error == HTTP_TLS || call->error == HTTP_NETWORK);
    http_end(client.http, call);
    client_trust(&client, "ca.crt", "client", NULL);
    call = get(&client, "clients", "/plain");
    assert_int_equal(call->error, HTTP_FINE);
    http_end(client.http, call);
    client_close(&client);
}

static void test_connections_are_kept(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    int64_t before = get_number(&client, "/connections");
    assert_int_equal(get_number(&client, "/connections"), before);
    client_trust(&client, "ca.crt", NULL, NULL); /* the same again */
    assert_int_equal(get_number(&client, "/connections"), before);
    client_close(&client);
}

static void test_other_trust_or_forsaking_makes_a_new_connection(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    int64_t before = get_number(&client, "/connections");
    client_trust(&client, "ca.crt", "client", NULL);
    assert_int_equal(get_number(&client, "/connections"), before + 1);
    http_forsake_connections(client.http);
    assert_int_equal(get_number(&client, "/connections"), before + 2);
    assert_int_equal(get_number(&client, "/connections"), before + 2);
    assert_int_equal(connections_to(atol(fact("good"))), 1); /* the forsaken ones are closed */
    client_close(&client);
    assert_int_equal(connections_to(atol(fact("good"))), 0);
}

static void test_calls_go_on_while_their_connection_is_forsaken(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/lines");
    request.stream = true;
    struct http_call *stream = http_start(client.http, &request, NULL);
    assert_ptr_equal(client_next(&client, HANG_MS), stream);
    http_forsake_connections(client.http);
    (void)get_number(&client, "/connections");
    await_done(&client, stream);
    assert_int_equal(stream->error, HTTP_FINE);
    assert_string_equal(stream->data, "first\nsecond\nthird\n");
    http_end(client.http, stream);
    client_close(&client);
}

static void test_calls_can_be_ended_at_any_time(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/stall");
    request.stream = true;
    http_end(client.http, http_start(client.http, &request, NULL)); /* before anything */
    struct http_call *call = http_start(client.http, &request, NULL);
    assert_ptr_equal(client_next(&client, HANG_MS), call);
    http_end(client.http, call);
    assert_null(http_next(client.http));
    (void)get_number(&client, "/connections");
    assert_non_null(http_start(client.http, &request, NULL)); /* ended by http_free */
    client_close(&client);
}

/* Promise 3: a standby is silent. */
static void test_idle_stream_makes_no_wakeups(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/stall");
    request.stream = true;
    request.timeout_ms = 0;
    request.idle_ms = HANG_MS;
    struct http_call *call = http_start(client.http, &request, NULL);
    assert_ptr_equal(client_next(&client, HANG_MS), call);
    while (client.wakeups > 0) { /* until the handshake's last bytes are in */
        client.wakeups = 0;
        assert_null(client_next(&client, 500));
    }
    assert_null(client_next(&client, 3000));
    assert_int_equal(client.wakeups, 0);
    http_end(client.http, call);
    client_close(&client);
}

static void test_forked_child_leaves_the_parent_alone(void **state)
{
    struct client client;
    int result;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/lines");
    request.stream = true;
    struct http_call *stream = http_start(client.http, &request, NULL);
    assert_ptr_equal(client_next(&client, HANG_MS), stream);
    pid_t child = fork();
    if (child == 0) {
        http_free(client.http, true);
        reactor_free(&client.reactor);
        execlp("true", "true", (char *)NULL); /* not _exit: what is leaked on purpose would be reported */
        _exit(1);
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    await_done(&client, stream);
    assert_string_equal(stream->data, "first\nsecond\nthird\n");
    http_end(client.http, stream);
    client_close(&client);
}

static void test_sockets_are_close_on_exec(void **state)
{
    struct client client;
    int counted = 0;

    (void)state;
    client_open(&client);
    http_end(client.http, get(&client, "good", "/plain"));
    for (int fd = 0; fd < 100; fd++) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;

        if (getpeername(fd, (struct sockaddr *)&peer, &size) != 0 || peer.sin_family != AF_INET)
            continue;
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        counted++;
    }
    assert_true(counted > 0);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_headers_are_those_asked_for),
        cmocka_unit_test(test_methods_with_bodies),
        cmocka_unit_test(test_large_body_goes_without_waiting),
        cmocka_unit_test(test_stream_gives_bytes_as_they_come),
        cmocka_unit_test(test_what_is_not_consumed_stays),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_redirects_are_not_followed),
        cmocka_unit_test(test_proxies_of_the_environment_are_ignored),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_server_name),
        cmocka_unit_test(test_client_certificate),
        cmocka_unit_test(test_connections_are_kept),
        cmocka_unit_test(test_other_trust_or_forsaking_makes_a_new_connection),
        cmocka_unit_test(test_calls_go_on_while_their_connection_is_forsaken),
        cmocka_unit_test(test_calls_can_be_ended_at_any_time),
        cmocka_unit_test(test_idle_stream_makes_no_wakeups),
        cmocka_unit_test(test_forked_child_leaves_the_parent_alone),
        cmocka_unit_test(test_sockets_are_close_on_exec),
    };

    return cmocka_run_group_tests_name("unit_http", tests, start_server, stop_server);
}
