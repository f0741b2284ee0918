/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests: the path, method and body for each command and watch.
 */
#include "kubernetes/api/request.h"

#include "base/text.h"
#include "kubernetes/objects/event.h"
#include "kubernetes/objects/lock.h"
#include "kubernetes/objects/record.h"

#include <leaderlife/leaderlife.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char api_configmaps[] = "configmaps";
const char api_leases[] = "leases";
const char api_pods[] = "pods";
const char api_nodes[] = "nodes";
const char api_events[] = "events";

static const char accept_object[] = "application/json";
static const char accept_metadata[] = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
static const char accept_metadata_list[] =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/* How long a write may take on the server at most, so that the release can wait for a lost one (P10). */
static const char write_query[] = "?timeout=10s";

const char *api_method(enum api_verb verb)
{
    switch (verb) {
    case API_CREATE: return "POST";
    case API_UPDATE: return "PUT";
    case API_DELETE: return "DELETE";
    case API_GET:
    case API_LIST:
    case API_WATCH: break;
    }
    return "GET";
}

bool api_is_write(enum api_verb verb)
{
    return verb == API_CREATE || verb == API_UPDATE || verb == API_DELETE;
}

static bool is_unreserved(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '-' || byte == '_';
}

/* Names of pods come from objects that others write; none may lead out of its path. A '.' is escaped only where it is
 * all there is, for "." and ".." are steps. */
static void append_escaped(char *path, const char *text)
{
    bool dots = strspn(text, ".") == strlen(text);

    for (; *text; text++) {
        if (is_unreserved(*text) || (*text == '.' && !dots))
            text_append(path, API_PATH, "%c", *text);
        else
            text_append(path, API_PATH, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

static void begin(struct api_request *request, enum api_verb verb, const char *resource, const char *namespace_,
                  const char *name)
{
    *request = (struct api_request){.verb = verb, .resource = resource, .accept = accept_object};
    text_copy(request->namespace_, sizeof request->namespace_, namespace_);
    text_copy(request->name, sizeof request->name, name);
    text_copy(request->path, sizeof request->path, resource == api_leases ? "/apis/coordination.k8s.io/v1" : "/api/v1");
    if (namespace_[0] != '\0') {
        text_append(request->path, sizeof request->path, "/namespaces/");
        append_escaped(request->path, namespace_);
    }
    text_append(request->path, sizeof request->path, "/%s", resource);
    if (verb == API_GET || verb == API_UPDATE || verb == API_DELETE) {
        text_append(request->path, sizeof request->path, "/");
        append_escaped(request->path, name);
    }
    if (api_is_write(verb))
        text_append(request->path, sizeof request->path, "%s", write_query);
}

/* P3: a term's holder; P9: the same again, with its token; P3b, P10: nobody. */
static char *record_write_body(const struct command *command, const struct api_scope *scope,
                               const struct document *read)
{
    struct record_write write = {.namespace_ = scope->namespace_,
                                 .name = scope->record,
                                 .uid = command->uid,
                                 .version = command->version,
                                 .nonce = command->nonce,
                                 .token = command->new_term ? "" : command->token,
                                 .term = command->term,
                                 .time = ""};

    if (command->kind == COMMAND_PUT_RECORD) {
        write.holder = *scope->self;
        write.time = scope->since;
    }
    return record_body(command->version[0] != '\0' ? read : NULL, &write);
}

int api_request_for(struct api_request *ret, const struct command *command, const struct api_scope *scope,
                    const struct document *read)
{
    const char *namespace_ = scope->namespace_;
    const char *lock = scope->lock;

    switch (command->kind) {
    case COMMAND_GET_LOCK: begin(ret, API_GET, api_configmaps, namespace_, lock); return LEADERLIFE_OK;
    case COMMAND_GET_POD:
    case COMMAND_GET_OWN_POD: begin(ret, API_GET, api_pods, namespace_, command->pod.name); return LEADERLIFE_OK;
    case COMMAND_GET_NODE: begin(ret, API_GET, api_nodes, "", command->node); return LEADERLIFE_OK;
    case COMMAND_CREATE_LOCK:
        begin(ret, API_CREATE, api_configmaps, namespace_, lock);
        ret->body = lock_body_new(namespace_, lock, scope->self, command->nonce, command->guarded);
        break;
    case COMMAND_PUT_LOCK:
        begin(ret, API_UPDATE, api_configmaps, namespace_, lock);
        ret->body =
            lock_body_rewritten(read, command->uid, command->version, scope->self, command->nonce, command->guarded);
        break;
    case COMMAND_DELETE_LOCK:
        begin(ret, API_DELETE, api_configmaps, namespace_, lock);
        ret->body = lock_body_delete(command->uid, command->version);
        break;
    case COMMAND_GET_RECORD: begin(ret, API_GET, api_leases, namespace_, scope->record); return LEADERLIFE_OK;
    case COMMAND_PUT_RECORD:
    case COMMAND_EMPTY_RECORD:
        begin(ret, command->version[0] != '\0' ? API_UPDATE : API_CREATE, api_leases, namespace_, scope->record);
        ret->body = record_write_body(command, scope, read);
        break;
    default: return LEADERLIFE_ENOTSUP;
    }
    return ret->body != NULL ? LEADERLIFE_OK : LEADERLIFE_ENOMEM;
}

int api_request_event(struct api_request *ret, const struct event_write *event)
{
    begin(ret, API_CREATE, api_events, event->namespace_, event->pod->name);
    ret->body = event_body(event);
    return ret->body != NULL ? LEADERLIFE_OK : LEADERLIFE_ENOMEM;
}

void api_request_clear(struct api_request *request)
{
    free(request->body);
    request->body = NULL;
}

void api_request_select(struct api_request *ret, enum api_verb verb, const char *resource, const char *namespace_,
                        const char *name, bool metadata_only, const char *extra)
{
    begin(ret, verb, resource, namespace_, name);
    text_append(ret->path, sizeof ret->path, "?%sfieldSelector=metadata.name%%3D", verb == API_WATCH ? "watch=1&" : "");
    append_escaped(ret->path, name);
    text_append(ret->path, sizeof ret->path, "%s", extra);
    if (metadata_only)
        ret->accept = verb == API_LIST ? accept_metadata_list : accept_metadata;
}

/* ---- What only a diagnosis asks ---- */

void api_request_other(struct api_request *ret, enum api_verb verb, const char *resource, const char *path, char *body)
{
    *ret = (struct api_request){
        .verb = verb, .resource = resource, .accept = accept_object, .body = body, .dry_run = true};
    text_copy(ret->path, sizeof ret->path, path);
}

void api_request_labelled(struct api_request *ret, const char *namespace_, const char *selector)
{
    begin(ret, API_LIST, api_pods, namespace_, "");
    text_append(ret->path, sizeof ret->path, "?limit=500&labelSelector=");
    append_escaped(ret->path, selector);
}

void api_request_dry_run(struct api_request *request)
{
    text_append(request->path, sizeof request->path, "&dryRun=All");
    request->dry_run = true;
}
