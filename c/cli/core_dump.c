/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets which memory of this process a core dump has: none.
 */
#include "cli/core_dump.h"

#include <fcntl.h>
#include <unistd.h>

enum { FILTER_BYTES = 32 };

static const char filter_file[] = "/proc/self/coredump_filter";
static char found[FILTER_BYTES] = "0x"; /* what the file said before, behind a prefix that it leaves out */
static size_t found_length;             /* 0: nothing was changed */

static ssize_t write_filter(const char *text, size_t length)
{
    int fd = open(filter_file, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    ssize_t written = write(fd, text, length);
    close(fd);
    return written;
}

void core_dump_leave_memory_out(void)
{
    enum { PREFIX = 2 };
    int fd = open(filter_file, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    ssize_t got = read(fd, found + PREFIX, sizeof found - PREFIX);
    close(fd);
    if (got > 0 && write_filter("0", 1) > 0)
        found_length = (size_t)got + PREFIX;
}

void core_dump_restore(void)
{
    if (found_length > 0)
        (void)write_filter(found, found_length);
}
