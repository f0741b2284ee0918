/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting programs. The child of --watch dies with its parent, however that dies (PR_SET_PDEATHSIG, and a guard), and
 * inherits the descriptor of the kernel lock: the lock is not free before both are gone.
 */
#include "program.h"

#include "channel.h"
#include "cli.h"

#include "base/text.h"

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

extern char **environ;

/* ---- Environment ---- */

enum { OURS = 3 };

static bool is_ours(const char *variable)
{
    return strncmp(variable, "LEADERLIFE_LOCK=", 16) == 0 || strncmp(variable, "LEADERLIFE_TOKEN=", 17) == 0 ||
           strncmp(variable, "LEADERLIFE_HOLDER=", 18) == 0;
}

/* This environment without ours, behind so many free places. */
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

char **standby_environment(void)
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
        say(TONE_ERROR, "'%.200s' cannot be run: it is gone, or its loader or interpreter is missing", path);
    else
        say(TONE_ERROR, "'%.200s' cannot be run: %s", path, strerror(error));
    return error == ENOENT ? CLI_NOT_FOUND : CLI_NOT_RUNNABLE;
}

/* As execvp does it: what the kernel does not know to start is a script for the shell. Returns only with an errno. */
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
    made[0] = "/bin/sh";
    made[1] = path;
    for (size_t i = 1; i < count; i++)
        made[i + 1] = argv[i];
    return made;
}

/* As the kernel does it for who ignores SIGCHLD. */
static void reap_for(const struct inherited *inherited)
{
    while (inherited_reaps_by_itself(inherited) && waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

int program_replace(leaderlife_election *election, const char *path, char **argv, char **environment,
                    struct inherited *inherited)
{
    const char **shell_argv = for_shell(path, argv);

    if (shell_argv == NULL) {
        say(TONE_ERROR, "no memory to start the program");
        return CLI_TROUBLE;
    }
    inherited_fence(inherited);
    if (leaderlife_election_prepare_exec(election) != LEADERLIFE_OK) {
        say(TONE_ERROR, "%s", leaderlife_election_error_text(election));
        free(shell_argv);
        return leaderlife_election_is_leader(election) ? CLI_TROUBLE : CLI_LOST;
    }
    reap_for(inherited);
    inherited_give_back(inherited);
    int error = exec_program(path, argv, environment, shell_argv);
    inherited_ignore(inherited);
    free(shell_argv);
    return say_not_run(path, error);
}

/* ---- As a child ---- */

/* "LISTEN_PID=" and a number with a NUL. */
enum { LISTEN_PREFIX = 11, LISTEN_BYTES = 32 };

/* Everything that a child needs between fork and exec. */
struct start {
    leaderlife_election *election; /* NULL: no lock is inherited */
    const char *path;
    char **argv;
    char **environment;
    const char **shell_argv;
    const struct inherited *inherited;
    struct guard *guard;
    bool listens; /* descriptors that systemd passed to us are passed on: to that pid */
    char listen_pid[LISTEN_BYTES];
    int channel[2]; /* parent: a byte, go; child: its end is the exec, a number its failure */
};

/* Async-signal-safe. */
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

/* sd_listen_fds(3) looks whether LISTEN_PID is its own. */
static void pass_listening_on(struct start *start)
{
    text_format(start->listen_pid, sizeof start->listen_pid, "LISTEN_PID=%ld", (long)getpid());
    for (char **at = start->environment; *at != NULL; at++) {
        if (strcmp(*at, start->listen_pid) != 0)
            continue;
        *at = start->listen_pid;
        start->listens = true;
    }
}

/* The byte, or the parent's end. */
static bool may_go(int channel)
{
    char byte;

    return channel_read(channel, &byte, 1) == 1;
}

/* Only what is async-signal-safe. */
static _Noreturn void become_program(struct start *start)
{
    int error = 0;

    close(start->channel[0]);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        error = errno;
    if (!may_go(start->channel[1])) /* it died before we asked to die with it */
        _exit(CLI_TROUBLE);
    if (error == 0 && start->election != NULL && leaderlife_election_prepare_exec(start->election) != LEADERLIFE_OK)
        error = EBADF;
    if (error == 0) {
        if (start->listens)
            write_pid(start->listen_pid + LISTEN_PREFIX, getpid());
        inherited_give_back(start->inherited);
        error = exec_program(start->path, start->argv, start->environment, start->shell_argv);
    }
    if (write(start->channel[1], &error, sizeof error) < 0)
        _exit(CLI_TROUBLE);
    _exit(CLI_NOT_RUNNABLE);
}

static int say_no_start(const char *what, int error)
{
    say(TONE_ERROR, "cannot start a program: no %s: %s", what, strerror(error));
    return -CLI_TROUBLE;
}

/* 0 once it runs, else an errno. */
static int await_exec(const struct start *start)
{
    int error = 0;

    if (write(start->channel[0], "", 1) < 0)
        return 0; /* it has been killed: its end comes as any other */
    ssize_t got = channel_read(start->channel[0], &error, sizeof error);
    return got == 0 || (got < 0 && errno == ECONNRESET) ? 0 : error != 0 ? error : EIO;
}

static pid_t fork_program(struct start *start)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, start->channel) != 0)
        return say_no_start("socket pair", errno);
    pid_t child = fork();
    int error = errno;
    if (child == 0)
        become_program(start);
    close(start->channel[1]);
    if (child > 0) {
        guard_start(start->guard, child);
        error = await_exec(start);
    }
    close(start->channel[0]);
    if (child < 0)
        return say_no_start("process", error);
    if (error == 0)
        return child;
    waitpid(child, NULL, 0);
    guard_end(start->guard);
    return -say_not_run(start->path, error);
}

pid_t program_start(leaderlife_election *election, const char *path, char **argv, char **environment,
                    struct inherited *inherited, struct guard *guard)
{
    struct start start = {.election = election,
                          .path = path,
                          .argv = argv,
                          .environment = environment,
                          .shell_argv = for_shell(path, argv),
                          .inherited = inherited,
                          .guard = guard};
    pid_t child;

    if (start.shell_argv == NULL)
        return say_no_start("memory", ENOMEM);
    pass_listening_on(&start);
    inherited_fence(inherited);
    child = fork_program(&start);
    free(start.shell_argv);
    return child;
}
