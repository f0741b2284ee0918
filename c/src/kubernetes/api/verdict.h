/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer means (P6, P15). Pure; must not know what follows from it.
 */
#ifndef LEADERLIFE_KUBERNETES_API_VERDICT_H
#define LEADERLIFE_KUBERNETES_API_VERDICT_H

#include "io/http/http.h"
#include "kubernetes/api/request.h"

/* What an answer means (P6, P15). */
struct api_verdict {
    enum outcome outcome;
    int status;                /* LEADERLIFE_OK or why */
    int64_t retry_after_ms;    /* 0 if the server did not say; at most API_RETRY_MAX_MS, whatever it said */
    bool absent;               /* GET: this object does not exist, said by the API server itself */
    bool unheard;              /* nothing listens there */
    bool unauthorized;         /* 401: worth a repetition with a token that is read anew */
    struct document *document; /* OK: the answer's body, now the caller's; NULL if it has none that can be read */
    char text[TEXT_MESSAGE];   /* cause and cure; "" for OK */
};

/* server: its URL, for texts. */
void api_judge(const struct api_request *request, const struct http_call *call, const char *server,
               struct api_verdict *ret);

#endif
