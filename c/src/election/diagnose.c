/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaderlife_election_diagnose(): a backend that lives for this one call looks, and what it finds becomes events. Must
 * not know what an election needs where; the backends do.
 */
#include "election/handle.h"

#include "election/backend_new.h"
#include "election/descriptors.h"
#include "election/loop.h"
#include "election/public_state.h"

/* What is kept of the findings. */
struct diagnosed {
    struct leaderlife_election *election;
    int status; /* of the first that is an ERROR */
};

static void put(void *context, int level, int status, const char *text)
{
    struct diagnosed *diagnosed = context;
    struct leaderlife_event event = {.kind = LEADERLIFE_EVENT_FINDING, .level = level, .status = status};
    text_copy(event.text, sizeof event.text, text);
    event_queue_put(&diagnosed->election->events, &event);
    if (level != LEADERLIFE_LOG_ERROR || diagnosed->status != LEADERLIFE_OK)
        return;
    diagnosed->status = election_fail(diagnosed->election, status, "%s", text);
}

static int diagnose(struct leaderlife_election *election, int64_t until)
{
    struct diagnosed diagnosed = {.election = election};
    struct diagnosis_sink sink = {.put = put, .context = &diagnosed, .reactor = &election->reactor, .until = until};
    struct counters counters = {0}; /* of its own: the handle's count from its start */
    struct backend *backend = NULL;
    const char *reason = "";
    char text[TEXT_MESSAGE];
    bool observe = option_is(&election->options, OPTION_MODE, "observe");
    int status = election_backend_new(election, observe, &counters, &backend, &reason);
    if (status != LEADERLIFE_OK) {
        text_copy(text, sizeof text, election->error_text);
        put(&diagnosed, LEADERLIFE_LOG_ERROR, status, text);
        return status;
    }
    text_format(text, sizeof text, "lock '%s': the backend is %s (%s)", election->lock, backend->ops->name, reason);
    put(&diagnosed, LEADERLIFE_LOG_INFO, LEADERLIFE_OK, text);
    backend->ops->diagnose(backend, &sink);
    backend->ops->free(backend, false);
    return diagnosed.status;
}

int leaderlife_election_diagnose(leaderlife_election *election, int timeout_ms)
{
    int status = election_enter(election);
    if (status != LEADERLIFE_OK)
        return status;
    election_check_descriptors(election);
    if (election->closed_by_program != NULL && !election->started)
        status = election_end_status(election);
    else if (election->started || election->known.end != END_NOT)
        status = election_fail(election, LEADERLIFE_ESTATE,
                               "only a new handle can be diagnosed: make one, and do it before the start");
    else
        status = diagnose(election, timeout_ms < 0 ? NEVER : clock_now() + timeout_ms);
    election_arm(election, true);
    election_leave(election);
    return status;
}
