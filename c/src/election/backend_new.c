/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the backend that backend/backend_choice.c has chosen.
 */
#include "election/backend_new.h"

#include "backend/backend_choice.h"
#include "base/text.h"

int election_backend_new(struct leaderlife_election *election, bool observe, struct counters *counters,
                         struct backend **ret_backend, const char **ret_reason)
{
    struct backend_choice choice;
    int status = backend_choose(&choice, &election->options, election->error_text, sizeof election->error_text);
    if (status != LEADERLIFE_OK) {
        if (kubernetes_backend_missing() != NULL) /* to follow the text's advice alone would not help */
            text_append(election->error_text, sizeof election->error_text, "; but %s", kubernetes_backend_missing());
        return status;
    }
    *ret_reason = choice.reason;
    struct backend_setup setup = {.lock = election->lock,
                                  .options = &election->options,
                                  .choice = &choice,
                                  .reactor = &election->reactor,
                                  .counters = counters,
                                  .wish = observe ? WISH_OBSERVE : WISH_CAMPAIGN};
    return (choice.source != BACKEND_LOCAL ? kubernetes_backend_new : local_backend_new)(
        &setup, ret_backend, election->error_text, sizeof election->error_text);
}
