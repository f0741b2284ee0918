/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a call ended, as a word for programs and a sentence for people: cause and cure.
 */
#include "io/http/error.h"

#include "base/text.h"
#include "io/http/proxy_error.h"

#include <errno.h>
#include <string.h>

/* The numbers of OpenSSL's X509_V_ERR_..., which CURLINFO_SSL_VERIFYRESULT gives where curl uses it. */
enum { CERTIFICATE_NOT_YET = 9, CERTIFICATE_EXPIRED = 10 };

#define CURE_TRUST                                                                                                     \
    "the CA that signed it is named by the option ca-file, by certificate-authority in the kubeconfig, or it is "      \
    "ca.crt of the service account: give the CA of this server there"
#define CURE_CLOCK "check the clock of this machine, else renew the server's certificate"
#define CURE_NAME                                                                                                      \
    "reach the server by a name in its certificate (option server, or server in the kubeconfig), or give such a "      \
    "name as tls-server-name in the kubeconfig"

#define BROKEN "the connection broke after the request was sent"

static enum http_error error_of_code(const struct transfer *transfer, CURLcode code)
{
    switch (code) {
    case CURLE_OK: return HTTP_FINE;
    case CURLE_OUT_OF_MEMORY: return HTTP_MEMORY;
    case CURLE_BAD_CONTENT_ENCODING: return HTTP_ENCODED;
    case CURLE_WRITE_ERROR: /* not our own limits: bytes follow what could be decoded */
        return transfer->encodings > 0 ? HTTP_ENCODED : HTTP_NETWORK;
    case CURLE_BAD_FUNCTION_ARGUMENT: /* libcurl 8 reports a bad key by this */
        return transfer->trust->texts.cert != NULL ? HTTP_TLS : HTTP_NETWORK;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED: return HTTP_TLS;
    default: return HTTP_NETWORK;
    }
}

/* The value of "Subject Alternative Name" in the certificate that the server showed; NULL. */
static const char *names_in_certificate(const struct transfer *transfer)
{
    static const char label[] = "X509v3 Subject Alternative Name:";
    struct curl_certinfo *info = NULL;

    if (curl_easy_getinfo(transfer->easy, CURLINFO_CERTINFO, &info) != CURLE_OK || info == NULL ||
        info->num_of_certs < 1)
        return NULL;
    for (const struct curl_slist *line = info->certinfo[0]; line != NULL; line = line->next)
        if (strncmp(line->data, label, sizeof label - 1) == 0)
            return line->data + sizeof label - 1;
    return NULL;
}

static bool speaks_of_a_name(const char *text)
{
    return strstr(text, "subject name") != NULL || strstr(text, "host name") != NULL || strstr(text, "ostname") != NULL;
}

static void describe_certificate(struct transfer *transfer)
{
    struct http_call *call = &transfer->call;
    const char *names = names_in_certificate(transfer);
    long verify = 0;

    (void)curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &verify);
    if (speaks_of_a_name(transfer->error)) {
        if (names != NULL)
            text_append(call->text, sizeof call->text, "; the certificate is for %.120s", names);
        text_append(call->text, sizeof call->text, "; %s",
                    transfer->name_cure != NULL ? transfer->name_cure : CURE_NAME);
    } else if (verify == CERTIFICATE_EXPIRED || verify == CERTIFICATE_NOT_YET) {
        text_append(call->text, sizeof call->text, "; " CURE_CLOCK);
    } else if (transfer->trust->texts.ca == NULL) {
        text_append(call->text, sizeof call->text, "; no CA was given, the system's does not know it; " CURE_TRUST);
    } else {
        text_append(call->text, sizeof call->text, "; " CURE_TRUST);
    }
    if (transfer->trust->texts.proxy.url != NULL && !speaks_of_a_name(transfer->error))
        text_append(call->text, sizeof call->text, "; or let the proxy not open TLS to this server");
}

static const char *cure_of_code(const struct transfer *transfer, CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        if (strstr(transfer->error, "thread") != NULL) /* libcurl looks names up in a thread */
            return "raise the limit of processes (ulimit -u, or the pod's), or update the container runtime, whose "
                   "seccomp profile may forbid clone3 (Docker before 20.10.10)";
        return transfer->name_cure != NULL ? transfer->name_cure : "check the server's name, and DNS";
    case CURLE_COULDNT_CONNECT:
        return "check that the server runs, that address and port are right, and that no firewall is between";
    case CURLE_OPERATION_TIMEDOUT: /* curl limits the time of connecting only */
        return "check address and port, and that no firewall drops packets to it";
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return "check that it is the https:// address of the server";
    case CURLE_SSL_CONNECT_ERROR: return "check that this is the server's HTTPS port, and nothing between breaks TLS";
    case CURLE_BAD_FUNCTION_ARGUMENT:
        if (transfer->trust->texts.cert == NULL)
            break;
        /* fall through */
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CLIENTCERT: return "check the client certificate and that its key belongs to it";
    case CURLE_SSL_CACERT_BADFILE: return "the CA in use holds no usable certificate: " CURE_TRUST;
    default: break;
    }
    return "check the server and the network between";
}

static bool nothing_listens(const struct transfer *transfer, CURLcode code)
{
    long number = 0;

    return code == CURLE_COULDNT_CONNECT && curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK &&
           number == ECONNREFUSED;
}

/* Curl is content with half a head, and with a 101. */
static enum http_error fault_of_head(struct transfer *transfer)
{
    text_format(
        transfer->call.text, sizeof transfer->call.text,
        "no whole answer from %s: it broke off before its body; check the server and what proxy stands before it",
        transfer->origin);
    text_printable(transfer->call.text);
    return HTTP_NETWORK;
}

static void fault_of_ca(struct transfer *transfer)
{
    text_format(
        transfer->call.text, sizeof transfer->call.text,
        "this program has closed the descriptor of the CA for %s; it is made again; let it keep the descriptors that "
        "it did not open",
        transfer->origin);
    text_printable(transfer->call.text);
}

enum http_error error_of_curl(struct transfer *transfer, CURLcode code)
{
    struct http_call *call = &transfer->call;
    if (transfer->ca_is_lost) {
        fault_of_ca(transfer);
        return HTTP_NETWORK;
    }
    enum http_error error = transfer->breach != HTTP_FINE ? transfer->breach : error_of_code(transfer, code);

    if (error == HTTP_FINE && transfer->head_over)
        return error;
    if (error == HTTP_FINE)
        return fault_of_head(transfer);
    if (transfer->breach != HTTP_FINE || error == HTTP_MEMORY || error == HTTP_ENCODED) {
        error_describe(transfer, error);
        return error;
    }
    call->unheard = nothing_listens(transfer, code);
    text_format(call->text, sizeof call->text, "%s %s: %s",
                transfer->attempts == 0 ? "cannot reach"
                : transfer->answered    ? "no whole answer from"
                                        : "no answer from",
                transfer->origin,
                code == CURLE_ABORTED_BY_CALLBACK ? BROKEN
                : transfer->error[0] != '\0'      ? transfer->error
                                                  : curl_easy_strerror(code));
    if (code == CURLE_PEER_FAILED_VERIFICATION && !proxy_error_is(transfer, code))
        describe_certificate(transfer);
    else
        proxy_error_of_way(transfer, code, cure_of_code(transfer, code));
    text_printable(call->text);
    return error;
}

void error_describe(struct transfer *transfer, enum http_error error)
{
    struct http_call *call = &transfer->call;
    const char *origin = transfer->origin;

    if (error == HTTP_TIMEOUT && transfer->withdrawn)
        text_format(call->text, sizeof call->text,
                    "the request could not be sent to %s within %lld ms and was withdrawn; check that the server runs, "
                    "and the network between",
                    origin, (long long)transfer->withdraw_ms);
    else if (error == HTTP_TIMEOUT)
        text_format(call->text, sizeof call->text,
                    "no answer from %s within %lld ms; check the server's load and the network between", origin,
                    (long long)transfer->timeout_ms);
    else if (error == HTTP_STALLED)
        text_format(call->text, sizeof call->text,
                    "%s sent nothing for %lld ms; the connection counts as dead, a new one is made", origin,
                    (long long)(call->silent ? transfer->ask_ms + transfer->answer_ms : transfer->idle_ms));
    else if (error == HTTP_TOO_LARGE)
        text_format(call->text, sizeof call->text,
                    "%s sent more than the %zu bytes that an answer may have; check that it is the right server and "
                    "that the object is not huge",
                    origin, transfer->max_bytes);
    else if (error == HTTP_ENCODED)
        text_format(
            call->text, sizeof call->text,
            "the answer of %s is encoded (Content-Encoding: %s), which nobody asked for, and cannot be read so; "
            "let the proxy that stands before the server leave its answers as they are",
            origin, transfer->encodings > 0 ? transfer->encoding : "not named");
    else if (error == HTTP_MEMORY)
        text_format(call->text, sizeof call->text, "no memory for the answer of %s; give the process more", origin);
    text_printable(call->text);
}

void error_of_reset(struct transfer *transfer)
{
    text_format(
        transfer->call.text, sizeof transfer->call.text,
        "the connection to %s was reset, because a write on it got no answer and must not be carried out later; "
        "a new one is made; check the network between",
        transfer->origin);
    text_printable(transfer->call.text);
}

void error_of_loss(struct transfer *transfer)
{
    text_format(transfer->call.text, sizeof transfer->call.text,
                "no answer from %s: " BROKEN "; check the server and the network between", transfer->origin);
    text_printable(transfer->call.text);
}

void error_of_pool(struct transfer *transfer)
{
    if (transfer->pool->closed_by_program) {
        text_format(transfer->call.text, sizeof transfer->call.text,
                    "this program has closed a descriptor of the connection to %s; a new one is made; let it keep the "
                    "descriptors that it did not open",
                    transfer->origin);
        text_printable(transfer->call.text);
        return;
    }
    text_format(
        transfer->call.text, sizeof transfer->call.text,
        "libcurl gave up all its connections (%s); new ones are made; if that repeats, look for a lack of memory "
        "or of file descriptors (ulimit -n)",
        curl_multi_strerror(transfer->pool->failure));
}
