/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds a program as execvp does, before anybody waits for leadership to start it.
 */
#include "cli/run/program.h"

#include "base/text.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0, or the errno that tells why it cannot be run. */
static int unfit(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return errno;
    if (S_ISDIR(info.st_mode))
        return EISDIR;
    return access(path, X_OK) == 0 ? 0 : errno;
}

/* The interpreter that a script names in its first line, or "". */
static void read_interpreter(const char *path, char *interpreter, size_t size)
{
    char line[256] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = fd >= 0 ? pread(fd, line, sizeof line - 1, 0) : 0;

    if (fd >= 0)
        close(fd);
    interpreter[0] = '\0';
    if (got < 3 || strncmp(line, "#!", 2) != 0)
        return;
    const char *word = line + 2 + strspn(line + 2, " \t");
    text_format(interpreter, size, "%.*s", (int)strcspn(word, " \t\n"), word);
}

static int say_unfit(const char *name, int error)
{
    if (error == ENOENT || error == ENOTDIR) {
        log_say(TONE_ERROR, "there is no program '%.200s'%s", name,
                strchr(name, '/') != NULL ? "; correct its path"
                                          : " in the folders of PATH; correct its name, or give its path");
        return CLI_NOT_FOUND;
    }
    log_say(TONE_ERROR, "the program '%.200s' cannot be run: %s%s", name, strerror(error),
            error == EACCES ? "; make it executable (chmod +x)" : "; give the path of a program");
    return CLI_NOT_RUNNABLE;
}

/* Asks now whether the interpreter can be run: exec would tell, but only a leader gets there. */
static int check_interpreter(const char *path)
{
    char interpreter[256];

    read_interpreter(path, interpreter, sizeof interpreter);
    int error = interpreter[0] != '\0' ? unfit(interpreter) : 0;
    if (error == 0)
        return CLI_OK;
    log_say(TONE_ERROR, "'%.200s' cannot be run: the interpreter '%.200s' in its first line: %s; correct that line",
            path, interpreter, strerror(error));
    return error == ENOENT || error == ENOTDIR ? CLI_NOT_FOUND : CLI_NOT_RUNNABLE;
}

static int found_at(char *path, char **ret_path)
{
    if (path == NULL) {
        log_say(TONE_ERROR, "no memory to look for the program; try again");
        return CLI_TROUBLE;
    }
    int status = check_interpreter(path);

    if (status == CLI_OK)
        *ret_path = path;
    else
        free(path);
    return status;
}

int program_find(const char *name, char **ret_path)
{
    const char *folders = getenv("PATH");
    int worst = ENOENT;

    if (strchr(name, '/') != NULL) {
        int error = unfit(name);

        return error != 0 ? say_unfit(name, error) : found_at(strdup(name), ret_path);
    }
    for (const char *at = folders != NULL ? folders : "/usr/local/bin:/bin:/usr/bin"; name[0] != '\0';) {
        size_t length = strcspn(at, ":");
        char *path = NULL;

        if (asprintf(&path, "%.*s%s%s", (int)length, at, length > 0 ? "/" : "./", name) < 0)
            return found_at(NULL, ret_path);
        int error = unfit(path);
        if (error == 0)
            return found_at(path, ret_path);
        free(path);
        if (error == EACCES || error == EISDIR)
            worst = error;
        if (at[length] == '\0')
            break;
        at += length + 1;
    }
    return say_unfit(name, worst);
}
