/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints --help, from the tables of flags and of the election's options.
 */
#include "cli/cli.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMN = 32, WIDTH_DEFAULT = 100, WIDTH_LEAST = 60 };

bool help_is_election_flag(const struct command *command, const char *option)
{
    char name[64];

    if (strcmp(option, "mode") == 0) /* each command has its own */
        return false;
    if (strcmp(command->options, "all") == 0)
        return true;
    text_format(name, sizeof name, ",%s,", option);
    return strstr(command->options, name) != NULL;
}

static size_t width(void)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_DEFAULT;
    return size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col > 120 ? 120 : size.ws_col;
}

/* Breaks the text at spaces into lines that begin at the column; the first one begins at `at`. */
static void wrap_line(const char *text, size_t length, size_t at, size_t column)
{
    const char *end = text + length;
    size_t limit = width();

    while (text < end) {
        size_t word = strcspn(text, " \n");

        if (at > column && at + 1 + word > limit) {
            printf("\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            putchar(' ');
            at++;
        }
        printf("%.*s", (int)word, text);
        at += word;
        text += word + (text + word < end);
    }
    putchar('\n');
}

/* A line that is indented is an example, and stays as it is. */
static void wrap(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        if (text[0] == ' ')
            printf("%.*s\n", (int)length, text);
        else
            wrap_line(text, length, 0, 0);
        text += length + (text[length] != '\0');
    }
}

static void entry(const char *left, const char *help, const char *words, const char *default_)
{
    char text[1024];
    size_t at = strlen(left);

    text_format(text, sizeof text, "%s", help);
    if (words != NULL && strchr(words, '|') != NULL)
        text_append(text, sizeof text, " (%s)", words);
    if (default_ != NULL && default_[0] != '\0')
        text_append(text, sizeof text, " [%s]", default_);
    printf("%s", left);
    if (at >= COLUMN) {
        putchar('\n');
        at = 0;
    }
    printf("%*s", (int)(COLUMN - at), "");
    wrap_line(text, strlen(text), COLUMN, COLUMN);
}

static void flags(const struct command *command)
{
    char left[64];

    printf("\nOptions:\n");
    for (const struct flag *flag = command->flags; flag->name != NULL; flag++) {
        char letter[8] = "    ";
        bool words = flag->value != NULL && strchr(flag->value, '|') != NULL;

        if (flag->letter != '\0')
            text_format(letter, sizeof letter, "-%c, ", flag->letter);
        text_format(left, sizeof left, "  %s--%s%s%s", letter, flag->name, flag->value != NULL ? " " : "",
                    flag->value == NULL ? ""
                    : words             ? "WORD"
                                        : flag->value);
        entry(left, flag->help, flag->value, flag->default_);
    }
    entry("  -h, --help", "this text", NULL, NULL);
}

static void election_options(const struct command *command)
{
    char left[64];
    bool any = false;

    for (size_t i = 0; i < leaderlife_option_count(); i++) {
        const char *name = leaderlife_option_name(i);
        const char *type = leaderlife_option_type(i);
        bool is_bool = strcmp(type, "bool") == 0;

        if (!help_is_election_flag(command, name))
            continue;
        if (!any)
            printf("\nOptions of the election:\n");
        any = true;
        text_format(left, sizeof left, "  %s--%s%s", strcmp(name, "namespace") == 0 ? "-n, " : "    ", name,
                    is_bool                     ? ""
                    : strcmp(type, "path") == 0 ? " PATH"
                    : strchr(type, '|') != NULL ? " WORD"
                                                : " TEXT");
        entry(left, leaderlife_option_help(i), type, is_bool ? NULL : leaderlife_option_default(i));
    }
}

static void all(void)
{
    printf("leaderlife: leader for life, for any program\n\nUsage: leaderlife COMMAND [options] LOCK\n\n");
    for (size_t i = 0; commands[i] != NULL; i++)
        printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
    printf("\nleaderlife help COMMAND (or COMMAND --help) tells more, and so does the manual page leaderlife(1).\n"
           "In a pod the lock is a ConfigMap of the pod's namespace; elsewhere the kernel of this machine keeps it.\n");
}

void help_print(const struct command *command)
{
    if (command == NULL) {
        all();
        return;
    }
    printf("leaderlife %s: %s\n\nUsage: leaderlife %s [options] %s\n\n", command->name, command->summary, command->name,
           command->operands);
    wrap(command->help);
    flags(command);
    election_options(command);
}
