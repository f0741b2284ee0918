/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting programs. The child of --watch dies with its parent, however that dies (PR_SET_PDEATHSIG), and inherits the
 * descriptor of the kernel lock: the lock is not free before both are gone.
 */
#include "program.h"

#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
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

int program_replace(leaderlife_election *election, const char *path, char **argv, char **environment,
                    const struct inherited *inherited)
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
    inherited_give_back(inherited);
    int error = exec_program(path, argv, environment, shell_argv);
    free(shell_argv);
    signal(SIGPIPE, SIG_IGN);
    return say_not_run(path, error);
}

/* Everything that a child needs between fork and exec. */
struct start {
    leaderlife_election *election; /* NULL: no lock is inherited */
    const char *path;
    char **argv;
    char **environment;
    const char **shell_argv;
    const struct inherited *inherited;
    int pipes[2]; /* the end of the pipe is the exec; a number is its failure */
};

/* Only what is async-signal-safe. */
static _Noreturn void become_program(const struct start *start)
{
    struct pollfd parent = {.fd = start->pipes[1]};
    int error = 0;

    close(start->pipes[0]);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        error = errno;
    if (poll(&parent, 1, 0) != 0) /* nobody reads: the parent died before we asked to die with it */
        _exit(CLI_TROUBLE);
    if (error == 0 && start->election != NULL && leaderlife_election_prepare_exec(start->election) != LEADERLIFE_OK)
        error = EBADF;
    if (error == 0) {
        inherited_give_back(start->inherited);
        error = exec_program(start->path, start->argv, start->environment, start->shell_argv);
    }
    if (write(start->pipes[1], &error, sizeof error) < 0)
        _exit(CLI_TROUBLE);
    _exit(CLI_NOT_RUNNABLE);
}

static int say_no_start(const char *what, int error)
{
    say(TONE_ERROR, "cannot start a program: no %s: %s", what, strerror(error));
    return -CLI_TROUBLE;
}

static pid_t fork_program(struct start *start)
{
    int error = 0;
    ssize_t got = 0;

    if (pipe2(start->pipes, O_CLOEXEC) != 0)
        return say_no_start("pipe", errno);
    pid_t child = fork();
    if (child == 0)
        become_program(start);
    if (child < 0)
        error = errno;
    close(start->pipes[1]);
    while (child > 0 && (got = read(start->pipes[0], &error, sizeof error)) < 0 && errno == EINTR)
        ;
    close(start->pipes[0]);
    if (child < 0)
        return say_no_start("process", error);
    if (error == 0 && got == 0)
        return child;
    waitpid(child, NULL, 0);
    return -say_not_run(start->path, error != 0 ? error : EIO);
}

pid_t program_start(leaderlife_election *election, const char *path, char **argv, char **environment,
                    const struct inherited *inherited)
{
    struct start start = {.election = election,
                          .path = path,
                          .argv = argv,
                          .environment = environment,
                          .shell_argv = for_shell(path, argv),
                          .inherited = inherited};
    pid_t child;

    if (start.shell_argv == NULL)
        return say_no_start("memory", ENOMEM);
    inherited_fence(inherited);
    child = fork_program(&start);
    free(start.shell_argv);
    return child;
}
