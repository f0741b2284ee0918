/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which proxy is chosen, what people are told of it, and that no text has a login in it. (That NO_PROXY is read as Go
 * reads it: tests/compatibility.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "kubernetes/config/no_proxy.h"
#include "kubernetes/config/proxy.h"

#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <string.h>

#define LOGIN "someb0dy:s3cret"

static struct proxy proxy;
static char text[TEXT_MESSAGE];

static int choose(const struct proxy_question *question)
{
    proxy_clear(&proxy);
    text[0] = '\0';
    int status = proxy_choose(&proxy, question, text, sizeof text);
    const char *const told[] = {text, proxy.url, proxy.name, proxy.cure};
    for (int i = 0; i < 4; i++)
        if (told[i] != NULL && (strstr(told[i], "s3cret") != NULL || strstr(told[i], "someb0dy") != NULL))
            fail_msg("tells the login: %s", told[i]);
    return status;
}

static struct proxy_question question_for(const char *https_proxy, const char *no_proxy)
{
    return (struct proxy_question){.server = "https://api.example:6443",
                                   .origin = "kubeconfig F, context C",
                                   .https_proxy = {https_proxy != NULL ? "HTTPS_PROXY" : NULL, https_proxy},
                                   .no_proxy = {no_proxy != NULL ? "no_proxy" : NULL, no_proxy}};
}

static void assert_has(const char *whole, const char *part)
{
    assert_non_null(whole);
    if (strstr(whole, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, whole);
}

static void test_the_environment_s(void **state)
{
    struct proxy_question question = question_for("HTTPS://" LOGIN "@Proxy.Example/", NULL);

    (void)state;
    assert_int_equal(choose(&question), LEADERLIFE_OK);
    assert_string_equal(proxy.url, "https://Proxy.Example:443");
    assert_string_equal(proxy.user, "someb0dy");
    assert_string_equal(proxy.password, "s3cret");
    assert_string_equal(proxy.name, "https://Proxy.Example:443 (HTTPS_PROXY)");
    assert_string_equal(proxy.cure, "else correct HTTPS_PROXY, or name api.example in NO_PROXY");
    assert_false(proxy.cure_first);
    question.in_cluster = true;
    assert_int_equal(choose(&question), LEADERLIFE_OK);
    assert_true(proxy.cure_first);
    assert_has(proxy.cure, "name api.example in NO_PROXY");
    question.no_proxy = (struct proxy_variable){"no_proxy", "other, .example"};
    assert_int_equal(choose(&question), LEADERLIFE_OK);
    assert_null(proxy.url);
    assert_null(proxy.name);
    assert_string_equal(proxy.cure, "HTTPS_PROXY is not used for it, as no_proxy names it");
}

static void test_the_kubeconfig_s(void **state)
{
    struct proxy_question question = question_for("http://other.example", "*");

    (void)state;
    question.proxy_url = "socks5://" LOGIN "@[fd00::1]";
    assert_int_equal(choose(&question), LEADERLIFE_OK);
    assert_string_equal(proxy.url, "socks5h://[fd00::1]:1080");
    assert_string_equal(proxy.name, "socks5://[fd00::1]:1080 (proxy-url of the kubeconfig)");
    assert_has(proxy.cure, "proxy-url in the kubeconfig");
    question.server = "https://127.0.0.1:6443"; /* for this one, too */
    assert_int_equal(choose(&question), LEADERLIFE_OK);
    assert_non_null(proxy.url);
}

static void test_none(void **state)
{
    struct proxy_question question = question_for(NULL, "*");

    (void)state;
    assert_int_equal(choose(&question), LEADERLIFE_OK);
    assert_null(proxy.url);
    assert_has(proxy.cure, "HTTPS_PROXY is not set");
    question.in_cluster = true; /* as usual in a pod */
    assert_int_equal(choose(&question), LEADERLIFE_OK);
    assert_null(proxy.cure);
    question.unused = "ALL_PROXY";
    assert_int_equal(choose(&question), LEADERLIFE_OK);
    assert_has(proxy.cure, "ALL_PROXY is not used for it");
    question = question_for("http://proxy.example", NULL);
    question.server = "https://[::1]:6443";
    assert_int_equal(choose(&question), LEADERLIFE_OK);
    assert_null(proxy.url);
    assert_has(proxy.cure, "this machine itself");
}

/* What libcurl would make of these is nobody's wish; what Go makes of most is to go directly. */
static void test_refusals(void **state)
{
    static const char *const bad[] = {
        "ftp://" LOGIN "@proxy.example",
        "http://" LOGIN "@proxy.example:x",
        "http://" LOGIN "%zz@proxy.example",
        "http://" LOGIN "%00@proxy.example",
        "http://" LOGIN "@",
        "http://" LOGIN "@[fd00::1",
        "http://" LOGIN "@[nothing]",
        "http://" LOGIN "@proxy.example:0",
        "http://" LOGIN "@prox\xc3\xbf",
        "http://" LOGIN " @proxy.example",
        "http://" LOGIN "]@proxy.example",
        "http://" LOGIN "@[::1]x",
        "http://" LOGIN "@proxy.example:70000",
        "http://someb0dy:31/s3cret@proxy.example", /* a host named someb0dy, for Go */
        "http://someb0dy:s3@s3cret?@proxy.example",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct proxy_question question = question_for(bad[i], NULL);

        assert_int_equal(choose(&question), LEADERLIFE_ECONFIG);
        assert_has(text, "HTTPS_PROXY ");
        assert_has(text, "http://USER:PASSWORD@HOST:PORT");
        assert_has(text, "name api.example in NO_PROXY");
        assert_null(proxy.url);
        question.no_proxy = (struct proxy_variable){"NO_PROXY", "*"}; /* then it does not matter */
        assert_int_equal(choose(&question), LEADERLIFE_OK);
        question = question_for(NULL, NULL);
        question.proxy_url = bad[i];
        assert_int_equal(choose(&question), LEADERLIFE_ECONFIG);
        assert_has(text, "kubeconfig F, context C: proxy-url ");
    }
    struct proxy_question question = question_for(NULL, NULL);
    question.proxy_url = "proxy.example:3128"; /* client-go refuses it there */
    assert_int_equal(choose(&question), LEADERLIFE_ECONFIG);
}

/* Go compares xn-- forms, which are not made here. */
static void test_names_beyond_ascii(void **state)
{
    struct proxy_question question = question_for("http://proxy.example", "b\xc3\xbc"
                                                                          "cher.example");

    (void)state;
    assert_int_equal(choose(&question), LEADERLIFE_OK);
    assert_non_null(proxy.url);
    question.server = "https://xn--bcher-kva.example";
    assert_int_equal(choose(&question), LEADERLIFE_ECONFIG);
    assert_has(text, "no_proxy has a name beyond ASCII");
}

/* The same as Go's documentation has them, for those who have no Go at hand. */
static void test_a_list(void **state)
{
    static const struct {
        const char *list;
        const char *host;
        bool named;
    } rows[] = {
        {"*", "x", true},
        {"foo.com", "foo.com", true},
        {"foo.com", "bar.foo.com", true},
        {"foo.com", "barfoo.com", false},
        {".y.com", "x.y.com", true},
        {".y.com", "y.com", false},
        {"*.y.com", "x.y.com", true},
        {"*.y.com", "y.com", false},
        {" a , FOO.com:443 ", "foo.COM", true},
        {"foo.com:80", "foo.com", false},
        {"1.2.3.4", "1.2.3.4", true},
        {"1.2.3.4:443", "1.2.3.4", true},
        {"1.2.3.4:80", "1.2.3.4", false},
        {"1.2.0.0/16", "1.2.3.4", true},
        {"1.2.0.0/16", "1.3.3.4", false},
        {"fd00::/8", "fd12::1", true},
        {"[fd12::1]:443", "fd12::1", true},
        {"fd12:0::1", "fd12::1", true},
        {"::/0", "1.2.3.4", false},
        {"4", "1.2.3.4", false},
        {"", "x", false},
        {",,", "x", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (no_proxy_names(rows[i].list, rows[i].host, "443") != rows[i].named)
            fail_msg("\"%s\" and %s", rows[i].list, rows[i].host);
    assert_false(no_proxy_names(NULL, "x", "443"));
}

static int forget(void **state)
{
    (void)state;
    proxy_clear(&proxy);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_environment_s),
        cmocka_unit_test(test_the_kubeconfig_s),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_names_beyond_ascii),
        cmocka_unit_test(test_a_list),
    };

    return cmocka_run_group_tests_name("unit_proxy", tests, NULL, forget);
}
