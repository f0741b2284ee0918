/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the server is and with what it is asked: each source, what overrides what, and how files are read
 * anew. What can be wrong is in test_endpoint_faults.c.
 */
#include "endpoint_fixture.h"

static void test_service_account(void **state)
{
    struct endpoint endpoint;

    (void)state;
    assert_int_equal(load(&endpoint, NULL), LEADERLIFE_OK);
    assert_string_equal(endpoint.server, "https://10.0.0.1:443");
    assert_string_equal(endpoint.origin, "service account");
    assert_string_equal(endpoint.token, SECRET);
    assert_string_equal(endpoint.ca, CERTIFICATE);
    assert_string_equal(endpoint.service_account_namespace, "team");
    assert_null(endpoint.context_namespace);
    assert_null(endpoint.server_name);
    assert_null(endpoint.cert);
    assert_int_equal(endpoint.read_at, 1000);
    endpoint_clear(&endpoint);
    assert_null(endpoint.token);
}

static void test_service_account_without_namespace(void **state)
{
    struct endpoint endpoint;

    (void)state;
    put("namespace", "\n");
    assert_int_equal(load(&endpoint, NULL), LEADERLIFE_OK);
    assert_null(endpoint.service_account_namespace);
    endpoint_clear(&endpoint);
    assert_int_equal(unlink(path_of("namespace")), 0);
    assert_int_equal(load(&endpoint, NULL), LEADERLIFE_OK);
    assert_null(endpoint.service_account_namespace);
    endpoint_clear(&endpoint);
}

static void test_ipv6(void **state)
{
    struct endpoint endpoint;

    (void)state;
    setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
    assert_int_equal(load(&endpoint, NULL), LEADERLIFE_OK);
    assert_string_equal(endpoint.server, "https://[fd00::1]:443");
    endpoint_clear(&endpoint);
    setenv("KUBERNETES_SERVICE_HOST", "[fd00::1]", 1);
    assert_int_equal(load(&endpoint, NULL), LEADERLIFE_OK);
    assert_string_equal(endpoint.server, "https://[fd00::1]:443");
    endpoint_clear(&endpoint);
}

static void test_options_override_the_service_account(void **state)
{
    struct endpoint endpoint;
    const struct setting *settings = SET({"server", "https://other:1//"}, {"ca-file", put("ca2", "x\n" CERTIFICATE)},
                                         {"token-file", put("token2", "two")});

    (void)state;
    unlink(path_of("token"));
    unlink(path_of("ca.crt"));
    unsetenv("KUBERNETES_SERVICE_PORT");
    assert_int_equal(load(&endpoint, settings), LEADERLIFE_OK);
    assert_string_equal(endpoint.server, "https://other:1");
    assert_string_equal(endpoint.token, "two");
    assert_string_equal(endpoint.ca, "x\n" CERTIFICATE);
    endpoint_clear(&endpoint);
}

static void test_options_alone(void **state)
{
    struct endpoint endpoint;

    (void)state;
    unsetenv("KUBERNETES_SERVICE_HOST");
    assert_int_equal(load(&endpoint, SET({"server", "https://h"}, {"token-file", path_of("token")})), LEADERLIFE_OK);
    assert_string_equal(endpoint.origin, "options");
    assert_null(endpoint.ca); /* the system's */
    endpoint_clear(&endpoint);
    refused(SET({"server", "https://h"}, {"x-service-account-dir", path_of("none")}), LEADERLIFE_ECONFIG,
            HAS("no credentials", "option token-file"));
    refused(SET({"x-service-account-dir", path_of("none")}), LEADERLIFE_ECONFIG,
            HAS("KUBERNETES_SERVICE_HOST", "KUBECONFIG", "option kubeconfig", "token-file", "none"));
}

static void test_order_of_sources(void **state)
{
    struct endpoint endpoint;
    const char *path = put_kubeconfig("https://from-file", "tokenFile: token");

    (void)state;
    setenv("KUBECONFIG", path, 1);
    assert_int_equal(load(&endpoint, NULL), LEADERLIFE_OK);
    assert_string_equal(endpoint.server, "https://10.0.0.1:443");
    endpoint_clear(&endpoint);

    assert_int_equal(load(&endpoint, SET({"kubeconfig", path})), LEADERLIFE_OK);
    assert_string_equal(endpoint.server, "https://from-file");
    assert_string_equal(endpoint.context_namespace, "ctx");
    assert_null(endpoint.service_account_namespace); /* of another cluster, perhaps */
    endpoint_clear(&endpoint);

    unsetenv("KUBERNETES_SERVICE_HOST");
    assert_int_equal(load(&endpoint, SET({"pod-name", "a"}, {"pod-uid", "b"})), LEADERLIFE_OK);
    assert_string_equal(endpoint.server, "https://from-file");
    assert_has(endpoint.origin, path);
    endpoint_clear(&endpoint);
    unsetenv("KUBECONFIG");
}

/* The environment was cleaned: the kubelet's files alone show the way, and the server has its usual name. */
static void test_files_without_variables(void **state)
{
    struct endpoint endpoint;

    (void)state;
    unsetenv("KUBERNETES_SERVICE_HOST");
    unsetenv("KUBERNETES_SERVICE_PORT");
    assert_int_equal(load(&endpoint, NULL), LEADERLIFE_OK);
    assert_string_equal(endpoint.server, "https://kubernetes.default.svc:443");
    assert_true(endpoint.server_is_usual);
    assert_string_equal(endpoint.token, SECRET);
    assert_string_equal(endpoint.ca, CERTIFICATE);
    assert_string_equal(endpoint.service_account_namespace, "team");
    endpoint_clear(&endpoint);
    assert_int_equal(load(&endpoint, SET({"server", "https://named:1"})), LEADERLIFE_OK);
    assert_string_equal(endpoint.server, "https://named:1");
    assert_false(endpoint.server_is_usual);
    endpoint_clear(&endpoint);
    refused(SET({"context", "x"}), LEADERLIFE_ECONFIG, HAS("option context", "its directory is there"));
    assert_int_equal(unlink(path_of("token")), 0);
    refused(NULL, LEADERLIFE_ECONFIG, HAS("token", "automountServiceAccountToken"));
}

static void test_kubeconfig_contents(void **state)
{
    struct endpoint endpoint;

    (void)state;
    put("c.pem", CERTIFICATE);
    put("k.pem", KEY);
    const char *path = put_kubeconfig("https://h/path/", "client-certificate: c.pem, client-key: k.pem");
    assert_int_equal(load(&endpoint, SET({"kubeconfig", path})), LEADERLIFE_OK);
    assert_string_equal(endpoint.server, "https://h/path");
    assert_string_equal(endpoint.cert, CERTIFICATE);
    assert_string_equal(endpoint.key, KEY);
    assert_string_equal(endpoint.ca, CERTIFICATE);
    assert_null(endpoint.token);
    endpoint_clear(&endpoint);

    path = put_kubeconfig("https://h", "exec: {command: x}");
    assert_int_equal(load(&endpoint, SET({"kubeconfig", path}, {"token-file", path_of("token")})), LEADERLIFE_OK);
    assert_string_equal(endpoint.token, SECRET);
    endpoint_clear(&endpoint);
}

static int refresh(struct endpoint *endpoint, int64_t now, bool force, bool *ret_changed)
{
    message[0] = '\0';
    return endpoint_refresh(endpoint, now, force, ret_changed, message, sizeof message);
}

static void test_server_and_name_are_cleaned(void **state)
{
    struct endpoint endpoint;
    const char *path = put("config", "clusters: [{name: c, cluster: {server: 'HTTPS://Host:06443//a/../b c%41/?q',\n"
                                     " tls-server-name: 'FD00:0::9'}}]\nusers: [{name: u, user: {token: t}}]\n"
                                     "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n");

    (void)state;
    assert_int_equal(load(&endpoint, SET({"kubeconfig", path})), LEADERLIFE_OK);
    assert_string_equal(endpoint.server, "https://Host:6443/b%20cA");
    assert_string_equal(endpoint.server_name, "[fd00::9]");
    endpoint_clear(&endpoint);
}

/* As client-go: the file's while it gives one. */
static void test_a_token_beside_its_file(void **state)
{
    struct endpoint endpoint;
    const char *path = put_kubeconfig("https://h", "token: beside, tokenFile: late");
    bool changed = false;

    (void)state;
    assert_int_equal(load(&endpoint, SET({"kubeconfig", path})), LEADERLIFE_OK);
    assert_string_equal(endpoint.token, "beside");
    put("late", "of-the-file\n");
    assert_int_equal(endpoint_refresh(&endpoint, 2000, true, &changed, message, sizeof message), LEADERLIFE_OK);
    assert_true(changed);
    assert_string_equal(endpoint.token, "of-the-file");
    endpoint_clear(&endpoint);
}

static void test_files_are_read_anew(void **state)
{
    struct endpoint endpoint;
    bool changed = true;

    (void)state;
    assert_int_equal(load(&endpoint, NULL), LEADERLIFE_OK);
    put("token", "two\n");
    assert_int_equal(refresh(&endpoint, 60999, false, &changed), LEADERLIFE_OK);
    assert_false(changed); /* not yet a minute */
    assert_string_equal(endpoint.token, SECRET);
    assert_int_equal(refresh(&endpoint, 61000, false, &changed), LEADERLIFE_OK);
    assert_true(changed);
    assert_string_equal(endpoint.token, "two");
    assert_int_equal(refresh(&endpoint, 61001, true, &changed), LEADERLIFE_OK);
    assert_false(changed);
    put("token", "three");
    assert_int_equal(refresh(&endpoint, 61002, true, &changed), LEADERLIFE_OK);
    assert_true(changed); /* a 401 does not wait */
    assert_string_equal(endpoint.token, "three");
    put("ca.crt", CERTIFICATE CERTIFICATE);
    assert_int_equal(refresh(&endpoint, 200000, false, &changed), LEADERLIFE_OK);
    assert_true(changed);
    assert_string_equal(endpoint.ca, CERTIFICATE CERTIFICATE);
    endpoint_clear(&endpoint);
}

static void test_a_file_that_goes_leaves_what_was_read(void **state)
{
    struct endpoint endpoint;
    bool changed = true;

    (void)state;
    assert_int_equal(load(&endpoint, NULL), LEADERLIFE_OK);
    put("ca.crt", "rubbish");
    put("token", "two");
    assert_int_equal(refresh(&endpoint, 2000, true, &changed), LEADERLIFE_ECONFIG);
    assert_text(message, HAS(path_of("ca.crt"), "BEGIN CERTIFICATE"));
    assert_true(changed);
    assert_string_equal(endpoint.ca, CERTIFICATE);
    assert_string_equal(endpoint.token, "two"); /* the others are not held up */
    unlink(path_of("token"));
    assert_int_equal(refresh(&endpoint, 3000, true, &changed), LEADERLIFE_ECONFIG);
    assert_text(message, HAS(path_of("token"), "No such file"));
    assert_false(changed);
    assert_string_equal(endpoint.token, "two");
    endpoint_clear(&endpoint);
}

/* The kubelet swaps a symlink. */
static void test_rotation_by_symlink(void **state)
{
    struct endpoint endpoint;
    bool changed;

    (void)state;
    put("token.1", "one");
    put("token.2", "two");
    assert_int_equal(unlink(path_of("token")), 0);
    assert_int_equal(symlink("token.1", path_of("token")), 0);
    assert_int_equal(load(&endpoint, NULL), LEADERLIFE_OK);
    assert_string_equal(endpoint.token, "one");
    assert_int_equal(symlink("token.2", path_of("new")), 0);
    assert_int_equal(rename(path_of("new"), path_of("token")), 0);
    assert_int_equal(refresh(&endpoint, 2000, true, &changed), LEADERLIFE_OK);
    assert_string_equal(endpoint.token, "two");
    endpoint_clear(&endpoint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_service_account),
        TEST(test_service_account_without_namespace),
        TEST(test_ipv6),
        TEST(test_options_override_the_service_account),
        TEST(test_options_alone),
        TEST(test_order_of_sources),
        TEST(test_files_without_variables),
        TEST(test_kubeconfig_contents),
        TEST(test_server_and_name_are_cleaned),
        TEST(test_a_token_beside_its_file),
        TEST(test_files_are_read_anew),
        TEST(test_a_file_that_goes_leaves_what_was_read),
        TEST(test_rotation_by_symlink),
    };

    return cmocka_run_group_tests_name("unit_endpoint", tests, NULL, NULL);
}
