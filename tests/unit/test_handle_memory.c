/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handle when memory runs out: the n-th allocation of a life fails, for every n, and so do all after it. Never a
 * crash, never a lie, and nothing left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/handle_fixture.h"
#include "unit/scarce_memory.h"

#include <fcntl.h>

/* ---- Lives ---- */

/* What a life came to; the framework allocates, so nothing is asserted while allocations fail. */
struct outcome {
    int new_status;
    int set_status;
    int start_status;
    int process_status;
    int state;
    bool has_handle;
    bool has_text;
    bool leads;
    bool again; /* leads once there is memory again */
};

/* Local: one turn decides. Kubernetes: as many as it takes to try and fail a request to a port where nobody listens. */
static void live(leaderlife_election *election, int turns, struct outcome *ret)
{
    ret->start_status = leaderlife_election_start(election);
    for (int i = 0; i < turns && ret->start_status == LEADERLIFE_OK; i++) {
        ret->process_status = leaderlife_election_process(election);
        (void)leaderlife_election_wait(election, 2);
        leaderlife_event_free(leaderlife_election_pop_event(election));
    }
    ret->state = leaderlife_election_state(election);
    ret->has_text = leaderlife_election_error_text(election)[0] != '\0';
    ret->leads = leaderlife_election_is_leader(election);
}

static struct outcome run(const char *lock, const char *kubeconfig, long allocations, bool all_after)
{
    struct outcome seen = {.new_status = 1, .set_status = 1, .start_status = 1};
    leaderlife_election *election = NULL;

    failed = 0;
    fail_on = all_after;
    left = allocations;
    seen.new_status = leaderlife_election_new(lock, &election);
    seen.has_handle = election != NULL;
    if (seen.new_status == LEADERLIFE_OK) {
        seen.set_status = leaderlife_election_set(election, "backend", kubeconfig != NULL ? "kubernetes" : "local");
        if (seen.set_status == LEADERLIFE_OK && kubeconfig != NULL)
            seen.set_status = leaderlife_election_set(election, "kubeconfig", kubeconfig);
        if (seen.set_status == LEADERLIFE_OK)
            live(election, kubeconfig != NULL ? 12 : 1, &seen);
    }
    left = -1;
    if (seen.start_status == LEADERLIFE_OK && kubeconfig == NULL)
        seen.again = leaderlife_election_become(election, HANG_MS) == LEADERLIFE_OK;
    (void)leaderlife_election_close(election);
    leaderlife_election_free(election);
    return seen;
}

static void judge(const struct outcome *seen)
{
    assert_true(seen->new_status == LEADERLIFE_OK || seen->new_status == LEADERLIFE_ENOMEM ||
                seen->new_status == LEADERLIFE_ESYSTEM);
    assert_int_equal(seen->has_handle, seen->new_status != LEADERLIFE_ENOMEM);
    if (seen->new_status != LEADERLIFE_OK)
        return;
    assert_true(seen->set_status == LEADERLIFE_OK || seen->set_status == LEADERLIFE_ENOMEM);
    if (seen->set_status != LEADERLIFE_OK)
        return;
    if (seen->start_status == LEADERLIFE_OK) {
        assert_int_equal(seen->process_status, LEADERLIFE_OK);
        return;
    }
    assert_true(seen->start_status == LEADERLIFE_ENOMEM || seen->start_status == LEADERLIFE_ESYSTEM);
    assert_int_equal(seen->state, LEADERLIFE_STATE_FAILED);
    assert_true(seen->has_text);
}

/* Counts up until a life needs no more than was given. */
static void fail_every_allocation(const char *kubeconfig, bool all_after, long *ret_count)
{
    long allocations = 0;
    struct outcome seen;

    do {
        seen = run(fresh_lock_name(), kubeconfig, allocations, all_after);
        judge(&seen);
        if (kubeconfig == NULL && seen.start_status == LEADERLIFE_OK)
            assert_true(seen.again);
    } while (failed > 0 && ++allocations < 3000);
    assert_int_equal(failed, 0);
    *ret_count = allocations;
}

static void on_the_embedded_lock(void **state)
{
    long count;

    (void)state;
    require_allocator();
    clear_environment();
    fail_every_allocation(NULL, false, &count);
    assert_true(count > 5); /* the allocator was really ours */
    fail_every_allocation(NULL, true, &count);
    assert_true(count > 5);
}

static const char *write_kubeconfig(const char *user)
{
    static char path[64];
    int fd;

    strcpy(path, "/tmp/leaderlife-kubeconfig-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(dprintf(fd,
                        "{clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}], "
                        "users: [{name: u, user: {%s}}], "
                        "contexts: [{name: x, context: {cluster: c, user: u, namespace: ns}}], "
                        "current-context: x}\n",
                        user) > 0);
    close(fd);
    return path;
}

/* Up to the first request, which nobody answers. */
static void try_kubernetes(const char *user)
{
    const char *kubeconfig;
    struct outcome seen;
    long count;

    require_allocator();
    kubeconfig = write_kubeconfig(user);
    clear_environment();
    setenv("POD_NAME", "pod", 1);
    setenv("POD_UID", "uid", 1);
    seen = run(fresh_lock_name(), kubeconfig, -1, false); /* what is made once per process */
    assert_int_equal(seen.state, LEADERLIFE_STATE_STARTING);
    assert_true(seen.has_text); /* no connection, or no credential */
    fail_every_allocation(kubeconfig, false, &count);
    assert_true(count > 50);
    clear_environment();
    unlink(kubeconfig);
}

static void on_kubernetes(void **state)
{
    (void)state;
    try_kubernetes("token: secret");
}

/* Up to an answer that is none. */
static void with_a_credential_plugin(void **state)
{
    (void)state;
    try_kubernetes("exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: 'true', args: [a], "
                   "env: [{name: A, value: b}], installHint: h, provideClusterInfo: true}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_the_embedded_lock),
        cmocka_unit_test(on_kubernetes),
        cmocka_unit_test(with_a_credential_plugin),
    };

    return cmocka_run_group_tests_name("unit_handle_memory", tests, NULL, NULL);
}
