/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaderlife run: leads for the life of a program. One loop over the election's descriptor, signals and the health
 * server; supervisor.c says what follows from what they bring.
 */
#include "cli/run/supervisor.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* ---- Beginning and end ---- */

/* Refuses options that --exec cannot honour: once the program has replaced this process, nobody is left to do what
 * they ask for. */
static int check_in_place(const struct arguments *arguments)
{
    static const char *const staying[] = {"close",      "release", "kill-after",   "on-standby",
                                          "ready-file", "health",  "rehearse-loss"};

    for (size_t i = 0; i < sizeof staying / sizeof staying[0]; i++) {
        bool given = argument_given(arguments, staying[i]) || argument_option(arguments, staying[i]) != NULL;
        if (!argument_given(arguments, "exec") || !given)
            continue;
        log_say(TONE_ERROR,
                "--exec and --%s do not go together: with --exec nobody stays beside the program; leave one out",
                staying[i]);
        return CLI_TROUBLE;
    }
    return CLI_OK;
}

/* Some images have no shell. Told at the start, for the command of --on-standby may not be due for days. */
static int check_shell(const struct arguments *arguments)
{
    if (!argument_given(arguments, "on-standby") || access(SHELL, X_OK) == 0)
        return CLI_OK;
    int error = errno;
    log_say(TONE_ERROR,
            "--on-standby needs a shell, which runs its command, and here is no " SHELL
            " (%s); take an image that has a "
            "shell, or leave --on-standby out",
            strerror(error));
    return error == ENOENT || error == ENOTDIR ? CLI_NOT_FOUND : CLI_NOT_RUNNABLE;
}

static int read_arguments(struct run *run)
{
    const struct arguments *arguments = run->arguments;
    const char *health = argument(arguments, "health");
    int64_t timeout = -1;

    run->ready_file = argument(arguments, "ready-file");
    run->in_place = argument_given(arguments, "exec");
    run->event_log.quiet = argument_given(arguments, "quiet");
    run->event_log.lock = arguments->lock;
    argument_duration(arguments, "timeout", &timeout);
    argument_duration(arguments, "kill-after", &run->stop_ms);
    run->give_up_at = timeout < 0 ? NEVER : clock_ms() + timeout;
    int status = check_in_place(arguments);
    if (status == CLI_OK)
        status = check_shell(arguments);
    if (status == CLI_OK)
        status = program_find(arguments->program[0], &run->path);
    if (status == CLI_OK)
        status = arguments_open_election(arguments, "campaign", &run->election);
    if (status != CLI_OK)
        return status;
    run->view = (struct health_view){.election = run->election, .lock = arguments->lock};
    if (run->ready_file != NULL)
        status = ready_file_check(run->ready_file);
    if (status == CLI_OK && health != NULL)
        status = health_open(health, &run->view, &run->health);
    return status;
}

static int begin(struct run *run)
{
    int status = read_arguments(run);

    if (status != CLI_OK)
        return status;
    children_open(&run->children);
    /* With --exec, children from before become the program's, as if we had not been there. */
    run->signals = process_state_take(&run->process_state, !run->in_place);
    if (run->signals < 0)
        return CLI_TROUBLE;
    log_never_waits();
    if (leaderlife_election_start(run->election) == LEADERLIFE_OK)
        return CLI_OK;
    event_log_print(&run->event_log, run->election);
    return CLI_TROUBLE;
}

static void show_ready(struct run *run)
{
    bool ready = run->phase != DONE && leaderlife_election_is_ready(run->election);

    run->view.transitions = run->event_log.transitions;
    run->view.notices = run->event_log.notices;
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
    watchdog_end(&run->watchdog);
    children_close(&run->children);
    process_state_free(&run->process_state);
    free(run->path);
}

/* ---- The loop ---- */

static void take_signals(struct run *run)
{
    struct signalfd_siginfo taken;

    while (read(run->signals, &taken, sizeof taken) == (ssize_t)sizeof taken) {
        if (taken.ssi_signo != SIGCHLD)
            signals_act(run, (int)taken.ssi_signo, taken.ssi_code == SI_KERNEL);
    }
}

static void take_children(struct run *run)
{
    int status = 0;
    pid_t pid;

    while (!run->in_place && (pid = children_reap(&run->children, &status)) > 0)
        supervisor_child_ended(run, pid, status);
}

static int earlier_ms(int a, int b)
{
    return a < 0 ? b : b < 0 || a < b ? a : b;
}

static int timeout_of(const struct run *run)
{
    int64_t until = supervisor_deadline(run);
    int64_t left = until == NEVER ? -1 : until - clock_ms();
    int own = left < 0 ? until == NEVER ? -1 : 0 : left >= INT_MAX ? INT_MAX : (int)left + 1;

    return earlier_ms(earlier_ms(leaderlife_election_timeout_ms(run->election), health_timeout_ms(run->health)), own);
}

static void loop(struct run *run)
{
    while (run->phase != DONE) {
        struct pollfd fds[] = {{.fd = leaderlife_election_fd(run->election), .events = POLLIN},
                               {.fd = run->signals, .events = POLLIN},
                               {.fd = health_fd(run->health), .events = POLLIN}};

        if (poll(fds, sizeof fds / sizeof fds[0], timeout_of(run)) < 0 && errno != EINTR) {
            log_say(TONE_ERROR, "cannot wait: %s", strerror(errno)); /* go on: the program must not outlive its lock */
            usleep(100000);
        }
        take_signals(run); /* before children are reaped: until then no other process can have their numbers */
        take_children(run);
        (void)leaderlife_election_process(run->election);
        event_log_print(&run->event_log, run->election);
        supervisor_step(run);
        show_ready(run);
        health_run(run->health, fds[2].revents != 0);
    }
}

int run_main(const struct arguments *arguments)
{
    struct run run = {.arguments = arguments,
                      .signals = -1,
                      .children = {.list = -1},
                      .watchdog = {.channel = -1},
                      .standby_at = NEVER};

    process_state_keep(&run.process_state);
    run.result = begin(&run);
    if (run.result == CLI_OK)
        loop(&run);
    finish(&run);
    return run.result;
}
