/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the handle share: elections on the embedded lock, driven as a program would drive them. Public API
 * only, so that what passes here is what programs can rely on. Include after cmocka.h.
 */
#ifndef TESTS_UNIT_HANDLE_FIXTURE_H
#define TESTS_UNIT_HANDLE_FIXTURE_H

#include "local/holders.h"

#include <leaderlife/leaderlife.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What would decide where an election takes place. */
static inline void clear_environment(void)
{
    static const char *const names[] = {
        "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "KUBECONFIG", "POD_NAMESPACE", "POD_NAME", "POD_UID"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

static inline leaderlife_election *new_election(const char *lock)
{
    leaderlife_election *election = NULL;

    assert_int_equal(leaderlife_election_new(lock, &election), LEADERLIFE_OK);
    assert_non_null(election);
    assert_int_equal(leaderlife_election_set(election, "backend", "local"), LEADERLIFE_OK);
    return election;
}

static inline leaderlife_election *started_election(const char *lock)
{
    leaderlife_election *election = new_election(lock);

    assert_int_equal(leaderlife_election_start(election), LEADERLIFE_OK);
    return election;
}

static inline void pop_all(leaderlife_election *election)
{
    leaderlife_event *event;

    while ((event = leaderlife_election_pop_event(election)) != NULL)
        leaderlife_event_free(event);
}

/* Drives it until that state; the hang guard is the wait. */
static inline void drive_until(leaderlife_election *election, int state)
{
    while (leaderlife_election_state(election) != state) {
        assert_int_equal(leaderlife_election_wait(election, HANG_MS), LEADERLIFE_OK);
        assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
        pop_all(election);
    }
}

/* Drives a standby until it has settled down: a new one looks for a second, then it sleeps. */
static inline void drive_until_asleep(leaderlife_election *election)
{
    while (leaderlife_election_timeout_ms(election) >= 0) {
        assert_int_equal(leaderlife_election_wait(election, HANG_MS), LEADERLIFE_OK);
        assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
        pop_all(election);
    }
}

static inline leaderlife_election *election_in(const char *lock, int state)
{
    leaderlife_election *election = started_election(lock);

    drive_until(election, state);
    return election;
}

static inline leaderlife_election *leader_of(const char *lock)
{
    return election_in(lock, LEADERLIFE_STATE_LEADER);
}

static inline leaderlife_election *standby_of(const char *lock)
{
    return election_in(lock, LEADERLIFE_STATE_STANDBY);
}

/* Until it wants nothing more: no event is queued and the descriptor is quiet. */
static inline void settle(leaderlife_election *election)
{
    int rounds = 0;

    do {
        assert_int_equal(leaderlife_election_process(election), LEADERLIFE_OK);
        pop_all(election);
        assert_true(++rounds < 100);
    } while (leaderlife_election_wait(election, 20) == LEADERLIFE_OK);
}

static inline bool is_readable(const leaderlife_election *election)
{
    struct pollfd look = {.fd = leaderlife_election_fd(election), .events = POLLIN};

    return poll(&look, 1, 0) == 1 && (look.revents & POLLIN) != 0;
}

static inline void assert_text(const char *text, const char *part)
{
    assert_non_null(text);
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in: %s", part, text);
}

static inline void assert_error(const leaderlife_election *election, const char *part)
{
    assert_text(leaderlife_election_error_text(election), part);
}

static inline int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
