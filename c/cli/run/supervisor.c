/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Supervises the program of `run`, phase by phase: waits for leadership, perhaps with a standby program; starts the
 * program, as a child or (--exec) in this process's place; when the program ends or leadership is lost, ends it and
 * what it has left behind, and only then releases the lock. Never blocks.
 */
#include "cli/run/supervisor.h"

#include "base/text.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    RELEASE_MS = 15000,
    REFUSED_MS = 3000,  /* the token of a deleted pod stays refused; any other may have been renewed by then */
    LOOK_AGAIN_MS = 50, /* for orphans that come late */
    SURELY_MS = 1000,   /* a free lock is taken sooner */
    SOON_MS = 5000,     /* who ends by itself then and leaves somebody behind meant to be a daemon */
    STAYING_MS = 5000   /* after KILL: somebody else's, or asleep in the kernel */
};

static void enter(struct run *run, enum phase phase, int64_t patience_ms)
{
    run->phase = phase;
    run->killed = false;
    run->urges = 0;
    run->phase_at = patience_ms < 0 ? NEVER : clock_ms() + patience_ms;
}

/* ---- What we started, and what was given to us of it ---- */

static void say_blind(struct run *run)
{
    if (run->told_blind || !children_are_hidden(&run->children))
        return;
    run->told_blind = true;
    log_say(TONE_WARNING, "this kernel does not list children: what the program leaves behind cannot be stopped%s",
            run->children.mixed ? "" : ", and the lock is kept until it has ended");
}

static bool any_left(const struct run *run)
{
    return run->standby > 0 || run->program > 0 || children_are_left(&run->children);
}

/* ---- The end ---- */

/* The sidecar trap: in a pod with several containers another one may be what works, also while this one is told to end,
 * and a lock that is released would make a second leader beside it. So nothing is released then, not even what an
 * earlier life of the pod has left: it is free when the pod ends (P4, P7), and a restarted container takes it up
 * again. */
static bool is_left_to_the_pod(const struct run *run)
{
    const char *backend = leaderlife_election_backend(run->election);
    const char *containers = leaderlife_election_detail(run->election, "pod-containers");

    if (argument_given(run->arguments, "release") || backend == NULL || strcmp(backend, "kubernetes") != 0)
        return false;
    return containers == NULL || strcmp(containers, "1") != 0;
}

static void release_lock(struct run *run)
{
    if (is_left_to_the_pod(run)) {
        if (leaderlife_election_is_leader(run->election) && !run->event_log.quiet)
            log_say(TONE_PLAIN,
                    "the lock stays with this pod until it ends: another of its containers may be what works "
                    "(if it is this program alone: --release)");
        run->phase = DONE;
        return;
    }
    enter(run, RELEASING, RELEASE_MS);
    run->event_log.refused = false;
    (void)leaderlife_election_close(run->election);
}

void supervisor_end(struct run *run, int result)
{
    run->result = result;
    run->ending = true;
    if (run->phase == WAITING)
        enter(run, YIELDING, run->stop_ms);
    else
        run->urges = 1; /* the next signal counts as the second */
}

/* ---- The beginning ---- */

/* The watchdog is a child of this process, but none of those that are to be stopped: if it is stopped, a new one is
 * started. */
static void note_watchdog(struct run *run)
{
    if (run->watchdog.pid > 0)
        children_except(&run->children, run->watchdog.pid);
    else
        log_say(TONE_WARNING,
                "there can be no watchdog now (pidfd_open or pidfd_send_signal forbidden by the container's seccomp "
                "profile, as by Docker's before 20.10; Linux before 5.3; or a limit of processes or "
                "descriptors): where this process is killed, the program may outlive the lock");
}

static void start_standby(struct run *run)
{
    const char *command = argument(run->arguments, "on-standby");
    char shell[] = SHELL, option[] = "-c";
    char *argv[] = {shell, option, (char *)(uintptr_t)command, NULL};
    char **environment = program_standby_environment();
    struct launch launch = {.path = shell, .argv = argv, .environment = environment};

    run->had_standby = true;
    run->standby = environment != NULL ? program_start(&launch, &run->process_state, &run->watchdog) : 0;
    if (run->standby < 0)
        run->standby = 0;
    if (run->standby > 0) {
        children_add(&run->children, run->standby);
        note_watchdog(run);
    }
    free(environment);
}

static void start_program(struct run *run, char **environment)
{
    struct launch launch = {.election = run->election,
                            .close = argument_given(run->arguments, "close"),
                            .path = run->path,
                            .argv = run->arguments->program,
                            .environment = environment};

    run->program = program_start(&launch, &run->process_state, &run->watchdog);
    if (run->program > 0) {
        run->begun_at = clock_ms();
        children_add(&run->children, run->program);
        note_watchdog(run);
        enter(run, RUNNING, -1);
    } else {
        run->result = -run->program;
        run->program = 0;
        release_lock(run);
    }
}

static void lead(struct run *run)
{
    char **environment = program_environment(run->election, run->arguments->lock);

    if (environment == NULL) {
        log_say(TONE_ERROR, "no memory for the program's environment");
        run->result = CLI_TROUBLE;
        release_lock(run);
        return;
    }
    if (run->in_place) {
        run->result =
            program_replace(run->election, run->path, run->arguments->program, environment, &run->process_state);
        run->phase = DONE; /* after prepare_exec only free is allowed */
    } else {
        start_program(run, environment);
    }
    program_environment_free(environment);
}

/* ---- Steps ---- */

/* True if the election has ended without leadership. */
static bool is_over(const struct run *run)
{
    int state = leaderlife_election_state(run->election);

    return state == LEADERLIFE_STATE_FAILED || state == LEADERLIFE_STATE_LOST;
}

static int result_of_end(const struct run *run)
{
    return leaderlife_election_state(run->election) == LEADERLIFE_STATE_LOST ? CLI_LOST : CLI_TROUBLE;
}

/* When the standby program is due: at once where it is known who leads, else when the waiting lasts (behind a sibling
 * in the same pod, say). */
static void note_standing(struct run *run)
{
    bool stands = leaderlife_election_state(run->election) == LEADERLIFE_STATE_STANDBY;

    if (run->had_standby || !argument_given(run->arguments, "on-standby"))
        return;
    if (!stands)
        run->standby_at = NEVER;
    else if (leaderlife_election_holder(run->election) != NULL)
        run->standby_at = clock_ms();
    else if (run->standby_at == NEVER)
        run->standby_at = clock_ms() + SURELY_MS;
}

static void step_waiting(struct run *run)
{
    note_standing(run);
    if (is_over(run)) {
        supervisor_end(run, result_of_end(run));
    } else if (leaderlife_election_is_leader(run->election)) {
        enter(run, YIELDING, run->stop_ms);
    } else if (clock_ms() >= run->give_up_at) {
        log_say(TONE_ERROR, "not elected in the given time (--timeout)");
        supervisor_end(run, CLI_TIMED_OUT);
    } else if (clock_ms() >= run->standby_at) {
        run->standby_at = NEVER;
        start_standby(run);
    }
}

static void say_killed(struct run *run)
{
    log_say(TONE_WARNING, "%s did not end at SIGTERM%s: SIGKILL",
            run->phase == YIELDING   ? "the program of --on-standby"
            : run->phase == STOPPING ? "the program"
                                     : "what the program has left behind",
            run->urges > 1 ? ", and another signal came" : " (--kill-after)");
    run->killed = true;
    run->phase_at = clock_ms() + STAYING_MS;
}

static void say_staying(struct run *run)
{
    pid_t who = run->program > 0 ? run->program : children_any(&run->children);
    char name[32] = "something";

    if (who > 0)
        text_format(name, sizeof name, "process %ld", (long)who);
    log_say(TONE_WARNING, "%s is still there after SIGKILL (another user's, or waiting for a disk?): the lock is kept",
            name);
    run->phase_at = NEVER;
}

/* Sends TERM to every child that has not had it. After the time for that, KILL to all, and again whenever one has
 * ended: a child that multiplies must not be faster. */
static void stop_all(struct run *run)
{
    bool late = clock_ms() >= run->phase_at;

    if (!run->killed && !late) {
        children_ask(&run->children);
        say_blind(run);
        return;
    }
    children_signal(&run->children, SIGKILL);
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
        supervisor_end(run, result_of_end(run));
    if (run->ending)
        release_lock(run);
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
    log_say(TONE_ERROR, "leadership is lost: stopping the program");
}

static void step_stopping(struct run *run)
{
    if (clock_ms() < run->phase_at)
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
        release_lock(run);
}

static void step_releasing(struct run *run)
{
    int state = leaderlife_election_state(run->election);

    if (run->event_log.refused && run->phase_at > clock_ms() + REFUSED_MS) {
        run->event_log.refused = false;
        run->phase_at = clock_ms() + REFUSED_MS;
    }
    if (state == LEADERLIFE_STATE_CLOSED) {
        run->phase = DONE;
    } else if (clock_ms() >= run->phase_at) {
        log_say(TONE_WARNING, "the lock could not be given back in time; it is free when the pod ends");
        run->phase = DONE;
    }
}

void supervisor_step(struct run *run)
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
        case RELEASING: step_releasing(run); break;
        case DONE: break;
        }
    } while (run->phase != before);
}

int64_t supervisor_deadline(const struct run *run)
{
    if (run->phase == WAITING)
        return run->standby_at < run->give_up_at ? run->standby_at : run->give_up_at;
    if (run->phase == YIELDING || run->phase == CLEARING) { /* orphans may be given to us without a signal */
        int64_t again = clock_ms() + LOOK_AGAIN_MS;
        return again < run->phase_at ? again : run->phase_at;
    }
    return run->phase_at;
}

/* ---- What happens ---- */

/* Makes a new watchdog, if somebody has killed it but not the program. */
static void watchdog_anew(struct run *run)
{
    bool leads = run->program > 0 && leaderlife_election_is_leader(run->election);

    if (run->program <= 0 && run->standby <= 0)
        return;
    watchdog_start(&run->watchdog, run->program > 0 ? run->program : run->standby, leads ? run->election : NULL);
    note_watchdog(run);
}

static void say_daemon(const struct run *run, int status)
{
    if (run->phase == RUNNING && WIFEXITED(status) && !run->told_to_end && clock_ms() - run->begun_at < SOON_MS &&
        children_are_left(&run->children))
        log_say(TONE_WARNING,
                "the program has ended at once and left processes behind, which are stopped now: if it becomes a "
                "daemon, start it in the foreground");
}

void supervisor_child_ended(struct run *run, pid_t pid, int status)
{
    int result = WIFSIGNALED(status) ? CLI_SIGNALED + WTERMSIG(status) : WEXITSTATUS(status);

    if (watchdog_reaped(&run->watchdog, pid))
        watchdog_anew(run);
    if (pid == run->standby) {
        run->standby = 0;
        watchdog_end(&run->watchdog);
        if (run->phase == WAITING && !run->event_log.quiet)
            log_say(TONE_PLAIN, "the program of --on-standby has ended with status %d", result);
    } else if (pid == run->program) {
        run->program = 0;
        watchdog_end(&run->watchdog);
        say_daemon(run, status);
        if (run->phase == RUNNING)
            run->result = result;
        enter(run, CLEARING, run->stop_ms);
    }
}
