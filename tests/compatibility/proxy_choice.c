/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which proxy the library takes: one answer for each line of standard input, for the comparison with Go.
 */
#include "kubernetes/config/proxy.h"

#include <jansson.h>
#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>

static const char *member(const json_t *question, const char *name)
{
    const char *value = json_string_value(json_object_get(question, name));

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static json_t *answer_for(const json_t *question)
{
    const char *https = member(question, "https_proxy");
    const char *none = member(question, "no_proxy");
    const struct proxy_question asked = {
        .server = member(question, "server"),
        .origin = "test",
        .https_proxy = {https != NULL ? "HTTPS_PROXY" : NULL, https},
        .no_proxy = {none != NULL ? "NO_PROXY" : NULL, none},
    };
    struct proxy proxy;
    char text[1024] = "";
    int status = proxy_choose(&proxy, &asked, text, sizeof text);
    json_t *answer = json_pack("{s:b, s:s, s:s?, s:s?, s:s?}", "refused", status != LEADERLIFE_OK, "text", text, "url",
                               proxy.url, "user", proxy.user, "password", proxy.password);

    proxy_clear(&proxy);
    return answer;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        json_t *question = json_loads(line, 0, NULL);
        json_t *answer = question != NULL ? answer_for(question) : NULL;

        if (answer == NULL || json_dumpf(answer, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF)
            return 1;
        json_decref(answer);
        json_decref(question);
    }
    free(line);
    return 0;
}
