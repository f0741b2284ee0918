/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of options: what it lists, what it accepts, and what it says about what it does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/options.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static struct options options;
static char text[TEXT_MESSAGE];

static int clear(void **state)
{
    (void)state;
    options_free(&options);
    return 0;
}

static int set(const char *name, const char *value)
{
    text[0] = '\0';
    return options_set(&options, name, value, text, sizeof text);
}

static void assert_says(const char *words)
{
    if (!strstr(text, words))
        fail_msg("'%s' is not in: %s", words, text);
}

static void assert_refused(const char *name, const char *value, const char *words)
{
    assert_int_equal(set(name, value), LEADERLIFE_EVALUE);
    assert_says(name);
    assert_says(words);
}

static void lists_the_public_part(void **state)
{
    static const char *const names[] = {"backend",     "mode",       "namespace",    "pod-name",        "pod-uid",
                                        "pod-network", "kubeconfig", "context",      "server",          "ca-file",
                                        "token-file",  "guard",      "node-policy",  "retry-permanent", "events",
                                        "log-level",   "user-agent", "rehearse-loss"};
    size_t count = leaderlife_option_count();

    (void)state;
    assert_int_equal(count, sizeof names / sizeof names[0]);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(leaderlife_option_name(i), names[i]);
        assert_true(strlen(leaderlife_option_type(i)) > 0);
        assert_non_null(leaderlife_option_default(i));
        assert_true(strlen(leaderlife_option_help(i)) > 0);
        assert_null(strchr(leaderlife_option_help(i), '\n'));
    }
    for (size_t i = count; i < count + 4; i++) {
        assert_null(leaderlife_option_name(i));
        assert_null(leaderlife_option_type(i));
        assert_null(leaderlife_option_default(i));
        assert_null(leaderlife_option_help(i));
    }
}

/* What the listing promises holds: each default and each listed word is accepted, and nothing near to a word. */
static void types_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < leaderlife_option_count(); i++) {
        const char *name = leaderlife_option_name(i);
        const char *type = leaderlife_option_type(i);
        const char *standard = leaderlife_option_default(i);
        char word[64];

        assert_string_equal(options_find(&options, name), standard);
        if (standard[0] != '\0')
            assert_int_equal(set(name, standard), LEADERLIFE_OK);
        if (!strchr(type, '|') && strcmp(type, "bool") != 0) {
            assert_true(strcmp(type, "string") == 0 || strcmp(type, "path") == 0);
            continue;
        }
        for (const char *at = strcmp(type, "bool") == 0 ? "true|false" : type;; at++) {
            size_t length = strcspn(at, "|");

            snprintf(word, sizeof word, "%.*s", (int)length, at);
            assert_int_equal(set(name, word), LEADERLIFE_OK);
            assert_string_equal(options_find(&options, name), word);
            snprintf(word, sizeof word, "%.*sx", (int)length, at);
            assert_int_equal(set(name, word), LEADERLIFE_EVALUE);
            at += length;
            if (*at == '\0')
                break;
        }
    }
}

static void defaults(void **state)
{
    char agent[64];

    (void)state;
    snprintf(agent, sizeof agent, "leaderlife/%s", leaderlife_version());
    assert_string_equal(option_text(&options, OPTION_USER_AGENT), agent);
    assert_string_equal(option_text(&options, OPTION_LOG_LEVEL), "warning");
    assert_string_equal(option_text(&options, OPTION_BACKEND), "auto");
    assert_string_equal(option_text(&options, OPTION_MODE), "campaign");
    assert_string_equal(option_text(&options, OPTION_NAMESPACE), "");
    assert_string_equal(option_text(&options, OPTION_POD_NETWORK), "pod");
    assert_int_equal(option_number(&options, OPTION_X_ELSEWHERE_MS), 60000);
    assert_string_equal(option_text(&options, OPTION_RETRY_PERMANENT), "false");
    assert_false(option_is_set(&options, OPTION_MODE));
}

static void keeps_a_copy_of_the_last_value(void **state)
{
    char value[] = "first";

    (void)state;
    assert_int_equal(set("namespace", value), LEADERLIFE_OK);
    value[0] = 'X';
    assert_string_equal(options_find(&options, "namespace"), "first");
    assert_true(option_is_set(&options, OPTION_NAMESPACE));
    assert_int_equal(set("namespace", "second"), LEADERLIFE_OK);
    assert_true(option_is(&options, OPTION_NAMESPACE, "second"));
    assert_int_equal(set("namespace", "Third"), LEADERLIFE_EVALUE);
    assert_true(option_is(&options, OPTION_NAMESPACE, "second"));
    options_free(&options);
    assert_string_equal(options_find(&options, "namespace"), "");
}

static void names_the_nearest_option(void **state)
{
    (void)state;
    assert_int_equal(set("namspace", "x"), LEADERLIFE_EOPTION);
    assert_string_equal(text, "unknown option 'namspace': did you mean 'namespace'?");
    assert_int_equal(set("log_level", "x"), LEADERLIFE_EOPTION);
    assert_says("'log-level'");
    assert_int_equal(set("colour", "x"), LEADERLIFE_EOPTION);
    assert_says("unknown option 'colour'");
    assert_null(strstr(text, "did you mean"));
    assert_int_equal(set("", "x"), LEADERLIFE_EOPTION);
    assert_int_equal(set("x-idle-timeout-m", "1"), LEADERLIFE_EOPTION);
    assert_null(strstr(text, "'x-idle-timeout-ms'")); /* not listed, not named */
    assert_int_equal(set("a\nb", "x"), LEADERLIFE_EOPTION);
    assert_null(strchr(text, '\n'));
    assert_null(options_find(&options, "namspace"));
}

static void names_the_nearest_word(void **state)
{
    (void)state;
    assert_refused("mode", "obsrve", "did you mean 'observe'?");
    assert_says("campaign or observe");
    assert_refused("log-level", "verbose", "none, error, warning, info or debug");
    assert_refused("retry-permanent", "yes", "true or false");
    assert_refused("mode", "", "campaign or observe");
    assert_refused("mode", "campaign|observe", "");
}

static void checks_names(void **state)
{
    (void)state;
    assert_refused("namespace", "Prod", "upper-case");
    assert_refused("namespace", "a.b", "'.'");
    assert_refused("namespace", "", "needs a value");
    assert_refused("pod-name", "pod_1", "something else");
    assert_int_equal(set("pod-name", "web-0.web"), LEADERLIFE_OK);
    assert_int_equal(set("pod-uid", "0a1b2c3d-0000-4000-8000-0123456789ab"), LEADERLIFE_OK);
    assert_refused("pod-uid", "a/b", "letters");
    assert_refused("pod-uid", "0123456789012345678901234567890123456789012345678901234567890123", "too long");
}

static void checks_seconds(void **state)
{
    static const char *const wrong[] = {"0", "00000", "86401", "100000", "4294967297", "-1", "+5", " 5", "5s", "1.5"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_refused("rehearse-loss", wrong[i], "a whole number of seconds, from 1 to 86400");
    assert_refused("rehearse-loss", "", "needs a value");
    assert_int_equal(set("rehearse-loss", "1"), LEADERLIFE_OK);
    assert_int_equal(set("rehearse-loss", "86400"), LEADERLIFE_OK);
}

static void checks_what_goes_into_requests(void **state)
{
    (void)state;
    assert_refused("user-agent", "a\r\nX: y", "control characters");
    assert_refused("context", "a\nb", "control characters");
    assert_int_equal(set("context", "admin@cluster one"), LEADERLIFE_OK);
    assert_refused("server", "http://10.0.0.1", "https://");
    assert_refused("server", "https://", "https://");
    assert_refused("server", "https:///x", "https://");
    assert_refused("server", "https://a\r\nb", "control characters");
    assert_refused("server", "https://a b", "spaces");
    assert_int_equal(set("server", "https://[::1]:6443"), LEADERLIFE_OK);
}

/* A URL may carry a password, however wrong that is. */
static void never_shows_a_server(void **state)
{
    (void)state;
    assert_int_equal(set("server", "http://user:secret@host"), LEADERLIFE_EVALUE);
    assert_null(strstr(text, "secret"));
}

static void texts_are_printable(void **state)
{
    (void)state;
    assert_int_equal(set("mode", "a\n\x1b[31m"), LEADERLIFE_EVALUE);
    assert_null(strchr(text, '\n'));
    assert_null(strchr(text, '\x1b'));
}

static void test_knobs_are_numbers(void **state)
{
    (void)state;
    assert_int_equal(option_number(&options, OPTION_X_REQUEST_TIMEOUT_MS), 15000);
    assert_int_equal(option_number(&options, OPTION_X_IDLE_TIMEOUT_MS), 90000);
    assert_int_equal(set("x-idle-timeout-ms", "250"), LEADERLIFE_OK);
    assert_int_equal(option_number(&options, OPTION_X_IDLE_TIMEOUT_MS), 250);
    assert_refused("x-idle-timeout-ms", "-1", "decimal");
    assert_refused("x-idle-timeout-ms", "1s", "decimal");
    assert_refused("x-idle-timeout-ms", "9999999999999999", "decimal");
    assert_int_equal(set("x-service-account-dir", "/tmp/x"), LEADERLIFE_OK);
}

static void no_value(void **state)
{
    (void)state;
    assert_int_equal(set("mode", NULL), LEADERLIFE_EINVAL);
    assert_int_equal(set(NULL, "x"), LEADERLIFE_EINVAL);
    assert_null(options_find(&options, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(lists_the_public_part, clear),
        cmocka_unit_test_teardown(types_hold, clear),
        cmocka_unit_test_teardown(defaults, clear),
        cmocka_unit_test_teardown(keeps_a_copy_of_the_last_value, clear),
        cmocka_unit_test_teardown(names_the_nearest_option, clear),
        cmocka_unit_test_teardown(names_the_nearest_word, clear),
        cmocka_unit_test_teardown(checks_names, clear),
        cmocka_unit_test_teardown(checks_seconds, clear),
        cmocka_unit_test_teardown(checks_what_goes_into_requests, clear),
        cmocka_unit_test_teardown(never_shows_a_server, clear),
        cmocka_unit_test_teardown(texts_are_printable, clear),
        cmocka_unit_test_teardown(test_knobs_are_numbers, clear),
        cmocka_unit_test_teardown(no_value, clear),
    };

    return cmocka_run_group_tests_name("unit_options", tests, NULL, NULL);
}
