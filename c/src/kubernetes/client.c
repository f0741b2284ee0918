/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests on their way to the endpoint. Must not know what they are for.
 */
#include "kubernetes/client.h"

#include "base/text.h"

#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int client_init(struct client *client, const struct backend_setup *setup, char *text, size_t size)
{
    int status;

    memset(client, 0, sizeof *client);
    client->options = setup->options;
    client->counters = setup->counters;
    exec_plugin_init(&client->plugin, setup->reactor);
    status = http_new(setup->reactor, &client->http);
    if (status == LEADERLIFE_ENOTSUP)
        text_format(text, size,
                    "libcurl was built without TLS or without asynchronous name resolution: install one that has both "
                    "(all distributions' packages have)");
    else if (status == LEADERLIFE_ENOMEM)
        text_format(text, size, "no memory");
    else if (status != LEADERLIFE_OK)
        text_format(text, size, "libcurl cannot be initialized: check its installation and that of its TLS library");
    return status;
}

void client_free(struct client *client, bool forked)
{
    http_free(client->http, forked);
    client->http = NULL;
    exec_plugin_free(&client->plugin, forked);
    endpoint_clear(&client->endpoint);
}

static int use_trust(struct client *client)
{
    const struct endpoint *endpoint = &client->endpoint;
    struct http_trust trust = {
        .ca = endpoint->ca, .cert = endpoint->cert, .key = endpoint->key, .server_name = endpoint->server_name};
    return http_trust(client->http, &trust);
}

int client_load(struct client *client, int64_t now, char *text, size_t size)
{
    int status;

    if (exec_plugin_is_running(&client->plugin) || client->plugin.fresh)
        return LEADERLIFE_OK;
    endpoint_clear(&client->endpoint);
    memset(&client->endpoint, 0, sizeof client->endpoint);
    client->plugin.good = 0;
    status = endpoint_load(&client->endpoint, client->options, now, text, size);
    if (status != LEADERLIFE_OK)
        return status;
    status = use_trust(client);
    if (status != LEADERLIFE_OK)
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
        (void)use_trust(client); /* without memory: the old one, until the next change */
}

void client_run(struct client *client, int64_t now)
{
    if (exec_plugin_run(&client->plugin, &client->endpoint, now))
        (void)use_trust(client); /* without memory: the old one, until the next change */
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
    if (pass->awaited == 0 && exec_plugin_is_due(plugin, refused ? pass->used : 0)) {
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
    return reactor_earlier(http_deadline(client->http), exec_plugin_deadline(&client->plugin));
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
    struct http_call *call;
    char *url = NULL;

    if (asprintf(&url, "%s%s", client->endpoint.server, request->path) < 0)
        return NULL;
    struct http_request http = {
        .method = api_method(request->verb),
        .url = url,
        .accept = request->accept,
        .content_type = request->body ? "application/json" : NULL,
        .body = request->body,
        .bearer = client->endpoint.token,
        .user_agent = option_text(client->options, OPTION_USER_AGENT),
        .timeout_ms = stream ? 0 : timeout_ms,
        .withdraw_ms = timeout_ms / 3,                    /* P10: 5 of 15 s */
        .acknowledge_ms = (unsigned)(timeout_ms * 2 / 3), /* P10: 10 of 15 s */
        .idle_ms = stream ? idle_ms : 0,
        .max_bytes = stream ? API_LINE_MAX : API_ANSWER_MAX,
        .stream = stream,
    };
    call = http_start(client->http, &http, NULL);
    free(url);
    if (call)
        count(client, request->verb);
    return call;
}
