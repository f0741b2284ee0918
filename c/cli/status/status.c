/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `leaderlife status`: observes an election (mode observe), once or until it is stopped. It never takes part.
 */
#include "cli/status/status.h"

#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct status {
    const struct arguments *arguments;
    leaderlife_election *election;
    bool json;
    bool watch;
    bool told;          /* something of what is wrong */
    bool over;          /* nobody reads any more, or it was told to end */
    int signals;        /* --watch; else -1 */
    int64_t give_up_at; /* once */
    struct notices notices;
    struct changes view;
    int result;
};

/* ---- What is seen ---- */

#define COPY(target, source) text_copy((target), sizeof(target), (source)) /* NULL counts as "" */

static void look(const leaderlife_election *e, const char *lock, struct snapshot *ret)
{
    memset(ret, 0, sizeof *ret);
    COPY(ret->lock, lock);
    COPY(ret->backend, leaderlife_election_backend(e));
    COPY(ret->scope, leaderlife_election_detail(e, "scope"));
    COPY(ret->namespace_, leaderlife_election_detail(e, "namespace"));
    COPY(ret->server, leaderlife_election_detail(e, "server"));
    COPY(ret->holder, leaderlife_election_holder(e));
    COPY(ret->uid, leaderlife_election_detail(e, "holder-uid"));
    COPY(ret->phase, leaderlife_election_detail(e, "holder-phase"));
    COPY(ret->node, leaderlife_election_detail(e, "holder-node"));
    COPY(ret->since, leaderlife_election_detail(e, "since"));
    COPY(ret->token, leaderlife_election_token(e));
    ret->term = leaderlife_election_term(e);
    ret->guard = leaderlife_election_guard(e);
    const char *settled = leaderlife_election_detail(e, "settled");
    ret->settled = settled != NULL && strcmp(settled, "true") == 0;
}

/* ---- What is shown ---- */

/* By write alone, so that each line is out at once and a pipe that was closed leaves nothing behind in stdio. Takes the
 * text. */
static void put(struct status *status, char *text)
{
    size_t size = text != NULL ? strlen(text) : 0, done = 0;

    if (text == NULL) {
        log_say(TONE_ERROR, "no memory");
        status->result = CLI_TROUBLE;
        status->over = true;
    }
    while (done < size && !status->over) {
        ssize_t wrote = write(STDOUT_FILENO, text + done, size - done);

        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (errno == EPIPE) {
            status->over = true;
        } else if (errno != EINTR) {
            log_say(TONE_ERROR, "cannot write to stdout: %s", strerror(errno));
            status->result = CLI_TROUBLE;
            status->over = true;
        }
    }
    free(text);
}

static void put_line(struct status *status, const struct snapshot *snapshot, const struct notice *notice)
{
    put(status, (status->json ? status_line_as_json : status_line_as_text)(snapshot, notice));
}

static void keep_notice(struct status *status, const struct notice *notice)
{
    struct notices *notices = &status->notices;
    char *text = strdup(notice->text);

    if (notices->count == NOTICES_MAX || text == NULL) {
        free(text);
        return;
    }
    notices->list[notices->count++] = (struct notice){notice->status, text};
    /* cppcheck-suppress memleak ; the list keeps it, and status_main frees it */
}

static void take_event(struct status *status, const leaderlife_event *event)
{
    char text[TEXT_MESSAGE];
    struct notice notice = {leaderlife_event_status(event), text};
    struct snapshot snapshot;

    COPY(text, leaderlife_event_text(event));
    if (leaderlife_event_level(event) <= LEADERLIFE_LOG_WARNING)
        status->told = true;
    if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_LOG) {
        log_say(TONE_FAINT, "%s", text);
    } else if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_NOTICE && status->watch) {
        look(status->election, status->arguments->lock, &snapshot);
        put_line(status, &snapshot, &notice);
    } else if (leaderlife_event_kind(event) == LEADERLIFE_EVENT_NOTICE) {
        keep_notice(status, &notice);
    }
}

static void take_events(struct status *status)
{
    leaderlife_event *event;

    while ((event = leaderlife_election_pop_event(status->election)) != NULL) {
        take_event(status, event);
        leaderlife_event_free(event);
    }
}

/* ---- Once ---- */

static void say_missing(const struct status *status, const struct snapshot *snapshot)
{
    const char *why = leaderlife_election_error_text(status->election);
    const char *time = argument(status->arguments, "timeout");
    bool record = snapshot->guard == LEADERLIFE_GUARD_RECORD && snapshot->token[0] == '\0';

    for (size_t i = 0; snapshot->holder[0] == '\0' && i < status->notices.count; i++)
        log_say(TONE_WARNING, "%s", status->notices.list[i].text); /* nothing else will show them */
    if (snapshot->holder[0] == '\0')
        log_say(TONE_ERROR, "not known within --timeout %s: who leads '%s'%s%s", time, snapshot->lock,
                why[0] != '\0' ? ": " : "",
                why[0] != '\0' ? why
                : status->told
                    ? ""
                    : "; the server does not answer, or a right is missing, which is certain only after 10 to 30 s: "
                      "try --timeout 60, or leaderlife doctor --observe");
    else
        log_say(TONE_WARNING, "not known within --timeout %s: %s%s%s", time,
                record ? "what the holder record tells of this term" : "how the leader's pod is",
                why[0] != '\0' ? ": " : "", why);
}

/* True when there is no more to wait for. */
static bool step_once(struct status *status)
{
    struct snapshot snapshot;

    look(status->election, status->arguments->lock, &snapshot);
    bool known = snapshot.settled || snapshot.holder[0] != '\0';
    if (!snapshot.settled && clock_ms() < status->give_up_at)
        return false;
    if (!snapshot.settled)
        say_missing(status, &snapshot);
    status->result = !known ? CLI_TROUBLE : snapshot.holder[0] != '\0' ? CLI_OK : CLI_NO;
    if (known)
        put(status, (status->json ? status_as_json : status_as_text)(&snapshot, &status->notices));
    return true;
}

/* ---- For as long as it is let ---- */

static void take_signals(struct status *status)
{
    struct signalfd_siginfo taken;

    while (status->signals >= 0 && read(status->signals, &taken, sizeof taken) == (ssize_t)sizeof taken)
        status->over = true;
}

static bool step_watch(struct status *status)
{
    struct snapshot snapshot, shown;

    look(status->election, status->arguments->lock, &snapshot);
    while (!status->over && changes_step(&status->view, &snapshot, clock_ms(), &shown))
        put_line(status, &shown, NULL);
    return status->over;
}

static int signals_open(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- Both ---- */

/* Until there is something to do. That nobody reads any more is seen although nothing is written. */
static void wait_for_work(struct status *status)
{
    struct pollfd fds[] = {{.fd = leaderlife_election_fd(status->election), .events = POLLIN},
                           {.fd = status->signals, .events = POLLIN},
                           {.fd = status->watch ? STDOUT_FILENO : -1, .events = 0}};
    int64_t until = status->watch ? status->view.due : status->give_up_at;
    int64_t left = until == NEVER ? -1 : until - clock_ms();
    int limit = until == NEVER ? -1 : left < 0 ? 0 : left >= INT_MAX ? INT_MAX : (int)left + 1;

    (void)poll(fds, sizeof fds / sizeof fds[0], limit); /* the election's deadlines make its descriptor readable */
    if ((fds[2].revents & POLLERR) != 0)
        status->over = true;
    take_signals(status);
}

static bool has_failed(struct status *status)
{
    if (leaderlife_election_state(status->election) != LEADERLIFE_STATE_FAILED)
        return false;
    log_say(TONE_ERROR, "%s", leaderlife_election_error_text(status->election));
    status->result = CLI_TROUBLE;
    return true;
}

static void loop(struct status *status)
{
    bool done = false;

    (void)leaderlife_election_start(status->election); /* a failure shows as the state FAILED */
    while (!done) {
        (void)leaderlife_election_process(status->election);
        take_events(status);
        done = status->over || has_failed(status) || (status->watch ? step_watch(status) : step_once(status));
        if (!done)
            wait_for_work(status);
    }
}

static int begin(struct status *status)
{
    int64_t timeout = 0;

    status->json = strcmp(argument(status->arguments, "output"), "json") == 0;
    status->watch = argument_given(status->arguments, "watch");
    if (status->watch && argument_given(status->arguments, "timeout")) {
        log_say(TONE_ERROR, "--timeout limits a single look; with --watch end it by a signal, or use timeout(1)");
        return CLI_TROUBLE;
    }
    argument_duration(status->arguments, "timeout", &timeout);
    status->give_up_at = clock_ms() + timeout;
    changes_init(&status->view);
    signal(SIGPIPE, SIG_IGN);
    if (status->watch && (status->signals = signals_open()) < 0) {
        log_say(TONE_ERROR, "cannot take signals from a descriptor: %s", strerror(errno));
        return CLI_TROUBLE;
    }
    return arguments_open_election(status->arguments, "observe", &status->election);
}

int status_main(const struct arguments *arguments)
{
    struct status status = {.arguments = arguments, .signals = -1};

    status.result = begin(&status);
    if (status.result == CLI_OK)
        loop(&status);
    leaderlife_election_free(status.election);
    for (size_t i = 0; i < status.notices.count; i++)
        free(status.notices.list[i].text);
    if (status.signals >= 0)
        close(status.signals);
    return status.result;
}
