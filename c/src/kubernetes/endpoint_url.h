/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a text can be the URL of an API server. Knows nothing of where it comes from.
 */
#ifndef LEADERLIFE_KUBERNETES_ENDPOINT_URL_H
#define LEADERLIFE_KUBERNETES_ENDPOINT_URL_H

/* What is wrong with it, as the end of a sentence that begins with "the URL"; NULL. Never shows the URL: it may hold
 * a password. */
const char *endpoint_url_fault(const char *url);

#endif
