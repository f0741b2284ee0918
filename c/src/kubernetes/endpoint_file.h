/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of an endpoint, read and judged: tokens, CAs, client certificates and keys. Knows nothing of where their
 * paths come from.
 */
#ifndef LEADERLIFE_KUBERNETES_ENDPOINT_FILE_H
#define LEADERLIFE_KUBERNETES_ENDPOINT_FILE_H

#include <stddef.h>

enum endpoint_part { PART_TOKEN, PART_CA, PART_CERT, PART_KEY };

/* LEADERLIFE_OK; _ECONFIG (with a text that names `where`, cause and cure), _ENOMEM. The content is checked; a token is
 * trimmed. */
int endpoint_part_read(enum endpoint_part part, const char *path, char **ret, char *text, size_t size);

/* The same check on a text that is inline in the file `where`; trims a token in place. */
int endpoint_part_check(enum endpoint_part part, char *content, const char *where, char *text, size_t size);

#endif
