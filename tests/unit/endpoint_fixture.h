/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of endpoint share: a pod's files and variables, a kubeconfig, and loading with options.
 */
#ifndef LEADERLIFE_TESTS_ENDPOINT_FIXTURE_H
#define LEADERLIFE_TESTS_ENDPOINT_FIXTURE_H

#include "backend/backend_choice.h"
#include "base/text.h"
#include "files_fixture.h"
#include "kubernetes/config/endpoint.h"

static char message[TEXT_MESSAGE];

struct setting {
    const char *name;
    const char *value;
};

#define SET(...) ((const struct setting[]){__VA_ARGS__, {NULL, NULL}})

static int load(struct endpoint *ret, const struct setting *settings)
{
    struct options options = {0};

    set_option(&options, "backend", "kubernetes");
    set_option(&options, "x-service-account-dir", folder);
    for (; settings != NULL && settings->name != NULL; settings++)
        set_option(&options, settings->name, settings->value);
    message[0] = '\0';
    memset(ret, 0, sizeof *ret);
    struct backend_choice choice;
    assert_int_equal(backend_choose(&choice, &options, message, sizeof message), LEADERLIFE_OK);
    int status = endpoint_load(ret, &options, &choice, 1000, message, sizeof message);
    if (status != LEADERLIFE_OK)
        assert_null(ret->server); /* untouched on failure */
    options_free(&options);
    return status;
}

static inline void refused(const struct setting *settings, int status, const char *const *parts)
{
    struct endpoint endpoint;

    if (load(&endpoint, settings) != status)
        fail_msg("not %d: %s", status, message);
    assert_text(message, parts);
}

/* A folder with the files of a service account, and the kubelet's variables. */
static int make_pod(void **state)
{
    if (make_folder(state) != 0)
        return -1;
    setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1", 1);
    setenv("KUBERNETES_SERVICE_PORT", "443", 1);
    put("token", SECRET "\n");
    put("ca.crt", CERTIFICATE);
    put("namespace", "team\n");
    return 0;
}

static const char *put_kubeconfig(const char *server, const char *user)
{
    char text[2000];

    snprintf(text, sizeof text,
             "clusters: [{name: c, cluster: {server: '%s', certificate-authority: ca.crt}}]\n"
             "users: [{name: u, user: {%s}}]\n"
             "contexts: [{name: x, context: {cluster: c, user: u, namespace: ctx}}]\ncurrent-context: x\n",
             server, user);
    return put("config", text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_pod, remove_folder)

#endif
