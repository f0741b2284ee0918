/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CA as a file in memory alone, for a libcurl that takes none otherwise: what it is, where there can be none, and
 * that another file under its number is not trusted.
 */
#include "http_fixture.h"

#include "io/http/ca_file.h"
#include "io/http/curl_features.h"

#include <errno.h>
#include <sys/mman.h>

#define PEM "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n"

static struct ca_file none(void)
{
    return (struct ca_file){.fd = -1};
}

static void test_it_has_the_text_and_cannot_be_changed(void **state)
{
    struct ca_file file = none();
    char text[512] = "";
    char found[200] = "";

    (void)state;
    assert_false(ca_file_is_ours(&file));
    assert_int_equal(ca_file_make(&file, PEM, text, sizeof text), LEADERLIFE_OK);
    assert_true(ca_file_is_ours(&file));
    assert_true(fcntl(file.fd, F_GETFD) & FD_CLOEXEC);
    int fd = open(file.path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(fd, found, sizeof found - 1), strlen(PEM));
    assert_string_equal(found, PEM);
    close(fd);
    assert_int_equal(pwrite(file.fd, "x", 1, 0), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(file.fd, 0), -1);
    int before = file.fd;
    ca_file_close(&file);
    assert_int_equal(fcntl(before, F_GETFD), -1); /* nothing is left: it had no name on any disk */
    assert_false(ca_file_is_ours(&file));
    ca_file_close(&file);
}

static void test_a_number_that_is_anothers_is_left_alone(void **state)
{
    struct ca_file file = none();
    char text[512] = "";
    int other = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_int_equal(ca_file_make(&file, PEM, text, sizeof text), LEADERLIFE_OK);
    int number = file.fd;
    assert_int_equal(dup2(other, number), number);
    assert_false(ca_file_is_ours(&file));
    ca_file_close(&file);
    assert_true(fcntl(number, F_GETFD) >= 0);
    close(number);
    close(other);
}

/* In a child process, which sees another root. */
static void make_without_proc(const char *root)
{
    struct ca_file file = none();
    char text[512] = "";

    if (chroot(root) != 0 || chdir("/") != 0)
        _exit(2);
    if (ca_file_make(&file, PEM, text, sizeof text) != LEADERLIFE_ESYSTEM || file.fd != -1)
        _exit(1);
    if (strstr(text, "/proc/self/fd/") == NULL || strstr(text, "mount /proc") == NULL || strstr(text, "7.77") == NULL) {
        fprintf(stderr, "%s\n", text);
        _exit(1);
    }
    _exit(0);
}

static void test_without_proc_the_cure_is_named(void **state)
{
    char root[] = "/tmp/leaderlife-root-XXXXXX";
    int status = -1;

    (void)state;
    assert_non_null(mkdtemp(root));
    pid_t child = fork();
    if (child == 0)
        make_without_proc(root);
    assert_int_equal(waitpid(child, &status, 0), child);
    rmdir(root);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
        print_message("SKIPPED: no right to change the root: a missing /proc is NOT tested\n");
        skip();
    }
    assert_int_equal(status, 0);
}

/* The number of the CA in memory; -1. */
static int find_ca(void)
{
    for (int fd = 3; fd < 256; fd++) {
        char path[40];
        char target[100] = "";

        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        if (readlink(path, target, sizeof target - 1) > 0 && strstr(target, "memfd:leaderlife-ca") != NULL)
            return fd;
    }
    return -1;
}

/* It has the right content, but nobody knows for how long: a host program may have opened it. */
static void test_another_file_under_its_number_is_not_trusted(void **state)
{
    struct client client;
    char path[300];

    (void)state;
    client_open(&client);
    assert_int_equal(find_ca() >= 0, !CURL_TAKES_CA_FROM_MEMORY);
    if (CURL_TAKES_CA_FROM_MEMORY) {
        client_close(&client); /* there is none */
        return;
    }
    struct http_request request = request_for("good", "/plain");
    struct http_call *call = http_start(client.http, &request, NULL);
    snprintf(path, sizeof path, "%s/ca.crt", fact("folder"));
    int other = open(path, O_RDONLY | O_CLOEXEC);
    int number = find_ca();
    assert_int_equal(dup2(other, number), number);
    await_done(&client, call);
    assert_int_equal(call->error, HTTP_NETWORK);
    assert_false(call->maybe_sent); /* the token, too, would have gone to whom nobody vouches for */
    assert_has(call->text, "this program has closed the descriptor of the CA");
    http_end(client.http, call);
    call = run(&client, &request); /* the file is made again */
    assert_string_equal(call->text, "");
    assert_int_equal(call->error, HTTP_FINE);
    http_end(client.http, call);
    client_close(&client);
    assert_int_equal(find_ca(), -1);
    assert_true(fcntl(number, F_GETFD) >= 0);
    close(number);
    close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_has_the_text_and_cannot_be_changed),
        cmocka_unit_test(test_a_number_that_is_anothers_is_left_alone),
        cmocka_unit_test(test_without_proc_the_cure_is_named),
        cmocka_unit_test(test_another_file_under_its_number_is_not_trusted),
    };

    return cmocka_run_group_tests_name("unit_http_ca_file", tests, start_server, stop_server);
}
