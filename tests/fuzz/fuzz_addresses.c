/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to the API server: its URL, proxies, NO_PROXY, times. Texts that NUL bytes separate.
 */
#include "fuzz/fuzz.h"

#include "base/time_text.h"
#include "io/address.h"
#include "kubernetes/config/proxy.h"
#include "kubernetes/config/proxy_url.h"
#include "kubernetes/config/server_url.h"

#include <leaderlife/leaderlife.h>

enum { TEXTS = 5 };

static void try_url(const char *text)
{
    struct proxy_url url;
    const char *fault = NULL;

    if (proxy_url_parse(&url, text, false, &fault) == LEADERLIFE_OK) {
        fuzz_check(url.host[0] != '\0' && url.port[0] != '\0', "a proxy has a host and a port");
        proxy_url_clear(&url);
    } else {
        fuzz_check_text(fault);
    }
}

static void try_choice(const char *const *texts)
{
    struct proxy_question question = {.server = texts[0],
                                      .origin = "option server",
                                      .proxy_url = texts[1][0] != '\0' ? texts[1] : NULL,
                                      .https_proxy = {"HTTPS_PROXY", texts[2]},
                                      .no_proxy = {"NO_PROXY", texts[3]}};
    struct proxy proxy = {0};
    char text[1024] = "";

    if (proxy_choose(&proxy, &question, text, sizeof text) != LEADERLIFE_OK)
        fuzz_check_text(text);
    else
        fuzz_check(proxy.user == NULL || proxy.url != NULL, "a login has its proxy");
    proxy_clear(&proxy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    const char *texts[TEXTS];
    int64_t seconds = 0;
    size_t at = 0;

    for (size_t i = 0; i < TEXTS; i++) {
        const char *next = fuzz_next(text, size, &at);

        texts[i] = next != NULL ? next : "";
    }
    try_url(texts[1]);
    try_url(texts[2]);
    if (time_parse(texts[4], &seconds))
        fuzz_check(seconds >= -62167219200 - 90000 && seconds <= 253402300799 + 90000,
                   "a time has a year of four digits");
    (void)address_place_of(texts[4]);
    try_choice(texts);
    free(text);
    return 0;
}
