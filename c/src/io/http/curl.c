/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of libcurl: its version, TLS, names without waiting, certificates from memory.
 */
#include "io/http/curl.h"

#include "base/text.h"

#include <string.h>

#define CURE "install the package that has OpenSSL's (Debian and Ubuntu: libcurl4; Fedora and RHEL: libcurl)"

/* It is in use, and not merely built in as another choice, which ssl_version has in parentheses. */
static bool uses(const curl_version_info_data *curl, const char *tls)
{
    const char *found = curl->ssl_version != NULL ? strstr(curl->ssl_version, tls) : NULL;

    return found != NULL && (found == curl->ssl_version || found[-1] != '(');
}

/* These pass over a client certificate that is in memory, in some versions of curl or in all, and curl over that: what
 * then answers is 401. */
static bool takes_certificates(const curl_version_info_data *curl, CURLcode takes_trust)
{
    static const char *const others[] = {CURL_TLS_THAT_CANNOT_SERVE};
    bool takes = takes_trust == CURLE_OK;

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        takes = takes && !uses(curl, others[i]);
    return takes;
}

bool curl_serves(const curl_version_info_data *curl, CURLcode takes_trust, char *text, size_t size)
{
    if (curl->version_num < CURL_NEEDED)
        text_format(
            text, size,
            "libcurl %s was loaded, and %d.%d or newer is needed, since this library was built with %s: install a "
            "newer one, or, if there is one, see by LD_DEBUG=libs and LD_LIBRARY_PATH why this program gets the old "
            "one, or build the library with the old one (7.76 is the oldest)",
            curl->version, CURL_NEEDED >> 16, CURL_NEEDED >> 8 & 0xff, LIBCURL_VERSION);
    else if ((curl->features & CURL_VERSION_SSL) == 0)
        text_format(text, size, "libcurl %s was built without TLS: " CURE, curl->version);
    else if ((curl->features & CURL_VERSION_ASYNCHDNS) == 0)
        text_format(text, size,
                    "libcurl %s was built without asynchronous name resolution, so it would stop this program while a "
                    "name is looked up: " CURE,
                    curl->version);
    else if (!takes_certificates(curl, takes_trust))
        text_format(text, size,
                    "libcurl %s uses %s for TLS, which cannot take certificates from memory, as is needed: " CURE
                    "; not one that is built with GnuTLS (libcurl3-gnutls)",
                    curl->version, curl->ssl_version != NULL ? curl->ssl_version : "a library");
    else
        return true;
    text_printable(text);
    return false;
}

CURL *curl_new_handle(void)
{
    CURL *easy = curl_easy_init();

    /* Without it each cleanup changes the handler of SIGPIPE, and the handle added last decides for its whole multi. */
    if (easy == NULL || curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK)
        return easy;
    curl_easy_cleanup(easy);
    return NULL;
}

CURLcode curl_check(char *text, size_t size)
{
    CURL *easy = curl_new_handle();

    if (easy == NULL)
        return CURLE_OUT_OF_MEMORY;
    CURLcode takes_trust = curl_try_trust(easy);
    curl_easy_cleanup(easy);
    if (takes_trust == CURLE_OUT_OF_MEMORY)
        return takes_trust;
    return curl_serves(curl_version_info(CURLVERSION_NOW), takes_trust, text, size) ? CURLE_OK : CURLE_NOT_BUILT_IN;
}
