/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CLOCK_BOOTTIME without the shift of a time namespace. Measured on Linux 6.18.
 */
#include "io/boot_clock.h"

#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

static const ino_t first_namespace = 0xEFFFFFFAu; /* the one that the kernel began with, which has no shift */

/* The time namespace of that kind ("time", "time_for_children") of a process ("self" or a number): 0 or an errno. */
static int namespace_of(const char *process, const char *kind, struct stat *ret_about)
{
    char path[64];

    text_format(path, sizeof path, "/proc/%s/ns/%s", process, kind);
    return stat(path, ret_about) == 0 ? 0 : errno;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* A number; *at moves behind it. False if there is none, or none so large. */
static bool read_number(const char **at, int64_t min, int64_t max, int64_t *ret_number)
{
    char *end = NULL;
    long long number = strtoll(*at, &end, 10);

    if (end == *at || number < min || number > max)
        return false;
    *at = end;
    *ret_number = number;
    return true;
}

/* "boottime SECONDS NANOSECONDS". Before Linux 5.7 it named the clock by its number. False if the line is about another
 * clock; *ret_error is 0 if it is understood. */
static bool read_line(const char *line, int64_t *ret_ns, int *ret_error)
{
    static const char *const names[] = {"boottime ", "7 "};
    const int64_t max = INT64_MAX / NS_PER_S - 1;
    int64_t seconds;
    int64_t rest;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *at = line + strlen(names[i]);

        if (strncmp(line, names[i], strlen(names[i])) != 0)
            continue;
        bool good = read_number(&at, -max, max, &seconds) && read_number(&at, 0, NS_PER_S - 1, &rest);
        *ret_error = good ? 0 : EPROTO;
        *ret_ns = good ? seconds * NS_PER_S + rest : 0;
        return true;
    }
    return false;
}

/* What that process's file says, which is about its children's namespace: 0 or an errno. */
static int read_shift(const char *process, int64_t *ret_ns)
{
    char path[64];
    char line[128];
    int error = EPROTO;
    bool found = false;

    text_format(path, sizeof path, "/proc/%s/timens_offsets", process);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno;
    while (!found && fgets(line, sizeof line, file) != NULL)
        found = read_line(line, ret_ns, &error);
    fclose(file);
    return error;
}

/* A process that has called unshare or setns, and has neither forked nor executed since, is not yet where its children
 * will be. Then its parent's file may be the right one. */
static int find_shift(int64_t *ret_ns)
{
    struct stat own;
    struct stat children;
    char parent[24];
    int error = namespace_of("self", "time", &own);

    *ret_ns = 0;
    if (error == ENOENT) /* Linux without time namespaces; or no /proc, and nobody can tell */
        return 0;
    if (error == 0 && own.st_ino == first_namespace)
        return 0;
    if (error != 0 || namespace_of("self", "time_for_children", &children) != 0 || is_same(&own, &children))
        return read_shift("self", ret_ns);
    text_format(parent, sizeof parent, "%ld", (long)getppid());
    if (namespace_of(parent, "time_for_children", &children) != 0 || !is_same(&own, &children))
        return ENODATA;
    return read_shift(parent, ret_ns);
}

int boot_clock_read(uint64_t *ret_ns, char *text, size_t size)
{
    struct timespec now;
    int64_t shift = 0;
    int error = find_shift(&shift);

    if (error != 0) {
        text_format(text, size,
                    "this process is in a time namespace, and how far that shifts the clock cannot be read from "
                    "/proc/self/timens_offsets: %s; tokens would not grow from leader to leader. Mount /proc, let the "
                    "process read that file, or start it outside that namespace or anew inside (unshare --time --fork)",
                    error == EPROTO    ? "it is malformed"
                    : error == ENODATA ? "it tells of the namespace of this process's children, which is another"
                                       : strerror(error));
        return error;
    }
    clock_gettime(CLOCK_BOOTTIME, &now);
    *ret_ns = (uint64_t)((int64_t)now.tv_sec * NS_PER_S + now.tv_nsec - shift);
    return 0;
}
