/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests through a proxy: what it is told and what not, that its own answers are never the server's, and what people
 * are told of it.
 */
#include "http_fixture.h"

#define USER "us:er"
#define PASSWORD "pass word %41" /* once decoded */

/* As the tests want it, at that server. */
static void go(struct client *client, const char *scheme, const char *server_name, const char *user,
               const char *password)
{
    char url[100];
    char name[120];

    snprintf(url, sizeof url, "%s://127.0.0.1:%s", scheme, fact(server_name));
    snprintf(name, sizeof name, "%s (SETTING)", url);
    client_go_through(client, &(struct http_proxy){url, user, password, name, "the given cure", false});
}

/* A write that the proxy lets not through has surely not been sent, and the proxy's answer is nobody's. */
static void expect_unsent(struct client *client, enum http_error error, const char *part)
{
    struct http_request request = request_for("good", "/echo");

    request.method = "PUT";
    request.body = "{}";
    struct http_call *call = run(client, &request);
    assert_int_equal(call->error, error);
    assert_false(call->maybe_sent);
    assert_int_equal(call->status, 0);
    assert_int_equal(call->retry_after_ms, 0);
    assert_string_equal(call->content_type, "");
    assert_has(call->text, "through the proxy ");
    assert_has(call->text, "(SETTING)");
    assert_has(call->text, part);
    assert_has(call->text, "the given cure");
    assert_null(strstr(call->text, USER));
    assert_null(strstr(call->text, PASSWORD));
    http_end(client->http, call);
}

/* What the proxies were asked since the last time: from a client that goes directly. */
static char *asked(void)
{
    struct client client;

    client_open(&client);
    struct http_call *call = get(&client, "good", "/asked");
    char *text = strdup(call->data);
    http_end(client.http, call);
    client_close(&client);
    assert_non_null(text);
    return text;
}

static void expect_through(struct client *client)
{
    struct http_call *call = get(client, "good", "/plain");

    assert_string_equal(call->text, "");
    assert_int_equal(call->status, 200);
    assert_string_equal(call->content_type, "application/json");
    assert_int_equal(call->retry_after_ms, 0);
    http_end(client->http, call);
}

static void test_a_proxy_sees_no_token(void **state)
{
    static const char *const schemes[] = {"http", "socks5h"};
    char line[100];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct client client;

        free(asked());
        client_open(&client);
        go(&client, schemes[i], "proxy", NULL, NULL);
        expect_through(&client);
        client_close(&client);
        char *told = asked();
        snprintf(line, sizeof line, i == 0 ? "CONNECT 127.0.0.1:%s HTTP/1.1\r\n" : "SOCKS5 127.0.0.1 %s  \n",
                 fact("good"));
        assert_has(told, line);
        assert_null(strstr(told, SECRET));
        assert_null(strstr(told, "uthorization"));
        free(told);
    }
}

static void test_a_login(void **state)
{
    static const char *const schemes[] = {"http", "socks5h"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct client client;

        client_open(&client);
        go(&client, schemes[i], "login", USER, PASSWORD);
        expect_through(&client);
        go(&client, schemes[i], "login", USER, "another word");
        expect_unsent(&client, HTTP_NETWORK, "refuses the login");
        go(&client, schemes[i], "login", NULL, NULL);
        expect_unsent(&client, HTTP_NETWORK, "wants a login");
        client_close(&client);
    }
}

static void test_refusals_are_the_proxys(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    go(&client, "http", "forbids", NULL, NULL);
    expect_unsent(&client, HTTP_NETWORK, "the proxy refuses to connect there");
    go(&client, "http", "fails", NULL, NULL);
    expect_unsent(&client, HTTP_NETWORK, "does not reach the server");
    go(&client, "socks5h", "forbids", NULL, NULL);
    expect_unsent(&client, HTTP_NETWORK, "the proxy refuses to connect there");
    go(&client, "socks5h", "fails", NULL, NULL);
    expect_unsent(&client, HTTP_NETWORK, "does not reach the server");
    go(&client, "http", "refused", NULL, NULL);
    expect_unsent(&client, HTTP_NETWORK, "check that the proxy runs");
    go(&client, "socks5h", "refused", NULL, NULL);
    expect_unsent(&client, HTTP_NETWORK, "check that the proxy runs");
    client_close(&client);
}

static void test_a_proxy_by_tls(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    go(&client, "https", "secure", NULL, NULL);
    expect_through(&client);
    go(&client, "https", "strange", NULL, NULL);
    expect_unsent(&client, HTTP_TLS, "the proxy's certificate");
    client_close(&client);
}

/* It resolves names, and is asked for the URL's; the certificate has another. */
static void test_a_server_name(void **state)
{
    static const char *const schemes[] = {"http", "socks5h"};
    char url[100];
    char proxy[100];

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct http_request request = request_for("good", "/");
        char *ca = read_text("ca.crt");
        struct client client;

        free(asked());
        snprintf(url, sizeof url, "https://known-to-the-proxy.example:%s/plain", fact("elsewhere"));
        snprintf(proxy, sizeof proxy, "%s://127.0.0.1:%s", schemes[i], fact("proxy"));
        request.url = url;
        client_open(&client);
        struct http_trust trust = {.ca = ca, .proxy = {.url = proxy, .name = proxy, .cure = ""}};
        trust.server_name = "api.elsewhere.example";
        assert_int_equal(http_trust(client.http, &trust), LEADERLIFE_OK);
        struct http_call *call = run(&client, &request);
        assert_string_equal(call->text, "");
        assert_int_equal(call->status, 200);
        http_end(client.http, call);
        trust.server_name = NULL;
        assert_int_equal(http_trust(client.http, &trust), LEADERLIFE_OK);
        call = run(&client, &request);
        assert_int_equal(call->error, HTTP_TLS);
        assert_has(call->text, "tls-server-name"); /* the server's certificate, not the proxy's */
        http_end(client.http, call);
        client_close(&client);
        char *told = asked();
        assert_has(told, "known-to-the-proxy.example");
        assert_null(strstr(told, "api.elsewhere.example"));
        free(told);
        free(ca);
    }
}

/* Curl would go by these, each the other way. */
static void test_no_variable_counts(void **state)
{
    struct client client;
    char url[100];

    (void)state;
    snprintf(url, sizeof url, "http://127.0.0.1:%s", fact("refused"));
    setenv("https_proxy", url, 1);
    setenv("ALL_PROXY", url, 1);
    client_open(&client);
    expect_through(&client);
    setenv("NO_PROXY", "*", 1);
    setenv("no_proxy", "*", 1);
    go(&client, "http", "forbids", NULL, NULL);
    expect_unsent(&client, HTTP_NETWORK, "the proxy refuses");
    client_close(&client);
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
    unsetenv("NO_PROXY");
    unsetenv("no_proxy");
}

/* Where there is no proxy, people are told why. */
static void test_no_proxy_at_all(void **state)
{
    struct client client;

    (void)state;
    client_open(&client);
    client_go_through(&client, &(struct http_proxy){.cure = "no proxy is used"});
    struct http_call *call = get(&client, "refused", "/plain");
    assert_has(call->text, "check that the server runs");
    assert_has(call->text, "no proxy is used");
    http_end(client.http, call);
    client_close(&client);
}

static void test_another_proxy_makes_another_connection(void **state)
{
    struct client client;

    (void)state;
    free(asked());
    client_open(&client);
    for (int i = 0; i < 4; i++) {
        go(&client, "http", i < 2 ? "proxy" : "login", USER, PASSWORD);
        expect_through(&client);
    }
    client_close(&client);
    char *told = asked();
    int count = 0;
    for (const char *at = told; (at = strstr(at, "CONNECT ")) != NULL; at++)
        count++;
    assert_int_equal(count, 2);
    free(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_proxy_sees_no_token),   cmocka_unit_test(test_a_login),
        cmocka_unit_test(test_refusals_are_the_proxys), cmocka_unit_test(test_a_proxy_by_tls),
        cmocka_unit_test(test_a_server_name),           cmocka_unit_test(test_no_variable_counts),
        cmocka_unit_test(test_no_proxy_at_all),         cmocka_unit_test(test_another_proxy_makes_another_connection),
    };

    return cmocka_run_group_tests_name("unit_http_proxy", tests, start_server, stop_server);
}
