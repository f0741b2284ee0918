/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of `run` as a sequence of phases: waiting, perhaps with a standby program; then the program, in this process's
 * place or (--watch) as its child; its end, the end of what it left behind, and only then the lock is given back. Must not
 * wait.
 */
#include "run.h"

#include "base/text.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    RETURN_MS = 15000,
    LOOK_AGAIN_MS = 50, /* for orphans that come late */
    SURELY_MS = 1000,   /* a free lock is taken sooner */
    STAYING_MS = 5000   /* after KILL: somebody else's, or asleep in the kernel */
};

static void enter(struct run *run, enum phase phase, int64_t patience_ms)
{
    run->phase = phase;
    run->killed = false;
    run->urges = 0;
    run->phase_at = patience_ms < 0 ? INT64_MAX : now_ms() + patience_ms;
}

/* ---- What we started, and what was given to us of it ---- */

static void say_blind(struct run *run)
{
    if (run->told_blind || !family_is_blind(&run->family))
        return;
    run->told_blind = true;
    say(TONE_WARNING, "this kernel does not list children: what the program leaves behind cannot be stopped%s",
        run->family.mixed ? "" : ", and the lock is kept until it has ended");
}

static bool any_left(const struct run *run)
{
    return run->standby > 0 || run->program > 0 || family_is_left(&run->family);
}

/* ---- The end ---- */

static void give_back(struct run *run)
{
    enter(run, RETURNING, RETURN_MS);
    (void)leaderlife_election_close(run->election);
}

/* Before the program was started. */
static void end(struct run *run, int result)
{
    run->result = result;
    run->ending = true;
    if (run->phase == WAITING)
        enter(run, YIELDING, run->stop_ms);
    else
        run->urges = 1; /* it has been asked already */
}

/* ---- The beginning ---- */

static void start_standby(struct run *run)
{
    const char *command = argument(run->arguments, "on-standby");
    char shell[] = "/bin/sh", option[] = "-c";
    char *argv[] = {shell, option, (char *)(uintptr_t)command, NULL};
    char **environment = standby_environment();

    run->had_standby = true;
    run->standby =
        environment != NULL ? program_start(NULL, shell, argv, environment, &run->inherited, &run->guard) : 0;
    if (run->standby < 0)
        run->standby = 0;
    if (run->standby > 0)
        family_add(&run->family, run->standby);
    free(environment);
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
        run->program =
            program_start(run->election, run->path, run->arguments->program, environment, &run->inherited, &run->guard);
        if (run->program > 0) {
            family_add(&run->family, run->program);
            enter(run, RUNNING, -1);
        } else {
            run->result = -run->program;
            run->program = 0;
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

/* When the standby program is due: at once where it is known who leads, else when the waiting lasts (behind a sibling in the
 * same pod, say). */
static void note_standing(struct run *run)
{
    bool stands = leaderlife_election_state(run->election) == LEADERLIFE_STATE_STANDBY;

    if (run->had_standby || !argument_given(run->arguments, "on-standby"))
        return;
    if (!stands)
        run->standby_at = INT64_MAX;
    else if (leaderlife_election_holder(run->election) != NULL)
        run->standby_at = now_ms();
    else if (run->standby_at == INT64_MAX)
        run->standby_at = now_ms() + SURELY_MS;
}

static void step_waiting(struct run *run)
{
    note_standing(run);
    if (is_over(run)) {
        end(run, result_of_end(run));
    } else if (leaderlife_election_is_leader(run->election)) {
        enter(run, YIELDING, run->stop_ms);
    } else if (now_ms() >= run->give_up_at) {
        say(TONE_ERROR, "not elected in the given time (--timeout)");
        end(run, CLI_TIMED_OUT);
    } else if (now_ms() >= run->standby_at) {
        run->standby_at = INT64_MAX;
        start_standby(run);
    }
}

static void say_killed(struct run *run)
{
    say(TONE_WARNING, "%s did not end at SIGTERM%s: SIGKILL",
        run->phase == YIELDING   ? "the program of --on-standby"
        : run->phase == STOPPING ? "the program"
                                 : "what the program has left behind",
        run->urges > 1 ? ", and another signal came" : " (--kill-after)");
    run->killed = true;
    run->phase_at = now_ms() + STAYING_MS;
}

static void say_staying(struct run *run)
{
    pid_t who = run->program > 0 ? run->program : family_member(&run->family);
    char name[32] = "something";

    if (who > 0)
        text_format(name, sizeof name, "process %ld", (long)who);
    say(TONE_WARNING, "%s is still there after SIGKILL (another user's, or waiting for a disk?): the lock is kept",
        name);
    run->phase_at = INT64_MAX;
}

/* TERM for whoever has not had it, KILL for all when the patience is over, and again whenever one has ended: one that
 * multiplies must not be faster. */
static void stop_all(struct run *run)
{
    bool late = now_ms() >= run->phase_at;

    if (!run->killed && !late) {
        family_ask(&run->family);
        say_blind(run);
        return;
    }
    family_signal(&run->family, SIGKILL);
    if (!run->killed)
        say_killed(run);
    else if (late)
        say_staying(run);
}

static void step_yielding(struct run *run)
{
    if (run->had_standby && any_left(run)) {
        stop_all(run);
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
    kill(run->program, SIGTERM);
    kill(run->program, SIGCONT);
    run->result = CLI_LOST;
    enter(run, STOPPING, run->stop_ms);
    say(TONE_ERROR, "leadership is lost: stopping the program");
}

static void step_stopping(struct run *run)
{
    if (now_ms() < run->phase_at)
        return;
    kill(run->program, SIGKILL);
    if (run->killed)
        say_staying(run);
    else
        say_killed(run);
}

static void step_clearing(struct run *run)
{
    if (any_left(run))
        stop_all(run);
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
        return run->standby_at < run->give_up_at ? run->standby_at : run->give_up_at;
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

/* The first one is passed on, the second ends the patience. */
static void urge(struct run *run, int signal)
{
    if (run->urges++ == 0)
        family_signal(&run->family, signal);
    else if (!run->killed)
        run->phase_at = now_ms();
}

/* What the kernel sends to the foreground of a terminal has reached the program already. */
static bool has_got(pid_t target, int signal, bool from_kernel)
{
    bool hangup = signal == SIGHUP && getsid(0) != getpid(); /* the session's leader gets that alone */

    return from_kernel && (hangup || signal == SIGINT || signal == SIGQUIT || signal == SIGWINCH) &&
           getpgid(target) == getpgrp();
}

static void signal_waiting(struct run *run, int signal, bool from_kernel)
{
    if (!ends_us(signal)) {
        if (run->standby > 0 && !has_got(run->standby, signal, from_kernel))
            kill(run->standby, signal);
        return;
    }
    if (run->ending)
        urge(run, signal);
    else
        end(run, CLI_SIGNALED + signal);
}

void phase_signal(struct run *run, int signal, bool from_kernel)
{
    switch (run->phase) {
    case RUNNING:
    case STOPPING:
        if (!has_got(run->program, signal, from_kernel))
            kill(run->program, signal);
        break;
    case WAITING:
    case YIELDING: signal_waiting(run, signal, from_kernel); break;
    case RETURNING:
        if (ends_us(signal)) {
            say(TONE_WARNING, "the lock may not have been given back; it is free when the pod ends");
            run->phase = DONE;
        }
        break;
    case CLEARING:
        if (ends_us(signal))
            urge(run, signal);
        break;
    case DONE: break;
    }
}

void phase_child(struct run *run, pid_t pid, int status)
{
    int result = WIFSIGNALED(status) ? CLI_SIGNALED + WTERMSIG(status) : WEXITSTATUS(status);

    guard_reaped(&run->guard, pid);
    if (pid == run->standby) {
        run->standby = 0;
        guard_end(&run->guard);
        if (run->phase == WAITING && !run->told.quiet)
            say(TONE_PLAIN, "the program of --on-standby has ended with status %d", result);
    } else if (pid == run->program) {
        run->program = 0;
        guard_end(&run->guard);
        if (run->phase == RUNNING)
            run->result = result;
        enter(run, CLEARING, run->stop_ms);
    }
}
