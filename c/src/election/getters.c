/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public getters: what a program may read off a handle. They change nothing.
 */
#include "election/handle.h"

#include "election/descriptors.h"
#include "election/holder_history.h"
#include "election/public_state.h"
#include "machine/state_table.h"

#include <limits.h>

int leaderlife_election_fd(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    return here == NULL || !reactor_is_ours(&here->reactor) ? -1 : here->reactor.epoll;
}

int leaderlife_election_timeout_ms(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    if (here == NULL)
        return -1;
    if (here->events.first != NULL || !here->driven || election_has_lost_descriptors(here))
        return 0;
    if (here->deadline == NEVER)
        return -1;
    int64_t ms = here->deadline - clock_now();
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
    return state == STATE_LEADING || (state >= STATE_QUEUED && state != STATE_BLOCKED);
}

const char *leaderlife_election_holder(const leaderlife_election *election)
{
    const struct leaderlife_election *here = election_here(election);
    const struct pod_id *holder = here == NULL ? NULL : holder_for_people(here);
    return holder == NULL ? NULL : holder->name;
}

/* P3: the record, if it is of the present holder's term. */
static const struct record *record_of_holder(const struct leaderlife_election *here)
{
    const struct knowledge *k = &here->known;
    const struct pod_id *holder = holder_for_people(here);
    bool guarded = k->lock.kind != LOCK_OTHER || k->lock.guarded; /* else the record tells of an earlier term */
    bool held = k->record.kind == (k->belief == BELIEF_YES ? RECORD_MINE : RECORD_OTHER);
    return holder != NULL && guarded && held && text_equal(holder->uid, k->record.holder.uid) ? &k->record : NULL;
}

/* An observer reads term and token off it. */
static const struct record *observed(const struct leaderlife_election *here)
{
    return here->known.wish == WISH_OBSERVE ? record_of_holder(here) : NULL;
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

/* Lock and record come by watches of their own, so one may be ahead of the other for a moment. */
static bool is_settled(const struct leaderlife_election *here)
{
    const struct knowledge *k = &here->known;
    const struct pod_id *holder = machine_holder(k);
    bool known = here->ops != NULL && k->lock.kind != LOCK_UNKNOWN && k->record.kind != RECORD_UNKNOWN;
    bool recorded = k->lock.kind != LOCK_OTHER || !k->lock.guarded || k->record.kind == RECORD_NONE ||
                    k->record.kind == RECORD_FOREIGN || record_of_holder(here) != NULL;
    if (!known || holder == NULL || !here->ops->late_writes) /* the embedded lock shows no more of a holder */
        return known;
    return recorded && text_equal(here->pod.uid, holder->uid);
}

static const char *of_pod(const struct leaderlife_election *here, const char *value)
{
    const struct pod_id *holder = holder_for_people(here);
    return holder != NULL && text_equal(here->pod.uid, holder->uid) && value != NULL && value[0] != '\0' ? value : NULL;
}

const char *leaderlife_election_detail(const leaderlife_election *election, const char *name)
{
    const struct leaderlife_election *here = election_here(election);
    if (here == NULL || name == NULL)
        return NULL;
    const struct pod_id *holder = holder_for_people(here);
    const struct record *record = record_of_holder(here);
    if (text_equal(name, "holder-uid"))
        return holder == NULL ? NULL : holder->uid;
    if (text_equal(name, "holder-phase"))
        return of_pod(here, here->pod.phase);
    if (text_equal(name, "holder-node"))
        return of_pod(here, here->pod.node);
    if (text_equal(name, "since"))
        return record == NULL || record->since[0] == '\0' ? NULL : record->since;
    if (text_equal(name, "settled"))
        return is_settled(here) ? "true" : "false";
    return here->backend == NULL || here->ops->detail == NULL ? NULL : here->ops->detail(here->backend, name);
}

int64_t leaderlife_election_counter(const leaderlife_election *election, const char *name)
{
    const struct leaderlife_election *here = election_here(election);
    if (here == NULL || name == NULL)
        return 0;
    const struct {
        const char *name;
        int64_t value;
    } counters[] = {{"wakeups", here->counters.wakeups},
                    {"requests", here->counters.requests},
                    {"watches", here->counters.watches},
                    {"writes", here->counters.writes},
                    {"failures", here->counters.failures},
                    {"failed-watches", here->counters.failed_watches},
                    {"failed-writes", here->counters.failed_writes},
                    {"events-dropped", here->events.dropped}};
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        if (text_equal(counters[i].name, name))
            return counters[i].value;
    }
    return -1;
}
