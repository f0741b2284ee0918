/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and checks credential files: tokens, CAs, client certificates and keys.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_CREDENTIAL_FILE_H
#define LEADERLIFE_KUBERNETES_CONFIG_CREDENTIAL_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum credential_part { PART_TOKEN, PART_CA, PART_CERT, PART_KEY };

/* LEADERLIFE_OK; _ECONFIG (with a text that names `where`, cause and cure), _ENOMEM. The content is checked; a token is
 * trimmed. */
int credential_read(enum credential_part part, const char *path, char **ret, char *text, size_t size);

/* The same check on a text that is inline in the file `where`; trims a token in place. */
int credential_check(enum credential_part part, char *content, const char *where, char *text, size_t size);

/* Whether the file gives no token: it cannot be read, or nothing is in it. */
bool credential_token_is_missing(const char *path);

/* A whole file, ended by NUL, at most max bytes; NULL and a text that names file, cause and cure, and errno. */
char *credential_file_read_text(const char *path, size_t max, const char *what, char *text, size_t size);

/* The same of a file that may hold NUL bytes. */
char *credential_file_read_bytes(const char *path, size_t max, const char *what, size_t *ret_length, char *text,
                                 size_t size);

#endif
