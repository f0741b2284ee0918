/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 as Kubernetes uses it: in kubeconfig files and in tokens.
 */
#ifndef LEADERLIFE_BASE_BASE64_H
#define LEADERLIFE_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* The bytes, ended by a NUL that does not count; white space is skipped, padding may be missing. With url, '-' and '_'
 * stand for '+' and '/'. NULL with errno ENOMEM, or EINVAL for what is not base64. */
char *base64_decode(const char *text, size_t size, bool url, size_t *ret_size);

/* Whether the text is as strict readers want it: with its padding, and without blanks but ends of lines. */
bool base64_is_strict(const char *text);

/* With padding, in one line; NULL without memory. */
char *base64_encode(const char *bytes, size_t size);

#endif
