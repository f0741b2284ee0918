/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends requests of the Kubernetes API to the endpoint.
 */
#include "kubernetes/api/client.h"

#include "backend/environment.h"
#include "base/text.h"
#include "io/http/silence.h"
#include "kubernetes/api/request.h"

#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURE_USUAL_NAME                                                                                                \
    "this is only the usual name of the API server, taken because KUBERNETES_SERVICE_HOST is not set: let this "       \
    "program "                                                                                                         \
    "have KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, or give option server; a pod with hostNetwork "         \
    "resolves "                                                                                                        \
    "the name with dnsPolicy ClusterFirstWithHostNet, and no pod does with dnsPolicy Default"

int client_init(struct client *client, const struct backend_setup *setup, char *text, size_t size)
{
    memset(client, 0, sizeof *client);
    client->options = setup->options;
    client->choice = *setup->choice;
    client->counters = setup->counters;
    exec_plugin_init(&client->plugin, setup->reactor);
    return http_new(setup->reactor, &client->http, text, size);
}

void client_free(struct client *client, bool forked)
{
    http_free(client->http, forked);
    client->http = NULL;
    exec_plugin_free(&client->plugin, forked);
    endpoint_clear(&client->endpoint);
    proxy_clear(&client->proxy);
}

static int use_trust(struct client *client)
{
    const struct endpoint *endpoint = &client->endpoint;
    const struct proxy *proxy = &client->proxy;
    struct http_trust trust = {
        .ca = endpoint->ca,
        .cert = endpoint->cert,
        .key = endpoint->key,
        .server_name = endpoint->server_name,
        .proxy = {proxy->url, proxy->user, proxy->password, proxy->name, proxy->cure, proxy->cure_first}};
    return http_trust(client->http, &trust);
}

/* ---- The way ---- */

/* The first that is set. */
static struct proxy_variable variable(const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (environment_variable(names[i]) != NULL)
            return (struct proxy_variable){names[i], environment_variable(names[i])};
    return (struct proxy_variable){NULL, NULL};
}

/* As Go does it; what others read, but it does not for https, is only spoken of. */
static int choose_proxy(struct client *client, char *text, size_t size)
{
    static const char *const https[] = {"HTTPS_PROXY", "https_proxy"};
    static const char *const none[] = {"NO_PROXY", "no_proxy"};
    static const char *const others[] = {"ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"};
    enum backend_source source = client->choice.source;
    bool account = source == BACKEND_SERVICE_ACCOUNT || source == BACKEND_SERVICE_ACCOUNT_ALONE;
    const struct proxy_question question = {
        .server = client->endpoint.server,
        .origin = client->endpoint.origin,
        .proxy_url = client->endpoint.proxy_url,
        .in_cluster = account && !option_is_set(client->options, OPTION_SERVER),
        .https_proxy = variable(https, 2),
        .no_proxy = variable(none, 2),
        .unused = variable(others, 4).name,
    };

    proxy_clear(&client->proxy);
    return proxy_choose(&client->proxy, &question, text, size);
}

/* ---- The endpoint ---- */

int client_load(struct client *client, int64_t now, char *text, size_t size)
{
    if (exec_plugin_is_running(&client->plugin) || client->plugin.fresh)
        return LEADERLIFE_OK;
    endpoint_clear(&client->endpoint);
    memset(&client->endpoint, 0, sizeof client->endpoint);
    client->plugin.good = 0;
    int status = endpoint_load(&client->endpoint, client->options, &client->choice, now, text, size);
    if (status == LEADERLIFE_OK)
        status = choose_proxy(client, text, size);
    if (status != LEADERLIFE_OK)
        return status;
    status = use_trust(client);
    if (status == LEADERLIFE_ENOTSUP)
        text_format(
            text, size,
            "libcurl was built without proxies such as %s: install one that has them, or name the server in NO_PROXY",
            client->proxy.name);
    else if (status == LEADERLIFE_ESYSTEM)
        text_copy(text, size, http_trust_trouble(client->http));
    else if (status != LEADERLIFE_OK)
        text_format(text, size, "no memory for the certificates of %s", client->endpoint.server);
    return status;
}

/* A file that cannot be read now (it is being rotated?) leaves what was read before. */
static void refresh(struct client *client, bool force, int64_t now)
{
    char text[TEXT_MESSAGE] = "";
    bool changed = false;
    int status = endpoint_refresh(&client->endpoint, now, force, &changed, text, sizeof text);

    if (status != LEADERLIFE_OK && !text_equal(text, client->trouble))
        client->trouble_is_new = true;
    if (status != LEADERLIFE_OK || changed)
        text_copy(client->trouble, sizeof client->trouble, status == LEADERLIFE_OK ? "" : text);
    if (changed)
        (void)use_trust(client); /* if there is no memory, the old trust stays until the next change */
}

void client_run(struct client *client, int64_t now)
{
    if (exec_plugin_run(&client->plugin, &client->endpoint, now))
        (void)use_trust(client); /* if there is no memory, the old trust stays until the next change */
}

/* One run serves all who wait for it. Who needs another credential waits for it, even in the seconds in which the old
 * one might still do: so no request is sent with one that expires on its way. What is under way goes on meanwhile. */
enum client_turn client_ready(struct client *client, struct client_pass *pass, bool refused, int64_t now)
{
    struct exec_plugin *plugin = &client->plugin;

    if (pass->awaited == 0)
        refresh(client, refused, now);
    if (client->endpoint.exec == NULL)
        return CLIENT_GO;
    if (pass->awaited == 0 && exec_plugin_is_due(plugin, refused ? pass->used : 0, now)) {
        if (!exec_plugin_is_running(plugin))
            exec_plugin_start(plugin, &client->endpoint, option_number(client->options, OPTION_X_PLUGIN_TIMEOUT_MS),
                              now);
        pass->awaited = plugin->runs;
        client_run(client, now); /* it may be over already */
    }
    if (pass->awaited != 0 && exec_plugin_is_running(plugin))
        return CLIENT_WAIT;
    if (pass->awaited != 0 && plugin->status != LEADERLIFE_OK) {
        pass->awaited = 0;
        return CLIENT_FAIL;
    }
    *pass = (struct client_pass){.used = plugin->good};
    plugin->fresh = false;
    return CLIENT_GO;
}

int64_t client_deadline(const struct client *client)
{
    return clock_earlier(http_deadline(client->http), exec_plugin_deadline(&client->plugin));
}

static void count(struct client *client, enum api_verb verb)
{
    client->counters->requests++;
    if (verb == API_WATCH)
        client->counters->watches++;
    if (api_is_write(verb))
        client->counters->writes++;
}

void client_count_failure(struct client *client, enum api_verb verb)
{
    client->counters->failures++;
    if (verb == API_WATCH)
        client->counters->failed_watches++;
    if (api_is_write(verb))
        client->counters->failed_writes++;
}

struct http_call *client_start(struct client *client, const struct api_request *request, int64_t idle_ms)
{
    bool stream = request->verb == API_WATCH;
    int64_t timeout_ms = option_number(client->options, OPTION_X_REQUEST_TIMEOUT_MS);
    char *url = NULL;

    if (asprintf(&url, "%s%s", client->endpoint.server, request->path) < 0)
        return NULL;
    struct http_request http = {
        .method = api_method(request->verb),
        .url = url,
        .accept = request->accept,
        .content_type = request->body != NULL ? "application/json" : NULL,
        .body = request->body,
        .bearer = client->endpoint.token,
        .user_agent = option_text(client->options, OPTION_USER_AGENT),
        .name_cure = client->endpoint.server_is_usual ? CURE_USUAL_NAME : NULL,
        .timeout_ms = stream ? 0 : timeout_ms,
        .withdraw_ms = timeout_ms / 3,                    /* P10: 5 of 15 s */
        .acknowledge_ms = (unsigned)(timeout_ms * 2 / 3), /* P10: 10 of 15 s */
        .idle_ms = stream ? idle_ms : 0,
        .ask_ms = HTTP_ASK_MS,
        .answer_ms = HTTP_ANSWER_MS,
        .max_bytes = stream ? API_LINE_MAX : API_ANSWER_MAX,
        .stream = stream,
    };
    struct http_call *call = http_start(client->http, &http, NULL);
    free(url);
    if (call != NULL)
        count(client, request->verb);
    return call;
}
