/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --ready-file: a file that exists while the election is ready, for exec probes (test -f PATH).
 */
#include "cli/run/health.h"

#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file that we made. */
static struct stat made;

/* 0, or an errno. An existing file is not ours to fill: a link could lead anywhere. */
static int make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

    if (fd < 0)
        return errno;
    (void)fstat(fd, &made);
    close(fd);
    return 0;
}

/* 0, or an errno. A file that somebody has put in its place is not ours to remove. */
static int unmake(const char *path)
{
    struct stat info;

    if (lstat(path, &info) != 0)
        return errno == ENOENT ? 0 : errno;
    if (info.st_dev != made.st_dev || info.st_ino != made.st_ino || info.st_size > 0)
        return EEXIST;
    return unlink(path) == 0 || errno == ENOENT ? 0 : errno;
}

int ready_file_check(const char *path)
{
    struct stat info;
    int error = 0;

    if (lstat(path, &info) == 0 && (!S_ISREG(info.st_mode) || info.st_size > 0)) {
        log_say(TONE_ERROR,
                "--ready-file '%.200s' exists and is not a file of ours, which are empty; choose another path", path);
        return CLI_TROUBLE;
    }
    if (unlink(path) != 0 && errno != ENOENT)
        error = errno;
    if (error == 0)
        error = make(path);
    if (error == 0)
        error = unmake(path);
    if (error == 0)
        return CLI_OK;
    log_say(TONE_ERROR,
            "cannot make the file '%.200s' of --ready-file: %s; choose a path in a folder that may be written to", path,
            strerror(error));
    return CLI_TROUBLE;
}

void ready_file_set(const char *path, bool ready)
{
    int error = ready ? make(path) : unmake(path);

    if (error != 0)
        log_say(TONE_WARNING, "cannot %s the file '%.200s' of --ready-file: %s", ready ? "make" : "remove", path,
                strerror(error));
}
