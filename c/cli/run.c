/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaderlife run: leads for the life of a program. One loop over the election's descriptor, signals and the health server;
 * what follows from what they bring is phases.c's.
 */
#include "run.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* ---- Beginning and end ---- */

static int read_arguments(struct run *run)
{
    const struct arguments *arguments = run->arguments;
    const char *health = argument(arguments, "health");
    int64_t timeout = -1;

    run->ready_file = argument(arguments, "ready-file");
    run->watch = argument_given(arguments, "watch") || health != NULL || run->ready_file != NULL;
    run->told.quiet = argument_given(arguments, "quiet");
    run->told.lock = arguments->lock;
    argument_duration(arguments, "timeout", &timeout);
    argument_duration(arguments, "kill-after", &run->stop_ms);
    run->give_up_at = timeout < 0 ? INT64_MAX : now_ms() + timeout;
    int status = program_find(arguments->program[0], &run->path);
    if (status == CLI_OK)
        status = election_open(arguments, "campaign", &run->election);
    if (status != CLI_OK)
        return status;
    run->view = (struct health_view){.election = run->election, .lock = arguments->lock};
    if (run->ready_file != NULL)
        status = ready_file_check(run->ready_file);
    if (status == CLI_OK && health != NULL)
        status = health_open(health, &run->view, &run->health);
    return status;
}

/* In place and alone, children from before are the program's, as if we had not been there. */
static bool has_children(const struct run *run)
{
    return run->watch || argument_given(run->arguments, "on-standby");
}

static int begin(struct run *run)
{
    int status = read_arguments(run);

    if (status != CLI_OK)
        return status;
    family_open(&run->family);
    run->signals = inherited_take(&run->inherited, has_children(run));
    if (run->signals < 0)
        return CLI_TROUBLE;
    say_never_waits();
    if (leaderlife_election_start(run->election) == LEADERLIFE_OK)
        return CLI_OK;
    tell_events(&run->told, run->election);
    return CLI_TROUBLE;
}

static void show_ready(struct run *run)
{
    bool ready = run->phase != DONE && leaderlife_election_is_ready(run->election);

    run->view.transitions = run->told.transitions;
    run->view.notices = run->told.notices;
    if (run->ready_file == NULL || ready == run->shown_ready)
        return;
    run->shown_ready = ready;
    ready_file_set(run->ready_file, ready);
}

static void finish(struct run *run)
{
    run->phase = DONE;
    if (run->election != NULL && run->signals > 0)
        show_ready(run);
    health_close(run->health);
    leaderlife_election_free(run->election);
    if (run->signals > 0)
        close(run->signals);
    guard_end(&run->guard);
    family_close(&run->family);
    inherited_free(&run->inherited);
    free(run->path);
}

/* ---- The loop ---- */

static void take_signals(struct run *run)
{
    struct signalfd_siginfo taken;

    while (read(run->signals, &taken, sizeof taken) == (ssize_t)sizeof taken) {
        if (taken.ssi_signo != SIGCHLD)
            phase_signal(run, (int)taken.ssi_signo, taken.ssi_code == SI_KERNEL);
    }
}

static void take_children(struct run *run)
{
    int status = 0;
    pid_t pid;

    while (has_children(run) && (pid = family_reap(&run->family, run->watch, &status)) > 0)
        phase_child(run, pid, status);
}

static int earlier_ms(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

static int timeout_of(const struct run *run)
{
    int64_t until = phase_deadline(run);
    int64_t left = until == INT64_MAX ? -1 : until - now_ms();
    int own = left < 0 ? until == INT64_MAX ? -1 : 0 : left >= INT_MAX ? INT_MAX : (int)left + 1;

    return earlier_ms(earlier_ms(leaderlife_election_timeout_ms(run->election), health_timeout_ms(run->health)), own);
}

static void loop(struct run *run)
{
    while (run->phase != DONE) {
        struct pollfd fds[] = {{.fd = leaderlife_election_fd(run->election), .events = POLLIN},
                               {.fd = run->signals, .events = POLLIN},
                               {.fd = health_fd(run->health), .events = POLLIN}};

        if (poll(fds, sizeof fds / sizeof fds[0], timeout_of(run)) < 0 && errno != EINTR) {
            say(TONE_ERROR, "cannot wait: %s", strerror(errno)); /* goes on: the program must not outlive its lock */
            usleep(100000);
        }
        take_signals(run); /* before children are reaped: no number that is signalled can be another's */
        take_children(run);
        (void)leaderlife_election_process(run->election);
        tell_events(&run->told, run->election);
        phase_step(run);
        show_ready(run);
        health_run(run->health, fds[2].revents != 0);
    }
}

int command_run(const struct arguments *arguments)
{
    struct run run = {.arguments = arguments,
                      .signals = -1,
                      .family = {.list = -1},
                      .guard = {.channel = -1},
                      .standby_at = INT64_MAX};

    inherited_keep(&run.inherited);
    run.result = begin(&run);
    if (run.result == CLI_OK)
        loop(&run);
    finish(&run);
    return run.result;
}
