/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths in a kubeconfig: relative to its folder, absolute and clean by their letters alone, as kubectl makes them. Must
 * not know what they lead to.
 */
#include "kubernetes/config/kubeconfig_path.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Appends the path's segments to the absolute path in `made`; ".." takes one away. */
static void append_path(char *made, const char *path, size_t size)
{
    size_t used = strlen(made);

    for (size_t i = 0; i < size;) {
        size_t length = 0;

        while (i + length < size && path[i + length] != '/')
            length++;
        if (length == 2 && strncmp(path + i, "..", 2) == 0) {
            while (used > 0 && made[--used] != '/')
                ;
        } else if (length > 0 && !(length == 1 && path[i] == '.')) {
            made[used++] = '/';
            memcpy(made + used, path + i, length);
            used += length;
        }
        made[used] = '\0';
        i += length + 1;
    }
}

bool kubeconfig_path_copy(const struct entry *entry, const char *value, char **target)
{
    const char *file = entry->file->path;
    const char *slash = strrchr(file, '/');
    char *here = NULL;
    char *made;

    if (value == NULL)
        return true;
    if (value[0] != '/' && file[0] != '/')
        here = getcwd(NULL, 0);
    made = calloc(1, strlen(value) + strlen(file) + (here == NULL ? 0 : strlen(here)) + 4);
    if (made != NULL) {
        if (here != NULL)
            append_path(made, here, strlen(here));
        if (value[0] != '/' && slash != NULL)
            append_path(made, file, (size_t)(slash - file));
        append_path(made, value, strlen(value));
        if (made[0] == '\0')
            made[0] = '/';
    }
    free(here);
    *target = made;
    return made != NULL;
}
