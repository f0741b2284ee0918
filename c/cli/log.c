/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages for people on stderr, and colours.
 */
#include "cli/cli.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096 };

static bool colours(int fd)
{
    const char *refused = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    return isatty(fd) && (refused == NULL || refused[0] == '\0') && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

const char *log_tone_begin(int fd, enum tone tone)
{
    static const char *const codes[] = {[TONE_PLAIN] = "",
                                        [TONE_GOOD] = "\033[32m",
                                        [TONE_WARNING] = "\033[33m",
                                        [TONE_ERROR] = "\033[31m",
                                        [TONE_FAINT] = "\033[2m"};

    return colours(fd) ? codes[tone] : "";
}

const char *log_tone_end(int fd, enum tone tone)
{
    return tone != TONE_PLAIN && colours(fd) ? "\033[0m" : "";
}

/* What log_say() writes to where it must not wait; -1: stderr itself. */
static int mouth = -1;
static bool must_not_wait;

/* The controlling terminal, if stderr is that; else -1. */
static int open_own_terminal(void)
{
    unsigned own = 0, given = 1;
    int fd = open("/dev/tty", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0 && (ioctl(fd, TIOCGDEV, &own) != 0 || ioctl(STDERR_FILENO, TIOCGDEV, &given) != 0 || own != given)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void log_never_waits(void)
{
    struct stat info;

    must_not_wait = true;
    if (fstat(STDERR_FILENO, &info) != 0 || (!S_ISFIFO(info.st_mode) && !S_ISCHR(info.st_mode)))
        return;
    /* Opens it anew: on the descriptor that we were given, O_NONBLOCK would hold for all who share it. */
    mouth = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (mouth < 0 && isatty(STDERR_FILENO)) /* another user's, since this process has changed its user */
        mouth = open_own_terminal();
}

/* A line that would have to wait for its reader is not written. That a pipe is ready means room for a line; that a
 * terminal is, for one byte. */
static ssize_t utter(const char *line, size_t length)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};

    if (mouth >= 0)
        return write(mouth, line, length);
    if (must_not_wait) {
        ssize_t sent = send(STDERR_FILENO, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (sent >= 0 || errno != ENOTSOCK)
            return sent;
        if (isatty(STDERR_FILENO) || poll(&room, 1, 0) <= 0)
            return -1;
    }
    return write(STDERR_FILENO, line, length);
}

void log_say(enum tone tone, const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    /* One write: lines of several processes on one stderr stay whole. */
    char line[LINE_MAX_BYTES + 64];
    int length = snprintf(line, sizeof line, "leaderlife: %s%s%s\n", log_tone_begin(STDERR_FILENO, tone), text,
                          log_tone_end(STDERR_FILENO, tone));
    if (length > 0 && utter(line, (size_t)length) < 0)
        return; /* nobody listens */
}

const char *log_suggestion(const char *wrong, const char *const *words, size_t count)
{
    static char text[128];
    int nearest = text_nearest(wrong, words, count);

    text[0] = '\0';
    if (nearest >= 0)
        text_format(text, sizeof text, ": did you mean '%s'?", words[nearest]);
    return text;
}
