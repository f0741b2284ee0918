/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Containers whose seccomp profile is older than a system call: a credential plugin that cannot be watched is stopped
 * and reaped, and the blame is the profile's, not the plugin's. Each in a process of its own, for a filter stays.
 */
#include "endpoint_fixture.h"

#include "kubernetes/config/exec_plugin.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum { ONE_STILL_THERE = 99 };

static struct endpoint endpoint;

/* From now on that call fails so, in this process and all that it starts. */
static bool forbid(long call, int error)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof steps / sizeof steps[0], .filter = steps};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* In a process of its own: the status, and the text by the pipe. The plugin would run for a minute. */
static int try_plugin(long call, int error, int out)
{
    struct reactor reactor;
    struct exec_plugin plugin;

    exec_plugin_init(&plugin, &reactor);
    if (reactor_init(&reactor) != 0 || !forbid(call, error))
        return 1;
    exec_plugin_start(&plugin, &endpoint, 20000, clock_now());
    if (exec_plugin_is_running(&plugin) || plugin.child.output.fd >= 0 || plugin.child.bytes != NULL)
        return 2;
    if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
        return ONE_STILL_THERE;
    if (write(out, plugin.text, strlen(plugin.text)) < 0)
        return 3;
    exec_plugin_free(&plugin, false);
    reactor_free(&reactor);
    return -plugin.status;
}

/* Of the plugin. */
static int refused_so(long call, int error)
{
    int ends[2];
    int status = -1;
    ssize_t length;
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0)
        _exit(try_plugin(call, error, ends[1]));
    close(ends[1]);
    length = read(ends[0], message, sizeof message - 1);
    message[length > 0 ? length : 0] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

static void load_plugin(void)
{
    assert_int_equal(chmod(put("plugin", "#!/bin/sh\nexec sleep 60\n"), 0700), 0);
    const char *path = put_kubeconfig("https://h:1", "exec: {apiVersion: client.authentication.k8s.io/v1, "
                                                     "interactiveMode: Never, command: ./plugin}");
    assert_int_equal(load(&endpoint, SET({"kubeconfig", path})), LEADERLIFE_OK);
}

static void the_profile_is_named_and_not_the_plugin(void **state)
{
    static const struct {
        long call;
        int error;
        const char *cause;
    } rows[] = {
        {SYS_pidfd_open, EPERM, "very likely the seccomp profile of this container forbids them"},
        {SYS_pidfd_open, ENOSYS, "the kernel is older than Linux 5.4, or the seccomp profile"},
        {SYS_pidfd_open, EACCES, "very likely the seccomp profile of this container forbids them"},
        {SYS_pidfd_send_signal, EPERM, "very likely the seccomp profile of this container forbids them"},
        {SYS_pidfd_send_signal, ENOSYS, "the kernel is older than Linux 5.4, or the seccomp profile"},
    };

    (void)state;
    load_plugin();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(refused_so(rows[i].call, rows[i].error), LEADERLIFE_ENOTSUP);
        assert_text(message, HAS("credential plugin", "is not run", "pidfd_open", strerror(rows[i].error),
                                 rows[i].cause, "Docker before 20.10", "update the container runtime", "token-file"));
        assert_null(strstr(message, "install it"));
    }
    endpoint_clear(&endpoint);
}

/* No process can be started at all: which call that takes is the C library's matter. */
static void a_process_that_cannot_be_started(void **state)
{
    (void)state;
    load_plugin();
    assert_int_equal(refused_so(SYS_execve, EPERM), LEADERLIFE_EAUTH);
    assert_text(message, HAS("cannot be run", "Operation not permitted", "seccomp profile", "token-file"));
    assert_null(strstr(message, "install it"));
    endpoint_clear(&endpoint);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_profile_is_named_and_not_the_plugin),
        TEST(a_process_that_cannot_be_started),
    };

    return cmocka_run_group_tests_name("unit_seccomp", tests, NULL, NULL);
}
