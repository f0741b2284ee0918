/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to do about a call whose request was never sent, where a proxy, or that there is none, can be why. The login
 * of a proxy is in no text.
 */
#include "io/http/proxy_error.h"

#include "base/text.h"

#include <string.h>

enum part {
    PART_SERVER,  /* what is behind the proxy */
    PART_DOWN,    /* the proxy does not answer */
    PART_TLS,     /* nor does it show who it is */
    PART_LOGIN,   /* it asks who we are */
    PART_REFUSES, /* it lets nobody through to there */
    PART_CANNOT   /* it does not reach the server */
};

enum { ANSWER_LOGIN = 407, ANSWER_REFUSED = 403, ANSWER_FINE = 299 };

static bool speaks(const struct http_proxy *proxy, const char *scheme)
{
    return strncmp(proxy->url, scheme, strlen(scheme)) == 0;
}

static bool is_of_tls(CURLcode code)
{
    return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
           code == CURLE_SSL_CACERT_BADFILE;
}

static enum part part_of_socks(const struct transfer *transfer, CURLcode code)
{
    long error = CURLPX_OK;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_PROXY_ERROR, &error);
    if (code == CURLE_COULDNT_RESOLVE_PROXY || (error == CURLPX_OK && code == CURLE_COULDNT_CONNECT) ||
        (error == CURLPX_OK && code == CURLE_OPERATION_TIMEDOUT))
        return PART_DOWN;
    switch (error) {
    case CURLPX_OK: return PART_SERVER;
    case CURLPX_NO_AUTH:
    case CURLPX_USER_REJECTED: return PART_LOGIN;
    case CURLPX_REPLY_NOT_ALLOWED: return PART_REFUSES;
    default: return PART_CANNOT;
    }
}

/* Of a call through a proxy. */
static enum part part_of(const struct transfer *transfer, CURLcode code)
{
    const struct http_proxy *proxy = &transfer->trust->texts.proxy;
    long answer = 0;

    if (speaks(proxy, "socks"))
        return part_of_socks(transfer, code);
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &answer);
    if (answer == 0)
        return speaks(proxy, "https:") && is_of_tls(code) ? PART_TLS : PART_DOWN;
    if (answer == ANSWER_LOGIN)
        return PART_LOGIN;
    if (answer == ANSWER_REFUSED)
        return PART_REFUSES;
    return answer <= ANSWER_FINE ? PART_SERVER : PART_CANNOT;
}

static const char *cure_of(const struct http_proxy *proxy, enum part part, const char *cure)
{
    switch (part) {
    case PART_DOWN: return "check that the proxy runs there";
    case PART_TLS: return "the proxy's certificate must be one of the system's CAs, or of the API server's CA";
    case PART_LOGIN:
        return proxy->user != NULL
                   ? "the proxy refuses the login that its URL has: correct it"
                   : "the proxy wants a login: its URL gives it as SCHEME://USER:PASSWORD@HOST:PORT, other "
                     "characters than letters and digits as % and two hexadecimal digits";
    case PART_REFUSES: return "the proxy refuses to connect there: let it allow this host and port";
    case PART_CANNOT: return "the proxy does not reach the server: check the address, as the proxy sees it";
    case PART_SERVER: break;
    }
    return cure;
}

bool proxy_error_is(const struct transfer *transfer, CURLcode code)
{
    return transfer->attempts == 0 && transfer->trust->texts.proxy.url != NULL &&
           part_of(transfer, code) != PART_SERVER;
}

static void append(struct transfer *transfer, const char *cure)
{
    if (cure != NULL)
        text_append(transfer->call.text, sizeof transfer->call.text, "; %s", cure);
}

void proxy_error_of_way(struct transfer *transfer, CURLcode code, const char *cure)
{
    const struct http_proxy *proxy = &transfer->trust->texts.proxy;
    bool may_need_one =
        code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT;

    if (proxy->url == NULL || !proxy_error_is(transfer, code)) {
        append(transfer, cure);
        append(transfer, proxy->url == NULL && may_need_one && transfer->attempts == 0 ? proxy->cure : NULL);
        return;
    }
    cure = cure_of(proxy, part_of(transfer, code), cure);
    append(transfer, proxy->cure_first ? proxy->cure : cure);
    append(transfer, proxy->cure_first ? cure : proxy->cure);
}
