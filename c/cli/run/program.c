/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts programs. A child dies with its parent, however that dies (PR_SET_PDEATHSIG, and a watchdog). It inherits
 * the descriptor of the kernel lock, or with --close only the watchdog does: the lock is not free before parent and
 * child are gone.
 */
#include "cli/run/program.h"

#include "base/text.h"
#include "cli/cli.h"
#include "cli/run/read_retry.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Environment ---- */

enum { OURS = 3 };

static bool is_ours(const char *variable)
{
    return strncmp(variable, "LEADERLIFE_LOCK=", 16) == 0 || strncmp(variable, "LEADERLIFE_TOKEN=", 17) == 0 ||
           strncmp(variable, "LEADERLIFE_HOLDER=", 18) == 0;
}

/* A copy of this environment without our own variables, behind so many free places. */
static char **environment_behind(size_t places)
{
    size_t count = 0;

    while (environ[count] != NULL)
        count++;
    char **environment = calloc(count + places + 1, sizeof *environment);
    if (environment == NULL)
        return NULL;
    char **at = environment + places;
    for (size_t i = 0; i < count; i++)
        if (!is_ours(environ[i]))
            *at++ = environ[i];
    return environment;
}

char **program_standby_environment(void)
{
    return environment_behind(0);
}

char **program_environment(const leaderlife_election *election, const char *lock)
{
    const char *token = leaderlife_election_token(election);
    const char *holder = leaderlife_election_holder(election);
    char **environment = environment_behind(OURS);

    if (environment == NULL)
        return NULL;
    if (asprintf(&environment[0], "LEADERLIFE_LOCK=%s", lock) < 0)
        environment[0] = NULL;
    if (asprintf(&environment[1], "LEADERLIFE_TOKEN=%s", token != NULL ? token : "") < 0)
        environment[1] = NULL;
    if (asprintf(&environment[2], "LEADERLIFE_HOLDER=%s", holder != NULL ? holder : "") < 0)
        environment[2] = NULL;
    if (environment[0] != NULL && environment[1] != NULL && environment[2] != NULL)
        return environment;
    program_environment_free(environment);
    return NULL;
}

void program_environment_free(char **environment)
{
    for (int i = 0; environment != NULL && i < OURS; i++)
        free(environment[i]);
    free(environment);
}

/* ---- Starting ---- */

static int say_not_run(const char *path, int error)
{
    if (error == ENOENT)
        log_say(TONE_ERROR, "'%.200s' cannot be run: it is gone, or its loader or interpreter is missing", path);
    else if (error == ENOEXEC && access(SHELL, X_OK) != 0)
        log_say(TONE_ERROR,
                "'%.200s' cannot be run: it is no program for this processor, and there is no " SHELL
                " to run it as a script; name its interpreter in its first line, or take an image that has a shell",
                path);
    else
        log_say(TONE_ERROR, "'%.200s' cannot be run: %s", path, strerror(error));
    return error == ENOENT ? CLI_NOT_FOUND : CLI_NOT_RUNNABLE;
}

/* Like execvp: what the kernel cannot start is taken for a script of the shell. Returns only if it fails, with an
 * errno. */
static int exec_program(const char *path, char **argv, char **environment, const char **shell_argv)
{
    execve(path, argv, environment);
    if (errno != ENOEXEC)
        return errno;
    execve(shell_argv[0], (char **)(uintptr_t)shell_argv, environment);
    return ENOEXEC;
}

/* "/bin/sh path arguments"; NULL without memory. */
static const char **for_shell(const char *path, char **argv)
{
    size_t count = 0;

    while (argv[count] != NULL)
        count++;
    const char **made = calloc(count + 2, sizeof *made);
    if (made == NULL)
        return NULL;
    made[0] = SHELL;
    made[1] = path;
    for (size_t i = 1; i < count; i++)
        made[i + 1] = argv[i];
    return made;
}

int program_replace(leaderlife_election *election, const char *path, char **argv, char **environment,
                    struct process_state *process_state)
{
    const char **shell_argv = for_shell(path, argv);

    if (shell_argv == NULL) {
        log_say(TONE_ERROR, "no memory to start the program");
        return CLI_TROUBLE;
    }
    process_state_fence(process_state);
    if (leaderlife_election_prepare_exec(election) != LEADERLIFE_OK) {
        log_say(TONE_ERROR, "%s", leaderlife_election_error_text(election));
        free(shell_argv);
        return leaderlife_election_is_leader(election) ? CLI_TROUBLE : CLI_LOST;
    }
    process_state_restore(process_state);
    int error = exec_program(path, argv, environment, shell_argv);
    process_state_ignore(process_state);
    free(shell_argv);
    return say_not_run(path, error);
}

/* ---- As a child ---- */

/* "LISTEN_PID=" and a number with a NUL. */
enum { LISTEN_PREFIX = 11, LISTEN_BYTES = 32 };

/* Everything that a child needs between fork and exec. */
struct start {
    const struct launch *launch;
    const char **shell_argv;
    const struct process_state *process_state;
    struct watchdog *watchdog;
    bool listens; /* descriptors that systemd passed to us are passed on: to that pid */
    char listen_pid[LISTEN_BYTES];
    int channel[2]; /* parent: a byte, go; child: its end is the exec, a number its failure */
};

/* Async-signal-safe, as snprintf is not. */
static void write_pid(char *target, pid_t pid)
{
    char digits[LISTEN_BYTES - LISTEN_PREFIX];
    size_t count = 0;

    for (; pid > 0; pid /= 10)
        digits[count++] = (char)('0' + pid % 10);
    while (count > 0)
        *target++ = digits[--count];
    *target = '\0';
}

/* If LISTEN_PID has this process's number, the program's takes its place: sd_listen_fds(3) refuses any other. */
static void pass_listening_on(struct start *start)
{
    text_format(start->listen_pid, sizeof start->listen_pid, "LISTEN_PID=%ld", (long)getpid());
    for (char **at = start->launch->environment; *at != NULL; at++) {
        if (strcmp(*at, start->listen_pid) != 0)
            continue;
        *at = start->listen_pid;
        start->listens = true;
    }
}

/* Waits for the parent: true if it sends the byte, false if it has ended or closed the channel. */
static bool may_go(int channel)
{
    char byte;

    return channel_read(channel, &byte, 1) == 1;
}

/* Calls async-signal-safe functions only. */
static _Noreturn void become_program(struct start *start)
{
    const struct launch *launch = start->launch;
    bool inherits = launch->election != NULL && !launch->close;
    int error = 0;

    close(start->channel[0]);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        error = errno;
    if (!may_go(start->channel[1])) /* the parent has ended before we asked to die with it, or has no watchdog */
        _exit(CLI_TROUBLE);
    if (error == 0 && inherits && leaderlife_election_prepare_exec(launch->election) != LEADERLIFE_OK)
        error = EBADF;
    if (error == 0) {
        if (start->listens)
            write_pid(start->listen_pid + LISTEN_PREFIX, getpid());
        process_state_restore(start->process_state);
        error = exec_program(launch->path, launch->argv, launch->environment, start->shell_argv);
    }
    if (write(start->channel[1], &error, sizeof error) < 0)
        _exit(CLI_TROUBLE);
    _exit(CLI_NOT_RUNNABLE);
}

static int say_no_start(const char *what, int error)
{
    log_say(TONE_ERROR, "cannot start a program: no %s: %s", what, strerror(error));
    return -CLI_TROUBLE;
}

/* 0 once it runs, else an errno. */
static int await_exec(const struct start *start)
{
    int error = 0;

    if (write(start->channel[0], "", 1) < 0)
        return 0; /* the child has been killed: its end is noticed as any other's */
    ssize_t got = channel_read(start->channel[0], &error, sizeof error);
    return got == 0 || (got < 0 && errno == ECONNRESET) ? 0 : error != 0 ? error : EIO;
}

/* Starts the watchdog, also if this is process 1: its end ends the child too, but the lock would be free a moment
 * before. False if the program must not start, because nobody would hold the lock for it. */
static bool set_watchdog(const struct start *start, pid_t child)
{
    watchdog_start(start->watchdog, child, start->launch->election);
    return start->watchdog->pid > 0 || start->launch->election == NULL || !start->launch->close;
}

static pid_t say_no_watchdog(void)
{
    log_say(TONE_ERROR,
            "cannot start a program with --close: no process can be made that holds the lock for it (pidfd_open or "
            "pidfd_send_signal forbidden by the container's seccomp profile, as by Docker's before 20.10; Linux before "
            "5.3; or a limit of processes or descriptors); leave --close out, or mend that");
    return -CLI_TROUBLE;
}

static pid_t fork_program(struct start *start)
{
    bool watched = false;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, start->channel) != 0)
        return say_no_start("socket pair", errno);
    pid_t child = fork();
    int error = errno;
    if (child == 0)
        become_program(start);
    close(start->channel[1]);
    if (child > 0) {
        watched = set_watchdog(start, child);
        error = watched ? await_exec(start) : 0;
    }
    close(start->channel[0]); /* without a watchdog the child waits for leave, and gets none */
    if (child < 0)
        return say_no_start("process", error);
    if (watched && error == 0)
        return child;
    waitpid(child, NULL, 0);
    watchdog_end(start->watchdog);
    return watched ? -say_not_run(start->launch->path, error) : say_no_watchdog();
}

pid_t program_start(const struct launch *launch, struct process_state *process_state, struct watchdog *watchdog)
{
    struct start start = {.launch = launch,
                          .shell_argv = for_shell(launch->path, launch->argv),
                          .process_state = process_state,
                          .watchdog = watchdog};

    if (start.shell_argv == NULL)
        return say_no_start("memory", ENOMEM);
    pass_listening_on(&start);
    process_state_fence(process_state);
    pid_t child = fork_program(&start);
    free(start.shell_argv);
    return child;
}
