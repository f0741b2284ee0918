/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of `leaderlife`: words that NUL bytes separate, the command's name first.
 */
#include "fuzz/fuzz.h"

#include "cli/cli.h"

#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

enum { WORDS = 64, MESSAGE = 2048 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
void __wrap_log_say(enum tone tone, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool said;

/* In place of stderr. */
void __wrap_log_say(enum tone tone, const char *format, ...)
{
    char text[MESSAGE];
    va_list values;

    (void)tone;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    fuzz_check(text[0] != '\0', "a message says something");
    said = true;
}

/* What --help prints goes nowhere. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    fuzz_check(nowhere >= 0 && dup2(nowhere, STDOUT_FILENO) >= 0, "there is a /dev/null");
    close(nowhere);
    return 0;
}

static const struct command *command_called(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return commands[0];
}

static void check_taken(const struct arguments *arguments)
{
    fuzz_check(arguments->lock != NULL, "what is taken names a lock");
    fuzz_check(arguments->setting_count <= SETTINGS_MAX, "and no more settings than there is room for");
    fuzz_check(arguments->command->program || arguments->program == NULL, "and a program only where one can be");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    char *words[WORDS + 1] = {NULL};
    struct arguments arguments = {0};
    bool done = false;
    size_t at = 0;
    const char *name = fuzz_next(text, size, &at);

    for (size_t i = 0; i < WORDS; i++)
        words[i] = (char *)(uintptr_t)fuzz_next(text, size, &at);
    said = false;
    int status = arguments_parse(&arguments, command_called(name), words, &done);
    if (status != CLI_OK)
        fuzz_check(said, "a refusal says why");
    else if (!done)
        check_taken(&arguments);
    free(text);
    return 0;
}
