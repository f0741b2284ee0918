/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credential plugins, as small shell scripts: what they are told, what of theirs the endpoint gets, when they are due
 * again, and that each way to fail is named with its cure and without a secret.
 */
#include "endpoint_fixture.h"

#include "kubernetes/config/exec_plugin.h"

#include <time.h>

#define VERSION "client.authentication.k8s.io/v1"
#define SAY(status)                                                                                                    \
    "#!/bin/sh\necho '{\"kind\": \"ExecCredential\", \"apiVersion\": \"" VERSION "\", \"status\": " status "}'\n"
#define PLUGIN "exec: {apiVersion: " VERSION ", interactiveMode: Never, command: ./plugin"

enum { LONG_MS = 20000 };

static struct reactor reactor;
static struct endpoint endpoint;
static struct exec_plugin plugin;

/* The section exec begins with PLUGIN; rest ends it. */
static void load_exec(const char *rest)
{
    char user[800];

    snprintf(user, sizeof user, PLUGIN "%s}", rest);
    const char *path = put_kubeconfig("https://h:1", user);
    if (load(&endpoint, SET({"kubeconfig", path})) != LEADERLIFE_OK)
        fail_msg("%s", message);
    assert_non_null(endpoint.exec);
}

static int begin(void **state)
{
    if (make_pod(state) != 0)
        return -1;
    exec_plugin_init(&plugin, &reactor);
    return reactor_init(&reactor);
}

static int end(void **state)
{
    exec_plugin_free(&plugin, false);
    endpoint_clear(&endpoint);
    reactor_free(&reactor);
    return remove_folder(state);
}

static void put_plugin(const char *script)
{
    assert_int_equal(chmod(put("plugin", script), 0700), 0);
}

/* True if it gave something new. */
static bool run_for(int64_t timeout_ms)
{
    bool given = false;

    assert_false(exec_plugin_is_running(&plugin));
    exec_plugin_start(&plugin, &endpoint, timeout_ms, clock_now());
    while (exec_plugin_is_running(&plugin)) {
        int64_t at = exec_plugin_deadline(&plugin);
        int64_t wait = at == INT64_MAX ? LONG_MS : at - clock_now();

        if (child_is_running(&plugin.child)) {
            assert_null(strstr(plugin.text, "s3cret"));
            assert_int_equal(plugin.status, LEADERLIFE_EAUTH);
            (void)reactor_wait(&reactor, wait > 0 ? (int)wait : 0);
        }
        reactor_poll(&reactor);
        given = exec_plugin_run(&plugin, &endpoint, clock_now());
    }
    assert_null(plugin.child.bytes); /* wiped */
    assert_int_equal(exec_plugin_deadline(&plugin), INT64_MAX);
    assert_int_equal(given, plugin.status == LEADERLIFE_OK);
    return given;
}

static void gives(const char *script)
{
    put_plugin(script);
    if (!run_for(LONG_MS))
        fail_msg("%s", plugin.text);
}

static void fails(const char *script, const char *const *parts)
{
    put_plugin(script);
    assert_false(run_for(LONG_MS));
    assert_int_equal(plugin.status, LEADERLIFE_EAUTH);
    assert_text(plugin.text, HAS("kubeconfig", "context x", "credential plugin", path_of("plugin"), "; "));
    assert_text(plugin.text, parts);
}

static void test_token(void **state)
{
    (void)state;
    load_exec("");
    assert_null(endpoint.token);
    assert_true(exec_plugin_is_due(&plugin, 0, clock_now()));
    gives(SAY("{\"token\": \"" SECRET "\"}"));
    assert_string_equal(endpoint.token, SECRET);
    assert_null(endpoint.cert);
    assert_false(exec_plugin_is_due(&plugin, 0, clock_now())); /* it says no end */
    assert_true(exec_plugin_is_due(&plugin, 1, clock_now()));  /* but the server may refuse it */
    gives(SAY("{\"token\": \"another\"}"));
    assert_string_equal(endpoint.token, "another");
    assert_false(exec_plugin_is_due(&plugin, 1, clock_now())); /* somebody is late: that was the first one's */
    assert_true(exec_plugin_is_due(&plugin, 2, clock_now()));
}

static void test_certificate(void **state)
{
    (void)state;
    load_exec("");
    put("answer", "{\"kind\": \"ExecCredential\", \"apiVersion\": \"" VERSION
                  "\", \"status\": {\"clientCertificateData\": \"-----BEGIN CERTIFICATE-----\\nA\\n\", "
                  "\"clientKeyData\": \"-----BEGIN PRIVATE KEY-----\\nB\\n\"}}");
    gives("#!/bin/sh\ncat \"${0%/*}/answer\"\n");
    assert_null(endpoint.token);
    assert_string_equal(endpoint.cert, "-----BEGIN CERTIFICATE-----\nA\n");
    assert_string_equal(endpoint.key, "-----BEGIN PRIVATE KEY-----\nB\n");
    gives(SAY("{\"token\": \"t\"}")); /* nothing of the last one stays */
    assert_null(endpoint.cert);
    assert_null(endpoint.key);
}

static void gives_for(int seconds)
{
    time_t at = time(NULL) + seconds;
    char when[40];
    char script[400];

    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime(&at));
    snprintf(script, sizeof script, SAY("{\"token\": \"t\", \"expirationTimestamp\": \"%s\"}"), when);
    gives(script);
}

/* Ten seconds before its end; one that has not so long to live lives to its end. */
static void test_expiry(void **state)
{
    (void)state;
    load_exec("");
    gives_for(3600);
    assert_false(exec_plugin_is_due(&plugin, 0, clock_now()));
    assert_in_range(time(NULL) + 3590 - plugin.due, 0, LONG_MS / 1000);
    gives_for(8);
    assert_in_range(time(NULL) + 8 - plugin.due, 0, LONG_MS / 1000);
    gives_for(1);
    while (time(NULL) < plugin.due)
        (void)reactor_wait(&reactor, 100);
    assert_true(exec_plugin_is_due(&plugin, 0, clock_now()));
}

/* It is used, and the plugin rests: ten seconds, and twice as long each time, unless the server refuses it. */
static void test_what_comes_expired(void **state)
{
    static const int64_t rests_ms[] = {10000, 20000, 40000, 80000, 160000, 300000, 300000};

    (void)state;
    load_exec("");
    for (size_t i = 0; i < sizeof rests_ms / sizeof rests_ms[0]; i++) {
        int64_t before = clock_now();

        plugin.stale_is_new = false;
        gives_for(-3600);
        assert_string_equal(endpoint.token, "t");
        assert_in_range(plugin.stale_until, before + rests_ms[i], clock_now() + rests_ms[i]);
        assert_false(exec_plugin_is_due(&plugin, 0, plugin.stale_until - 1));
        assert_true(exec_plugin_is_due(&plugin, 0, plugin.stale_until));
        assert_true(exec_plugin_is_due(&plugin, plugin.runs, before));
        assert_int_equal(plugin.stale_is_new, i == 0);
    }
    assert_text(plugin.stale_text, HAS("kubeconfig", "context x", path_of("plugin"), "expired 36", "s ago", "clock",
                                       "plugin's cache", "log in anew"));
    gives_for(3600);
    assert_false(exec_plugin_is_due(&plugin, 0, plugin.stale_until));
    gives_for(-3600);
    assert_true(plugin.stale_is_new); /* for it is so again */
    assert_in_range(plugin.stale_until, 1, clock_now() + rests_ms[0]);
}

/* What it gave before stays, and it need not be as it was at the start. */
static void test_a_failure_leaves_the_last_credential(void **state)
{
    (void)state;
    load_exec("");
    gives(SAY("{\"token\": \"" SECRET "\"}"));
    fails("#!/bin/sh\nexit 1\n", HAS("exit status 1"));
    assert_string_equal(endpoint.token, SECRET);
    assert_false(exec_plugin_is_due(&plugin, 0, clock_now()));
    unlink(path_of("plugin"));
    assert_false(run_for(LONG_MS));
    assert_int_equal(plugin.status, LEADERLIFE_EAUTH); /* not fatal: it has been there */
    assert_text(plugin.text, HAS("No such file"));
}

static void test_failures(void **state)
{
    (void)state;
    load_exec("");
    fails("#!/bin/sh\necho " SECRET "\nexit 3\n", HAS("exit status 3", "standard error", "run again"));
    fails("#!/bin/sh\necho " SECRET "\nkill -15 $$\n", HAS("signal 15"));
    fails("#!/bin/sh\necho 'Please log in: " SECRET "'\n", HAS("no ExecCredential", "run it by hand"));
    fails("#!/bin/sh\n", HAS("no ExecCredential"));
    fails("#!/bin/sh\nprintf 's3cret\\0x'\n", HAS("no ExecCredential"));
    fails("#!/bin/sh\nwhile :; do echo '" SECRET SECRET SECRET "'; done\n", HAS("more than 65536 bytes"));
    fails("#!/bin/sh\necho '{\"kind\": \"ExecCredential\", \"apiVersion\": \"" VERSION "beta1\", \"status\": "
          "{\"token\": \"" SECRET "\"}}'\n",
          HAS("no ExecCredential of the apiVersion"));
    fails(SAY("{}"), HAS("neither a token nor both"));
    fails(SAY("{\"token\": \"" SECRET " x\"}"), HAS("does not hold one token"));
    fails(SAY("{\"token\": \"  \"}"), HAS("is empty"));
    fails(SAY("{\"token\": \"" SECRET "\", \"expirationTimestamp\": \"soon\"}"), HAS("RFC 3339"));
    fails(SAY("{\"clientCertificateData\": \"" SECRET "\"}"), HAS("neither a token nor both"));
    fails(SAY("{\"clientCertificateData\": \"" SECRET "\", \"clientKeyData\": \"" SECRET "\"}"), HAS("PEM form"));
    assert_null(endpoint.token);
    assert_null(endpoint.cert);
    assert_true(exec_plugin_is_due(&plugin, 0, clock_now()));
}

static void test_hang(void **state)
{
    int64_t began = clock_now();

    (void)state;
    load_exec("");
    put_plugin("#!/bin/sh\ntrap '' TERM\necho half\nexec sleep 60\n");
    assert_false(run_for(100));
    assert_true(clock_now() - began < 10000);
    assert_text(plugin.text, HAS("did not end in time", "stopped"));
    assert_int_equal(plugin.status, LEADERLIFE_EAUTH);
}

static void test_what_cannot_be_run(void **state)
{
    (void)state;
    load_exec("");
    assert_false(run_for(LONG_MS));
    assert_int_equal(plugin.status, LEADERLIFE_ECONFIG);
    assert_text(plugin.text, HAS(path_of("plugin"), "No such file", "install it"));
    endpoint_clear(&endpoint);
    load_exec(", installHint: \"get it\\nfrom the moon\"");
    assert_false(run_for(LONG_MS));
    assert_text(plugin.text, HAS(path_of("plugin"), "No such file", "get it from the moon"));
    put("plugin", SAY("{}")); /* not executable */
    assert_false(run_for(LONG_MS));
    assert_int_equal(plugin.status, LEADERLIFE_ECONFIG);
    assert_text(plugin.text, HAS("Permission denied"));
}

static void assert_file(const char *name, const char *wanted)
{
    char text[2000] = "";
    FILE *file = fopen(path_of(name), "re");

    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_string_equal(text, wanted);
}

/* Arguments, environment, and the question in it. */
static void test_what_it_is_told(void **state)
{
    static const char script[] =
        "#!/bin/sh\ncd \"${0%/*}\"\nprintf '%s|' \"$@\" \"$A\" \"$B\" \"$C\" >told\n"
        "env | grep -c -e ^A= -e ^KUBERNETES_EXEC_INFO= >count\n"
        "printf %s \"$KUBERNETES_EXEC_INFO\" >info\n"
        "echo '{\"kind\": \"ExecCredential\", \"apiVersion\": \"" VERSION "\", \"status\": {\"token\": \"t\"}}'\n";

    (void)state;
    setenv("A", "ours", 1);
    setenv("C", "ours", 1);
    setenv("KUBERNETES_EXEC_INFO", "of another", 1);
    load_exec(", args: [get, 'a b', ''], env: [{name: A, value: theirs}, {name: B, value: ''}, "
              "{name: KUBERNETES_EXEC_INFO, value: wrong}]");
    gives(script);
    assert_file("told", "get|a b||theirs||ours|");
    assert_file("count", "2\n");
    assert_file("info",
                "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" VERSION "\",\"spec\":{\"interactive\":false}}");
    endpoint_clear(&endpoint);
    load_exec(", provideClusterInfo: true");
    gives(script);
    assert_file("told", "ours||ours|");
    assert_file("info", "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" VERSION "\",\"spec\":{\"interactive\":false,"
                        "\"cluster\":{\"server\":\"https://h:1\",\"tls-server-name\":\"\","
                        "\"certificate-authority-data\":\"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VS"
                        "VElGSUNBVEUtLS0tLQo=\"}}}");
    unsetenv("A");
    unsetenv("C");
    unsetenv("KUBERNETES_EXEC_INFO");
    endpoint.proxy_url = strdup("http://me:s3cret@proxy:1"); /* as client-go tells it */
    gives(script);
    assert_file("info", "{\"kind\":\"ExecCredential\",\"apiVersion\":\"" VERSION "\",\"spec\":{\"interactive\":false,"
                        "\"cluster\":{\"server\":\"https://h:1\",\"tls-server-name\":\"\","
                        "\"certificate-authority-data\":\"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VS"
                        "VElGSUNBVEUtLS0tLQo=\",\"proxy-url\":\"http://me:s3cret@proxy:1\"}}}");
}

int main(void)
{
#define PLUGIN_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        PLUGIN_TEST(test_token),
        PLUGIN_TEST(test_certificate),
        PLUGIN_TEST(test_expiry),
        PLUGIN_TEST(test_what_comes_expired),
        PLUGIN_TEST(test_a_failure_leaves_the_last_credential),
        PLUGIN_TEST(test_failures),
        PLUGIN_TEST(test_hang),
        PLUGIN_TEST(test_what_cannot_be_run),
        PLUGIN_TEST(test_what_it_is_told),
    };

    return cmocka_run_group_tests_name("unit_exec_plugin", tests, NULL, NULL);
}
