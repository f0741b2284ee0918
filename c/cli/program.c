/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting programs. The child of --watch dies with its parent, however that dies (PR_SET_PDEATHSIG), and inherits the
 * descriptor of the kernel lock: the lock is not free before both are gone.
 */
#include "program.h"

#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- Signals ---- */

int signals_take(struct inherited *inherited)
{
    static const int taken[] = {SIGTERM, SIGINT,  SIGHUP,   SIGQUIT, SIGUSR1,
                                SIGUSR2, SIGCONT, SIGWINCH, SIGALRM, SIGCHLD};
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        sigaddset(&set, taken[i]);
    sigprocmask(SIG_BLOCK, &set, &inherited->mask);
    sigaction(SIGCHLD, &action, &inherited->child); /* ignored, it would hide how children ended */
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, &inherited->pipe);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        say(TONE_ERROR, "cannot take signals from a descriptor: %s", strerror(errno));
    return fd;
}

/* Async-signal-safe. */
static void give_signals_back(const struct inherited *inherited)
{
    sigaction(SIGCHLD, &inherited->child, NULL);
    sigaction(SIGPIPE, &inherited->pipe, NULL);
    sigprocmask(SIG_SETMASK, &inherited->mask, NULL);
}

/* ---- Finding ---- */

/* 0, or the errno that tells why it cannot be run. */
static int unfit(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return errno;
    if (S_ISDIR(info.st_mode))
        return EISDIR;
    return access(path, X_OK) == 0 ? 0 : errno;
}

static int say_unfit(const char *name, int error)
{
    if (error == ENOENT || error == ENOTDIR) {
        say(TONE_ERROR, "there is no program '%.200s'%s", name,
            strchr(name, '/') != NULL ? "" : " in the folders of PATH; correct its name, or give its path");
        return CLI_NOT_FOUND;
    }
    say(TONE_ERROR, "the program '%.200s' cannot be run: %s", name, strerror(error));
    return CLI_NOT_RUNNABLE;
}

int program_find(const char *name, char **ret_path)
{
    const char *folders = getenv("PATH");
    int worst = ENOENT;

    if (strchr(name, '/') != NULL) {
        int error = unfit(name);

        *ret_path = error == 0 ? strdup(name) : NULL;
        return error != 0 ? say_unfit(name, error) : *ret_path != NULL ? CLI_OK : CLI_TROUBLE;
    }
    for (const char *at = folders != NULL ? folders : "/usr/local/bin:/bin:/usr/bin"; name[0] != '\0';) {
        size_t length = strcspn(at, ":");
        char *path = NULL;

        if (asprintf(&path, "%.*s%s%s", (int)length, at, length > 0 ? "/" : "./", name) < 0)
            return CLI_TROUBLE;
        int error = unfit(path);
        if (error == 0) {
            *ret_path = path;
            return CLI_OK;
        }
        free(path);
        if (error == EACCES || error == EISDIR)
            worst = error;
        if (at[length] == '\0')
            break;
        at += length + 1;
    }
    return say_unfit(name, worst);
}

/* ---- Environment ---- */

enum { OURS = 3 };

static bool is_ours(const char *variable)
{
    return strncmp(variable, "LEADERLIFE_LOCK=", 16) == 0 || strncmp(variable, "LEADERLIFE_TOKEN=", 17) == 0 ||
           strncmp(variable, "LEADERLIFE_HOLDER=", 18) == 0;
}

char **program_environment(const leaderlife_election *election, const char *lock)
{
    const char *token = leaderlife_election_token(election);
    const char *holder = leaderlife_election_holder(election);
    size_t count = 0;

    while (environ[count] != NULL)
        count++;
    char **environment = calloc(count + OURS + 1, sizeof *environment);
    if (environment == NULL)
        return NULL;
    char **at = environment + OURS;
    for (size_t i = 0; i < count; i++)
        if (!is_ours(environ[i]))
            *at++ = environ[i];
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
        say(TONE_ERROR, "'%.200s' cannot be run: it is gone, or the interpreter in its first line is missing", path);
    else
        say(TONE_ERROR, "'%.200s' cannot be run: %s", path, strerror(error));
    return error == ENOENT ? CLI_NOT_FOUND : CLI_NOT_RUNNABLE;
}

int program_replace(leaderlife_election *election, const char *path, char **argv, char **environment,
                    const struct inherited *inherited)
{
    if (leaderlife_election_prepare_exec(election) != LEADERLIFE_OK) {
        say(TONE_ERROR, "%s", leaderlife_election_error_text(election));
        return leaderlife_election_is_leader(election) ? CLI_TROUBLE : CLI_LOST;
    }
    (void)prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
    give_signals_back(inherited);
    execve(path, argv, environment);
    return say_not_run(path, errno);
}

/* Between fork and exec: only what is async-signal-safe. */
static _Noreturn void become_program(leaderlife_election *election, pid_t parent, int report, const char *path,
                                     char **argv, char **environment, const struct inherited *inherited)
{
    int error = 0;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        error = errno;
    if (getppid() != parent) /* it died before we asked to die with it */
        _exit(CLI_TROUBLE);
    if (error == 0 && election != NULL && leaderlife_election_prepare_exec(election) != LEADERLIFE_OK)
        error = EBADF;
    if (error == 0) {
        give_signals_back(inherited);
        execve(path, argv, environment);
        error = errno;
    }
    if (write(report, &error, sizeof error) < 0)
        _exit(CLI_TROUBLE);
    _exit(CLI_NOT_RUNNABLE);
}

pid_t program_start(leaderlife_election *election, const char *path, char **argv, char **environment,
                    const struct inherited *inherited)
{
    int pipes[2];
    int error = 0;

    if (pipe2(pipes, O_CLOEXEC) != 0) {
        say(TONE_ERROR, "cannot make a pipe: %s", strerror(errno));
        return -1;
    }
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        become_program(election, parent, pipes[1], path, argv, environment, inherited);
    if (child < 0)
        error = errno;
    close(pipes[1]);
    /* The end of the pipe is the exec; a number is its failure. */
    ssize_t got = 0;
    while (child > 0 && (got = read(pipes[0], &error, sizeof error)) < 0 && errno == EINTR)
        ;
    close(pipes[0]);
    if (child > 0 && error == 0 && got == 0)
        return child;
    if (child > 0)
        waitpid(child, NULL, 0);
    (void)say_not_run(path, error != 0 ? error : EIO);
    errno = error;
    return -1;
}

/* ---- What they leave behind ---- */

bool children_signal(int signal)
{
    char path[64];
    long pid = 0;
    bool any = false;

    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    FILE *list = fopen(path, "re");
    if (list == NULL)
        return false;
    while (fscanf(list, "%ld", &pid) == 1) {
        any = true;
        if (pid > 1 && signal != 0)
            kill((pid_t)pid, signal);
    }
    fclose(list);
    return any;
}
