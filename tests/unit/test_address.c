/* SPDX-License-Identifier: Apache-2.0 */
/*
 * P2: whether an address is one of this network namespace, in this one and in a new, empty one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NO_NAMESPACE = 77 };

/* One of each block that RFC 5737 and RFC 3849 keep for documents: nobody's. */
#define NOBODYS "198.51.100.7"
#define NOBODYS_6 "2001:db8::7"

static void assert_place(const char *text, enum address_place place)
{
    if (address_place_of(text) != place)
        fail_msg("'%s' is %d, not %d", text, (int)address_place_of(text), (int)place);
}

static void what_is_here(void **state)
{
    (void)state;
    assert_place("127.0.0.1", ADDRESS_HERE);
    assert_place("::ffff:127.0.0.1", ADDRESS_HERE); /* the same, as IPv6 has it */
    assert_place("::ffff:7f00:1", ADDRESS_HERE);
}

static void what_is_not_here(void **state)
{
    (void)state;
    assert_place(NOBODYS, ADDRESS_NOT_HERE);
    assert_place("::ffff:" NOBODYS, ADDRESS_NOT_HERE);
    assert_place(NOBODYS_6, ADDRESS_NOT_HERE);
    assert_place("::7f00:1", ADDRESS_NOT_HERE); /* not mapped */
    assert_place("0.0.0.0", ADDRESS_NOT_HERE);
}

static void what_is_no_address(void **state)
{
    static const char *const texts[] = {"",
                                        "%lo",
                                        "localhost",
                                        "127.0.0.1/8",
                                        "127.1",
                                        "127.0.0.1 ",
                                        "::1::",
                                        "1.2.3.4.5",
                                        "2001:0db8:0000:0000:0000:0000:0000:0007:and:much:more:than:any:address:has"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_place(texts[i], ADDRESS_UNKNOWN);
}

/* Whatever interfaces there are: each of their addresses is here, in every way to write it. */
static void every_interface_s_addresses(void **state)
{
    struct ifaddrs *interfaces;
    char text[INET6_ADDRSTRLEN];
    char scoped[INET6_ADDRSTRLEN + 8];
    unsigned seen = 0;

    (void)state;
    assert_int_equal(getifaddrs(&interfaces), 0);
    for (const struct ifaddrs *at = interfaces; at; at = at->ifa_next) {
        int family = at->ifa_addr ? at->ifa_addr->sa_family : AF_UNSPEC;
        const void *bytes =
            family == AF_INET    ? (const void *)&((const struct sockaddr_in *)(const void *)at->ifa_addr)->sin_addr
            : family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)(const void *)at->ifa_addr)->sin6_addr
                                 : NULL;
        if (!bytes)
            continue;
        assert_non_null(inet_ntop(family, bytes, text, sizeof text));
        assert_place(text, ADDRESS_HERE);
        snprintf(scoped, sizeof scoped, "%s%%7", text); /* another scope than its own */
        assert_place(scoped, ADDRESS_HERE);
        seen++;
    }
    freeifaddrs(interfaces);
    assert_true(seen > 0);
}

/* Without a descriptor the kernel cannot be asked: that is no answer, and least of all "not here". */
static void a_kernel_that_does_not_say(void **state)
{
    struct rlimit usual;
    struct rlimit none;
    enum address_place here;
    enum address_place nobodys;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none = usual;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    here = address_place_of("127.0.0.1");
    nobodys = address_place_of(NOBODYS);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(here, ADDRESS_UNKNOWN);
    assert_int_equal(nobodys, ADDRESS_UNKNOWN);
}

/* ---- In a network namespace of its own, whose only interface has no address at first ---- */

static bool give_loopback(const char *text)
{
    struct ifreq request = {.ifr_name = "lo"};
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool done;

    inet_pton(AF_INET, text, &address.sin_addr);
    memcpy(&request.ifr_addr, &address, sizeof address);
    done = ioctl(fd, SIOCSIFADDR, &request) == 0;
    close(fd);
    return done;
}

/* Its number tells what was wrong; 0: nothing. */
static int in_another_namespace(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return NO_NAMESPACE;
    if (address_place_of("127.0.0.1") != ADDRESS_NOT_HERE || address_place_of("::1") != ADDRESS_NOT_HERE)
        return 1;
    if (address_place_of(NOBODYS) != ADDRESS_NOT_HERE)
        return 2;
    if (!give_loopback(NOBODYS))
        return 3;
    if (address_place_of(NOBODYS) != ADDRESS_HERE || address_place_of("127.0.0.1") != ADDRESS_NOT_HERE)
        return 4;
    return 0;
}

static void another_network_namespace(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    assert_true(child >= 0);
    if (child == 0)
        _exit(in_another_namespace());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_NAMESPACE) {
        print_message("SKIPPED: this machine lets nobody make a network namespace\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_place("127.0.0.1", ADDRESS_HERE); /* ours has not changed */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_here),
        cmocka_unit_test(what_is_not_here),
        cmocka_unit_test(what_is_no_address),
        cmocka_unit_test(every_interface_s_addresses),
        cmocka_unit_test(a_kernel_that_does_not_say),
        cmocka_unit_test(another_network_namespace),
    };
    return cmocka_run_group_tests_name("unit_address", tests, NULL, NULL);
}
