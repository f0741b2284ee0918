/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a handle, and the loop that tells the whole story: bytes move, answers and events become facts, the
 * machine speaks, the backend carries out. The only files that see all the others are this one and its siblings
 * named in election.h.
 */
#include "election.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS_MAX = 64 /* of facts and commands in one step, so that no fault can keep the caller in here */ };

/* ---- Birth ---- */

int election_fail(struct leaderlife_election *election, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(election->error_text, sizeof election->error_text, format, arguments);
    va_end(arguments);
    return status;
}

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
        status = election_fail(election, LEADERLIFE_ESTATE, "option '%s' must be set before the start", name);
    else
        status = options_set(&election->options, name, value, election->error_text, sizeof election->error_text);
    election_leave(election);
    return status;
}

/* ---- Start ---- */

static bool has(const struct leaderlife_election *election, enum option option, const char *variable)
{
    const char *value = secure_getenv(variable);
    return option_is_set(&election->options, option) || (value != NULL && value[0] != '\0');
}

/* An option that was set and means something on Kubernetes alone; NULL. */
static const char *sign_of_kubernetes(const struct options *options)
{
    static const enum option signs[] = {OPTION_NAMESPACE, OPTION_CONTEXT, OPTION_SERVER, OPTION_CA_FILE,
                                        OPTION_TOKEN_FILE};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (option_is_set(options, signs[i]))
            return leaderlife_option_name(signs[i]);
    return NULL;
}

/* Design: option; KUBERNETES_SERVICE_HOST; KUBECONFIG with the pod's identity; else the embedded lock. Never a guess
 * from half of it. *ret_reason is for people. */
static int choose_backend(struct leaderlife_election *election, bool observe, bool *ret_kubernetes,
                          const char **ret_reason)
{
    const struct options *options = &election->options;
    const char *host = secure_getenv("KUBERNETES_SERVICE_HOST");
    bool config = has(election, OPTION_KUBECONFIG, "KUBECONFIG");
    bool name = has(election, OPTION_POD_NAME, "POD_NAME");
    bool uid = has(election, OPTION_POD_UID, "POD_UID");
    *ret_kubernetes = true;
    if (!option_is(options, OPTION_BACKEND, "auto")) {
        *ret_kubernetes = option_is(options, OPTION_BACKEND, "kubernetes");
        *ret_reason = "option backend";
    } else if (host != NULL && host[0] != '\0') {
        *ret_reason = "KUBERNETES_SERVICE_HOST is set";
    } else if (config && (observe || (name && uid))) {
        *ret_reason = observe ? "a kubeconfig is given" : "a kubeconfig, a pod name and a pod UID are given";
    } else if (config || name || uid) {
        return election_fail(
            election, LEADERLIFE_ECONFIG,
            "cannot choose a backend: of KUBECONFIG, POD_NAME and POD_UID (or the options kubeconfig, pod-name, "
            "pod-uid) only some are set (missing:%s%s%s); set all three to elect on Kubernetes (KUBECONFIG alone to "
            "observe), or the option backend to 'local'",
            config ? "" : " KUBECONFIG", name ? "" : " POD_NAME", uid ? "" : " POD_UID");
    } else if (sign_of_kubernetes(options) != NULL) {
        return election_fail(election, LEADERLIFE_ECONFIG,
                             "cannot choose a backend: option %s is for Kubernetes, and nothing shows the way there; "
                             "set KUBECONFIG (or the option kubeconfig), or the option backend",
                             sign_of_kubernetes(options));
    } else {
        *ret_kubernetes = false;
        *ret_reason = "no sign of Kubernetes in options or environment";
    }
    return LEADERLIFE_OK;
}

int election_backend_new(struct leaderlife_election *election, bool observe, struct counters *counters,
                         struct backend **ret_backend, const char **ret_reason)
{
    bool kubernetes = false;
    int status = choose_backend(election, observe, &kubernetes, ret_reason);
    if (status != LEADERLIFE_OK)
        return status;
    struct backend_setup setup = {.lock = election->lock,
                                  .options = &election->options,
                                  .reactor = &election->reactor,
                                  .counters = counters,
                                  .wish = observe ? WISH_OBSERVE : WISH_CAMPAIGN};
    return (kubernetes ? kubernetes_backend_new : local_backend_new)(&setup, ret_backend, election->error_text,
                                                                     sizeof election->error_text);
}

static int make_backend(struct leaderlife_election *election, bool observe)
{
    const char *reason = "";
    int status = election_backend_new(election, observe, &election->counters, &election->backend, &reason);
    if (status != LEADERLIFE_OK)
        return status;
    election->ops = election->backend->ops;
    announce_log(election, LEADERLIFE_LOG_INFO, "lock '%s': backend %s (%s)", election->lock, election->ops->name,
                 reason);
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
    bool observe = option_is(&election->options, OPTION_MODE, "observe");
    election->started = true;
    election->log_level = log_level_of(option_text(&election->options, OPTION_LOG_LEVEL));
    int status = make_backend(election, observe);
    char life[TEXT_LIFE];
    text_format(life, sizeof life, "%08x%08x", (unsigned)reactor_random(), (unsigned)reactor_random());
    struct machine_setup setup = {.life = life,
                                  .wish = observe ? WISH_OBSERVE : WISH_CAMPAIGN,
                                  .late_writes = election->ops != NULL && election->ops->late_writes,
                                  .records = election->ops != NULL && election->ops->records &&
                                             !option_is(&election->options, OPTION_GUARD, "memory"),
                                  .require_record = !observe && option_is(&election->options, OPTION_GUARD, "required"),
                                  .retry_permanent = option_is(&election->options, OPTION_RETRY_PERMANENT, "true"),
                                  .elsewhere_ms = option_number(&election->options, OPTION_X_ELSEWHERE_MS),
                                  .node_policy = node_policy_of(&election->options)};
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

/* ---- The loop ---- */

static void learn(struct leaderlife_election *election, const struct fact *fact)
{
    struct knowledge before = election->known;
    if (fact->text[0] != '\0' || fact->kind == FACT_NOTE)
        announce_fact(election, fact);
    knowledge_learn(&election->known, fact, reactor_now(), reactor_random());
    announce_change(election, &before);
    remember_fact(election, &before, fact);
}

/* After CLOSED nothing is wanted any more: requests, watches and the seat go with the backend. */
static void drop_backend(struct leaderlife_election *election)
{
    if (election->backend != NULL)
        election->ops->free(election->backend, false);
    election->backend = NULL;
    election->deadline = NEVER;
}

/* The command first: P1 counts a look at the own pod that was sent after it. */
static void carry_out(struct leaderlife_election *election, const struct decision *decision)
{
    const char *state = machine_rows[decision->state].name;
    if (decision->command.kind != COMMAND_NONE) {
        announce_log(election, LEADERLIFE_LOG_DEBUG, "%s: %s", state, command_name(decision->command.kind));
        knowledge_submit(&election->known, &decision->command, reactor_now(), reactor_random());
        election->ops->submit(election->backend, &decision->command);
    }
    if (decision->question.kind != COMMAND_NONE) {
        announce_log(election, LEADERLIFE_LOG_DEBUG, "%s: %s", state, command_name(decision->question.kind));
        knowledge_ask(&election->known, &decision->question, reactor_now());
        election->ops->submit(election->backend, &decision->question);
    }
}

/* False when there is nothing more to do now. */
static bool round_of_facts(struct leaderlife_election *election)
{
    struct fact fact;
    struct decision decision;
    bool learned = false;
    while (election->ops->next_fact(election->backend, &fact)) {
        learn(election, &fact);
        learned = true;
    }
    decide(&election->known, reactor_now(), &decision);
    election->ops->want(election->backend, decision.watches, &decision.pod);
    carry_out(election, &decision);
    int64_t told =
        reactor_earlier(announce_waiting(election, reactor_now()), announce_foreign(election, reactor_now()));
    int64_t later = reactor_earlier(election->ops->deadline(election->backend), told);
    election->deadline = reactor_earlier(decision.deadline, later);
    return learned || decision.command.kind != COMMAND_NONE || decision.question.kind != COMMAND_NONE;
}

void election_step(struct leaderlife_election *election)
{
    bool worked = reactor_poll(&election->reactor) > 0;
    election->driven = true;
    for (int round = 0; election->backend != NULL; round++) {
        if (election->known.end == END_CLOSED) {
            drop_backend(election);
        } else if (round == ROUNDS_MAX) {
            election->deadline = 0; /* the rest at the next call */
            break;
        } else if (!round_of_facts(election)) {
            break;
        }
        worked = true;
    }
    if (worked)
        election->counters.wakeups++;
}

void election_arm(struct leaderlife_election *election, bool hot)
{
    bool now = hot && (election->events.first != NULL || !election->driven);
    reactor_arm(&election->reactor, now ? 0 : election->deadline);
}

int leaderlife_election_process(leaderlife_election *election)
{
    int status = election_enter(election);
    if (status != LEADERLIFE_OK)
        return status;
    if (election->exec_ready)
        status = election_fail(election, LEADERLIFE_ESTATE, "after prepare_exec only free is allowed");
    else if (!election->started && election->known.end == END_NOT)
        status = election_fail(election, LEADERLIFE_ESTATE, "the election has not been started");
    else
        election_step(election);
    election_arm(election, true);
    election_leave(election);
    return status;
}

/* ---- Giving back and the end ---- */

static int give_back(struct leaderlife_election *election, enum wish wish)
{
    int status = election_enter(election);
    if (status != LEADERLIFE_OK)
        return status;
    struct fact fact = {.kind = FACT_WISH, .wish = wish};
    if (election->exec_ready || (!election->started && wish == WISH_RESIGN && election->known.end == END_NOT)) {
        status = election_fail(election, LEADERLIFE_ESTATE,
                               election->exec_ready ? "after prepare_exec only free is allowed"
                                                    : "the election has not been started");
    } else if (!election->started && wish == WISH_CLOSE) {
        election->known.end = END_CLOSED;
        announce_state(election);
    } else if (election->started && election->known.wish != WISH_CLOSE && election->known.wish != wish) {
        learn(election, &fact);
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
    if (election->backend != NULL)
        election->ops->free(election->backend, !election_is_ours(election));
    reactor_free(&election->reactor);
    event_queue_free(&election->events);
    options_free(&election->options);
    election_disown(election);
    free(election);
}

leaderlife_event *leaderlife_election_pop_event(leaderlife_election *election)
{
    if (election_enter(election) != LEADERLIFE_OK)
        return NULL;
    struct leaderlife_event *event = event_queue_pop(&election->events);
    if (event != NULL && election->events.first == NULL)
        election_arm(election, true);
    election_leave(election);
    return event;
}
