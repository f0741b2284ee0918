/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays one story over and over, each time in a fork of its own and with another call that fails (the shim, which is
 * preloaded, and handles.py decide which):
 *
 *     driver embedded|server HANG_S NAME=VALUE... -- NAME=VALUE...
 *
 * The options are those of two candidates. For each line on stdin, the name of a lock, one play; on stdout what was
 * wrong, and then "ended STATUS", as waitpid(2) tells it.
 *
 * The story: one leads, another stands by, an observer looks on, somebody asks for a diagnosis; the first resigns, the
 * second leads; the first stands by anew; the second closes, and the first leads. Then all are freed, nothing may be
 * left open or allocated, and who comes then must lead.
 */
#include "torture/candidate.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* The shim's, where it is preloaded. */
size_t live_count(const void **ret_caller) __attribute__((weak));
void strike_end(void) __attribute__((weak));

enum { A, B, OBSERVER, ALL };

static struct candidate candidates[ALL] = {{.name = "a"}, {.name = "b"}, {.name = "observer"}};
static unsigned hang_s;
static bool embedded;

/* ---- The truth ---- */

/* Whether somebody holds the kernel's lock, by its name. */
static bool is_taken(const char *lock)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "leaderlife/%lu/%s",
                          (unsigned long)geteuid(), lock);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    bool taken = bind(fd, (struct sockaddr *)&address, size) != 0 && errno == EADDRINUSE;

    close(fd);
    return taken;
}

static void check_truth(void)
{
    int leaders = 0;

    for (int i = 0; i < ALL; i++)
        leaders += candidates[i].election != NULL && candidate_leads(&candidates[i]);
    if (leaders > 1)
        wrong(&candidates[A], "two lead");
    if (embedded && leaders == 1 && !is_taken(candidates[A].lock))
        wrong(&candidates[A], "one leads, and the lock is free");
}

/* ---- The loop ---- */

static struct {
    int candidate;
    int state;
} awaited;

/* The process waits in poll(), so that stdio is in nobody's hands. */
static void on_alarm(int number)
{
    (void)number;
    for (int i = 0; i < ALL; i++)
        printf("%s is %s (%s); ", candidates[i].name, leaderlife_state_name(candidates[i].shown),
               leaderlife_election_error_text(candidates[i].election));
    wrong(NULL, "hangs until %s is %s", candidates[awaited.candidate].name, leaderlife_state_name(awaited.state));
}

/* Waits for what happens, as a program does that only polls the descriptors: no timer but theirs. */
static void turn(void)
{
    struct pollfd fds[ALL];
    nfds_t count = 0;

    for (int i = 0; i < ALL; i++) {
        if (candidates[i].election == NULL)
            continue;
        fds[count] = (struct pollfd){.fd = leaderlife_election_fd(candidates[i].election), .events = POLLIN};
        if (fds[count++].fd < 0)
            wrong(&candidates[i], "has no descriptor");
    }
    (void)poll(fds, count, -1);
    for (int i = 0; i < ALL; i++) {
        if (candidates[i].election == NULL)
            continue;
        candidate_step(&candidates[i]);
        check_truth();
    }
}

static void await_state(int which, int state)
{
    alarm(hang_s);
    awaited.candidate = which;
    awaited.state = state;
    while (candidates[which].shown != state)
        turn();
}

static void end_by(int which, int (*call)(leaderlife_election *), int state)
{
    int status = call(candidates[which].election);

    if (status != LEADERLIFE_OK)
        wrong(&candidates[which], "the end gave %s", leaderlife_status_name(status));
    candidate_check(&candidates[which]);
    check_truth();
    await_state(which, state);
}

/* By the function that waits. */
static void become(struct candidate *candidate)
{
    int status;

    alarm(hang_s);
    candidate_new(candidate);
    while ((status = leaderlife_election_become(candidate->election, -1)) != LEADERLIFE_OK) {
        candidate_check(candidate);
        if (status == LEADERLIFE_EINTR)
            continue;
        if (status != LEADERLIFE_ENOMEM && status != LEADERLIFE_ESYSTEM && status != LEADERLIFE_ECONFIG)
            wrong(candidate, "become gave %s", leaderlife_status_name(status));
        if (candidate->shown != LEADERLIFE_STATE_FAILED) /* a wait that failed: it goes on */
            continue;
        candidate_free(candidate);
        candidate_new(candidate);
    }
    candidate_check(candidate);
    check_truth();
}

static void diagnose(const struct candidate *like)
{
    struct candidate asking = *like;
    int status;

    asking.name = "diagnosis";
    alarm(hang_s);
    candidate_new(&asking);
    status = leaderlife_election_diagnose(asking.election, -1);
    if (status == LEADERLIFE_EINVAL || status == LEADERLIFE_ESTATE || status == LEADERLIFE_EBUSY)
        wrong(&asking, "diagnose gave %s", leaderlife_status_name(status));
    candidate_check(&asking);
    candidate_free(&asking);
}

/* ---- What is left ---- */

static int count_open(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    while (folder != NULL && readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void check_left(int open_before)
{
    const void *caller = NULL;
    size_t left = live_count != NULL ? live_count(&caller) : 0;
    Dl_info about = {.dli_fname = ""};

    if (count_open() != open_before)
        wrong(NULL, "%d descriptors are left open", count_open() - open_before);
    if (left == 0)
        return;
    dladdr(caller, &about);
    wrong(NULL, "%zu allocations are left, one from %s+0x%lx", left, about.dli_fname,
          (unsigned long)((const char *)caller - (const char *)about.dli_fbase));
}

/* ---- The story ---- */

static void play(void)
{
    int open_before = count_open();

    become(&candidates[A]);
    candidate_start(&candidates[B]);
    await_state(B, LEADERLIFE_STATE_STANDBY);
    candidate_start(&candidates[OBSERVER]);
    await_state(OBSERVER, LEADERLIFE_STATE_STANDBY);
    diagnose(&candidates[B]);
    end_by(A, leaderlife_election_resign, LEADERLIFE_STATE_RESIGNED);
    await_state(B, LEADERLIFE_STATE_LEADER);
    candidate_free(&candidates[A]);
    candidate_start(&candidates[A]);
    await_state(A, LEADERLIFE_STATE_STANDBY);
    end_by(B, leaderlife_election_close, LEADERLIFE_STATE_CLOSED);
    await_state(A, LEADERLIFE_STATE_LEADER);
    end_by(OBSERVER, leaderlife_election_close, LEADERLIFE_STATE_CLOSED);
    end_by(A, leaderlife_election_close, LEADERLIFE_STATE_CLOSED);
    for (int i = 0; i < ALL; i++)
        candidate_free(&candidates[i]);
    check_left(open_before);
}

static void lead_once_more(void)
{
    if (strike_end != NULL)
        strike_end();
    become(&candidates[B]);
    end_by(B, leaderlife_election_close, LEADERLIFE_STATE_CLOSED);
    candidate_free(&candidates[B]);
}

static void play_in_fork(const char *lock)
{
    int status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        for (int i = 0; i < ALL; i++)
            candidates[i].lock = lock;
        play();
        lead_once_more();
        fflush(stdout);
        exit(0);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    printf("ended %d\n", child < 0 ? -1 : status);
    fflush(stdout);
}

/* ---- The command line ---- */

static void add(struct candidate *candidate, char *text)
{
    struct option *option = candidate->options;
    char *value = strchr(text, '=');

    while (option->name != NULL)
        option++;
    *value = '\0';
    *option = (struct option){.name = text, .value = value + 1};
}

int main(int argc, char **argv)
{
    static struct rlimit no_core;
    char line[300];
    int which = A;

    if (argc < 3)
        return 2;
    embedded = strcmp(argv[1], "embedded") == 0;
    hang_s = (unsigned)strtoul(argv[2], NULL, 10);
    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGALRM, on_alarm);
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            which = B;
        else
            add(&candidates[which], argv[i]);
    }
    memcpy(candidates[OBSERVER].options, candidates[B].options, sizeof candidates[B].options);
    add(&candidates[OBSERVER], strdup("mode=observe"));
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        play_in_fork(line);
    }
    return 0;
}
