/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CA as a file that is in memory alone, for a libcurl that takes none from memory (curl_features.h). Knows nothing of
 * curl.
 */
#ifndef LEADERLIFE_IO_HTTP_CA_FILE_H
#define LEADERLIFE_IO_HTTP_CA_FILE_H

#include "io/file_id.h"

#include <stdbool.h>
#include <stddef.h>

struct ca_file {
    int fd; /* -1: there is none */
    struct file_id file;
    char path[40]; /* as this process has it */
};

/* The file has that text, and nobody can change it. In place of what there was. LEADERLIFE_OK, or LEADERLIFE_ESYSTEM
 * with cause and cure, and then there is none. */
int ca_file_make(struct ca_file *file, const char *pem, char *text, size_t size);

/* Whether the path still leads to it. */
bool ca_file_is_ours(const struct ca_file *file);

void ca_file_close(struct ca_file *file);

#endif
