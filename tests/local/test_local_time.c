/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P11 across time namespaces: whatever they shift, a later leader's token is greater. Real namespaces, and a /proc of
 * our own for what a kernel would have to say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "local/world.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

#define AN_HOUR_NS (3600 * INT64_C(1000000000))

enum { IMPOSSIBLE = 77 };

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return good;
}

/* The children of the caller will have their clock of the boot that many seconds later. */
static void shift_children(const char *seconds)
{
    char text[64];

    snprintf(text, sizeof text, "boottime %s 0\n", seconds);
    if (unshare(CLONE_NEWTIME) != 0 || !write_file("/proc/self/timens_offsets", text))
        _exit(IMPOSSIBLE);
}

/* ---- A leader in a process of its own: how it gets there, and what it says ---- */

struct said {
    enum outcome outcome;
    int status;
    char text[TEXT_MESSAGE];
    char token[TEXT_VERSION];
};

static void lead(int writer)
{
    struct said said = {.outcome = OUTCOME_RETRY};
    struct fact fact = {.kind = FACT_NONE};

    world.backend->ops->submit(world.backend, &(struct command){.kind = COMMAND_CREATE_LOCK, .number = 1});
    while (fact.kind != FACT_ANSWER && world.backend->ops->next_fact(world.backend, &fact))
        ;
    said.outcome = fact.outcome;
    said.status = fact.status;
    text_copy(said.text, sizeof said.text, fact.text);
    text_copy(said.token, sizeof said.token, fact.lock.version);
    _exit(write(writer, &said, sizeof said) == (ssize_t)sizeof said ? 0 : 1);
}

/* go() calls lead() in the process and namespace that it is about. */
static struct said lead_by(void (*go)(int writer))
{
    struct said said;
    int ends[2];
    int status;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork_child();
    if (child == 0)
        go(ends[1]);
    close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == IMPOSSIBLE) {
        print_message("SKIPPED: this needs root, and a kernel with time and mount namespaces\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(read(ends[0], &said, sizeof said), sizeof said);
    close(ends[0]);
    return said;
}

/* In a child of the caller, whose end it takes over. */
static void go_on_in_child(void (*go)(int writer), int writer)
{
    pid_t child = fork_child();
    int status = 0;

    if (child == 0)
        go(writer);
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
        _exit(1);
    _exit(WEXITSTATUS(status));
}

static void earlier(int writer)
{
    shift_children("-60");
    go_on_in_child(lead, writer);
}

static void much_later(int writer)
{
    shift_children("1000000");
    go_on_in_child(lead, writer);
}

/* It is where it was; the file tells of its children's namespace. */
static void unshared_only(int writer)
{
    shift_children("1000000");
    lead(writer);
}

static void unshare_and_lead(int writer)
{
    shift_children("2000000");
    lead(writer);
}

static void unshared_again(int writer)
{
    shift_children("1000000");
    go_on_in_child(unshare_and_lead, writer);
}

static void unshare_when_told(int writer)
{
    char byte;

    shift_children("2000000");
    if (read(STDIN_FILENO, &byte, 1) != 1)
        _exit(1);
    lead(writer);
}

/* Nothing tells how far its namespace is shifted: not its own file, nor its parent's, which has gone elsewhere too. */
static void unshared_on_both_sides(int writer)
{
    int ends[2];
    int status = 0;
    pid_t child;

    shift_children("1000000");
    if (pipe(ends) != 0 || dup2(ends[0], STDIN_FILENO) < 0)
        _exit(1);
    child = fork_child();
    if (child == 0)
        unshare_when_told(writer);
    shift_children("3000000");
    if (write(ends[1], "g", 1) != 1 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        _exit(1);
    _exit(WEXITSTATUS(status));
}

static int64_t token_of(struct said said)
{
    assert_int_equal(said.outcome, OUTCOME_OK);
    return strtoll(said.token, NULL, 10);
}

/* ---- Real namespaces ---- */

static void tokens_grow_across_time_namespaces(void **state)
{
    static void (*const places[])(int) = {lead,       earlier,       lead, much_later,     lead,   earlier,
                                          much_later, unshared_only, lead, unshared_again, earlier};
    int64_t first = 0;
    int64_t last = 0;

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int64_t token = token_of(lead_by(places[i]));

        first = i == 0 ? token : first;
        if (token <= last || token > first + AN_HOUR_NS)
            fail_msg("leader %zu has token %lld, after %lld", i, (long long)token, (long long)last);
        last = token;
    }
}

static void assert_does_not_lead(struct said said, const char *words)
{
    assert_int_equal(said.outcome, OUTCOME_PERMANENT);
    assert_int_equal(said.status, LEADERLIFE_ESYSTEM);
    assert_contains(said.text, "/proc/self/timens_offsets");
    assert_contains(said.text, words);
    assert_int_equal(is_bound(&world.name), 0);
}

static void who_cannot_know_the_shift_does_not_lead(void **state)
{
    (void)state;
    assert_does_not_lead(lead_by(unshared_on_both_sides), "it tells of the namespace of this process's children");
}

/* ---- What the file may say ---- */

static const char *offsets; /* of the namespace that the process seems to be in */

static void lead_with_offsets(int writer)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/proc", "tmpfs", 0, NULL) != 0)
        _exit(IMPOSSIBLE);
    if (mkdir("/proc/self", 0755) != 0 || mkdir("/proc/self/ns", 0755) != 0 || !write_file("/proc/self/ns/time", "") ||
        link("/proc/self/ns/time", "/proc/self/ns/time_for_children") != 0 ||
        (offsets && !write_file("/proc/self/timens_offsets", offsets)))
        _exit(1);
    lead(writer);
}

static int64_t boot_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void the_shift_is_taken_out(void **state)
{
    static const struct {
        const char *text;
        int64_t shift;
    } cases[] = {
        {"monotonic           0         0\nboottime            0         0\n", 0},
        {"monotonic          -7         3\nboottime       -86400         5\n", INT64_C(-86400000000000) + 5},
        {"monotonic           0         0\nboottime           10 999999999\n", INT64_C(10999999999)},
        {"1 5 0\n7 -100 0\n", INT64_C(-100000000000)}, /* Linux 5.6 */
        {"realtime 5 0\nboottime 1 0\n", 1000000000},  /* what is to come */
        {"boottime 1 0", 1000000000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t before = boot_time();

        offsets = cases[i].text;
        int64_t token = token_of(lead_by(lead_with_offsets));
        assert_true(token >= before - cases[i].shift && token <= boot_time() - cases[i].shift);
    }
}

static void a_file_that_is_not_understood_ends_it(void **state)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "rubbish\n",
                                        "monotonic 0 0\n",
                                        "boottime\n",
                                        "boottime 5\n",
                                        "boottime x 0\n",
                                        "boottime 5 1000000000\n",
                                        "boottime 5 -1\n",
                                        "boottime 9223372036854775807 0\n",
                                        "boottime -9223372036854775808 0\n",
                                        "boottime 99999999999999999999999 0\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        offsets = texts[i];
        assert_does_not_lead(lead_by(lead_with_offsets), "it is malformed");
    }
    offsets = NULL;
    assert_does_not_lead(lead_by(lead_with_offsets), "No such file");
}

/* As after chroot(2): most such programs are in no time namespace. */
static void lead_without_proc(int writer)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/proc", "tmpfs", 0, NULL) != 0)
        _exit(IMPOSSIBLE);
    lead(writer);
}

static void without_proc_the_clock_is_as_it_is(void **state)
{
    int64_t before = boot_time();

    (void)state;
    int64_t token = token_of(lead_by(lead_without_proc));
    assert_true(token >= before && token <= boot_time());
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(tokens_grow_across_time_namespaces),
        WITH_WORLD(who_cannot_know_the_shift_does_not_lead),
        WITH_WORLD(the_shift_is_taken_out),
        WITH_WORLD(a_file_that_is_not_understood_ends_it),
        WITH_WORLD(without_proc_the_clock_is_as_it_is),
    };

    return cmocka_run_group_tests_name("local_time", tests, NULL, NULL);
}
