/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kubeconfig files, good and bad: what a context means, how several files merge, and that each fault is named with
 * its file and its cure, without a secret.
 */
#include "kubeconfig_fixture.h"

#include "base/base64.h"

#include <errno.h>

static void test_token(void **state)
{
    struct kubeconfig found;
    const char *path = put("config", "apiVersion: v1\nkind: Config\npreferences: {}\n" CLUSTER USER CONTEXT);
    char origin[300];

    (void)state;
    assert_int_equal(load(&found, path, NULL), LEADERLIFE_OK);
    snprintf(origin, sizeof origin, "kubeconfig %s, context x", path);
    assert_string_equal(found.origin, origin);
    assert_string_equal(found.server, "https://h:1");
    assert_string_equal(found.token, SECRET);
    assert_null(found.namespace_);
    assert_null(found.ca);
    assert_null(found.ca_path);
    assert_null(found.server_name);
    kubeconfig_clear(&found);
    assert_null(found.token);
}

static void test_inline_data(void **state)
{
    struct kubeconfig found;
    const char *path = put("config", "{\"clusters\":[{\"name\":\"c\",\"cluster\":{\"server\":\"https://[::1]:6443/p\","
                                     "\"tls-server-name\":\"kubernetes\",\"insecure-skip-tls-verify\":false,"
                                     "\"certificate-authority-data\":\"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==\"}}],"
                                     "\"users\":[{\"name\":\"u\",\"user\":{\"client-certificate-data\":\"Y2VydA==\","
                                     "\"client-key-data\":\"a2\\nV5\"}}],"
                                     "\"contexts\":[{\"name\":\"x\",\"context\":{\"cluster\":\"c\",\"user\":\"u\","
                                     "\"namespace\":\"team\"}}],\"current-context\":\"x\"}");

    (void)state;
    assert_int_equal(load(&found, path, NULL), LEADERLIFE_OK);
    assert_string_equal(found.server, "https://[::1]:6443/p");
    assert_string_equal(found.server_name, "kubernetes");
    assert_string_equal(found.ca, "-----BEGIN CERTIFICATE-----\n");
    assert_null(found.ca_path);
    assert_string_equal(found.cert, "cert");
    assert_string_equal(found.key, "key");
    assert_string_equal(found.namespace_, "team");
    kubeconfig_clear(&found);
}

static void test_paths_are_relative_to_the_file(void **state)
{
    struct kubeconfig found;
    const char *path =
        put("config", "clusters: [{name: c, cluster: {server: 'https://h', certificate-authority: pki/ca.crt}}]\n"
                      "users: [{name: u, user: {tokenFile: ./sub/../token, token: " SECRET ",\n"
                      "  client-certificate: /abs/cert, client-key: key}}]\n" CONTEXT);

    (void)state;
    assert_int_equal(load(&found, path, NULL), LEADERLIFE_OK);
    assert_string_equal(found.ca_path, path_of("pki/ca.crt"));
    assert_string_equal(found.token_path, path_of("token")); /* clean, by its letters */
    assert_string_equal(found.token, SECRET);                /* counts while the file cannot be read */
    assert_string_equal(found.cert_path, "/abs/cert");
    assert_string_equal(found.key_path, path_of("key"));
    kubeconfig_clear(&found);
}

static void test_context_can_be_chosen(void **state)
{
    struct kubeconfig found;
    const char *path = put("config", CLUSTER USER "contexts:\n- {name: x, context: {cluster: c, user: u}}\n"
                                                  "- {name: other, context: {cluster: c, user: u, namespace: why}}\n"
                                                  "current-context: x\n");

    (void)state;
    assert_int_equal(load(&found, path, &(struct kubeconfig_query){.context = "other"}), LEADERLIFE_OK);
    assert_string_equal(found.namespace_, "why");
    kubeconfig_clear(&found);
    assert_int_equal(load(&found, path, &(struct kubeconfig_query){.context = "z"}), LEADERLIFE_ECONFIG);
    assert_text(message, HAS(path, "no context \"z\"", "x, other"));
}

/* As kubectl: the first file that sets a value or an entry wins; absent files do not matter. */
static void test_several_files_are_merged(void **state)
{
    struct kubeconfig found;
    char paths[600];

    (void)state;
    assert_int_equal(mkdir(path_of("sub"), 0700), 0);
    snprintf(paths, sizeof paths, "%s:%s::%s:%s", path_of("absent"),
             put("one", "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n"),
             put("sub/two", "current-context: other\nclusters: [{name: c, cluster: {server: 'https://two', "
                            "certificate-authority: ca}}]\n"),
             put("three", "clusters: [{name: c, cluster: {server: 'https://three', tls-server-name: t}}]\n" USER
                          "contexts: [{name: x, context: {cluster: none, user: none}}]\n"));
    assert_int_equal(load(&found, paths, &(struct kubeconfig_query){.list = true}), LEADERLIFE_OK);
    assert_string_equal(found.server, "https://two");
    assert_null(found.server_name);
    assert_string_equal(found.ca_path, path_of("sub/ca"));
    assert_string_equal(found.token, SECRET);
    kubeconfig_clear(&found);
}

static void test_several_files_and_a_bad_one(void **state)
{
    struct kubeconfig found;
    char paths[4096] = "";

    (void)state;
    snprintf(paths, sizeof paths, "%s:%s", put("one", CLUSTER USER CONTEXT), put("bad", "a: [\n"));
    assert_int_equal(load(&found, paths, &(struct kubeconfig_query){.list = true}), LEADERLIFE_ECONFIG);
    assert_text(message, HAS(path_of("bad"), "line "));
    assert_int_equal(load(&found, "/absent/1:/absent/2", &(struct kubeconfig_query){.list = true}), LEADERLIFE_ECONFIG);
    assert_text(message, HAS("/absent/1:/absent/2", "correct KUBECONFIG"));
    assert_int_equal(load(&found, ":::", &(struct kubeconfig_query){.list = true}), LEADERLIFE_ECONFIG);
    paths[0] = '\0';
    for (int i = 0; i < 33; i++) {
        char name[16];

        snprintf(name, sizeof name, "one-%d", i);
        snprintf(paths + strlen(paths), sizeof paths - strlen(paths), ":%s", put(name, "kind: Config\n"));
    }
    assert_int_equal(load(&found, paths, &(struct kubeconfig_query){.list = true}), LEADERLIFE_ECONFIG);
    assert_text(message, HAS("more than 32 files"));
}

static void test_what_is_given_elsewhere_is_not_judged(void **state)
{
    struct kubeconfig found;
    const struct kubeconfig_query all = {.has_server = true, .has_ca = true, .has_credentials = true};
    const char *path =
        put("config", "clusters: [{name: c, cluster: {insecure-skip-tls-verify: true, proxy-url: 'http://p'}}]\n"
                      "users: [{name: u, user: {exec: {command: x}}}]\n" CONTEXT);

    (void)state;
    assert_int_equal(load(&found, path, &all), LEADERLIFE_OK);
    assert_null(found.server);
    assert_string_equal(found.proxy_url, "http://p"); /* as kubectl --server leaves it */
    kubeconfig_clear(&found);
    assert_null(found.proxy_url);
    assert_int_equal(load(&found, put("config", CONTEXT), &all), LEADERLIFE_OK);
    kubeconfig_clear(&found);
}

static void test_absent_or_unreadable(void **state)
{
    struct kubeconfig found;

    (void)state;
    assert_int_equal(load(&found, "/absent/config", NULL), LEADERLIFE_ECONFIG);
    assert_text(message, HAS("kubeconfig /absent/config", "No such file", "correct the path"));
    assert_int_equal(load(&found, folder, NULL), LEADERLIFE_ECONFIG);
    assert_text(message, HAS(folder, "Is a directory"));
    assert_int_equal(load(&found, "/dev/null", NULL), LEADERLIFE_ECONFIG);
    assert_text(message, HAS("/dev/null", "no regular file"));
}

static void test_missing_parts(void **state)
{
    (void)state;
    refused(CLUSTER USER "contexts: [{name: x, context: {cluster: c, user: u}}]\n", LEADERLIFE_ECONFIG,
            HAS("no current-context", "use-context", "option context", ": x"));
    refused(CLUSTER USER "current-context: x\n", LEADERLIFE_ECONFIG, HAS("no context \"x\"", "none"));
    refused(USER CONTEXT, LEADERLIFE_ECONFIG, HAS("no cluster \"c\""));
    refused(CLUSTER CONTEXT, LEADERLIFE_ECONFIG, HAS("no user \"u\""));
    refused(CLUSTER USER "contexts: [{name: x, context: {user: u}}]\ncurrent-context: x\n", LEADERLIFE_ECONFIG,
            HAS("context x names no cluster", "set-context"));
    refused(CLUSTER USER "contexts: [{name: x, context: {cluster: c, user: ~}}]\ncurrent-context: x\n",
            LEADERLIFE_ECONFIG, HAS("context x names no user"));
    refused("clusters: [{name: c, cluster: {server: null}}]\n" USER CONTEXT, LEADERLIFE_ECONFIG,
            HAS("cluster c has no server", "set-cluster"));
    refused("clusters: [{name: c}]\n" USER CONTEXT, LEADERLIFE_ECONFIG, HAS("cluster c has no server"));
    refused("clusters: {name: c}\n" USER CONTEXT, LEADERLIFE_ECONFIG, HAS("line 1", "clusters needs a list", "a map"));
    refused("clusters: [{name: c}, {name: c}]\n" USER CONTEXT, LEADERLIFE_ECONFIG,
            HAS("two clusters of the name \"c\""));
    refused(CLUSTER "users: [{name: u, user: {}}]\n" CONTEXT, LEADERLIFE_ECONFIG,
            HAS("user u has no credentials", "token-file"));
    refused(CLUSTER "users: [{name: u, user: {token: [" SECRET "]}}]\n" CONTEXT, LEADERLIFE_ECONFIG,
            HAS("line 2", "token needs a text", "a list"));
    refused(CLUSTER "users: [{name: u, user: {token: 8080}}]\n" CONTEXT, LEADERLIFE_ECONFIG,
            HAS("line 2", "token needs a text", "a number", "quotes"));
    refused(CLUSTER "users: [{name: u, user: {client-certificate: a}}]\n" CONTEXT, LEADERLIFE_ECONFIG,
            HAS("client-certificate but no client-key"));
    refused(CLUSTER "users: [{name: u, user: {client-key: a}}]\n" CONTEXT, LEADERLIFE_ECONFIG,
            HAS("user u has no credentials"));
}

static void test_refused_settings(void **state)
{
    (void)state;
    refused("clusters: [{name: c, cluster: {server: 'https://h', insecure-skip-tls-verify: true}}]\n" USER CONTEXT,
            LEADERLIFE_ECONFIG,
            HAS("cluster c", "insecure-skip-tls-verify is refused", "certificate-authority", "ca-file"));
    refused("clusters: [{name: c, cluster: {server: 'https://h', proxy-url: 'ftp://me:" SECRET "@p'}}]\n" USER CONTEXT,
            LEADERLIFE_ECONFIG, HAS("cluster c", "proxy-url", "socks5://"));
    refused(CLUSTER "users: [{name: u, user: {auth-provider: {name: oidc}}}]\n" CONTEXT, LEADERLIFE_ENOTSUP,
            HAS("user u", "auth-provider"));
    refused(CLUSTER "users: [{name: u, user: {username: a, password: " SECRET "}}]\n" CONTEXT, LEADERLIFE_ECONFIG,
            HAS("user u", "username and password"));
    refused(CLUSTER "users: [{name: u, user: {token: " SECRET ", as: admin}}]\n" CONTEXT, LEADERLIFE_ENOTSUP,
            HAS("user u", "impersonation"));
    refused("clusters: [{name: c, cluster: {server: 'https://h', certificate-authority-data: '%%%'}}]\n" USER CONTEXT,
            LEADERLIFE_ECONFIG, HAS("line 1", "certificate-authority-data is not base64"));
    refused("clusters: [{name: c, cluster: {server: 'https://h', certificate-authority: a, certificate-authority-data: "
            "YQ==}}]\n" USER CONTEXT,
            LEADERLIFE_ECONFIG,
            HAS("cluster c", "both certificate-authority and certificate-authority-data", "remove one"));
    refused(CLUSTER "users: [{name: u, user: {client-certificate-data: AAAA, client-key-data: AAAA}}]\n" CONTEXT,
            LEADERLIFE_ECONFIG, HAS("user u", "client-certificate-data is not base64 of a PEM text"));
}

/* ---- Credential plugins ---- */

#define BETA "apiVersion: client.authentication.k8s.io/v1beta1"
#define V1 "apiVersion: client.authentication.k8s.io/v1"
#define EXEC(fields) CLUSTER "users: [{name: u, user: {exec: {" fields "}}}]\n" CONTEXT

static void test_exec(void **state)
{
    struct kubeconfig found;
    const char *path =
        put("config",
            EXEC(BETA ", command: bin/../plugin, args: [get, '', \"null\", ~], provideClusterInfo: true,\n"
                      "env: [{name: A, value: x}, {name: A, value: b=c}, {name: B}], installHint: \"one\\ntwo\""));

    (void)state;
    assert_int_equal(load(&found, path, NULL), LEADERLIFE_OK);
    assert_string_equal(found.exec->version, "client.authentication.k8s.io/v1beta1");
    assert_string_equal(found.exec->argv[0], path_of("plugin"));
    assert_string_equal(found.exec->argv[1], "get");
    assert_string_equal(found.exec->argv[2], "");
    assert_string_equal(found.exec->argv[3], "null");
    assert_string_equal(found.exec->argv[4], "");
    assert_null(found.exec->argv[5]);
    assert_string_equal(found.exec->env[0], "A=b=c");
    assert_string_equal(found.exec->env[1], "B=");
    assert_null(found.exec->env[2]);
    assert_string_equal(found.exec->hint, "one two");
    assert_true(found.exec->tell_cluster);
    kubeconfig_clear(&found);
    assert_null(found.exec);

    put("config", EXEC(V1 ", command: /bin/plugin, args: null, interactiveMode: IfAvailable"));
    assert_int_equal(load(&found, path, NULL), LEADERLIFE_OK);
    assert_string_equal(found.exec->argv[0], "/bin/plugin");
    assert_null(found.exec->argv[1]);
    assert_null(found.exec->env[0]);
    assert_null(found.exec->hint);
    assert_false(found.exec->tell_cluster);
    kubeconfig_clear(&found);

    put("config", EXEC(V1 ", command: plugin, interactiveMode: Never")); /* for PATH */
    assert_int_equal(load(&found, path, NULL), LEADERLIFE_OK);
    assert_string_equal(found.exec->argv[0], "plugin");
    kubeconfig_clear(&found);
}

/* As with kubectl. */
static void test_a_token_wins_over_exec(void **state)
{
    struct kubeconfig found;
    const char *path =
        put("config", CLUSTER "users: [{name: u, user: {token: t, exec: {command: x, " BETA "}}}]\n" CONTEXT);

    (void)state;
    assert_int_equal(load(&found, path, NULL), LEADERLIFE_OK);
    assert_null(found.exec);
    kubeconfig_clear(&found);
    put("config", CLUSTER "users: [{name: u, user: {client-certificate: c, client-key: k, exec: {command: x, " BETA
                          "}}}]\n" CONTEXT);
    assert_int_equal(load(&found, path, NULL), LEADERLIFE_OK); /* so does a certificate */
    assert_null(found.exec);
    assert_string_equal(found.cert_path, path_of("c"));
    kubeconfig_clear(&found);
}

static void test_exec_that_is_malformed(void **state)
{
    (void)state;
    refused(EXEC("command: x"), LEADERLIFE_ECONFIG, HAS("user u", "exec", "apiVersion", "correct it"));
    refused(EXEC("command: x, apiVersion: client.authentication.k8s.io/v1alpha1"), LEADERLIFE_ECONFIG,
            HAS("v1beta1", "update the plugin"));
    refused(CLUSTER "users: [{name: u, user: {exec: " SECRET "}}]\n" CONTEXT, LEADERLIFE_ECONFIG,
            HAS("exec needs a map"));
    refused(EXEC(BETA), LEADERLIFE_ECONFIG, HAS("no command", "add it"));
    refused(EXEC(BETA ", command: [x]"), LEADERLIFE_ECONFIG, HAS("command needs a text"));
    refused(EXEC(V1 ", command: x"), LEADERLIFE_ECONFIG, HAS("needs interactiveMode", "IfAvailable", "change it"));
    refused(EXEC(V1 ", command: x, interactiveMode: Always"), LEADERLIFE_ECONFIG, HAS("Always", "no terminal"));
    refused(EXEC(BETA ", command: x, interactiveMode: Always"), LEADERLIFE_ECONFIG, HAS("Always", "token-file"));
    refused(EXEC(V1 ", command: x, interactiveMode: never"), LEADERLIFE_ECONFIG, HAS("needs interactiveMode"));
    refused(EXEC(BETA ", command: x, args: " SECRET), LEADERLIFE_ECONFIG, HAS("args"));
    refused(EXEC(BETA ", command: x, args: [a, [" SECRET "]]"), LEADERLIFE_ECONFIG, HAS("args"));
    refused(EXEC(BETA ", command: x, env: {A: " SECRET "}"), LEADERLIFE_ECONFIG, HAS("env"));
    refused(EXEC(BETA ", command: x, env: [{name: A, value: [" SECRET "]}]"), LEADERLIFE_ECONFIG,
            HAS("value needs a text"));
    refused(EXEC(BETA ", command: x, env: [{value: " SECRET "}]"), LEADERLIFE_ECONFIG, HAS("env entry without a name"));
    refused(EXEC(BETA ", command: x, env: ['A=" SECRET "']"), LEADERLIFE_ECONFIG, HAS("env needs a map"));
    refused(
        "clusters: [{name: c, cluster: {server: 'https://h', extensions: [{name: client.authentication.k8s.io/exec,\n"
        " extension: {a: " SECRET "}}]}}]\nusers: [{name: u, user: {exec: {command: x, provideClusterInfo: true, " BETA
        "}}}]\n" CONTEXT,
        LEADERLIFE_ENOTSUP, HAS("user u", "extension", "args or env"));
}

static void check_base64(const char *text, bool url, const char *wanted)
{
    size_t size = 99;
    char *bytes = base64_decode(text, strlen(text), url, &size);

    if (wanted == NULL) {
        assert_null(bytes);
        assert_int_equal(errno, EINVAL);
        assert_int_equal(size, 99);
        return;
    }
    assert_non_null(bytes);
    assert_string_equal(bytes, wanted);
    assert_int_equal(size, strlen(wanted));
    free(bytes);
}

static void test_base64(void **state)
{
    static const char *const bad[] = {
        "A", "AAAAA", "AA=A", "A===", "AAA==", "AAAA=", "====", "AA*A", "AA-A", "\xc3\xa4"};

    (void)state;
    check_base64("", false, "");
    check_base64("Zg==", false, "f");
    check_base64("Zg", false, "f");
    check_base64("Zm8=", false, "fo");
    check_base64("Zm8", false, "fo");
    check_base64("Zm9v", false, "foo");
    check_base64(" Zm9v\r\n\tYmFy\n", false, "foobar");
    check_base64("Pz4/Pj8+", false, "?>?>?>");
    check_base64("Pz4_Pj8-", true, "?>?>?>");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_base64(bad[i], false, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_inline_data),
        cmocka_unit_test(test_paths_are_relative_to_the_file),
        cmocka_unit_test(test_context_can_be_chosen),
        cmocka_unit_test(test_several_files_are_merged),
        cmocka_unit_test(test_several_files_and_a_bad_one),
        cmocka_unit_test(test_what_is_given_elsewhere_is_not_judged),
        cmocka_unit_test(test_absent_or_unreadable),
        cmocka_unit_test(test_missing_parts),
        cmocka_unit_test(test_refused_settings),
        cmocka_unit_test(test_exec),
        cmocka_unit_test(test_a_token_wins_over_exec),
        cmocka_unit_test(test_exec_that_is_malformed),
        cmocka_unit_test(test_base64),
    };

    return cmocka_run_group_tests_name("unit_kubeconfig", tests, make_folder, remove_folder);
}
