/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can go wrong between http and a server: each fault has its error, its text with the cure, and says whether the
 * request may have reached the server (P6).
 */
#include "http_fixture.h"

static void expect(struct client *client, struct http_call *call, enum http_error error, bool maybe_sent)
{
    if (call->error != error)
        fail_msg("error %d, not %d: %s", call->error, error, call->text);
    assert_int_equal(call->maybe_sent, maybe_sent);
    assert_true(strlen(call->text) > 0);
    http_end(client->http, call);
}

static void test_stall(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    int64_t before = get_number(&client, "/connections");
    struct http_request request = request_for("good", "/stall");
    request.stream = true;
    request.timeout_ms = 0;
    request.idle_ms = 300;
    struct http_call *call = run(&client, &request);
    assert_string_equal(call->data, "only line\n");
    assert_int_equal(call->status, 200);
    assert_has(call->text, "300 ms");
    expect(&client, call, HTTP_STALLED, true);
    assert_true(get_number(&client, "/connections") > before); /* P18: the next is fresh */
    client_close(&client);
}

static void test_idle_limit_can_be_changed(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/stall");
    request.stream = true;
    request.idle_ms = HANG_MS;
    struct http_call *call = http_start(client.http, &request, NULL);
    assert_ptr_equal(client_next(&client, HANG_MS), call);
    http_set_idle(call, 1);
    await_done(&client, call);
    expect(&client, call, HTTP_STALLED, true);
    client_close(&client);
}

static void test_timeout(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/silent");
    request.timeout_ms = 300;
    struct http_call *call = run(&client, &request);
    assert_has(call->text, "https://127.0.0.1:");
    assert_has(call->text, "300 ms");
    expect(&client, call, HTTP_TIMEOUT, true);
    client_close(&client);
}

/* P18: also when the last bytes of an answer to somebody else came after the call had begun. */
static void test_a_pool_that_falls_silent_in_a_call_is_forsaken(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/silent");
    request.timeout_ms = 3000;
    struct http_call *lost = http_start(client.http, &request, NULL);
    http_end(client.http, get(&client, "good", "/lines"));
    assert_int_equal(connections_to(atol(fact("good"))), 2);
    await_done(&client, lost);
    expect(&client, lost, HTTP_TIMEOUT, true);
    assert_int_equal(connections_to(atol(fact("good"))), 0);
    client_close(&client);
}

static void test_bytes_for_others_keep_the_pool(void **state)
{
    struct client client;
    int64_t begun = reactor_now();

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/silent");
    request.timeout_ms = 1000;
    struct http_call *lost = http_start(client.http, &request, NULL);
    while (!lost->done && reactor_now() < begun + HANG_MS)
        http_end(client.http, get(&client, "good", "/plain"));
    expect(&client, lost, HTTP_TIMEOUT, true);
    assert_int_equal(connections_to(atol(fact("good"))), 1);
    client_close(&client);
}

/* The server has accepted the connection, but nobody answers the handshake. */
static void test_timeout_before_the_request_was_sent(void **state)
{
    struct client client;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char url[60];

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/x", ntohs(address.sin_port));
    client_open(&client);
    struct http_request request = request_for("good", "/");
    request.url = url;
    request.method = "POST";
    request.body = "{}";
    request.timeout_ms = 300;
    expect(&client, run(&client, &request), HTTP_TIMEOUT, false);
    client_close(&client);
    close(fd);
}

static void test_cut_in_the_middle(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/cut");
    request.stream = true;
    struct http_call *call = run(&client, &request);
    assert_string_equal(call->data, "half a ");
    expect(&client, call, HTTP_NETWORK, true);
    client_close(&client);
}

static void test_reset(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    expect(&client, get(&client, "good", "/reset"), HTTP_NETWORK, true);
    client_close(&client);
}

static void test_oversized(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "good", "/big");
    assert_has(call->text, "100000 bytes");
    assert_int_equal(call->status, 200);
    expect(&client, call, HTTP_TOO_LARGE, true);

    struct http_request request = request_for("good", "/big");
    request.stream = true; /* what is consumed does not count */
    call = http_start(client.http, &request, NULL);
    size_t total = 0;
    while (!call->done) {
        assert_non_null(client_next(&client, HANG_MS));
        total += call->size;
        http_consume(call, call->size);
    }
    assert_int_equal(call->error, HTTP_FINE);
    assert_int_equal(total, 300000);
    http_end(client.http, call);

    request = request_for("good", "/lines");
    request.stream = true;
    request.max_bytes = 7;
    call = run(&client, &request);
    assert_int_equal(strncmp(call->data, "first\nse", 8), 0);
    expect(&client, call, HTTP_TOO_LARGE, true);
    client_close(&client);
}

static void test_unknown_ca(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    client_trust(&client, "other.crt", NULL, NULL);
    struct http_call *call = get(&client, "good", "/plain");
    assert_has(call->text, "certificate");
    assert_has(call->text, "option ca-file");
    assert_has(call->text, "https://127.0.0.1:");
    expect(&client, call, HTTP_TLS, false);
    client_trust(&client, NULL, NULL, NULL);
    call = get(&client, "good", "/plain");
    assert_has(call->text, "no CA was given");
    expect(&client, call, HTTP_TLS, false);
    client_close(&client);
}

static void test_unusable_ca(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_trust trust = {.ca = "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n"};
    assert_int_equal(http_trust(client.http, &trust), LEADERLIFE_OK);
    struct http_call *call = get(&client, "good", "/plain");
    assert_has(call->text, "ca-file");
    expect(&client, call, HTTP_TLS, false);
    client_close(&client);
}

static void test_key_of_another_certificate(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    char *ca = read_text("ca.crt");
    char *cert = read_text("client.crt");
    char *key = read_text("good.key");
    assert_int_equal(http_trust(client.http, &(struct http_trust){.ca = ca, .cert = cert, .key = key}), LEADERLIFE_OK);
    struct http_call *call = get(&client, "clients", "/plain");
    assert_has(call->text, "check the client certificate");
    expect(&client, call, HTTP_TLS, false);
    free(ca);
    free(cert);
    free(key);
    client_close(&client);
}

static void test_name_mismatch(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "elsewhere", "/plain");
    assert_has(call->text, "127.0.0.1");
    assert_has(call->text, "api.elsewhere.example");
    assert_has(call->text, "tls-server-name");
    expect(&client, call, HTTP_TLS, false);
    client_close(&client);
}

static void test_expired(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "expired", "/plain");
    assert_has(call->text, "expired");
    assert_has(call->text, "clock");
    expect(&client, call, HTTP_TLS, false);
    client_close(&client);
}

static void test_refused(void **state)
{
    struct client client;
    char origin[60];

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "refused", "/plain");
    snprintf(origin, sizeof origin, "cannot reach https://127.0.0.1:%s", fact("refused"));
    assert_has(call->text, origin);
    assert_has(call->text, "check that the server runs");
    expect(&client, call, HTTP_NETWORK, false);
    client_close(&client);
}

static void test_not_tls(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "clear", "/plain");
    assert_has(call->text, "HTTPS port");
    expect(&client, call, HTTP_TLS, false);
    client_close(&client);
}

static void test_not_http(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    expect(&client, get(&client, "good", "/garbage"), HTTP_NETWORK, true);
    client_close(&client);
}

static void test_urls_that_are_none(void **state)
{
    static const char *const urls[] = {
        "http://127.0.0.1/",          "file:///etc/passwd",           "https://", "", "https://a b/",
        "https://user:pw@127.0.0.1/", "https://no-such-host.invalid/"};
    struct client client;

    (void)state;
    client_open(&client);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct http_request request = request_for("good", "/");

        request.url = urls[i];
        expect(&client, run(&client, &request), HTTP_NETWORK, false);
        client_trust(&client, "ca.crt", NULL, i % 2 == 0 ? "other.example" : NULL);
    }
    client_close(&client);
}

/* P6, P10: curl would send a request again, on another connection, when the kept one turns out to be dead. */
static void test_writes_are_never_sent_twice(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_request request = request_for("good", "/die");
    http_end(client.http, run(&client, &request));
    int64_t before = get_number(&client, "/seen?die");
    request = request_for("good", "/die");
    request.method = "POST";
    request.body = "{}";
    expect(&client, run(&client, &request), HTTP_NETWORK, true);
    assert_int_equal(get_number(&client, "/seen?die"), before + 1);
    client_close(&client);
}

static void test_reads_are_sent_again(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    http_end(client.http, get(&client, "good", "/die"));
    struct http_call *call = get(&client, "good", "/die");
    assert_int_equal(call->error, HTTP_FINE);
    assert_string_equal(call->data, "alive");
    http_end(client.http, call);
    client_close(&client);
}

/* Curl's multi is dead once a callback failed: all calls end, and the next ones work. */
static void test_a_broken_multi_is_rebuilt(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    int epoll = client.reactor.epoll;
    struct http_request request = request_for("good", "/plain");
    struct http_call *one = http_start(client.http, &request, NULL);
    struct http_call *two = http_start(client.http, &request, NULL);
    client.reactor.epoll = -1;
    await_done(&client, one);
    await_done(&client, two);
    client.reactor.epoll = epoll;
    assert_has(one->text, "libcurl");
    expect(&client, one, HTTP_NETWORK, false);
    expect(&client, two, HTTP_NETWORK, false);
    struct http_call *call = get(&client, "good", "/plain");
    assert_int_equal(call->error, HTTP_FINE);
    http_end(client.http, call);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stall),
        cmocka_unit_test(test_idle_limit_can_be_changed),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_a_pool_that_falls_silent_in_a_call_is_forsaken),
        cmocka_unit_test(test_bytes_for_others_keep_the_pool),
        cmocka_unit_test(test_timeout_before_the_request_was_sent),
        cmocka_unit_test(test_cut_in_the_middle),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_oversized),
        cmocka_unit_test(test_unknown_ca),
        cmocka_unit_test(test_unusable_ca),
        cmocka_unit_test(test_key_of_another_certificate),
        cmocka_unit_test(test_name_mismatch),
        cmocka_unit_test(test_expired),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_not_tls),
        cmocka_unit_test(test_not_http),
        cmocka_unit_test(test_urls_that_are_none),
        cmocka_unit_test(test_writes_are_never_sent_twice),
        cmocka_unit_test(test_reads_are_sent_again),
        cmocka_unit_test(test_a_broken_multi_is_rebuilt),
    };

    return cmocka_run_group_tests_name("unit_http_faults", tests, start_server, stop_server);
}
