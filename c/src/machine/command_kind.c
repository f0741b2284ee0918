/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of commands: their names, and which of them write, read or ask.
 */
#include "machine/command_kind.h"

const char *command_name(enum command_kind kind)
{
    static const char *const names[COMMAND_KINDS] = {
        [COMMAND_NONE] = "nothing",
        [COMMAND_IDENTIFY] = "identify",
        [COMMAND_GET_OWN_POD] = "get own pod",
        [COMMAND_TAKE_SEAT] = "take seat",
        [COMMAND_RELEASE_SEAT] = "release seat",
        [COMMAND_GET_LOCK] = "get lock",
        [COMMAND_CREATE_LOCK] = "create lock",
        [COMMAND_PUT_LOCK] = "put lock",
        [COMMAND_DELETE_LOCK] = "delete lock",
        [COMMAND_GET_RECORD] = "get record",
        [COMMAND_PUT_RECORD] = "put record",
        [COMMAND_EMPTY_RECORD] = "empty record",
        [COMMAND_GET_POD] = "get pod",
        [COMMAND_GET_NODE] = "get node",
    };
    return kind < COMMAND_KINDS ? names[kind] : "?";
}

bool command_writes_record(enum command_kind kind)
{
    return kind == COMMAND_PUT_RECORD || kind == COMMAND_EMPTY_RECORD;
}

bool command_is_of_record(enum command_kind kind)
{
    return command_writes_record(kind) || kind == COMMAND_GET_RECORD;
}

bool command_writes_lock(enum command_kind kind)
{
    return kind == COMMAND_CREATE_LOCK || kind == COMMAND_PUT_LOCK || kind == COMMAND_DELETE_LOCK;
}

bool command_writes(enum command_kind kind)
{
    return command_writes_lock(kind) || command_writes_record(kind);
}

bool command_is_question(enum command_kind kind)
{
    return kind == COMMAND_GET_OWN_POD || kind == COMMAND_GET_NODE;
}
