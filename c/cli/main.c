/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The leaderlife command: finds which of its commands is meant.
 */
#include "cli/cli.h"
#include "cli/core_dump.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command *find(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown(const char *name)
{
    const char *names[FLAGS_MAX];
    size_t count = 0;

    while (commands[count] != NULL) {
        names[count] = commands[count]->name;
        count++;
    }
    const char *meant = log_suggestion(name, names, count);
    log_say(TONE_ERROR, "no command '%.60s'%s", name, meant[0] != '\0' ? meant : "; leaderlife --help lists them");
    return CLI_TROUBLE;
}

static int help(const char *topic)
{
    const struct command *command = topic != NULL ? find(topic) : NULL;

    if (topic != NULL && command == NULL)
        return unknown(topic);
    help_print(command);
    return CLI_OK;
}

static int dispatch(int argc, char **argv)
{
    static const char no_command[] = "no command given; leaderlife --help lists them";
    const char *word = argc > 1 ? argv[1] : NULL;
    struct arguments arguments = {0};
    bool done = false;

    if (word == NULL) {
        log_say(TONE_ERROR, "%s", no_command);
        return CLI_TROUBLE;
    }
    if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return help(argc > 2 ? argv[2] : NULL);
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0 || strcmp(word, "version") == 0) {
        printf("leaderlife %s\n", leaderlife_version());
        return CLI_OK;
    }
    if (word[0] == '-') {
        log_say(TONE_ERROR,
                "no option '%.60s' before the command; options come after it: leaderlife COMMAND [options] LOCK", word);
        return CLI_TROUBLE;
    }
    const struct command *command = find(word);
    if (command == NULL)
        return unknown(word);
    int status = arguments_parse(&arguments, command, argv + 2, &done);
    return status != CLI_OK || done ? status : command->run(&arguments);
}

/* What is opened later would take the place of a stream that was closed before. */
static void open_streams(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    open_streams();
    core_dump_leave_memory_out();
    int status = dispatch(argc, argv);

    if (fflush(stdout) != 0 && status == CLI_OK) {
        log_say(TONE_ERROR, "cannot write to stdout; look for a full disk or a closed pipe");
        return CLI_TROUBLE;
    }
    return status;
}
