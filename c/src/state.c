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

/* P3: an observer reads term and token off the record, if that is the lock's. */
static const struct record *observed(const struct leaderlife_election *here)
{
    const struct knowledge *k = &here->known;
    const struct pod_id *holder = k->wish == WISH_OBSERVE ? machine_holder(k) : NULL;
    bool guarded = k->lock.kind != LOCK_OTHER || k->lock.guarded; /* else it tells of an earlier term */
    bool same =
        holder != NULL && guarded && k->record.kind == RECORD_OTHER && text_equal(holder->uid, k->record.holder.uid);
    return same ? &k->record : NULL;
}

const char *leaderlife_election_token(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    if (here == NULL)
        return NULL;
    if (here->known.belief == BELIEF_YES)
        return here->known.token;
    const struct record *record = observed(here);
    return record == NULL ? NULL : record->token;
}

int64_t leaderlife_election_term(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    if (here == NULL)
        return 0;
    if (here->known.belief == BELIEF_YES)
        return here->known.term;
    const struct record *record = observed(here);
    return record == NULL ? 0 : record->term;
}

int leaderlife_election_guard(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    if (here == NULL || here->ops == NULL)
        return LEADERLIFE_GUARD_NONE;
    const struct knowledge *k = &here->known;
    if (k->record.kind == RECORD_NONE)
        return here->ops->guard;
    if (k->belief != BELIEF_YES && k->lock.kind == LOCK_OTHER)
        return k->lock.guarded ? LEADERLIFE_GUARD_RECORD : here->ops->guard;
    bool known = k->belief == BELIEF_YES || k->record.kind != RECORD_UNKNOWN;
    return known ? LEADERLIFE_GUARD_RECORD : LEADERLIFE_GUARD_NONE;
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
