/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child on the reactor: its output and its end, whatever the host program does with children, signals and standard
 * descriptors; how it is stopped; and that nothing of it is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANG_MS = 20000, ROOM = 1000 };

static struct reactor reactor;
static struct child child;
static char *no_environment[] = {NULL};

static int set_up(void **state)
{
    (void)state;
    child_init(&child, &reactor);
    return reactor_init(&reactor);
}

/* No descriptor, no child, no zombie. */
static int tear_down(void **state)
{
    (void)state;
    child_free(&child, false);
    reactor_free(&reactor);
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : -1;
}

static int start(const char *script)
{
    char shell[] = "/bin/sh";
    char option[] = "-c";
    char *copy = strdup(script);
    char *argv[] = {shell, option, copy, NULL};
    int error = child_start(&child, argv, no_environment, ROOM);

    free(copy);
    return error;
}

static void drive(void)
{
    while (child_is_running(&child)) {
        assert_true(reactor_wait(&reactor, HANG_MS) > 0 || errno == EINTR);
        reactor_poll(&reactor);
    }
}

static void run(const char *script)
{
    assert_int_equal(start(script), 0);
    drive();
}

static void ended(enum child_end end, int number, const char *output)
{
    assert_int_equal(child.end, end);
    assert_int_equal(child.number, number);
    assert_string_equal(child.bytes, output);
    assert_int_equal(child.size, strlen(output));
}

static void output_and_end(void **state)
{
    (void)state;
    run("printf 'one '; printf two");
    ended(CHILD_EXITED, 0, "one two");
    run("exit 7");
    ended(CHILD_EXITED, 7, "");
    run("printf x; kill -9 $$");
    ended(CHILD_SIGNALLED, SIGKILL, "x");
    child_wipe(&child);
    assert_null(child.bytes);
}

static void what_cannot_be_started(void **state)
{
    char *absent[] = {(char[]){"/nowhere/plugin"}, NULL};
    char *unknown[] = {(char[]){"leaderlife-no-such-plugin"}, NULL};
    char *folder[] = {(char[]){"/tmp/"}, NULL};

    (void)state;
    assert_int_equal(child_start(&child, absent, no_environment, ROOM), ENOENT);
    assert_int_equal(child_start(&child, unknown, no_environment, ROOM), ENOENT);
    assert_int_equal(child_start(&child, folder, no_environment, ROOM), EACCES);
    assert_false(child_is_running(&child));
}

static void a_bare_name_is_searched(void **state)
{
    char *argv[] = {(char[]){"echo"}, (char[]){"hello"}, NULL};

    (void)state;
    assert_int_equal(child_start(&child, argv, no_environment, ROOM), 0);
    drive();
    ended(CHILD_EXITED, 0, "hello\n");
}

static void too_much_is_stopped(void **state)
{
    (void)state;
    run("head -c 1000 /dev/zero | tr '\\0' x");
    assert_int_equal(child.size, ROOM);
    assert_false(child.too_much);
    run("while :; do printf 0123456789; done");
    assert_true(child.too_much);
    assert_string_equal(child.bytes, "");
    run("printf fine"); /* and is forgotten */
    assert_false(child.too_much);
    ended(CHILD_EXITED, 0, "fine");
}

/* What it left behind may have the pipe as long as it likes. */
static void a_grandchild_is_not_waited_for(void **state)
{
    int64_t began = clock_now();

    (void)state;
    run("sleep 30 & printf '%s' $!");
    assert_true(clock_now() - began < 10000);
    assert_int_equal(child.end, CHILD_EXITED);
    kill((pid_t)atoi(child.bytes), SIGKILL);
}

/* The end of the output is not yet the end. */
static void output_may_end_before(void **state)
{
    (void)state;
    run("printf early; exec >&-; sleep 0.2; exit 3");
    ended(CHILD_EXITED, 3, "early");
}

static void kill_ends_it(void **state)
{
    (void)state;
    assert_int_equal(start("exec sleep 60"), 0);
    child_kill(&child);
    drive();
    ended(CHILD_SIGNALLED, SIGKILL, "");
}

/* tear_down looks for a zombie. */
static void free_while_it_runs(void **state)
{
    int64_t began = clock_now();

    (void)state;
    assert_int_equal(start("trap '' TERM INT HUP; while :; do :; done"), 0);
    child_free(&child, false);
    assert_false(child_is_running(&child));
    assert_true(clock_now() - began < 5000);
}

static void it_begins_afresh(void **state)
{
    sigset_t blocked;
    sigset_t before;

    (void)state;
    signal(SIGUSR1, SIG_IGN);
    sigfillset(&blocked);
    sigprocmask(SIG_SETMASK, &blocked, &before);
    run("grep ^SigBlk /proc/self/status; cat; ls -l /proc/self/fd/0 | grep -c /dev/null; kill -USR1 $$; echo alive");
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGUSR1, SIG_DFL);
    ended(CHILD_SIGNALLED, SIGUSR1, "SigBlk:\t0000000000000000\n1\n");
}

/* In a program without standard descriptors the pipe has their numbers. */
static void without_standard_descriptors(void **state)
{
    int saved_in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 20);
    int saved_out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 20);
    int error;

    (void)state;
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    error = start("cat; printf 'seen'");
    dup2(saved_out, 31);
    while (error == 0 && child_is_running(&child) && reactor_wait(&reactor, HANG_MS) > 0)
        reactor_poll(&reactor);
    dup2(saved_in, STDIN_FILENO);
    dup2(saved_out, STDOUT_FILENO);
    close(saved_in);
    close(saved_out);
    close(31);
    assert_int_equal(error, 0);
    ended(CHILD_EXITED, 0, "seen");
}

/* ---- Host programs that reap ---- */

static void with_children_ignored(void **state)
{
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    for (int i = 0; i < 50; i++) { /* some are over before they can be looked at */
        run("printf gone");
        ended(CHILD_GONE, 0, "gone");
    }
    assert_int_equal(start("exec sleep 60"), 0);
    child_free(&child, false);
    signal(SIGCHLD, SIG_DFL);
}

static volatile sig_atomic_t reaped;

static void reap_all(int number)
{
    int saved = errno;

    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        reaped++;
    errno = saved;
}

static void with_a_handler_that_reaps(void **state)
{
    struct sigaction action = {.sa_handler = reap_all};
    struct sigaction before;

    (void)state;
    sigaction(SIGCHLD, &action, &before);
    for (int i = 0; i < 50; i++) {
        run("printf gone; exit 1");
        assert_string_equal(child.bytes, "gone");
        assert_true(child.end == CHILD_GONE || child.number == 1);
    }
    assert_true(reaped > 0);
    assert_int_equal(start("exec sleep 60"), 0);
    child_free(&child, false);
    sigaction(SIGCHLD, &before, NULL);
}

/* Nobody else's child is taken. */
static void others_are_left(void **state)
{
    int status = 0;
    pid_t other = fork();

    (void)state;
    if (other == 0)
        _exit(9);
    run("printf mine");
    assert_int_equal(start("exec sleep 60"), 0);
    child_free(&child, false);
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(WEXITSTATUS(status), 9);
}

/* ---- When the host program has closed its descriptors ---- */

/* Another process's pidfd has the number: that one is neither ended nor waited for, and ours is given up. */
static void a_pidfd_that_is_anothers_by_now(void **state)
{
    pid_t other = fork();
    int fd;
    int others;

    (void)state;
    if (other == 0) {
        pause();
        _exit(0);
    }
    others = (int)syscall(SYS_pidfd_open, other, 0);
    assert_true(others >= 0);
    assert_int_equal(start("sleep 0.3"), 0);
    fd = child.process.fd;
    assert_int_equal(dup2(others, fd), fd);
    child_kill(&child);
    child_check(&child);
    assert_false(child_is_running(&child));
    assert_int_equal(child.end, CHILD_GONE);
    child_free(&child, false);
    assert_int_equal(waitpid(other, NULL, WNOHANG), 0);
    assert_int_equal(kill(other, SIGKILL), 0);
    assert_int_equal(waitpid(other, NULL, 0), other);
    assert_true(waitpid(-1, NULL, 0) > 0); /* ours, which nobody reaps now */
    assert_int_equal(close(fd), 0);
    close(others);
}

/* Bytes of somebody else's stay where they are. */
static void an_output_that_is_anothers_by_now(void **state)
{
    char bytes[8] = "";
    int ends[2];
    int fd;

    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "theirs", 6), 6);
    assert_int_equal(start("trap '' PIPE; printf ours 2>/dev/null; exit 0"), 0);
    fd = child.output.fd;
    assert_int_equal(dup2(ends[0], fd), fd);
    drive();
    ended(CHILD_EXITED, 0, "");
    assert_int_equal(read(fd, bytes, sizeof bytes), 6);
    assert_int_equal(close(fd), 0);
    close(ends[0]);
    close(ends[1]);
}

/* ---- Fork ---- */

static int descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        closedir(folder);
    return count;
}

static void a_forked_child_only_closes(void **state)
{
    int status = -1;
    pid_t copy;

    (void)state;
    assert_int_equal(start("sleep 0.3; printf all"), 0);
    copy = fork();
    if (copy == 0) {
        int before = descriptors();

        child_free(&child, true);
        _exit(before - descriptors() == 2 ? 0 : 1);
    }
    assert_int_equal(waitpid(copy, &status, 0), copy);
    assert_int_equal(status, 0);
    drive();
    ended(CHILD_EXITED, 0, "all");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(output_and_end),
        TEST(what_cannot_be_started),
        TEST(a_bare_name_is_searched),
        TEST(too_much_is_stopped),
        TEST(a_grandchild_is_not_waited_for),
        TEST(output_may_end_before),
        TEST(kill_ends_it),
        TEST(free_while_it_runs),
        TEST(it_begins_afresh),
        TEST(without_standard_descriptors),
        TEST(with_children_ignored),
        TEST(with_a_handler_that_reaps),
        TEST(others_are_left),
        TEST(a_pidfd_that_is_anothers_by_now),
        TEST(an_output_that_is_anothers_by_now),
        TEST(a_forked_child_only_closes),
    };

    return cmocka_run_group_tests_name("unit_child", tests, NULL, NULL);
}
