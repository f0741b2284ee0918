/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a credential plugin and judges what it gives.
 */
#include "kubernetes/config/exec_plugin.h"

#include "backend/environment.h"
#include "base/base64.h"
#include "base/secret.h"
#include "kubernetes/config/credential_file.h"
#include "kubernetes/config/kubeconfig.h"
#include "kubernetes/objects/exec_credential.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    OUTPUT_MAX = 64 << 10,
    MARGIN_S = 10, /* before the expiry: the request's own time, and clocks that differ */
    /* So long a credential that came expired is kept, unless the server refuses it: doubling, if the next one is no
     * better. */
    STALE_FIRST_MS = 10000,
    STALE_MAX_MS = 300000
};

void exec_plugin_init(struct exec_plugin *plugin, struct reactor *reactor)
{
    *plugin = (struct exec_plugin){.kill_at = NEVER};
    child_init(&plugin->child, reactor);
}

void exec_plugin_free(struct exec_plugin *plugin, bool forked)
{
    child_free(&plugin->child, forked);
}

bool exec_plugin_is_running(const struct exec_plugin *plugin)
{
    return plugin->running;
}

/* By the wall clock, as the plugin means it; where that has been set wrong, the server's refusal tells. One that came
 * expired must be used: another run would give no better one, and there is one before each request then. */
bool exec_plugin_is_due(const struct exec_plugin *plugin, unsigned refused, int64_t now)
{
    if (plugin->good == 0 || refused == plugin->good)
        return true;
    return plugin->stale > 0 ? now >= plugin->stale_until : time(NULL) >= plugin->due;
}

int64_t exec_plugin_deadline(const struct exec_plugin *plugin)
{
    return plugin->kill_at;
}

/* ---- Failures ---- */

/* At the start a wrong setting ends the election. What has worked before may work again (the plugin is just being
 * installed anew, say). */
static void fail(struct exec_plugin *plugin, const struct endpoint *endpoint, int status, const char *what,
                 const char *cure)
{
    plugin->status = plugin->good != 0 ? LEADERLIFE_EAUTH : status;
    text_format(plugin->text, sizeof plugin->text, "%s: credential plugin %.200s %s; %s", endpoint->origin,
                endpoint->exec->argv[0], what, cure);
    text_printable(plugin->text);
}

#define CURE_NO_PLUGIN "give a tokenFile, or option token-file"

/* The plugin is as it should be; what this process may do is not. */
static void fail_unwatched(struct exec_plugin *plugin, const struct endpoint *endpoint, int error)
{
    char what[300];

    text_format(
        what, sizeof what,
        "is not run, because this process cannot have pidfd_open and pidfd_send_signal (%s), by which it would "
        "see its end: %s the seccomp profile of this container forbids them, as that of Docker before 20.10 does",
        strerror(error), error == ENOSYS ? "the kernel is older than Linux 5.4, or" : "very likely");
    fail(plugin, endpoint, LEADERLIFE_ENOTSUP, what,
         "update the container runtime, or allow both in the profile; or " CURE_NO_PLUGIN);
}

static void fail_start(struct exec_plugin *plugin, const struct endpoint *endpoint, int error)
{
    bool absent = error == ENOENT || error == ENOTDIR || error == EACCES || error == ENOEXEC;
    const char *cure = error == EPERM || error == ENOSYS
                           ? "the seccomp profile of this container may forbid what starts a process (clone3, with "
                             "Docker before 20.10.10): update the container runtime; or " CURE_NO_PLUGIN
                           : "it is tried again";
    char what[200];

    text_format(what, sizeof what, "cannot be run: %s", strerror(error));
    if (absent)
        cure = endpoint->exec->hint != NULL ? endpoint->exec->hint : "install it, or correct the kubeconfig's command";
    fail(plugin, endpoint, absent ? LEADERLIFE_ECONFIG : LEADERLIFE_EAUTH, what, cure);
}

/* What the end of the process says against it; false: nothing. */
static bool describe_end(const struct exec_plugin *plugin, char *text, size_t size)
{
    const struct child *child = &plugin->child;

    if (plugin->hung)
        text_format(text, size, "did not end in time and was stopped");
    else if (child->too_much)
        text_format(text, size, "gave more than %d bytes and was stopped", (int)OUTPUT_MAX);
    else if (child->end == CHILD_SIGNALLED)
        text_format(text, size, "was ended by signal %d", child->number);
    else if (child->end == CHILD_EXITED && child->number != 0)
        text_format(text, size, "ended with exit status %d", child->number);
    else
        return false;
    return true;
}

/* ---- Start ---- */

/* Whether the list has a variable of that name. */
static bool has_variable(char *const *list, const char *variable)
{
    size_t length = strcspn(variable, "=") + 1;

    for (; *list != NULL; list++)
        if (strncmp(*list, variable, length) == 0)
            return true;
    return false;
}

static size_t count(char *const *list)
{
    size_t number = 0;

    while (list != NULL && list[number] != NULL)
        number++;
    return number;
}

/* The question, what the kubeconfig adds, then our own: the first of each name. NULL without memory. */
static char **environment_for(char *const *added, char *question)
{
    size_t size = count(added);
    size_t ours = count(environ);
    char **made = calloc(size + ours + 2, sizeof *made);
    size_t used = 1;

    if (made == NULL)
        return NULL;
    made[0] = question;
    for (size_t i = 0; i < size + ours; i++) {
        char *one = i < size ? added[i] : environ[i - size];

        if (!has_variable(made, one))
            made[used++] = one;
    }
    return made;
}

/* JSON as it stands: nothing in it needs an escape, endpoint has checked it. NULL without memory. */
static char *question_for(const struct endpoint *endpoint)
{
    const char *ca = endpoint->ca != NULL ? endpoint->ca : "";
    const char *proxy = endpoint->proxy_url;
    char *encoded = base64_encode(ca, strlen(ca));
    char *cluster = NULL;
    char *question = NULL;

    if (encoded == NULL ||
        asprintf(
            &cluster,
            ",\"cluster\":{\"server\":\"%s\",\"tls-server-name\":\"%s\",\"certificate-authority-data\":\"%s\"%s%s%s}",
            endpoint->server, endpoint->server_name != NULL ? endpoint->server_name : "", encoded,
            proxy != NULL ? ",\"proxy-url\":\"" : "", proxy != NULL ? proxy : "", proxy != NULL ? "\"" : "") < 0)
        cluster = NULL;
    if (cluster == NULL || asprintf(&question,
                                    "KUBERNETES_EXEC_INFO={\"kind\":\"ExecCredential\",\"apiVersion\":\"%s\",\"spec\":{"
                                    "\"interactive\":false%s}}",
                                    endpoint->exec->version, endpoint->exec->tell_cluster ? cluster : "") < 0)
        question = NULL;
    secret_free(cluster); /* a proxy's login may be in it */
    free(encoded);
    return question;
}

/* 0 or an errno. */
static int start(struct exec_plugin *plugin, const struct endpoint *endpoint)
{
    const struct kubeconfig_exec *exec = endpoint->exec;
    char *question = question_for(endpoint);
    char **environment = question != NULL ? environment_for(exec->env, question) : NULL;
    int error = ENOMEM;

    if (environment != NULL)
        error = child_start(&plugin->child, exec->argv, environment, OUTPUT_MAX);
    free(environment);
    secret_free(question);
    return error;
}

void exec_plugin_start(struct exec_plugin *plugin, const struct endpoint *endpoint, int64_t timeout_ms, int64_t now)
{
    int error;

    plugin->runs++;
    plugin->hung = false;
    if (environment_is_privileged()) {
        fail(plugin, endpoint, LEADERLIFE_ENOTSUP, "is not run, because this program has more rights than its caller",
             CURE_NO_PLUGIN);
        return;
    }
    error = start(plugin, endpoint);
    if (error != 0) {
        if (plugin->child.unwatchable)
            fail_unwatched(plugin, endpoint, error);
        else
            fail_start(plugin, endpoint, error);
        return;
    }
    plugin->running = true;
    plugin->kill_at = now + timeout_ms;
    fail(plugin, endpoint, LEADERLIFE_EAUTH, "has not given anything yet", "it is waited for");
}

/* ---- End ---- */

static bool is_good(struct exec_answer *answer, const char *where, char *text, size_t size)
{
    return (answer->token == NULL || credential_check(PART_TOKEN, answer->token, where, text, size) == 0) &&
           (answer->cert == NULL || credential_check(PART_CERT, answer->cert, where, text, size) == 0) &&
           (answer->key == NULL || credential_check(PART_KEY, answer->key, where, text, size) == 0);
}

/* By a clock that is wrong, or from the plugin's cache; told once, until a better one comes. */
static void note_stale(struct exec_plugin *plugin, const struct endpoint *endpoint, int64_t age_s)
{
    time_t clock = time(NULL);
    struct tm tm;
    char says[24] = "?";

    if (gmtime_r(&clock, &tm) != NULL)
        strftime(says, sizeof says, "%Y-%m-%dT%H:%M:%SZ", &tm);
    text_format(
        plugin->stale_text, sizeof plugin->stale_text,
        "%s: credential plugin %.200s gave a credential that has expired %lld s ago, by the clock of this "
        "machine, which says %s; it is used as long as the server takes it: set that clock right, or, if it is, "
        "clear the plugin's cache or log in anew",
        endpoint->origin, endpoint->exec->argv[0], (long long)age_s, says);
    text_printable(plugin->stale_text);
    plugin->stale_is_new = true;
}

static void learn_expiry(struct exec_plugin *plugin, const struct endpoint *endpoint, int64_t expires, int64_t now)
{
    int64_t left_s = expires - (int64_t)time(NULL);
    int64_t keep_ms = STALE_FIRST_MS;

    plugin->due = left_s > MARGIN_S ? expires - MARGIN_S : expires;
    if (left_s > 0) {
        plugin->stale = 0;
        return;
    }
    for (unsigned i = 0; i < plugin->stale && keep_ms < STALE_MAX_MS; i++)
        keep_ms *= 2;
    plugin->stale_until = now + (keep_ms < STALE_MAX_MS ? keep_ms : STALE_MAX_MS);
    if (plugin->stale++ == 0)
        note_stale(plugin, endpoint, -left_s);
}

static void give(struct exec_plugin *plugin, struct endpoint *endpoint, struct exec_answer *answer, int64_t now)
{
    plugin->good = plugin->runs;
    plugin->fresh = true;
    learn_expiry(plugin, endpoint, answer->expires, now);
    plugin->status = LEADERLIFE_OK;
    secret_free(endpoint->token);
    free(endpoint->cert);
    secret_free(endpoint->key);
    endpoint->token = answer->token;
    endpoint->cert = answer->cert;
    endpoint->key = answer->key;
}

static void judge(struct exec_plugin *plugin, struct endpoint *endpoint, int64_t now)
{
    struct exec_answer answer;
    const char *fault;
    char what[300];

    if (!describe_end(plugin, what, sizeof what)) {
        fault = exec_answer_parse(plugin->child.bytes, plugin->child.size, endpoint->exec->version, &answer);
        if (fault != NULL) {
            text_format(what, sizeof what, "gave %s", fault);
        } else if (is_good(&answer, "gave something that", what, sizeof what)) {
            give(plugin, endpoint, &answer, now);
            return;
        } else {
            exec_answer_clear(&answer);
        }
    }
    fail(plugin, endpoint, LEADERLIFE_EAUTH, what,
         "see what it wrote to standard error, or run it by hand; it is run again");
}

bool exec_plugin_run(struct exec_plugin *plugin, struct endpoint *endpoint, int64_t now)
{
    if (!plugin->running)
        return false;
    child_check(&plugin->child);
    if (child_is_running(&plugin->child)) {
        if (now >= plugin->kill_at) {
            plugin->hung = true;
            plugin->kill_at = NEVER;
            child_kill(&plugin->child); /* its end comes as any other */
        }
        return false;
    }
    plugin->running = false;
    plugin->kill_at = NEVER;
    judge(plugin, endpoint, now);
    child_wipe(&plugin->child);
    return plugin->status == LEADERLIFE_OK;
}
