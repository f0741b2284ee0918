/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Getters: what a program may read off a handle. They change nothing.
 */
#include "election.h"

#include <limits.h>

int leaderlife_election_fd(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    return here == NULL ? -1 : here->reactor.epoll;
}

int leaderlife_election_timeout_ms(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    if (here == NULL)
        return -1;
    if (here->events.first != NULL || !here->driven)
        return 0;
    if (here->deadline == NEVER)
        return -1;
    int64_t ms = here->deadline - reactor_now();
    if (ms < 0)
        return 0;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

const char *leaderlife_election_get(const leaderlife_election *election, const char *name)
{
    const struct leaderlife_election *here = election_here(election);
    return here == NULL || name == NULL ? NULL : options_find(&here->options, name);
}

int leaderlife_election_state(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    return here == NULL ? 0 : public_state(here);
}

int leaderlife_election_is_leader(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    return here != NULL && here->known.belief == BELIEF_YES;
}

int leaderlife_election_is_ready(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    if (here == NULL || !here->started)
        return 0;
    enum machine_state state = machine_state(&here->known);
    return state == STATE_LEADING || state >= STATE_QUEUED;
}

const char *leaderlife_election_holder(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    const struct pod_id *holder = here == NULL ? NULL : machine_holder(&here->known);
    return holder == NULL ? NULL : holder->name;
}

const char *leaderlife_election_token(const leaderlife_election *election)
{
    return leaderlife_election_is_leader(election) ? election->known.token : NULL;
}

int64_t leaderlife_election_term(const leaderlife_election *election)
{
    return leaderlife_election_is_leader(election) ? election->known.term : 0;
}

int leaderlife_election_guard(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    if (here == NULL || here->ops == NULL)
        return LEADERLIFE_GUARD_NONE;
    return here->known.record.kind == RECORD_NONE ? here->ops->guard : LEADERLIFE_GUARD_RECORD;
}

const char *leaderlife_election_backend(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    return here == NULL || here->ops == NULL ? NULL : here->ops->name;
}

const char *leaderlife_election_error_text(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    if (here == NULL)
        return election == NULL ? "no election: the handle is NULL" : "this handle belongs to the parent process";
    return here->error_text;
}

int64_t leaderlife_election_counter(const leaderlife_election *election, const char *name)
{
    const struct leaderlife_election *here = election_here(election);
    if (here == NULL || name == NULL)
        return 0;
    const struct {
        const char *name;
        int64_t value;
    } counters[] = {{"wakeups", here->counters.wakeups},   {"requests", here->counters.requests},
                    {"watches", here->counters.watches},   {"writes", here->counters.writes},
                    {"failures", here->counters.failures}, {"events-dropped", here->events.dropped}};
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        if (text_equal(counters[i].name, name))
            return counters[i].value;
    }
    return -1;
}
