/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people are told to do about a missing right: the rule that their Role needs.
 */
#ifndef LEADERLIFE_KUBERNETES_API_MISSING_RIGHT_H
#define LEADERLIFE_KUBERNETES_API_MISSING_RIGHT_H

#include "kubernetes/api/request.h"

/* ": add to its Role the rule {...}", as it can be copied there. */
void api_append_rule(char *text, size_t size, const char *resource, enum api_verb verb, const char *name);

const char *api_verb_name(enum api_verb verb); /* in the words of RBAC */

#endif
