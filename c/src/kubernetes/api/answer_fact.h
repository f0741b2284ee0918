/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns an answer into the command's fact.
 */
#ifndef LEADERLIFE_KUBERNETES_API_ANSWER_FACT_H
#define LEADERLIFE_KUBERNETES_API_ANSWER_FACT_H

#include "kubernetes/api/verdict.h"

/* Fills the answer's fact for the command (whose pod is the own one for GET_OWN_POD): outcome, status, text and what
 * was read or written. May turn an OK whose body is not what was asked for into what it then is. ret_fault: why the
 * lock or the record is foreign (P14), "" if it is not. The document stays the verdict's. */
void api_fact(const struct command *command, const struct api_request *request, const struct api_verdict *verdict,
              const char *server, struct fact *ret_fact, char *ret_fault, size_t size);

#endif
