/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions that wait: leaderlife_become, _wait, _wakeup, _prepare_exec. They drive the handle as any program
 * could and know no more of an election than handle.h says.
 */
#include "election/handle.h"

#include "election/descriptors.h"
#include "election/lifecycle.h"
#include "election/loop.h"
#include "election/public_state.h"
#include "io/kernel_lock.h"
#include "machine/state_table.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum {
    LOOK_MS = 1000, /* so often a wait looks whether the program has closed its descriptors: nothing tells it */
    EXEC_WAIT_MS = 15000,
    EXEC_PUBLISH_MS = 2000 /* for an Event that tells of the term */
};

static int failed_wait(struct leaderlife_election *election, int error)
{
    if (error == -EINTR)
        return LEADERLIFE_EINTR;
    return election_fail(election, LEADERLIFE_ESYSTEM, "cannot wait on the event descriptor: %s", strerror(-error));
}

/* Milliseconds that are left until `until`, for poll. */
static int left(int64_t until)
{
    int64_t ms = until - clock_now();
    if (until == NEVER)
        return -1;
    if (ms < 0)
        return 0;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Until the descriptor is readable, or the next step has to tell that it is not there any more: 1; 0: at that time; or
 * a negative errno, -EINTR also for a wakeup. */
static int await(struct leaderlife_election *election, int64_t until)
{
    for (;;) {
        if (election_has_lost_descriptors(election))
            return 1;
        int ms = left(until);
        int look = ms < 0 || ms > LOOK_MS ? LOOK_MS : ms;
        int ready = reactor_wait(&election->reactor, look);
        if (ready == -EBADF)
            return 1;
        if (ready != 0 || look == ms)
            return ready;
    }
}

static int become(struct leaderlife_election *election, int64_t until)
{
    for (;;) {
        election_step(election);
        if (election->known.belief == BELIEF_YES)
            return LEADERLIFE_OK;
        if (election->known.end != END_NOT || machine_state(&election->known) == STATE_RESIGNING)
            return election_end_status(election);
        election_arm(election, false);
        int ready = await(election, until);
        if (ready == -EINTR)
            return election_fail(
                election, LEADERLIFE_EINTR,
                "interrupted by a signal handler or leaderlife_election_wakeup(); still a candidate for "
                "'%s'",
                election->lock);
        if (ready < 0)
            return failed_wait(election, ready);
        if (ready == 0 && clock_now() >= until)
            return election_fail(election, LEADERLIFE_ETIMEDOUT,
                                 "not elected in the given time; still a candidate for '%s'", election->lock);
    }
}

int leaderlife_election_become(leaderlife_election *election, int timeout_ms)
{
    int status = election_enter(election);
    if (status != LEADERLIFE_OK)
        return status;
    int64_t until = timeout_ms < 0 ? NEVER : clock_now() + timeout_ms;
    if (election->exec_ready)
        status = election_fail(election, LEADERLIFE_ESTATE, "after prepare_exec only free is allowed");
    else if (option_is(&election->options, OPTION_MODE, "observe"))
        status = election_fail(election, LEADERLIFE_ESTATE, "mode observe never leads; set mode to campaign");
    else if (!election->started && election->known.end == END_NOT)
        status = election_start(election);
    if (status == LEADERLIFE_OK)
        status = become(election, until);
    election_arm(election, true);
    election_leave(election);
    return status;
}

int leaderlife_become(const char *lock, leaderlife_election **ret_election)
{
    int status = leaderlife_election_new(lock, ret_election);
    return status == LEADERLIFE_OK ? leaderlife_election_become(*ret_election, -1) : status;
}

int leaderlife_election_wait(leaderlife_election *election, int timeout_ms)
{
    int status = election_enter(election);
    if (status != LEADERLIFE_OK)
        return status;
    int64_t until = timeout_ms < 0 ? NEVER : clock_now() + timeout_ms;
    if (election->reactor.epoll < 0) { /* nothing to wait on; an event has said why */
        status = election->events.first != NULL ? LEADERLIFE_OK : LEADERLIFE_ESTATE;
        election_leave(election);
        return status;
    }
    int ready = await(election, until);
    if (ready < 0)
        status = failed_wait(election, ready);
    else if (ready == 0)
        status = LEADERLIFE_ETIMEDOUT;
    election_leave(election);
    return status;
}

/* No preamble but these two: it may run beside another call, and in a signal handler. */
int leaderlife_election_wakeup(leaderlife_election *election)
{
    if (election == NULL)
        return LEADERLIFE_EINVAL;
    if (!election_is_ours(election))
        return LEADERLIFE_EFORKED;
    reactor_wake(&election->reactor);
    return LEADERLIFE_OK;
}

/* Nobody waits for long to tell of a term. */
static bool is_publishing(const struct leaderlife_election *election, int64_t since)
{
    return election->backend != NULL && election->ops->publish != NULL && clock_now() < since + EXEC_PUBLISH_MS &&
           election->ops->publish(election->backend, false, NULL);
}

static int drive_until_idle(struct leaderlife_election *election)
{
    int64_t begun = clock_now();
    int64_t until = begun + EXEC_WAIT_MS;
    while (election->known.belief == BELIEF_YES && clock_now() < until) {
        bool commanding = election->known.flight.kind != COMMAND_NONE;
        if (!commanding && !is_publishing(election, begun))
            break;
        election_arm(election, false);
        int ready = await(election, commanding ? until : begun + EXEC_PUBLISH_MS);
        if (ready < 0 && ready != -EINTR)
            return failed_wait(election, ready);
        election_step(election);
    }
    if (election->known.belief != BELIEF_YES)
        return election_fail(election, LEADERLIFE_ELOST, "leadership of '%s' was lost while preparing to exec",
                             election->lock);
    return LEADERLIFE_OK;
}

static int keep_descriptor(struct leaderlife_election *election)
{
    bool ours = election->backend != NULL && election->ops->lock_is_ours(election->backend);
    int fd = ours ? election->ops->exec_fd(election->backend) : -1;
    if (fd < 0)
        return LEADERLIFE_ESTATE;
    return kernel_lock_keep_on_exec(fd) == 0 ? LEADERLIFE_OK : LEADERLIFE_ESYSTEM;
}

int leaderlife_election_prepare_exec(leaderlife_election *election)
{
    if (election == NULL)
        return LEADERLIFE_EINVAL;
    if (!election_is_ours(election)) /* a child between fork and exec: async-signal-safe calls only */
        return election->known.belief == BELIEF_YES ? keep_descriptor(election) : LEADERLIFE_ESTATE;
    int status = election_enter(election);
    if (status != LEADERLIFE_OK)
        return status;
    if (!election->exec_ready)
        election_check_descriptors(election);
    if (election->closed_by_program != NULL)
        status = election_end_status(election);
    else if (election->known.belief != BELIEF_YES || election->exec_ready)
        status = election_fail(election, LEADERLIFE_ESTATE, "only a leader can prepare to exec, and only once");
    else
        status = drive_until_idle(election);
    if (status == LEADERLIFE_OK)
        status = keep_descriptor(election);
    election->exec_ready = election->exec_ready || status == LEADERLIFE_OK;
    election_leave(election);
    return status;
}
