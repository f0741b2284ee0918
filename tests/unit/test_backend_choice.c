/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an election takes place, by what options, environment, files and mounts show. Who lacks some of it, because the
 * environment was cleaned, or the program has file capabilities, is never sent to this machine's lock inside a pod.
 */
#include "files_fixture.h"

#include "backend/backend_choice.h"
#include "backend/environment.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { NO_NAMESPACE = 77 /* a child's exit status */ };

struct setting {
    const char *name;
    const char *value;
};

struct row {
    const char *variables[6]; /* "NAME=VALUE" */
    struct setting options[4];
    bool directory; /* the service account's is there */
    int source;     /* -1: refused */
    const char *parts[4];
};

static char message[TEXT_MESSAGE];
static const char *program; /* its path */

static void clear_environment(void)
{
    static const char *const names[] = {
        "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "POD_NAME", "POD_UID", "POD_NAMESPACE"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

/* -1: refused, and `message` says why. */
static int choose_at(const char *directory, const struct setting *settings, struct backend_choice *ret)
{
    struct options options = {0};

    set_option(&options, "x-service-account-dir", directory);
    for (; settings != NULL && settings->name != NULL; settings++)
        set_option(&options, settings->name, settings->value);
    message[0] = '\0';
    int status = backend_choose(ret, &options, message, sizeof message);
    options_free(&options);
    if (status != LEADERLIFE_OK)
        assert_int_equal(status, LEADERLIFE_ECONFIG);
    return status == LEADERLIFE_OK ? (int)ret->source : -1;
}

static void choose(const struct row *row)
{
    struct backend_choice choice = {0};

    clear_environment();
    for (size_t i = 0; row->variables[i] != NULL; i++)
        assert_int_equal(putenv((char *)(uintptr_t)row->variables[i]), 0);
    int source = choose_at(row->directory ? folder : path_of("nowhere"), row->options, &choice);
    if (source != row->source)
        fail_msg("%d, not %d: %s%s", source, row->source, choice.reason != NULL ? choice.reason : "", message);
    for (size_t i = 0; row->parts[i] != NULL; i++)
        assert_has(source < 0 ? message : choice.reason, row->parts[i]);
    clear_environment();
}

#define HOST "KUBERNETES_SERVICE_HOST=10.0.0.1"
#define CONFIG "KUBECONFIG=/a"
#define NAME "POD_NAME=a"
#define UID "POD_UID=b"
#define KUBERNETES {"backend", "kubernetes"}

static void the_order(void **state)
{
    static const struct row rows[] = {
        {{NULL}, {{NULL}}, false, BACKEND_LOCAL, {"no sign of Kubernetes"}},
        {{"KUBERNETES_SERVICE_HOST=", "KUBECONFIG=", NULL}, {{NULL}}, false, BACKEND_LOCAL, {NULL}},
        {{HOST}, {{"backend", "local"}}, true, BACKEND_LOCAL, {"option backend"}},
        {{HOST}, {{NULL}}, true, BACKEND_SERVICE_ACCOUNT, {"KUBERNETES_SERVICE_HOST"}},
        {{HOST}, {{NULL}}, false, BACKEND_SERVICE_ACCOUNT, {NULL}}, /* which lacks its files, and says so */
        {{HOST, CONFIG, NAME, UID}, {{NULL}}, true, BACKEND_SERVICE_ACCOUNT, {NULL}},
        {{HOST, CONFIG, NAME, UID}, {{NULL}}, false, BACKEND_KUBECONFIG_VARIABLE, {NULL}},
        {{HOST, CONFIG}, {{NULL}}, false, BACKEND_SERVICE_ACCOUNT, {NULL}},
        {{HOST}, {{"kubeconfig", "/b"}}, true, BACKEND_KUBECONFIG_OPTION, {NULL}},
        {{CONFIG, NAME, UID}, {{NULL}}, true, BACKEND_KUBECONFIG_VARIABLE, {"kubeconfig"}},
        {{CONFIG, NAME, UID}, {{"kubeconfig", "/b"}}, false, BACKEND_KUBECONFIG_OPTION, {NULL}},
        {{CONFIG}, {{"mode", "observe"}}, false, BACKEND_KUBECONFIG_VARIABLE, {NULL}},
        {{CONFIG}, {{"pod-name", "a"}, {"pod-uid", "b"}}, false, BACKEND_KUBECONFIG_VARIABLE, {NULL}},
        {{NULL}, {{NULL}}, true, BACKEND_SERVICE_ACCOUNT_ALONE, {"directory"}},
        {{NULL}, {{"mode", "observe"}}, true, BACKEND_SERVICE_ACCOUNT_ALONE, {NULL}},
        {{CONFIG, NAME}, {{NULL}}, true, BACKEND_SERVICE_ACCOUNT_ALONE, {NULL}},
        {{NAME, UID}, {{NULL}}, true, BACKEND_SERVICE_ACCOUNT_ALONE, {NULL}},
        {{NULL}, {{"server", "https://a"}, {"token-file", "/t"}}, false, BACKEND_OPTIONS, {"server"}},
        {{NULL}, {{"server", "https://a"}, {"token-file", "/t"}}, true, BACKEND_OPTIONS, {NULL}},
        {{NULL}, {{"server", "https://a"}}, true, BACKEND_SERVICE_ACCOUNT_ALONE, {NULL}},
        {{NULL}, {KUBERNETES}, false, BACKEND_OPTIONS, {"option backend"}},
        {{NULL}, {KUBERNETES}, true, BACKEND_SERVICE_ACCOUNT_ALONE, {"option backend"}},
        {{CONFIG}, {KUBERNETES}, false, BACKEND_KUBECONFIG_VARIABLE, {NULL}},
        {{CONFIG, HOST}, {KUBERNETES}, true, BACKEND_SERVICE_ACCOUNT, {NULL}},
        {{NULL}, {KUBERNETES, {"kubeconfig", "/b"}}, false, BACKEND_KUBECONFIG_OPTION, {NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        choose(&rows[i]);
}

static void half_a_way_is_no_way(void **state)
{
    static const struct row rows[] = {
        {{CONFIG}, {{NULL}}, false, -1, {"missing: POD_NAME POD_UID", "outside of a pod", "'local'"}},
        {{NAME, UID}, {{NULL}}, false, -1, {"missing: KUBECONFIG)"}},
        {{NULL}, {{"kubeconfig", "/b"}}, false, -1, {"missing: POD_NAME POD_UID"}},
        {{NULL}, {{"namespace", "a"}}, false, -1, {"option namespace is for Kubernetes"}},
        {{NULL}, {{"server", "https://a"}}, false, -1, {"option server is for Kubernetes", "token-file"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        choose(&rows[i]);
}

/* Any error but "not there" leaves it open whether this is a pod. */
static void a_directory_that_cannot_be_looked_at_is_there(void **state)
{
    struct backend_choice choice;

    (void)state;
    clear_environment();
    assert_int_equal(symlink("loop", path_of("loop")), 0);
    assert_int_equal(choose_at(path_of("loop"), NULL, &choice), BACKEND_SERVICE_ACCOUNT_ALONE);
    assert_int_equal(choose_at(path_of("loop/below"), NULL, &choice), BACKEND_SERVICE_ACCOUNT_ALONE);
    assert_int_equal(choose_at(path_of("nowhere/below"), NULL, &choice), BACKEND_LOCAL);
    assert_int_equal(choose_at(path_of(put("file", "") == NULL ? "" : "file/below"), NULL, &choice), BACKEND_LOCAL);
}

/* ---- Mounts, in a mount namespace of a child ---- */

static void must(bool done)
{
    if (!done)
        _exit(errno & 0x3f); /* never 77 */
}

static void enter_mounts(void)
{
    if (unshare(CLONE_NEWNS) != 0)
        _exit(NO_NAMESPACE);
    must(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0);
}

static void make_file(const char *path)
{
    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    must(file >= 0);
    close(file);
}

static void mount_termination_log(void)
{
    must(mount("none", "/dev", "tmpfs", 0, NULL) == 0);
    make_file("/dev/termination-log");
    must(mount("/dev/termination-log", "/dev/termination-log", "none", MS_BIND, NULL) == 0);
}

/* As /var/lib/kubelet/pods/UID/etc-hosts is. */
static void mount_hosts(void)
{
    must(mkdir(path_of("pods"), 0700) == 0 && mkdir(path_of("pods/uid"), 0700) == 0);
    make_file(path_of("pods/uid/etc-hosts"));
    must(mount(path_of("pods/uid/etc-hosts"), "/etc/hosts", "none", MS_BIND, NULL) == 0);
}

/* One of somebody else's is no sign: containers of other engines have it. */
static void mount_other_hosts(void)
{
    make_file(path_of("hosts"));
    must(mount(path_of("hosts"), "/etc/hosts", "none", MS_BIND, NULL) == 0);
}

/* A chroot without /proc: it hides the service account's directory too. */
static void hide_proc(void)
{
    must(mount("none", "/proc", "tmpfs", 0, NULL) == 0);
}

static void let_no_descriptor_be_left(void)
{
    const struct rlimit none = {0, 0};

    must(setrlimit(RLIMIT_NOFILE, &none) == 0);
}

static void in_child(void (*prepare)(void), int source, const char *part)
{
    struct backend_choice choice;
    int status = 0;

    clear_environment();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        enter_mounts();
        prepare();
        bool right = choose_at(path_of("nowhere"), NULL, &choice) == source && strstr(message, part) != NULL;
        if (!right)
            (void)dprintf(2, "%s: %s\n", part, message);
        _exit(right ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_NAMESPACE) {
        print_message("SKIPPED: this process may not make a mount namespace\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static void a_containers_mounts_are_a_sign(void **state)
{
    (void)state;
    in_child(mount_termination_log, -1, "/dev/termination-log is a mount");
    in_child(mount_termination_log, -1, "'local'");
    in_child(mount_hosts, -1, "/etc/hosts is a mount that a kubelet made");
    in_child(mount_other_hosts, BACKEND_LOCAL, "");
    in_child(hide_proc, -1, "/proc/self/mountinfo cannot be read");
    in_child(let_no_descriptor_be_left, -1, "/proc/self/mountinfo cannot be read");
}

/* ---- More rights than the caller has ---- */

/* As this program, copied and setgid, answers: its own choice as exit status. */
static int answer(void)
{
    struct backend_choice choice;

    return !environment_is_privileged() ? 90 : 10 + choose_at(getenv("TEST_DIRECTORY"), NULL, &choice);
}

static int as_privileged(const char *const *variables)
{
    char copy[256];
    char command[1000];
    char *arguments[] = {copy, (char[]){"answer"}, NULL};
    int status = 0;

    snprintf(copy, sizeof copy, "%s", path_of("copy"));
    snprintf(command, sizeof command, "cp /proc/%d/exe '%s' && chgrp 65534 '%s' && chmod 2755 '%s'", (int)getpid(),
             copy, copy, copy);
    if (geteuid() != 0 || system(command) != 0) {
        print_message("SKIPPED: only root can make a setgid program\n");
        skip();
    }
    pid_t child = fork();
    if (child == 0) {
        execve(copy, arguments, (char **)(uintptr_t)variables);
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 90) {
        print_message("SKIPPED: setgid means nothing here (a file system with nosuid?)\n");
        skip();
    }
    return WEXITSTATUS(status) - 10;
}

/* secure_getenv(3) hides everything from such a program: no variable may lead it elsewhere than its siblings. */
static void more_rights_choose_the_same_place(void **state)
{
    char directory[300];
    char nowhere[300];

    (void)state;
    snprintf(directory, sizeof directory, "TEST_DIRECTORY=%s", folder);
    snprintf(nowhere, sizeof nowhere, "TEST_DIRECTORY=%s", path_of("nowhere"));
    assert_int_equal(as_privileged(HAS(directory, HOST)), BACKEND_SERVICE_ACCOUNT);
    assert_int_equal(as_privileged(HAS(nowhere, HOST)), BACKEND_SERVICE_ACCOUNT);
    assert_int_equal(as_privileged(HAS(directory)), BACKEND_SERVICE_ACCOUNT_ALONE);
    assert_int_equal(as_privileged(HAS(nowhere)), BACKEND_LOCAL);
    /* What chooses files and programs is not read, and nobody goes elsewhere because of that. */
    assert_int_equal(as_privileged(HAS(nowhere, CONFIG, NAME, UID)), -1);
    assert_int_equal(as_privileged(HAS(nowhere, CONFIG)), -1);
    assert_int_equal(as_privileged(HAS(directory, CONFIG, NAME, UID)), -1);
    /* Nor may a library below write secrets to where the caller likes. */
    assert_int_equal(as_privileged(HAS(directory, HOST, "SSLKEYLOGFILE=/a")), -1);
    assert_int_equal(as_privileged(HAS(nowhere, "SSLKEYLOGFILE=/a")), BACKEND_LOCAL);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_order, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(half_a_way_is_no_way, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_looked_at_is_there, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_containers_mounts_are_a_sign, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(more_rights_choose_the_same_place, make_folder, remove_folder),
    };

    program = arguments[0];
    if (count == 2 && strcmp(arguments[1], "answer") == 0)
        return answer();
    return cmocka_run_group_tests_name("unit_backend_choice", tests, NULL, NULL);
}
