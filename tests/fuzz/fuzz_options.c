/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program gives to a handle: the lock's name, then pairs of an option and its value, each ended by a NUL.
 * (Nothing is started.)
 */
#include "fuzz/fuzz.h"

#include <leaderlife/leaderlife.h>

enum { PAIRS = 64 };

static void set(leaderlife_election *election, const char *name, const char *value)
{
    int status = leaderlife_election_set(election, name, value);

    if (status != LEADERLIFE_OK) {
        fuzz_check_text(leaderlife_election_error_text(election));
        return;
    }
    const char *kept = leaderlife_election_get(election, name);
    fuzz_check(kept != NULL, "an option that was set is known");
    fuzz_check(value[0] == '\0' || strcmp(kept, value) == 0, "and is as it was set");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    size_t at = 0;
    const char *lock = fuzz_next(text, size, &at);
    leaderlife_election *election = NULL;

    if (leaderlife_election_new(lock, &election) != LEADERLIFE_OK)
        fuzz_check_text(leaderlife_election_error_text(election));
    for (int pairs = 0; pairs < PAIRS; pairs++) {
        const char *name = fuzz_next(text, size, &at);
        const char *value = name != NULL ? fuzz_next(text, size, &at) : NULL;

        if (value == NULL)
            break;
        set(election, name, value);
        (void)leaderlife_token_compare(name, value);
    }
    leaderlife_election_free(election);
    free(text);
    return 0;
}
