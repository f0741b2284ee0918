/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an election may say when something has failed: a status that fits, with a text; states in an order that can
 * be; each change of state by an event; tokens that grow.
 */
#include "torture/candidate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char last_token[256];

void wrong(const struct candidate *candidate, const char *format, ...)
{
    va_list arguments;

    if (candidate != NULL)
        printf("%s: ", candidate->name);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    if (candidate != NULL && candidate->election != NULL)
        printf(" (state %d, text '%s')", leaderlife_election_state(candidate->election),
               leaderlife_election_error_text(candidate->election));
    printf("\n");
    fflush(stdout);
    abort();
}

/* ---- Statuses ---- */

/* What a call may answer when memory, descriptors or the network fail it. */
static bool is_clean(int status)
{
    return status == LEADERLIFE_ENOMEM || status == LEADERLIFE_ESYSTEM || status == LEADERLIFE_ENETWORK ||
           status == LEADERLIFE_ECONFIG || status == LEADERLIFE_ETLS || status == LEADERLIFE_EPROTOCOL;
}

static void check_failure(const struct candidate *candidate, const char *call, int status)
{
    if (!is_clean(status))
        wrong(candidate, "%s gave %s", call, leaderlife_status_name(status));
    if (candidate->election != NULL && leaderlife_election_error_text(candidate->election)[0] == '\0')
        wrong(candidate, "%s gave %s without a text", call, leaderlife_status_name(status));
}

/* ---- States ---- */

#define BIT(state) (1u << LEADERLIFE_STATE_##state)

static bool may_follow(int before, int after)
{
    static const unsigned ends = BIT(RESIGNED) | BIT(LOST) | BIT(FAILED) | BIT(CLOSED);
    static const unsigned next[] = {
        [LEADERLIFE_STATE_NEW] = BIT(STARTING) | BIT(FAILED) | BIT(CLOSED),
        [LEADERLIFE_STATE_STARTING] = BIT(STANDBY) | BIT(LEADER) | BIT(RESIGNING) | ends,
        [LEADERLIFE_STATE_STANDBY] = BIT(LEADER) | BIT(RESIGNING) | ends,
        [LEADERLIFE_STATE_LEADER] = BIT(RESIGNING) | (ends & ~BIT(FAILED)),
        [LEADERLIFE_STATE_RESIGNING] = ends,
        [LEADERLIFE_STATE_RESIGNED] = BIT(CLOSED),
        [LEADERLIFE_STATE_LOST] = BIT(CLOSED),
        [LEADERLIFE_STATE_FAILED] = BIT(CLOSED),
        [LEADERLIFE_STATE_CLOSED] = 0,
    };

    return (next[before] >> after & 1u) != 0;
}

static void check_event(struct candidate *candidate, const leaderlife_event *event)
{
    int state = leaderlife_event_state(event);
    const char *token = leaderlife_event_token(event);

    if (leaderlife_event_kind(event) != LEADERLIFE_EVENT_STATE)
        return;
    if (!may_follow(candidate->shown, state))
        wrong(candidate, "%s came after %s", leaderlife_state_name(state), leaderlife_state_name(candidate->shown));
    candidate->shown = state;
    if (state == LEADERLIFE_STATE_LEADER) {
        if (token == NULL || leaderlife_token_compare(token, last_token) <= 0)
            wrong(candidate, "leads by token %s after %s", token != NULL ? token : "-", last_token);
        snprintf(last_token, sizeof last_token, "%s", token);
    }
    /* Nothing here takes its lock or its descriptors away. */
    if (state == LEADERLIFE_STATE_LOST)
        wrong(candidate, "was LOST: %s", leaderlife_event_text(event));
    if (state == LEADERLIFE_STATE_FAILED)
        check_failure(candidate, "the event of FAILED", leaderlife_event_status(event));
}

void candidate_check(struct candidate *candidate)
{
    leaderlife_event *event;

    while ((event = leaderlife_election_pop_event(candidate->election)) != NULL) {
        check_event(candidate, event);
        leaderlife_event_free(event);
    }
    if (candidate->shown != leaderlife_election_state(candidate->election))
        wrong(candidate, "the last event of state told of %s", leaderlife_state_name(candidate->shown));
    if (candidate_leads(candidate) != (candidate->shown == LEADERLIFE_STATE_LEADER))
        wrong(candidate, "is_leader is %d", candidate_leads(candidate));
}

/* ---- Life ---- */

static bool try_new(struct candidate *candidate)
{
    int status = leaderlife_election_new(candidate->lock, &candidate->election);

    candidate->shown = LEADERLIFE_STATE_NEW;
    if (status != LEADERLIFE_OK) {
        if ((candidate->election == NULL) != (status == LEADERLIFE_ENOMEM))
            wrong(candidate, "new gave %s, and %s handle", leaderlife_status_name(status),
                  candidate->election != NULL ? "a" : "no");
        check_failure(candidate, "new", status);
        return false;
    }
    for (const struct option *option = candidate->options; option->name != NULL; option++) {
        status = leaderlife_election_set(candidate->election, option->name, option->value);
        if (status != LEADERLIFE_OK) {
            check_failure(candidate, "set", status);
            return false;
        }
    }
    return true;
}

static bool try_start(struct candidate *candidate)
{
    int status = leaderlife_election_start(candidate->election);

    if (status != LEADERLIFE_OK)
        check_failure(candidate, "start", status);
    return status == LEADERLIFE_OK;
}

static void make(struct candidate *candidate, bool start)
{
    while (!try_new(candidate) || (start && !try_start(candidate))) {
        if (candidate->election != NULL)
            candidate_check(candidate);
        candidate_free(candidate);
        if (++candidate->tries == TRIES_MAX)
            wrong(candidate, "failed again and again");
    }
    candidate_check(candidate);
}

void candidate_new(struct candidate *candidate)
{
    make(candidate, false);
}

void candidate_start(struct candidate *candidate)
{
    make(candidate, true);
}

void candidate_step(struct candidate *candidate)
{
    int status = leaderlife_election_process(candidate->election);

    if (status != LEADERLIFE_OK)
        wrong(candidate, "process gave %s", leaderlife_status_name(status));
    candidate_check(candidate);
    if (candidate->shown != LEADERLIFE_STATE_FAILED)
        return;
    candidate_free(candidate);
    candidate_start(candidate);
}

void candidate_free(struct candidate *candidate)
{
    leaderlife_election_free(candidate->election);
    candidate->election = NULL;
}

bool candidate_leads(const struct candidate *candidate)
{
    return leaderlife_election_is_leader(candidate->election) != 0;
}
