/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library makes of kubeconfig files, for tests/compatibility: each line of the input is a case in JSON, each
 * line of the output its answer. Texts are in hexadecimal, as they may be no UTF-8. Of test data only: it shows what is
 * secret.
 */
#include "kubernetes/config/endpoint.h"
#include "kubernetes/config/kubeconfig.h"

#include "base/text.h"

#include <jansson.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *hexadecimal(const char *text)
{
    size_t length = strlen(text);
    char *digits = calloc(1, 2 * length + 1);
    json_t *made;

    if (digits == NULL)
        abort();
    for (size_t i = 0; i < length; i++)
        snprintf(digits + 2 * i, 3, "%02x", (unsigned char)text[i]);
    made = json_string(digits);
    free(digits);
    return made;
}

static void set(json_t *answer, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        json_object_set_new(answer, key, hexadecimal(text));
}

static json_t *list(char *const *texts)
{
    json_t *made = json_array();

    for (; *texts != NULL; texts++)
        json_array_append_new(made, hexadecimal(*texts));
    return made;
}

static json_t *describe(const struct endpoint *endpoint)
{
    json_t *answer = json_object();
    const struct kubeconfig_exec *exec = endpoint->exec;

    set(answer, "server", endpoint->server);
    set(answer, "server_name", endpoint->server_name);
    set(answer, "proxy", endpoint->proxy_url);
    set(answer, "namespace", endpoint->context_namespace);
    set(answer, "ca", endpoint->ca);
    set(answer, "cert", endpoint->cert);
    set(answer, "key", endpoint->key);
    set(answer, "token", endpoint->token);
    if (exec == NULL)
        return answer;
    json_object_set_new(answer, "exec",
                        json_pack("{s:o, s:o, s:o, s:b}", "argv", list(exec->argv), "env", list(exec->env), "version",
                                  hexadecimal(exec->version), "tell", (int)exec->tell_cluster));
    return answer;
}

static void give(struct options *options, const char *name, const char *value)
{
    char text[TEXT_MESSAGE];

    if (value != NULL && value[0] != '\0' && options_set(options, name, value, text, sizeof text) != LEADERLIFE_OK) {
        fprintf(stderr, "%s\n", text);
        exit(2);
    }
}

static json_t *answer_to(const json_t *asked)
{
    struct options options = {0};
    struct endpoint endpoint = {0};
    char text[TEXT_MESSAGE] = "";
    const char *paths = json_string_value(json_object_get(asked, "list"));
    const struct backend_choice choice = {.source =
                                              paths != NULL ? BACKEND_KUBECONFIG_VARIABLE : BACKEND_KUBECONFIG_OPTION,
                                          .reason = "the test says so",
                                          .kubeconfig = paths};
    json_t *answer;

    give(&options, "kubeconfig", json_string_value(json_object_get(asked, "path")));
    give(&options, "context", json_string_value(json_object_get(asked, "context")));
    give(&options, "server", json_string_value(json_object_get(asked, "server")));
    if (endpoint_load(&endpoint, &options, &choice, 0, text, sizeof text) == LEADERLIFE_OK) {
        answer = describe(&endpoint);
    } else {
        answer = json_object();
        set(answer, "refused", text[0] != '\0' ? text : "without a text");
    }
    endpoint_clear(&endpoint);
    options_free(&options);
    return answer;
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, stdin) > 0) {
        json_error_t error;
        json_t *asked = json_loads(line, 0, &error);
        json_t *answer;
        char *text;

        if (asked == NULL) {
            fprintf(stderr, "a case that is no JSON: %s\n", error.text);
            return 2;
        }
        answer = answer_to(asked);
        text = json_dumps(answer, JSON_COMPACT);
        puts(text);
        free(text);
        json_decref(answer);
        json_decref(asked);
    }
    free(line);
    return fflush(stdout) == 0 ? 0 : 1;
}
