/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users by /etc/passwd.
 */
#include "io/user.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* passwd(5): "name:password:UID:...". Cuts the line after the name. */
static bool is_user(char *line, uid_t user)
{
    char *password = strchr(line, ':');
    char *number = password != NULL ? strchr(password + 1, ':') : NULL;
    char *end = NULL;

    if (number == NULL || number[1] < '0' || number[1] > '9')
        return false;
    *password = '\0';
    return strtoul(number + 1, &end, 10) == user && *end == ':';
}

void user_describe(uid_t user, char *target, size_t size)
{
    char line[512];
    bool whole = true; /* false: what was read is the rest of a line that is too long */
    FILE *users = fopen("/etc/passwd", "re");

    text_format(target, size, "user %lu", (unsigned long)user);
    while (users != NULL && fgets(line, sizeof line, users) != NULL) {
        bool begins = whole;

        whole = strchr(line, '\n') != NULL;
        if (!begins || !is_user(line, user))
            continue;
        text_printable(line);
        text_append(target, size, " (%s)", line);
        break;
    }
    if (users != NULL)
        fclose(users);
}
