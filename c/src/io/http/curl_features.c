/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of libcurl that its older versions lack, and what stands for them there. Knows nothing of calls.
 */
#include "io/http/curl_features.h"

#include <stdint.h>
#include <string.h>

/* ---- 7.80: before a request is sent ---- */

#if LIBCURL_VERSION_NUM >= CURL_NUMBER(7, 80)

CURLcode curl_watch_sends(CURL *easy, const struct curl_sends *sends)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, sends->call);

    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_PREREQDATA, sends->owner);
}

#else

/* Curl is asked to tell all that it does, for the head of a request alone. What a proxy is told comes here, too. */
static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t size, void *pointer)
{
    static const char connect[] = "CONNECT ";
    const struct curl_sends *sends = pointer;
    long remote_port = 0;
    long local_port = 0;

    if (type != CURLINFO_HEADER_OUT || (size >= sizeof connect - 1 && memcmp(bytes, connect, sizeof connect - 1) == 0))
        return 0;
    (void)curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &remote_port);
    (void)curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &local_port);
    (void)sends->call(sends->owner, NULL, NULL, (int)remote_port, (int)local_port);
    return 0;
}

CURLcode curl_watch_sends(CURL *easy, const struct curl_sends *sends)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);

    if (code == CURLE_OK)
        code = curl_easy_setopt(easy, CURLOPT_DEBUGDATA, (void *)(uintptr_t)sends);
    return code != CURLE_OK ? code : curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

#endif

bool curl_may_have_sent(CURL *easy)
{
    curl_off_t handshake = 0;

    if (CURL_ASKS_BEFORE_SENDING || easy == NULL)
        return false;
    (void)curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &handshake);
    return handshake > 0;
}

/* ---- 8: calls that wait ---- */

bool curl_forgets_who_waits(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >= CURL_NUMBER(8, 0);
}

bool curl_asks_peers(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >= CURL_NUMBER(8, 10);
}

/* ---- 7.85: protocols by name ---- */

CURLcode curl_allow_https_alone(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= CURL_NUMBER(7, 85)
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
#else
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
}

/* ---- 7.87: a quick exit ---- */

void curl_quit_quickly(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= CURL_NUMBER(7, 87)
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#else
    (void)easy;
#endif
}

/* ---- 7.77: a CA from memory ---- */

#if LIBCURL_VERSION_NUM >= CURL_NUMBER(7, 77)

/* Not copied. */
static CURLcode set_blob(CURL *easy, CURLoption option, const char *pem)
{
    struct curl_blob blob = {.data = (void *)(uintptr_t)pem, .len = strlen(pem), .flags = CURL_BLOB_NOCOPY};

    return curl_easy_setopt(easy, option, &blob);
}

CURLcode curl_set_ca(CURL *easy, const char *pem, const char *path)
{
    (void)path;
    return set_blob(easy, CURLOPT_CAINFO_BLOB, pem);
}

CURLcode curl_set_proxy_ca(CURL *easy, const char *pem, const char *path)
{
    (void)path;
    return set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, pem);
}

CURLcode curl_try_trust(CURL *easy)
{
    return set_blob(easy, CURLOPT_CAINFO_BLOB, "-"); /* an empty one is refused by libcurl 8 */
}

#else

CURLcode curl_set_ca(CURL *easy, const char *pem, const char *path)
{
    (void)pem;
    return curl_easy_setopt(easy, CURLOPT_CAINFO, path);
}

CURLcode curl_set_proxy_ca(CURL *easy, const char *pem, const char *path)
{
    (void)pem;
    return curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, path);
}

CURLcode curl_try_trust(CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, NULL);
}

#endif
