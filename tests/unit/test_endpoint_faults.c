/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be wrong with server, token, CA or client certificate: each fault has a text with its file and its cure,
 * and never a secret.
 */
#include "endpoint_fixture.h"

static void test_context_without_kubeconfig(void **state)
{
    (void)state;
    refused(SET({"context", "x"}), LEADERLIFE_ECONFIG,
            HAS("option context", "KUBERNETES_SERVICE_HOST", "option kubeconfig"));
}

static void test_bad_servers(void **state)
{
    static const struct {
        const char *server;
        const char *fault;
    } bad[] = {
        {"http://h", "https://"},
        {"h:6443", "https://"},
        {"https://", "names no host"},
        {"https://:443", "names no host"},
        {"https://[]:443", "IPv6"},
        {"https://[::1", "']'"},
        {"https://[::1]x", "between"},
        {"https://h:0", "port"},
        {"https://h:65536", "port"},
        {"https://h:x", "port"},
        {"https://h:99999999999999999999", "port"},
        {"https://u:s3cret@h", "user"},
        {"https://h/#s3cret", "'#'"},
        {"https://h h", "other characters"},
        {"https://[10.0.0.1]", "IPv6"},
        {"https://a:b:1", "port"},
        {"https://h/%zz", "hexadecimal"},
        {"https:h:1", "https://"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *path = put_kubeconfig(bad[i].server, "token: t");

        refused(SET({"kubeconfig", path}), LEADERLIFE_ECONFIG, HAS(path, bad[i].fault, "https://HOST:PORT"));
    }
    setenv("KUBERNETES_SERVICE_HOST", "a b", 1);
    refused(NULL, LEADERLIFE_ECONFIG, HAS("service account", "other characters"));
    setenv("KUBERNETES_SERVICE_HOST", "a", 1);
    setenv("KUBERNETES_SERVICE_PORT", "https", 1);
    refused(NULL, LEADERLIFE_ECONFIG, HAS("service account", "port"));
    unsetenv("KUBERNETES_SERVICE_PORT");
    refused(NULL, LEADERLIFE_ECONFIG, HAS("KUBERNETES_SERVICE_PORT is not", "option server"));
}

static void test_bad_server_name(void **state)
{
    const char *path = put("config", "clusters: [{name: c, cluster: {server: 'https://h', tls-server-name: 'a:b@c'}}]\n"
                                     "users: [{name: u, user: {token: t}}]\n"
                                     "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n");

    (void)state;
    refused(SET({"kubeconfig", path}), LEADERLIFE_ECONFIG, HAS(path, "tls-server-name"));
}

static void test_bad_tokens(void **state)
{
    (void)state;
    put("token", "");
    refused(NULL, LEADERLIFE_ECONFIG, HAS("token file", path_of("token"), "is empty", "option token-file"));
    put("token", " \n\n");
    refused(NULL, LEADERLIFE_ECONFIG, HAS(path_of("token"), "is empty"));
    put("token", SECRET "\nX-Evil: 1\n");
    refused(NULL, LEADERLIFE_ECONFIG, HAS(path_of("token"), "control characters", "bare token"));
    put("token", SECRET "\r\n" SECRET);
    refused(NULL, LEADERLIFE_ECONFIG, HAS(path_of("token"), "control characters"));
    put("token", SECRET "\xc3\xa4");
    refused(NULL, LEADERLIFE_ECONFIG, HAS(path_of("token"), "beyond ASCII"));
    put_bytes("token", SECRET "\0x", sizeof SECRET + 1);
    refused(NULL, LEADERLIFE_ECONFIG, HAS(path_of("token"), "NUL"));
    unlink(path_of("token"));
    refused(NULL, LEADERLIFE_ECONFIG, HAS(path_of("token"), "No such file", "automountServiceAccountToken"));
    assert_int_equal(mkfifo(path_of("token"), 0600), 0);
    refused(NULL, LEADERLIFE_ECONFIG, HAS(path_of("token"), "no regular file"));
    refused(SET({"token-file", "/absent/token"}), LEADERLIFE_ECONFIG, HAS("/absent/token", "No such file"));
    const char *path = put_kubeconfig("https://h", "token: 's3cret with blanks'");
    refused(SET({"kubeconfig", path}), LEADERLIFE_ECONFIG, HAS(path, "token", "blanks"));
}

static void test_large_token(void **state)
{
    static char bytes[(64 << 10) + 1];
    struct endpoint endpoint;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    put_bytes("token", bytes, sizeof bytes);
    refused(NULL, LEADERLIFE_ECONFIG, HAS(path_of("token"), "larger than 65536 bytes"));
    put_bytes("token", bytes, sizeof bytes - 1);
    assert_int_equal(load(&endpoint, NULL), LEADERLIFE_OK);
    assert_int_equal(strlen(endpoint.token), sizeof bytes - 1);
    endpoint_clear(&endpoint);
}

static void test_bad_certificates(void **state)
{
    (void)state;
    put("ca.crt", "");
    refused(NULL, LEADERLIFE_ECONFIG, HAS("CA file", path_of("ca.crt"), "is empty"));
    put("ca.crt", KEY);
    refused(NULL, LEADERLIFE_ECONFIG, HAS(path_of("ca.crt"), "BEGIN CERTIFICATE", "option ca-file"));
    unlink(path_of("ca.crt"));
    refused(NULL, LEADERLIFE_ECONFIG, HAS(path_of("ca.crt"), "No such file"));
    put("ca.crt", CERTIFICATE);
    put("c.pem", CERTIFICATE);
    put("k.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\ns3cret\n-----END ENCRYPTED PRIVATE KEY-----\n");
    const char *path = put_kubeconfig("https://h", "client-certificate: c.pem, client-key: k.pem");
    refused(SET({"kubeconfig", path}), LEADERLIFE_ECONFIG,
            HAS("client key", path_of("k.pem"), "encrypted", "openssl pkey"));
    put("k.pem", "s3cret");
    refused(SET({"kubeconfig", path}), LEADERLIFE_ECONFIG, HAS(path_of("k.pem"), "PRIVATE KEY"));
    put("c.pem", KEY);
    refused(SET({"kubeconfig", path}), LEADERLIFE_ECONFIG,
            HAS("client certificate", path_of("c.pem"), "BEGIN CERTIFICATE"));
    path = put_kubeconfig("https://h", "client-certificate-data: eA==, client-key-data: eA==");
    refused(SET({"kubeconfig", path}), LEADERLIFE_ECONFIG, HAS(path, "client-certificate-data", "BEGIN CERTIFICATE"));
}

static void test_unreadable(void **state)
{
    struct endpoint endpoint;
    int status;

    (void)state;
    assert_int_equal(chmod(path_of("token"), 0), 0);
    if (geteuid() == 0)
        assert_int_equal(seteuid(65534), 0);
    status = load(&endpoint, NULL);
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(status, LEADERLIFE_ECONFIG);
    assert_text(message, HAS("Permission denied", "let the user with the ID"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_context_without_kubeconfig),
        TEST(test_bad_servers),
        TEST(test_bad_server_name),
        TEST(test_bad_tokens),
        TEST(test_large_token),
        TEST(test_bad_certificates),
        TEST(test_unreadable),
    };

    return cmocka_run_group_tests_name("unit_endpoint_faults", tests, NULL, NULL);
}
