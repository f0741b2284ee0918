/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of `run` as a sequence of phases: waiting, perhaps with a standby program; then the program, in this process's
 * place or (--watch) as its child; its end, the end of what it left behind, and only then the lock is given back. Must not
 * wait.
 */
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RETURN_MS = 15000, LOOK_AGAIN_MS = 50 /* for orphans that come late */ };

static void enter(struct run *run, enum phase phase, int64_t patience_ms)
{
    run->phase = phase;
    run->killed = false;
    run->phase_at = patience_ms < 0 ? INT64_MAX : now_ms() + patience_ms;
}

/* ---- What we started, and what was given to us of it ---- */

/* Where the kernel does not list children, those that we started are at least known. */
static void signal_all(const struct run *run, int signal)
{
    if (children_signal(signal))
        return;
    if (run->standby > 0)
        kill(run->standby, signal);
    if (run->program > 0)
        kill(run->program, signal);
}

static bool any_left(const struct run *run)
{
    return run->standby > 0 || run->program > 0 || children_signal(0);
}

/* ---- The end ---- */

static void give_back(struct run *run)
{
    enter(run, RETURNING, RETURN_MS);
    (void)leaderlife_election_close(run->election);
}

/* TERM now, KILL when the patience ends, and only then the lock. */
static void clear(struct run *run)
{
    enter(run, CLEARING, run->stop_ms);
    signal_all(run, SIGTERM);
}

static void stop_standby(struct run *run)
{
    enter(run, YIELDING, run->stop_ms);
    if (run->had_standby)
        signal_all(run, SIGTERM);
}

/* Before the program was started. */
static void end(struct run *run, int result)
{
    run->result = result;
    run->ending = true;
    if (run->phase == WAITING)
        stop_standby(run);
}

/* ---- The beginning ---- */

static void start_standby(struct run *run)
{
    const char *command = argument(run->arguments, "on-standby");
    char shell[] = "/bin/sh", option[] = "-c";
    char *argv[] = {shell, option, (char *)(uintptr_t)command, NULL};
    extern char **environ;

    run->had_standby = true;
    run->standby = program_start(NULL, shell, argv, environ, &run->inherited);
    if (run->standby < 0)
        run->standby = 0;
}

static void lead(struct run *run)
{
    char **environment = program_environment(run->election, run->arguments->lock);

    if (environment == NULL) {
        say(TONE_ERROR, "no memory for the program's environment");
        run->result = CLI_TROUBLE;
        give_back(run);
        return;
    }
    if (!run->watch) {
        run->result = program_replace(run->election, run->path, run->arguments->program, environment, &run->inherited);
        run->phase = DONE; /* nothing but free may follow */
    } else {
        run->program = program_start(run->election, run->path, run->arguments->program, environment, &run->inherited);
        if (run->program > 0) {
            enter(run, RUNNING, -1);
        } else {
            run->result = errno == ENOENT ? CLI_NOT_FOUND : CLI_NOT_RUNNABLE;
            give_back(run);
        }
    }
    program_environment_free(environment);
}

/* ---- Steps ---- */

/* True where the election is over without leadership. */
static bool is_over(const struct run *run)
{
    int state = leaderlife_election_state(run->election);

    return state == LEADERLIFE_STATE_FAILED || state == LEADERLIFE_STATE_LOST;
}

static int result_of_end(const struct run *run)
{
    return leaderlife_election_state(run->election) == LEADERLIFE_STATE_LOST ? CLI_LOST : CLI_TROUBLE;
}

static void step_waiting(struct run *run)
{
    bool stands_by = leaderlife_election_state(run->election) == LEADERLIFE_STATE_STANDBY &&
                     leaderlife_election_holder(run->election) != NULL;

    if (is_over(run)) {
        end(run, result_of_end(run));
    } else if (leaderlife_election_is_leader(run->election)) {
        stop_standby(run);
    } else if (now_ms() >= run->give_up_at) {
        say(TONE_ERROR, "not elected in the given time (--timeout)");
        end(run, CLI_TIMED_OUT);
    } else if (stands_by && !run->had_standby && argument_given(run->arguments, "on-standby")) {
        start_standby(run);
    }
}

static void kill_late(struct run *run)
{
    if (now_ms() < run->phase_at)
        return;
    if (!run->killed)
        say(TONE_WARNING, "it did not end at SIGTERM (--kill-after): SIGKILL");
    run->killed = true;
    signal_all(run, SIGKILL);
    run->phase_at = now_ms() + LOOK_AGAIN_MS;
}

static void step_yielding(struct run *run)
{
    if (run->had_standby && any_left(run)) {
        kill_late(run);
        return;
    }
    if (!run->ending && is_over(run)) /* lost while the standby program was ending */
        end(run, result_of_end(run));
    if (run->ending)
        give_back(run);
    else if (leaderlife_election_is_leader(run->election))
        lead(run);
}

static void step_running(struct run *run)
{
    if (leaderlife_election_is_leader(run->election))
        return;
    say(TONE_ERROR, "leadership is lost: stopping the program");
    run->result = CLI_LOST;
    enter(run, STOPPING, run->stop_ms);
    kill(run->program, SIGTERM);
}

static void step_stopping(struct run *run)
{
    if (now_ms() < run->phase_at || run->killed)
        return;
    say(TONE_WARNING, "it did not end at SIGTERM (--kill-after): SIGKILL");
    run->killed = true;
    run->phase_at = INT64_MAX;
    kill(run->program, SIGKILL);
}

static void step_clearing(struct run *run)
{
    if (any_left(run))
        kill_late(run);
    else
        give_back(run);
}

static void step_returning(struct run *run)
{
    int state = leaderlife_election_state(run->election);

    if (state == LEADERLIFE_STATE_CLOSED) {
        run->phase = DONE;
    } else if (now_ms() >= run->phase_at) {
        say(TONE_WARNING, "the lock could not be given back in 15 s; it is free when the pod ends");
        run->phase = DONE;
    }
}

void phase_step(struct run *run)
{
    enum phase before;

    do {
        before = run->phase;
        switch (run->phase) {
        case WAITING: step_waiting(run); break;
        case YIELDING: step_yielding(run); break;
        case RUNNING: step_running(run); break;
        case STOPPING: step_stopping(run); break;
        case CLEARING: step_clearing(run); break;
        case RETURNING: step_returning(run); break;
        case DONE: break;
        }
    } while (run->phase != before);
}

int64_t phase_deadline(const struct run *run)
{
    if (run->phase == WAITING)
        return run->give_up_at;
    if (run->phase == YIELDING || run->phase == CLEARING) { /* orphans may be given to us without a signal */
        int64_t again = now_ms() + LOOK_AGAIN_MS;
        return again < run->phase_at ? again : run->phase_at;
    }
    return run->phase_at;
}

/* ---- What happens ---- */

static bool ends_us(int signal)
{
    return signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

void phase_signal(struct run *run, int signal, bool from_terminal)
{
    pid_t target = run->phase == WAITING ? run->standby : run->program;

    switch (run->phase) {
    case RUNNING:
    case STOPPING:
        /* What a terminal sends to the foreground has reached the program already. */
        if (!from_terminal || getpgid(target) != getpgrp())
            kill(target, signal);
        break;
    case WAITING:
    case YIELDING:
        if (ends_us(signal))
            end(run, CLI_SIGNALED + signal);
        else if (target > 0 && !from_terminal)
            kill(target, signal);
        break;
    case RETURNING:
        if (ends_us(signal)) {
            say(TONE_WARNING, "the lock may not have been given back; it is free when the pod ends");
            run->phase = DONE;
        }
        break;
    case CLEARING:
    case DONE: break;
    }
}

void phase_child(struct run *run, pid_t pid, int status)
{
    int result = WIFSIGNALED(status) ? CLI_SIGNALED + WTERMSIG(status) : WEXITSTATUS(status);

    if (pid == run->standby) {
        run->standby = 0;
        if (run->phase == WAITING && !run->told.quiet)
            say(TONE_PLAIN, "the program of --on-standby has ended with status %d", result);
    } else if (pid == run->program) {
        run->program = 0;
        if (run->phase == RUNNING)
            run->result = result;
        clear(run);
    }
}
