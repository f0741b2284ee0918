/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run while configuring: 1 and what the libcurl that was found lacks, by the library's own judgement.
 */
#include "base/text.c"
#include "io/http/curl.c"
#include "io/http/curl_features.c"

#include <stdio.h>

int main(void)
{
    char text[1024] = "";

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || curl_check(text, sizeof text) == CURLE_OK)
        return 0; /* one that cannot even begin is not judged here */
    printf("%s", text);
    return 1;
}
