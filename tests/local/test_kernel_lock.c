/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel lock: what the design measured, held to by tests, so that a kernel that behaves otherwise is noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "io/process.h"
#include "local/kernel_lock_fixture.h"

#include <fcntl.h>
#include <stdlib.h>

static void assert_hangs_up(int fd)
{
    struct pollfd wait_for = {.fd = fd, .events = POLLRDHUP};

    assert_int_equal(poll(&wait_for, 1, HANG_MS), 1);
    assert_true(kernel_lock_has_hung_up(fd));
}

/* ---- Names ---- */

static void short_names_are_readable(void **state)
{
    (void)state;
    kernel_lock_make_name(&name, "leaderlife", "1000", "my-operator");
    assert_string_equal(name.bytes, "leaderlife/1000/my-operator");
}

/* The boundary between a name as it is and a hashed one; what a hashed one looks like is promised to other versions. */
static void long_names_are_hashed(void **state)
{
    enum { PREFIX = sizeof "leaderlife/0/" - 1 };
    char lock[KLOCK_NAME_MAX + 2];
    char expected[KLOCK_NAME_MAX + 16];
    struct kernel_lock_name other;
    char whole[256];

    (void)state;
    memset(lock, 'a', sizeof lock);
    lock[KLOCK_NAME_MAX - PREFIX] = '\0';
    kernel_lock_make_name(&name, "leaderlife", "0", lock);
    assert_int_equal(strlen(name.bytes), KLOCK_NAME_MAX);
    snprintf(expected, sizeof expected, "leaderlife/0/%s", lock);
    assert_string_equal(name.bytes, expected);

    lock[KLOCK_NAME_MAX - PREFIX] = 'b';
    lock[KLOCK_NAME_MAX - PREFIX + 1] = '\0';
    kernel_lock_make_name(&name, "leaderlife", "0", lock);
    assert_int_equal(strlen(name.bytes), KLOCK_NAME_MAX);
    snprintf(whole, sizeof whole, "leaderlife/0/%s", lock);
    snprintf(expected, sizeof expected, "%.90s~%016llx", whole, (unsigned long long)text_hash(whole));
    assert_string_equal(name.bytes, expected);

    lock[KLOCK_NAME_MAX - PREFIX] = 'c'; /* only the cut part differs */
    kernel_lock_make_name(&other, "leaderlife", "0", lock);
    assert_string_not_equal(name.bytes, other.bytes);
}

static void the_longest_lock_name_can_be_held(void **state)
{
    char lock[TEXT_LOCK_MAX + 1];
    int fd;

    (void)state;
    memset(lock, 'a', TEXT_LOCK_MAX);
    lock[TEXT_LOCK_MAX] = '\0';
    snprintf(lock, sizeof lock, "%s", fresh_lock_name());
    memset(lock + strlen(lock), 'a', TEXT_LOCK_MAX - strlen(lock));
    kernel_lock_make_name(&name, "leaderlife-pod", "0a1b2c3d000040008000000000000000", lock);
    assert_int_equal(kernel_lock_acquire(&name, &fd), 0);
    assert_int_equal(is_listening(&name), 1);
    close(fd);
}

/* ---- Holding and waiting ---- */

static void one_holds_it(void **state)
{
    int first;
    int second = -7;

    (void)state;
    assert_refused();
    assert_int_equal(kernel_lock_acquire(&name, &first), 0);
    assert_int_equal(kernel_lock_acquire(&name, &second), EADDRINUSE);
    assert_int_equal(second, -7);
    close(first);
    assert_int_equal(kernel_lock_acquire(&name, &second), 0);
    close(second);
    assert_refused();
}

static void descriptors_do_not_block_nor_survive_exec(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(kernel_lock_acquire(&name, &fds[0]), 0);
    fds[1] = connect_to_holder();
    for (int i = 0; i < 2; i++) {
        assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
        assert_true(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
    }
    assert_int_equal(kernel_lock_keep_on_exec(fds[0]), 0);
    assert_false(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(kernel_lock_keep_on_exec(fds[0]), EBADF);
}

static void every_waiter_is_told_of_the_end(void **state)
{
    enum { WAITERS = 50 };
    int holder;
    int waiters[WAITERS];

    (void)state;
    assert_int_equal(kernel_lock_acquire(&name, &holder), 0);
    for (int i = 0; i < WAITERS; i++)
        waiters[i] = connect_to_holder();
    for (int i = 0; i < WAITERS; i++)
        assert_false(kernel_lock_has_hung_up(waiters[i]));
    close(holder);
    for (int i = 0; i < WAITERS; i++) {
        assert_hangs_up(waiters[i]);
        close(waiters[i]);
    }
}

static void the_holder_is_named(void **state)
{
    pid_t child = start_holder(&name, geteuid());
    struct kernel_lock_peer peer;
    int fd;

    (void)state;
    assert_int_equal(kernel_lock_wait(&name, &fd, &peer), 0);
    assert_int_equal(peer.pid, child);
    assert_int_equal(peer.uid, geteuid());
    close(fd);
    kill_child(child);
}

static void a_killed_holder_frees_it(void **state)
{
    pid_t child = start_holder(&name, geteuid());
    int waiter = connect_to_holder();
    int holder;

    (void)state;
    assert_int_equal(kernel_lock_acquire(&name, &holder), EADDRINUSE);
    assert_false(kernel_lock_has_hung_up(waiter));
    kill_child(child);
    assert_hangs_up(waiter);
    assert_int_equal(kernel_lock_acquire(&name, &holder), 0);
    close(holder);
    close(waiter);
}

/* The window between bind and listen: taken, and refused. */
static void bound_but_not_listening(void **state)
{
    int raw = bind_raw(&name, -1);
    int fd;

    (void)state;
    assert_true(raw >= 0);
    assert_int_equal(kernel_lock_acquire(&name, &fd), EADDRINUSE);
    assert_refused();
    assert_int_equal(is_listening(&name), 0);
    assert_int_equal(is_bound(&name), 1);
    assert_int_equal(listen(raw, 1), 0);
    close(connect_to_holder());
    close(raw);
}

static void a_full_queue(void **state)
{
    int raw = bind_raw(&name, 0);
    struct kernel_lock_peer peer;
    int waiter;
    int fd;

    (void)state;
    assert_true(raw >= 0);
    waiter = connect_to_holder();
    assert_int_equal(kernel_lock_wait(&name, &fd, &peer), EAGAIN);
    close(waiter); /* a probe that went away still fills it */
    assert_int_equal(kernel_lock_wait(&name, &fd, &peer), EAGAIN);
    assert_int_equal(is_listening(&name), 1);
    close(raw);
    assert_refused();
}

/* listen(INT_MAX) is cut to net.core.somaxconn: the queue of a real holder has an end too. */
static void the_queue_of_a_holder_has_an_end(void **state)
{
    struct kernel_lock_peer peer;
    int holder;
    int fd;

    (void)state;
    assert_int_equal(kernel_lock_acquire(&name, &holder), 0);
    fd = connect_to_holder();
    if (!fill_queue(&name)) {
        print_message("SKIPPED: net.core.somaxconn is so large that the queue does not fill\n");
        close(fd);
        close(holder);
        skip();
    }
    assert_int_equal(kernel_lock_wait(&name, &(int){0}, &peer), EAGAIN);
    assert_false(kernel_lock_has_hung_up(fd));
    assert_int_equal(kernel_lock_release(&name, holder), 0); /* found out without a connection */
    assert_hangs_up(fd);
    close(fd);
}

/* ---- Others ---- */

static void a_foreign_user_is_named(void **state)
{
    struct kernel_lock_peer peer;
    pid_t child;
    int fd;

    (void)state;
    if (geteuid() != 0) {
        print_message("SKIPPED: only root can start a process of another user\n");
        skip();
    }
    child = start_holder(&name, NOBODY);
    assert_int_equal(kernel_lock_wait(&name, &fd, &peer), 0);
    assert_int_equal(peer.pid, child);
    assert_int_equal(peer.uid, NOBODY);
    close(fd);
    kill_child(child);
}

/* A connection in the queue has the path of its listener, names that begin alike are others, and so is a socket that is
 * bound only. */
static void proc_net_unix_tells_who_listens(void **state)
{
    struct kernel_lock_name longer;
    struct kernel_lock_name shorter = name;
    int holder;
    int waiter;

    (void)state;
    shorter.bytes[strlen(shorter.bytes) - 1] = '\0';
    text_format(longer.bytes, sizeof longer.bytes, "%s0", name.bytes);
    assert_int_equal(is_listening(&name), 0);
    assert_int_equal(kernel_lock_acquire(&name, &holder), 0);
    waiter = connect_to_holder();
    assert_int_equal(is_listening(&name), 1);
    assert_int_equal(is_listening(&longer), 0);
    assert_int_equal(is_listening(&shorter), 0);
    close(holder);
    assert_int_equal(is_listening(&name), 0);
    assert_int_equal(is_bound(&name), 0);
    close(waiter);
}

static void names_of_processes(void **state)
{
    char own[64];
    char command[64];
    char cut[4];
    pid_t child;

    (void)state;
    assert_int_equal(prctl(PR_SET_NAME, "a\nb c", 0, 0, 0), 0);
    process_command(getpid(), own, sizeof own);
    assert_string_equal(own, "a"); /* the kernel escapes nothing: all behind a line end is left out */
    assert_int_equal(prctl(PR_SET_NAME, "test_klock", 0, 0, 0), 0);
    process_command(getpid(), own, sizeof own);
    assert_string_equal(own, "test_klock");
    process_command(getpid(), cut, sizeof cut);
    assert_string_equal(cut, "tes");

    child = fork_child();
    if (child == 0)
        _exit(0);
    kill_child(child);
    process_command(child, command, sizeof command); /* gone */
    assert_string_equal(command, "");
    process_command(0, command, sizeof command);
    assert_string_equal(command, "");
    process_command(-1, command, sizeof command);
    assert_string_equal(command, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(short_names_are_readable, set_up),
        cmocka_unit_test_setup(long_names_are_hashed, set_up),
        cmocka_unit_test_setup(the_longest_lock_name_can_be_held, set_up),
        cmocka_unit_test_setup(one_holds_it, set_up),
        cmocka_unit_test_setup(descriptors_do_not_block_nor_survive_exec, set_up),
        cmocka_unit_test_setup(every_waiter_is_told_of_the_end, set_up),
        cmocka_unit_test_setup(the_holder_is_named, set_up),
        cmocka_unit_test_setup(a_killed_holder_frees_it, set_up),
        cmocka_unit_test_setup(bound_but_not_listening, set_up),
        cmocka_unit_test_setup(a_full_queue, set_up),
        cmocka_unit_test_setup(the_queue_of_a_holder_has_an_end, set_up),
        cmocka_unit_test_setup(a_foreign_user_is_named, set_up),
        cmocka_unit_test_setup(proc_net_unix_tells_who_listens, set_up),
        cmocka_unit_test_setup(names_of_processes, set_up),
    };

    return cmocka_run_group_tests_name("local_kernel_lock", tests, NULL, NULL);
}
