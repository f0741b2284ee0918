/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scalar of YAML is.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_YAML_SCALAR_H
#define LEADERLIFE_KUBERNETES_CONFIG_YAML_SCALAR_H

#include "kubernetes/config/yaml.h"

#include <yaml.h>

/* Fills kind, on, odd and text of the value. LEADERLIFE_OK; _ECONFIG if its tag does not fit, _ENOMEM. */
int yaml_scalar_resolve(const yaml_event_t *scalar, struct tree *value);

/* Whether it is the key that merges other maps into its own. */
bool yaml_scalar_is_merge(const yaml_event_t *scalar);

#endif
