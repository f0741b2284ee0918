/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom calls trust, who this client is, and which way calls go: copied, compared, told to curl. Curl never looks for
 * a proxy by itself: what it would read of the environment need not be what was decided.
 */
#include "io/http/trust.h"

#include "base/secret.h"
#include "io/http/curl.h"
#include "io/http/pool.h"

#include <fcntl.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXTS = 9, BUNDLE_MAX = 4 << 20 };

/* ---- Texts ---- */

/* All that a trust consists of. */
static void texts_of(struct http_trust *trust, const char **ret[TEXTS])
{
    const char **all[TEXTS] = {
        &trust->ca,         &trust->cert,           &trust->key,        &trust->server_name, &trust->proxy.url,
        &trust->proxy.user, &trust->proxy.password, &trust->proxy.name, &trust->proxy.cure};

    memcpy(ret, all, sizeof all);
}

/* Keys and logins are among them. */
void trust_unref(struct trust *trust)
{
    const char **texts[TEXTS];

    if (trust == NULL || --trust->users > 0)
        return;
    texts_of(&trust->texts, texts);
    for (int i = 0; i < TEXTS; i++)
        secret_free((char *)(uintptr_t)*texts[i]);
    free(trust->proxy_ca);
    ca_file_close(&trust->ca_file);
    ca_file_close(&trust->proxy_ca_file);
    free(trust);
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_same(struct http_trust a, struct http_trust b)
{
    const char **of_a[TEXTS];
    const char **of_b[TEXTS];
    bool all = true;

    texts_of(&a, of_a);
    texts_of(&b, of_b);
    for (int i = 0; i < TEXTS; i++)
        all = all && same(*of_a[i], *of_b[i]);
    return all;
}

/* ---- The proxy's CA ---- */

/* All of it, ended by NUL, or NULL. */
static char *read_bundle(const char *path)
{
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    struct stat found;
    char *made = NULL;
    ssize_t got = -1;

    if (fd >= 0 && fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_size <= BUNDLE_MAX)
        made = calloc(1, (size_t)found.st_size + 1);
    if (made != NULL)
        got = read(fd, made, (size_t)found.st_size);
    if (fd >= 0)
        close(fd);
    if (got >= 0)
        return made;
    free(made);
    return NULL;
}

/* Curl takes the system's CAs, or ours in their place: a proxy may have either. */
static bool join_cas(const struct http *http, struct trust *trust)
{
    const char *url = trust->texts.proxy.url;

    if (url == NULL || strncmp(url, "https:", 6) != 0 || trust->texts.ca == NULL)
        return true;
    char *bundle = read_bundle(http->ca_bundle);
    bool joined = asprintf(&trust->proxy_ca, "%s\n%s", trust->texts.ca, bundle != NULL ? bundle : "") >= 0;
    if (!joined)
        trust->proxy_ca = NULL;
    free(bundle);
    return joined;
}

/* ---- CAs as files ---- */

static bool make_file(struct ca_file *file, const char *pem, char *text, size_t size)
{
    return pem == NULL || ca_file_is_ours(file) || ca_file_make(file, pem, text, size) == LEADERLIFE_OK;
}

/* Those that curl must have as files, and that there are not yet or not any more. */
static bool make_files(struct trust *trust, char *text, size_t size)
{
    return CURL_TAKES_CA_FROM_MEMORY || (make_file(&trust->ca_file, trust->texts.ca, text, size) &&
                                         make_file(&trust->proxy_ca_file, trust->proxy_ca, text, size));
}

const char *http_trust_trouble(const struct http *http)
{
    return http->trouble;
}

/* After curl has read them. */
static CURLcode on_tls(CURL *easy, void *tls, void *pointer)
{
    struct transfer *transfer = pointer;
    const struct trust *trust = transfer->trust;

    (void)easy;
    (void)tls;
    transfer->ca_is_lost = (trust->texts.ca != NULL && !ca_file_is_ours(&trust->ca_file)) ||
                           (trust->proxy_ca != NULL && !ca_file_is_ours(&trust->proxy_ca_file));
    return transfer->ca_is_lost ? CURLE_SSL_CACERT_BADFILE : CURLE_OK;
}

/* The path stays, for calls that have it already: a file that is made again has another only if its number is taken. */
static bool keep_files(struct transfer *transfer)
{
    if (CURL_TAKES_CA_FROM_MEMORY)
        return true;
    return make_files(transfer->trust, transfer->http->trouble, sizeof transfer->http->trouble) &&
           SET(transfer, CURLOPT_SSL_CTX_FUNCTION, on_tls) && SET(transfer, CURLOPT_SSL_CTX_DATA, transfer);
}

/* ---- Giving ---- */

static struct trust *trust_new(const struct http *http, struct http_trust given)
{
    struct trust *trust = calloc(1, sizeof *trust);
    const char **from[TEXTS];
    const char **to[TEXTS];
    bool copied = trust != NULL;

    if (trust == NULL)
        return NULL;
    trust->users = 1;
    trust->ca_file.fd = trust->proxy_ca_file.fd = -1;
    trust->texts.proxy.cure_first = given.proxy.cure_first;
    texts_of(&given, from);
    texts_of(&trust->texts, to);
    for (int i = 0; i < TEXTS; i++)
        if (*from[i] != NULL) {
            *to[i] = strdup(*from[i]);
            copied = copied && *to[i] != NULL;
        }
    if (copied && join_cas(http, trust))
        return trust;
    trust_unref(trust);
    return NULL;
}

/* A libcurl without any has not even the option. */
static bool can_go_through(const struct http_proxy *proxy)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);

    if (proxy->url == NULL)
        return true;
    if (strncmp(proxy->url, "https:", 6) == 0 && (curl->features & CURL_VERSION_HTTPS_PROXY) == 0)
        return false;
    CURL *easy = curl_new_handle();
    bool can = easy == NULL || curl_easy_setopt(easy, CURLOPT_PROXY, "") != CURLE_UNKNOWN_OPTION;
    curl_easy_cleanup(easy);
    return can;
}

int http_trust(struct http *http, const struct http_trust *given)
{
    struct trust *trust;

    if (http->trust != NULL && is_same(http->trust->texts, *given))
        return LEADERLIFE_OK;
    if (!can_go_through(&given->proxy))
        return LEADERLIFE_ENOTSUP;
    trust = trust_new(http, *given);
    if (trust == NULL)
        return LEADERLIFE_ENOMEM;
    if (!make_files(trust, http->trouble, sizeof http->trouble)) {
        trust_unref(trust);
        return LEADERLIFE_ESYSTEM;
    }
    trust_unref(http->trust);
    http->trust = trust;
    pool_retire(http);
    return LEADERLIFE_OK;
}

/* ---- Telling curl ---- */

static bool set_blob(struct transfer *transfer, CURLoption option, const char *pem)
{
    struct curl_blob blob = {.data = (void *)(uintptr_t)pem, .len = 0, .flags = CURL_BLOB_NOCOPY};

    if (pem == NULL)
        return true;
    blob.len = strlen(pem); /* not copied: the trust outlives the handle, and the key is wiped with it */
    return SET(transfer, option, &blob);
}

/* Beside the CA that it is given curl would look into its default folder too, where its TLS library has such: newer
 * versions do so even if they are told to use none. So they are told one that has no files, with any TLS library. */
static bool set_ca(struct transfer *transfer)
{
    const struct trust *trust = transfer->trust;

    if (trust->texts.ca != NULL) {
        CURLcode code = curl_easy_setopt(transfer->easy, CURLOPT_CAPATH, "/proc/sys");

        return (code == CURLE_OK || code == CURLE_NOT_BUILT_IN) &&
               curl_set_ca(transfer->easy, trust->texts.ca, trust->ca_file.path) == CURLE_OK;
    }
    return transfer->http->ca_file == NULL || SET(transfer, CURLOPT_CAINFO, transfer->http->ca_file);
}

/* Curl decodes what it is given: its older versions user and password alone, all versions the pair. NULL without
 * memory. */
static char *encode(const struct transfer *transfer, const char *user, const char *password)
{
    char *parts[2] = {curl_easy_escape(transfer->easy, user, 0), curl_easy_escape(transfer->easy, password, 0)};
    char *pair = NULL;

    if (parts[0] != NULL && parts[1] != NULL && asprintf(&pair, "%s:%s", parts[0], parts[1]) < 0)
        pair = NULL;
    for (int i = 0; i < 2; i++) {
        if (parts[i] != NULL)
            secret_wipe(parts[i], strlen(parts[i]));
        curl_free(parts[i]);
    }
    return pair;
}

/* As in Go: only the login that is given, and neither Kerberos nor NTLM. */
static bool set_login(struct transfer *transfer)
{
    const struct http_proxy *proxy = &transfer->trust->texts.proxy;

    (void)SET(transfer, CURLOPT_SOCKS5_AUTH, CURLAUTH_BASIC);
    if (!SET(transfer, CURLOPT_PROXYAUTH, CURLAUTH_BASIC))
        return false;
    if (proxy->user == NULL)
        return true;
    char *pair = encode(transfer, proxy->user, proxy->password);
    bool done = pair != NULL && SET(transfer, CURLOPT_PROXYUSERPWD, pair);
    secret_free(pair);
    return done;
}

static bool set_proxy_tls(struct transfer *transfer)
{
    const struct trust *trust = transfer->trust;

    if (strncmp(trust->texts.proxy.url, "https:", 6) != 0)
        return true;
    return SET(transfer, CURLOPT_PROXY_SSL_VERIFYPEER, 1L) && SET(transfer, CURLOPT_PROXY_SSL_VERIFYHOST, 2L) &&
           SET(transfer, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
           (trust->proxy_ca != NULL || transfer->http->ca_file == NULL ||
            SET(transfer, CURLOPT_PROXY_CAINFO, transfer->http->ca_file)) &&
           (trust->proxy_ca == NULL ||
            curl_set_proxy_ca(transfer->easy, trust->proxy_ca, trust->proxy_ca_file.path) == CURLE_OK);
}

/* "" keeps curl from the environment, for both. A libcurl that was built without proxies has none of these options. */
static bool set_way(struct transfer *transfer)
{
    const char *url = transfer->trust->texts.proxy.url;

    if (url == NULL) {
        CURLcode code = curl_easy_setopt(transfer->easy, CURLOPT_PROXY, "");

        return code == CURLE_OK || code == CURLE_UNKNOWN_OPTION;
    }
    return SET(transfer, CURLOPT_PROXY, url) && SET(transfer, CURLOPT_NOPROXY, "") &&
           SET(transfer, CURLOPT_HTTPPROXYTUNNEL, 1L) && SET(transfer, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
           SET(transfer, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE) && set_login(transfer) &&
           set_proxy_tls(transfer);
}

bool trust_apply(struct transfer *transfer)
{
    const struct http_trust *texts = &transfer->trust->texts;

    return keep_files(transfer) && set_ca(transfer) && set_blob(transfer, CURLOPT_SSLCERT_BLOB, texts->cert) &&
           set_blob(transfer, CURLOPT_SSLKEY_BLOB, texts->key) && set_way(transfer);
}
