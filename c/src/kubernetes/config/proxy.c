/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chooses the proxy to the API server, and words the choice. Pure. No text of this file has a login in it.
 */
#include "kubernetes/config/proxy.h"

#include "base/secret.h"
#include "base/text.h"
#include "kubernetes/config/no_proxy.h"
#include "kubernetes/config/proxy_url.h"

#include <leaderlife/leaderlife.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORM "http://HOST:PORT, with a login http://USER:PASSWORD@HOST:PORT"

void proxy_clear(struct proxy *proxy)
{
    free(proxy->url);
    secret_free(proxy->user);
    secret_free(proxy->password);
    free(proxy->name);
    free(proxy->cure);
    *proxy = (struct proxy){0};
}

/* LEADERLIFE_OK or _ENOMEM. */
__attribute__((format(printf, 2, 3))) static int print(char **target, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vasprintf(target, format, arguments);
    va_end(arguments);
    if (length >= 0)
        return LEADERLIFE_OK;
    *target = NULL;
    return LEADERLIFE_ENOMEM;
}

/* ---- Through it ---- */

/* In a pod a proxy for the world outside catches the cluster's own server. */
static int word_cure(struct proxy *proxy, const struct proxy_question *question, const char *host)
{
    const char *name = question->https_proxy.name;

    if (question->proxy_url != NULL)
        return print(&proxy->cure, "else correct proxy-url in the kubeconfig");
    proxy->cure_first = question->in_cluster;
    if (question->in_cluster)
        return print(
            &proxy->cure,
            "name %s in NO_PROXY (best the whole network of the cluster's services), as a pod reaches its own API "
            "server without %s",
            host, name);
    return print(&proxy->cure, "else correct %s, or name %s in NO_PROXY", name, host);
}

/* SOCKS5 as client-go has it: the proxy resolves the server's name, which libcurl calls socks5h. */
static int go_through(struct proxy *proxy, const struct proxy_question *question, struct proxy_url *url,
                      const char *host)
{
    const char *scheme = text_equal(url->scheme, "socks5") ? "socks5h" : url->scheme;
    const char *open = url->is_ipv6 ? "[" : "";
    const char *close = url->is_ipv6 ? "]" : "";
    const char *source = question->proxy_url != NULL ? "proxy-url of the kubeconfig" : question->https_proxy.name;
    int status = print(&proxy->url, "%s://%s%s%s:%s", scheme, open, url->host, close, url->port);

    if (status == LEADERLIFE_OK)
        status = print(&proxy->name, "%s://%s%s%s:%s (%s)", url->scheme, open, url->host, close, url->port, source);
    if (status == LEADERLIFE_OK)
        status = word_cure(proxy, question, host);
    proxy->user = url->user;
    proxy->password = url->password;
    url->user = url->password = NULL;
    return status;
}

/* ---- Directly ---- */

/* In a usual pod there is no proxy: then nothing is said about proxies. */
static int go_directly(struct proxy *proxy, const struct proxy_question *question, const char *host)
{
    const char *https = question->https_proxy.name;

    if (https != NULL && no_proxy_is_loopback(host))
        return print(&proxy->cure, "%s is not used for it, as it is an address of this machine itself", https);
    if (https != NULL)
        return print(&proxy->cure, "%s is not used for it, as %s names it", https, question->no_proxy.name);
    if (question->unused != NULL)
        return print(&proxy->cure, "%s is not used for it, as that takes HTTPS_PROXY (or proxy-url in the kubeconfig)",
                     question->unused);
    if (question->in_cluster || no_proxy_is_loopback(host))
        return LEADERLIFE_OK;
    return print(&proxy->cure, "no proxy is used, as HTTPS_PROXY is not set, nor proxy-url in the kubeconfig");
}

/* ---- The choice ---- */

/* Go would compare their xn-- forms: then to go on would be to go another way than it. */
static int check_list(const struct proxy_question *question, const char *host, char *text, size_t size)
{
    if (strstr(host, "xn--") == NULL || !no_proxy_is_beyond_ascii(question->no_proxy.value))
        return LEADERLIFE_OK;
    text_format(text, size,
                "%s has a name beyond ASCII, which cannot be compared with the server's name: write it as the server's "
                "URL has it, with xn--",
                question->no_proxy.name);
    return LEADERLIFE_ECONFIG;
}

/* *ret_url is NULL if it is to be gone directly. */
static int pick(const struct proxy_question *question, const struct proxy_url *server, const char **ret_url, char *text,
                size_t size)
{
    int status = LEADERLIFE_OK;

    *ret_url = question->proxy_url;
    if (question->proxy_url != NULL || question->https_proxy.value == NULL || no_proxy_is_loopback(server->host))
        return LEADERLIFE_OK;
    if (no_proxy_names(question->no_proxy.value, server->host, server->port))
        return LEADERLIFE_OK;
    status = check_list(question, server->host, text, size);
    *ret_url = status == LEADERLIFE_OK ? question->https_proxy.value : NULL;
    return status;
}

static int refuse_url(const struct proxy_question *question, const char *fault, const char *host, char *text,
                      size_t size)
{
    if (question->proxy_url != NULL)
        text_format(text, size, "%s: proxy-url %s; give it as " FORM ", or remove it", question->origin, fault);
    else
        text_format(text, size, "%s %s; give it as " FORM ", or name %s in NO_PROXY", question->https_proxy.name, fault,
                    host);
    return LEADERLIFE_ECONFIG;
}

/* Go ends the host at the first of them, so that a part of the login would be taken for the proxy's name, and told. */
static const char *login_fault(const char *url)
{
    const char *scheme = strstr(url, "://");
    const char *authority = scheme != NULL ? scheme + 3 : url;

    return strchr(authority + strcspn(authority, "/?#"), '@') == NULL
               ? NULL
               : "has a '/', '?' or '#' before an '@' (in a login they are written as %2F, %3F and %23)";
}

int proxy_choose(struct proxy *ret, const struct proxy_question *question, char *text, size_t size)
{
    struct proxy made = {0};
    struct proxy_url server = {0};
    struct proxy_url url = {0};
    const char *fault = NULL;
    const char *chosen = NULL;
    int status = proxy_url_parse(&server, question->server, true, &fault);

    *ret = made;
    if (status == LEADERLIFE_ECONFIG)
        text_format(text, size, "the server's URL %s; give it as https://HOST:PORT", fault);
    if (status == LEADERLIFE_OK)
        status = pick(question, &server, &chosen, text, size);
    if (status == LEADERLIFE_OK && chosen == NULL)
        status = go_directly(&made, question, server.host);
    if (status == LEADERLIFE_OK && chosen != NULL) {
        fault = login_fault(chosen);
        status =
            fault != NULL ? LEADERLIFE_ECONFIG : proxy_url_parse(&url, chosen, chosen == question->proxy_url, &fault);
        if (status == LEADERLIFE_ECONFIG)
            (void)refuse_url(question, fault, server.host, text, size);
        if (status == LEADERLIFE_OK)
            status = go_through(&made, question, &url, server.host);
    }
    if (status == LEADERLIFE_ENOMEM)
        text_format(text, size, "no memory to find the way to the Kubernetes API server; give the process more");
    if (status == LEADERLIFE_OK)
        *ret = made;
    else
        proxy_clear(&made);
    proxy_url_clear(&url);
    proxy_url_clear(&server);
    return status;
}
