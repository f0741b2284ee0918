/* SPDX-License-Identifier: Apache-2.0 */
#include "kinds.h"

#include <string.h>

const struct kind kinds[] = {
    {"memory", {.records = false}},
    {"record", {.records = true}},
    {"changing-rights", {.records = true, .rights_change = true}},
    {"seen-removal", {.seen_removal = true}},
    {"lost-nodes-memory", {.node_policy = NODE_FENCED}},
    {"lost-nodes-record", {.records = true, .node_policy = NODE_FENCED}},
    {"rehearsals-memory", {.rehearsals = true}},
    {"rehearsals-record", {.records = true, .rehearsals = true}},
    {"namespaces-memory", {.world = WORLD_NAMESPACES}},
    {"namespaces-record", {.records = true, .world = WORLD_NAMESPACES}},
    {"orphans-memory", {.world = WORLD_ORPHANS}},
    {"orphans-record", {.records = true, .world = WORLD_ORPHANS}},
    {"ghosts-memory", {.world = WORLD_GHOSTS}},
    {"ghosts-record", {.records = true, .world = WORLD_GHOSTS}},
    {"closed-memory", {.world = WORLD_CLOSED}},
    {"closed-record", {.records = true, .world = WORLD_CLOSED}},
    {"mixed-memory", {.world = WORLD_MIXED}},
    {"mixed-record", {.records = true, .world = WORLD_MIXED}},
};
const size_t kind_count = sizeof kinds / sizeof *kinds;

static const char *const sabotages[] = {
    "none",        "verdicts", "cas",  "create",      "memory",       "rehearsal",
    "rights",      "silence",  "gaps", "network",     "look",         "orphan-foreign",
    "orphan-dead", "quiet",    "last", "dead-record", "older-record",
};

const struct kind *kind_named(const char *name)
{
    for (size_t i = 0; i < kind_count; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

const char *kind_sabotage_name(enum sabotage sabotage)
{
    return sabotages[sabotage];
}

bool kind_sabotage_named(const char *name, enum sabotage *ret)
{
    for (size_t i = 0; i < sizeof sabotages / sizeof *sabotages; i++) {
        if (strcmp(sabotages[i], name) == 0) {
            *ret = (enum sabotage)i;
            return true;
        }
    }
    return false;
}
