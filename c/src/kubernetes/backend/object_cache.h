/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lock and record as they were read last.
 */
#ifndef LEADERLIFE_KUBERNETES_BACKEND_OBJECT_CACHE_H
#define LEADERLIFE_KUBERNETES_BACKEND_OBJECT_CACHE_H

#include "kubernetes/api/verdict.h"
#include "kubernetes/backend/state.h"

/* What that command overwrites; NULL: it was not read. */
const struct document *object_cache_read_for(const struct kubernetes *kube, const struct command *command);

/* It was read in the version that the command is for. */
bool object_cache_has_read(const struct kubernetes *kube, const struct command *command);

/* The record for the overwriting; takes the document, NULL forgets. One that is not in the version that the machine
 * knows (a watch lags behind) costs a GET. */
void object_cache_keep_record(struct kubernetes *kube, struct document *document);

/* After an answer: takes the verdict's document if that is what the next overwriting begins with. */
void object_cache_keep_read(struct kubernetes *kube, enum command_kind kind, struct api_verdict *verdict,
                            const struct fact *fact);

#endif
