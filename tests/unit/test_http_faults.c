/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can go wrong between http and a server: each fault has its error, its text with the cure, and says whether the
 * request may have reached the server (P6).
 */
#include "http_fixture.h"
#include "io/http/curl_features.h"

#include <errno.h>
#include <fcntl.h>

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
    request.idle_ms = HANG_MS; /* until the line is there: the server may be slow */
    struct http_call *call = http_start(client.http, &request, NULL);
    while (call->size == 0)
        assert_ptr_equal(client_next(&client, HANG_MS), call);
    http_set_idle(call, 300);
    await_done(&client, call);
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
    http_end(client.http, get(&client, "good", "/plain")); /* makes the connection, which may take its time */
    struct http_request request = request_for("good", "/silent");
    request.timeout_ms = 3000; /* enough to send it, on a busy machine, too */
    struct http_call *call = run(&client, &request);
    assert_has(call->text, "https://127.0.0.1:");
    assert_has(call->text, "3000 ms");
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

    (void)state;
    client_open(&client);
    http_end(client.http, get(&client, "good", "/plain")); /* makes the connection, which may take its time */
    struct http_request request = request_for("good", "/silent");
    request.timeout_ms = 3000;
    struct http_call *lost = http_start(client.http, &request, NULL);
    int64_t begun = clock_now();
    while (!lost->done && clock_now() < begun + HANG_MS)
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
    assert_true(call->unheard);
    expect(&client, call, HTTP_NETWORK, false);
    client_close(&client);
}

static void test_not_tls(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    struct http_call *call = get(&client, "clear", "/plain");
    assert_false(call->unheard);
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

/* P6, P10: curl would send a request again, on another connection, when the kept one turns out to be dead. It is asked
 * not to, or else there is no kept one. */
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
    if (CURL_ASKS_BEFORE_SENDING)
        expect(&client, run(&client, &request), HTTP_NETWORK, true);
    else
        http_end(client.http, run(&client, &request));
    assert_int_equal(get_number(&client, "/seen?die"), before + 1);
    client_close(&client);
}

/* Nor when the server refuses it in the ways that allow that. */
static void test_refused_writes_are_never_sent_twice(void **state)
{
    static const char *const servers[] = {"refuses", "wants-old"};
    struct client client;

    (void)state;
    client_open(&client);
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
        struct http_request request = request_for(servers[i], "/");
        char seen[40];

        snprintf(seen, sizeof seen, "/seen?%s", servers[i]);
        request.method = "PUT";
        request.body = "{}";
        expect(&client, run(&client, &request), HTTP_NETWORK, true);
        assert_int_equal(get_number(&client, seen), 1);
    }
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
    int no_epoll = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct http_request request = request_for("good", "/plain");
    struct http_call *one = http_start(client.http, &request, NULL);
    struct http_call *two = http_start(client.http, &request, NULL);
    client.reactor.epoll = no_epoll;
    await_done(&client, one);
    await_done(&client, two);
    client.reactor.epoll = epoll;
    close(no_epoll);
    assert_has(one->text, "libcurl");
    expect(&client, one, HTTP_NETWORK, one->maybe_sent); /* before 7.81 curl does not heed that its callback fails */
    expect(&client, two, HTTP_NETWORK, two->maybe_sent);
    struct http_call *call = get(&client, "good", "/plain");
    assert_int_equal(call->error, HTTP_FINE);
    http_end(client.http, call);
    client_close(&client);
}

/* ---- Descriptors that the host program has closed ---- */

/* In a child process, for curl's handles are leaked then. */
static void in_a_child(void (*act)(void))
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        act();
        execlp("true", "true", (char *)NULL); /* not _exit: what is leaked on purpose would be reported */
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

#define CHILD_EXPECTS(condition) ((condition) ? (void)0 : child_failed(#condition, __LINE__))

static void child_failed(const char *condition, int line)
{
    fprintf(stderr, "in a child, line %d: %s\n", line, condition);
    _exit(1);
}

/* Puts the end of a pipe in the place of the connection to that server; returns its number. */
static int replace_connection(long port, const int *ends)
{
    for (int fd = 3; fd < 1024; fd++) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;

        if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 && peer.sin_family == AF_INET &&
            ntohs(peer.sin_port) == port)
            return dup2(ends[1], fd);
    }
    return -1;
}

static bool is_untouched(int fd, const int *ends)
{
    char byte;

    return fcntl(fd, F_GETFD) >= 0 && read(ends[0], &byte, 1) == -1 && errno == EAGAIN;
}

/* Under a call, or kept for the next: it is replaced, and whoever has the number is left alone. */
static void lose_a_connection(void)
{
    struct client client;
    int ends[2];

    CHILD_EXPECTS(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
    client_open(&client);
    struct http_request request = request_for("good", "/plain");
    http_end(client.http, run(&client, &request));
    int fd = replace_connection(strtol(fact("good"), NULL, 10), ends);
    CHILD_EXPECTS(fd >= 0);
    struct http_call *call = run(&client, &request); /* by a new one, or told why not */
    CHILD_EXPECTS(call->error == HTTP_FINE ||
                  strstr(call->text, "this program has closed a descriptor of the connection") != NULL);
    http_end(client.http, call);
    call = run(&client, &request);
    CHILD_EXPECTS(call->error == HTTP_FINE);
    http_end(client.http, call);
    CHILD_EXPECTS(is_untouched(fd, ends));

    request = request_for("good", "/silent");
    call = http_start(client.http, &request, NULL);
    CHILD_EXPECTS(client_next(&client, 1000) == NULL);
    int second = replace_connection(strtol(fact("good"), NULL, 10), ends);
    CHILD_EXPECTS(second >= 0 && second != fd);
    await_done(&client, call);
    CHILD_EXPECTS(call->error == HTTP_NETWORK);
    CHILD_EXPECTS(strstr(call->text, "this program has closed a descriptor of the connection") != NULL);
    http_end(client.http, call);
    client_close(&client);
    CHILD_EXPECTS(is_untouched(fd, ends) && is_untouched(second, ends));
}

static void test_a_connection_that_is_anothers_by_now(void **state)
{
    (void)state;
    in_a_child(lose_a_connection);
}

/* All of them: nobody has looked before the end, with a write under way. */
static void lose_everything(void)
{
    struct client client;
    int ends[2];
    int before = open("/dev/null", O_RDONLY | O_CLOEXEC);

    CHILD_EXPECTS(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
    client_open(&client);
    struct http_request request = request_for("good", "/silent");
    request.method = "POST";
    request.body = "{}";
    CHILD_EXPECTS(http_start(client.http, &request, NULL) != NULL);
    CHILD_EXPECTS(client_next(&client, 1000) == NULL);
    int last = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHILD_EXPECTS(last > before);
    for (int fd = ends[1] + 1; fd < last; fd++)
        dup2(ends[1], fd);
    reactor_give_up(&client.reactor);
    client_close(&client);
    for (int fd = ends[1] + 1; fd < last; fd++)
        CHILD_EXPECTS(is_untouched(fd, ends));
}

static void test_all_descriptors_are_anothers_by_now(void **state)
{
    (void)state;
    in_a_child(lose_everything);
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
        cmocka_unit_test(test_refused_writes_are_never_sent_twice),
        cmocka_unit_test(test_reads_are_sent_again),
        cmocka_unit_test(test_a_broken_multi_is_rebuilt),
        cmocka_unit_test(test_a_connection_that_is_anothers_by_now),
        cmocka_unit_test(test_all_descriptors_are_anothers_by_now),
    };

    return cmocka_run_group_tests_name("unit_http_faults", tests, start_server, stop_server);
}
