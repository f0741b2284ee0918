/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names that a server's certificate may have, in every form in which Go's TLS takes them: each in a real handshake,
 * and beside it one that the certificate does not have.
 */
#include "http_fixture.h"

static void check(const char *name, bool good)
{
    struct client client;
    char host[64];

    client_open(&client);
    client_trust(&client, "ca.crt", NULL, name);
    struct http_call *call = get(&client, "names", "/echo");
    if (good != (call->error == HTTP_FINE))
        fail_msg("%s: %d, %s", name, call->error, call->text);
    if (good) {
        snprintf(host, sizeof host, "Host: 127.0.0.1:%s\n", fact("names"));
        assert_has(call->data, host);
    } else {
        assert_int_equal(call->error, HTTP_TLS);
    }
    http_end(client.http, call);
    client_close(&client);
}

static void test_names(void **state)
{
    static const char *const good[] = {
        "api.elsewhere.example",
        "API.Elsewhere.Example",
        "capital.example",
        "my_host.example",
        "api.elsewhere.example.",
        "10.1.2.3",
        "[fd00::9]",
    };
    static const char *const bad[] = {"other.example", "my-host.example", "elsewhere.example", "10.1.2.4", "[fd00::a]"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        check(good[i], true);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check(bad[i], false);
}

/* The same for the URL's own host. */
static void test_hosts(void **state)
{
    static const char *const hosts[] = {"LOCALHOST", "Localhost"};
    struct client client;

    (void)state;
    client_open(&client);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        char url[100];
        struct http_request request = request_for("good", "/plain");

        snprintf(url, sizeof url, "https://%s:%s/plain", hosts[i], fact("good"));
        request.url = url;
        struct http_call *call = run(&client, &request);
        if (call->error != HTTP_FINE)
            fail_msg("%s: %d, %s", hosts[i], call->error, call->text);
        http_end(client.http, call);
    }
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_hosts)};

    return cmocka_run_group_tests_name("unit_http_names", tests, start_server, stop_server);
}
