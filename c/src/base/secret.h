/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and keys must not stay in freed memory. Knows nothing of what they open.
 */
#ifndef LEADERLIFE_BASE_SECRET_H
#define LEADERLIFE_BASE_SECRET_H

/* Wipes the text before it frees it; NULL is ignored. */
void secret_free(char *secret);

#endif
