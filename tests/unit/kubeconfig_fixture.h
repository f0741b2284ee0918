/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of kubeconfigs share: the least that one needs, loading, and a refusal with its text.
 */
#ifndef LEADERLIFE_TESTS_KUBECONFIG_FIXTURE_H
#define LEADERLIFE_TESTS_KUBECONFIG_FIXTURE_H

#include "files_fixture.h"

#include "base/text.h"
#include "kubernetes/config/kubeconfig.h"

#define CLUSTER "clusters: [{name: c, cluster: {server: 'https://h:1'}}]\n"
#define USER "users: [{name: u, user: {token: " SECRET "}}]\n"
#define CONTEXT "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"

static char message[TEXT_MESSAGE];

static int load(struct kubeconfig *ret, const char *paths, const struct kubeconfig_query *rest)
{
    struct kubeconfig_query query = rest == NULL ? (struct kubeconfig_query){0} : *rest;

    query.paths = paths;
    message[0] = '\0';
    memset(ret, 0, sizeof *ret);
    int status = kubeconfig_load(ret, &query, message, sizeof message);
    if (status != LEADERLIFE_OK) { /* untouched on failure */
        assert_null(ret->origin);
        assert_null(ret->token);
    }
    return status;
}

static inline void refused(const char *content, int status, const char *const *parts)
{
    struct kubeconfig found;
    const char *path = put("bad", content);

    if (load(&found, path, NULL) != status)
        fail_msg("not %d for:\n%s\n%s", status, content, message);
    assert_has(message, path);
    assert_text(message, parts);
}

#endif
