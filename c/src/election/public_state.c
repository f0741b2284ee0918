/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state that a program is shown, and the status of an end. It only reads knowledge.
 */
#include "election/public_state.h"

#include "machine/state_table.h"

int public_state(const struct leaderlife_election *election)
{
    static const int ends[] = {[END_RESIGNED] = LEADERLIFE_STATE_RESIGNED,
                               [END_LOST] = LEADERLIFE_STATE_LOST,
                               [END_FAILED] = LEADERLIFE_STATE_FAILED,
                               [END_CLOSED] = LEADERLIFE_STATE_CLOSED};
    const struct knowledge *k = &election->known;
    if (k->end != END_NOT)
        return ends[k->end];
    if (!election->started)
        return LEADERLIFE_STATE_NEW;
    enum machine_state state = machine_state(k);
    if (state == STATE_RESIGNING)
        return LEADERLIFE_STATE_RESIGNING;
    if (state == STATE_LEADING)
        return LEADERLIFE_STATE_LEADER;
    bool before_look = state == STATE_LOOKING || (state == STATE_QUEUED && k->seat == SEAT_UNKNOWN);
    bool starting = state == STATE_IDENTIFYING || (before_look && !k->looked);
    if (starting && election->shown_state != LEADERLIFE_STATE_STANDBY) /* who was a standby stays one */
        return LEADERLIFE_STATE_STARTING;
    return LEADERLIFE_STATE_STANDBY;
}

int election_end_status(struct leaderlife_election *election)
{
    switch (election->known.end) {
    case END_FAILED:
    case END_LOST:
        return election_fail(election, election->end_status != LEADERLIFE_OK ? election->end_status : LEADERLIFE_ELOST,
                             "%s", election->end_text);
    case END_NOT:
    case END_RESIGNED:
    case END_CLOSED: break;
    }
    return election_fail(election, LEADERLIFE_ESTATE, "this handle has resigned or is closed: make a new one");
}
