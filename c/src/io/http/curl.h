/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a libcurl can do what is needed of it. A program may meet another one at run time than the one that it was
 * built with: an older version, or another TLS library under the same name.
 */
#ifndef LEADERLIFE_IO_HTTP_CURL_H
#define LEADERLIFE_IO_HTTP_CURL_H

#include "io/http/curl_features.h"

#include <stdbool.h>
#include <stddef.h>

/* False: what it lacks, with the cure. takes_trust: what curl_try_trust says. */
bool curl_serves(const curl_version_info_data *curl, CURLcode takes_trust, char *text, size_t size);

/* The same of the one that is loaded; curl_global_init has succeeded. CURLE_OK, CURLE_OUT_OF_MEMORY, or
 * CURLE_NOT_BUILT_IN with the text. */
CURLcode curl_check(char *text, size_t size);

/* A handle whose use and end change no signal handler of the host program. NULL without memory. */
CURL *curl_new_handle(void);

#endif
