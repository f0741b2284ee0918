/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a handle: made, given options, started; told to resign or to close; freed. loop.c does what happens in
 * between.
 */
#include "election/lifecycle.h"

#include "base/random.h"
#include "election/announce.h"
#include "election/backend_new.h"
#include "election/descriptors.h"
#include "election/emit.h"
#include "election/loop.h"
#include "election/public_state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Birth ---- */

/* A handle that is FAILED from birth, and says so as any other does. */
static int refuse(struct leaderlife_election *election, int status)
{
    election->known.end = END_FAILED;
    election->end_status = status;
    announce_state(election);
    return status;
}

static struct leaderlife_election *handle_new(void)
{
    struct leaderlife_election *election = calloc(1, sizeof *election);
    if (election == NULL)
        return NULL;
    election_own(election);
    election->deadline = NEVER;
    election->log_level = LEADERLIFE_LOG_WARNING;
    if (!event_queue_init(&election->events)) {
        election_disown(election);
        free(election);
        return NULL;
    }
    return election;
}

int leaderlife_election_new(const char *lock, leaderlife_election **ret_election)
{
    if (ret_election == NULL)
        return LEADERLIFE_EINVAL;
    if (lock == NULL) {
        *ret_election = NULL;
        return LEADERLIFE_EINVAL;
    }
    struct leaderlife_election *election = handle_new();
    *ret_election = election;
    if (election == NULL)
        return LEADERLIFE_ENOMEM;
    int error = reactor_init(&election->reactor);
    if (error != 0)
        return refuse(election, election_fail(election, LEADERLIFE_ESYSTEM,
                                              "cannot make the event descriptor: %s; raise the limit of open files",
                                              strerror(error)));
    reactor_arm(&election->reactor, 0); /* readable before the first process */
    const char *fault = text_dns_subdomain_fault(lock, TEXT_LOCK_MAX);
    if (fault != NULL)
        return refuse(
            election,
            election_fail(
                election, LEADERLIFE_ENAME,
                "invalid lock name: %s; use lower-case letters, digits, '-' and '.', each part between dots beginning "
                "and ending with a letter or digit, at most %d bytes in all",
                fault, TEXT_LOCK_MAX));
    text_copy(election->lock, sizeof election->lock, lock);
    return LEADERLIFE_OK;
}

int leaderlife_election_set(leaderlife_election *election, const char *name, const char *value)
{
    int status = election_enter(election);
    if (status != LEADERLIFE_OK)
        return status;
    if (name == NULL || value == NULL)
        status = election_fail(election, LEADERLIFE_EINVAL, "an option needs a name and a value, not NULL");
    else if (election->started || election->known.end != END_NOT)
        status = election_fail(election, LEADERLIFE_ESTATE, "options must be set before the start");
    else
        status = options_set(&election->options, name, value, election->error_text, sizeof election->error_text);
    election_leave(election);
    return status;
}

/* ---- Start ---- */

static int make_backend(struct leaderlife_election *election, bool observe)
{
    const char *reason = "";
    int status = election_backend_new(election, observe, &election->counters, &election->backend, &reason);
    if (status != LEADERLIFE_OK)
        return status;
    election->ops = election->backend->ops;
    emit_log(election, LEADERLIFE_LOG_INFO, "lock '%s': backend %s (%s)", election->lock, election->ops->name, reason);
    return LEADERLIFE_OK;
}

static int log_level_of(const char *word)
{
    static const char *const words[] = {"none", "error", "warning", "info", "debug"};
    for (int level = 0; level < (int)(sizeof words / sizeof words[0]); level++) {
        if (text_equal(words[level], word))
            return level;
    }
    return LEADERLIFE_LOG_WARNING;
}

static enum node_policy node_policy_of(const struct options *options)
{
    if (option_is(options, OPTION_NODE_POLICY, "fenced"))
        return NODE_FENCED;
    return option_is(options, OPTION_NODE_POLICY, "unready") ? NODE_UNSAFE : NODE_STRICT;
}

int election_start(struct leaderlife_election *election)
{
    if (election->started || election->known.end != END_NOT)
        return election_fail(election, LEADERLIFE_ESTATE, "a handle has one life: make a new one to take part again");
    election_check_descriptors(election);
    if (election->known.end != END_NOT)
        return election_end_status(election);
    bool observe = option_is(&election->options, OPTION_MODE, "observe");
    election->started = true;
    election->log_level = log_level_of(option_text(&election->options, OPTION_LOG_LEVEL));
    int status = make_backend(election, observe);
    char life[TEXT_LIFE];
    text_format(life, sizeof life, "%08x%08x", (unsigned)random_number(), (unsigned)random_number());
    struct machine_setup setup = {.life = life,
                                  .wish = observe ? WISH_OBSERVE : WISH_CAMPAIGN,
                                  .late_writes = election->ops != NULL && election->ops->late_writes,
                                  .records = election->ops != NULL && election->ops->records &&
                                             !option_is(&election->options, OPTION_GUARD, "memory"),
                                  .require_record = !observe && option_is(&election->options, OPTION_GUARD, "required"),
                                  .retry_permanent = option_is(&election->options, OPTION_RETRY_PERMANENT, "true"),
                                  .elsewhere_ms = option_number(&election->options, OPTION_X_ELSEWHERE_MS),
                                  .node_policy = node_policy_of(&election->options),
                                  .rehearse_s = (int)option_number(&election->options, OPTION_REHEARSE_LOSS)};
    knowledge_init(&election->known, &setup);
    if (status != LEADERLIFE_OK) {
        election->known.end = END_FAILED;
        election->end_status = status;
        text_copy(election->cause, sizeof election->cause, election->error_text);
    }
    announce_state(election);
    return status;
}

int leaderlife_election_start(leaderlife_election *election)
{
    int status = election_enter(election);
    if (status != LEADERLIFE_OK)
        return status;
    status = election_start(election);
    election_leave(election);
    return status;
}

/* ---- Release and the end ---- */

static int give_back(struct leaderlife_election *election, enum wish wish)
{
    int status = election_enter(election);
    if (status != LEADERLIFE_OK)
        return status;
    struct fact fact = {.kind = FACT_WISH, .wish = wish};
    if (!election->exec_ready)
        election_check_descriptors(election);
    if (election->exec_ready || (!election->started && wish == WISH_RESIGN && election->known.end == END_NOT)) {
        status = election_fail(election, LEADERLIFE_ESTATE,
                               election->exec_ready ? "after prepare_exec only free is allowed"
                                                    : "the election has not been started");
    } else if (!election->started && wish == WISH_CLOSE) {
        election->known.end = END_CLOSED;
        announce_state(election);
    } else if (election->started && election->known.wish != WISH_CLOSE && election->known.wish != wish) {
        election_learn(election, &fact);
        election_step(election);
    }
    election_arm(election, true);
    election_leave(election);
    return status;
}

int leaderlife_election_resign(leaderlife_election *election)
{
    return give_back(election, WISH_RESIGN);
}

int leaderlife_election_close(leaderlife_election *election)
{
    return give_back(election, WISH_CLOSE);
}

void leaderlife_election_free(leaderlife_election *election)
{
    if (election == NULL)
        return;
    election_spare_others(election);
    if (election->backend != NULL)
        election->ops->free(election->backend, !election_is_ours(election));
    reactor_free(&election->reactor);
    event_queue_free(&election->events);
    options_free(&election->options);
    election_disown(election);
    free(election);
}
