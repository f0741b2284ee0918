/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of fencing tokens, for those who keep the resource.
 */
#include "base/text.h"

#include <leaderlife/leaderlife.h>

int leaderlife_token_compare(const char *a, const char *b)
{
    return text_compare_decimal(a, b);
}
