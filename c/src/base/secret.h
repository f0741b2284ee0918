/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and keys must not stay in freed memory.
 */
#ifndef LEADERLIFE_BASE_SECRET_H
#define LEADERLIFE_BASE_SECRET_H

#include <stddef.h>

/* Overwrites size bytes, even where nothing reads them afterwards. */
void secret_wipe(void *bytes, size_t size);

/* Wipes the text before it frees it; NULL is ignored. */
void secret_free(char *secret);

#endif
