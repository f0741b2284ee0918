/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --ready-file: a file that exists while the election is ready, for exec probes (test -f PATH).
 */
#include "health.h"

#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, or an errno. An existing file is not ours to fill: a link could lead anywhere. */
static int make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

int ready_file_check(const char *path)
{
    struct stat info;
    int error = 0;

    if (lstat(path, &info) == 0 && (!S_ISREG(info.st_mode) || info.st_size > 0)) {
        say(TONE_ERROR, "--ready-file '%.200s' exists and is not a file of ours, which are empty; choose another path",
            path);
        return CLI_TROUBLE;
    }
    if (unlink(path) != 0 && errno != ENOENT)
        error = errno;
    if (error == 0)
        error = make(path);
    if (error == 0 && unlink(path) == 0)
        return CLI_OK;
    say(TONE_ERROR,
        "cannot make the file '%.200s' of --ready-file: %s; choose a path in a folder that may be written to", path,
        strerror(error != 0 ? error : errno));
    return CLI_TROUBLE;
}

void ready_file_set(const char *path, bool ready)
{
    int error = ready ? make(path) : unlink(path) == 0 || errno == ENOENT ? 0 : errno;

    if (error != 0 && error != EEXIST)
        say(TONE_WARNING, "cannot %s the file '%.200s' of --ready-file: %s", ready ? "make" : "remove", path,
            strerror(error));
}
