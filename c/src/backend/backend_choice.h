/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which backend an election uses, decided here alone: the embedded lock of this machine or Kubernetes, and for
 * Kubernetes what shows the way to the API server. Looks at options, the environment, the service account's directory
 * and the mounts; contacts nobody.
 */
#ifndef LEADERLIFE_BACKEND_BACKEND_CHOICE_H
#define LEADERLIFE_BACKEND_BACKEND_CHOICE_H

#include "base/options.h"

#include <stddef.h>

enum backend_source {
    BACKEND_LOCAL,                 /* no Kubernetes */
    BACKEND_KUBECONFIG_OPTION,     /* option kubeconfig: one file */
    BACKEND_SERVICE_ACCOUNT,       /* the service account's files, and KUBERNETES_SERVICE_HOST and _PORT */
    BACKEND_KUBECONFIG_VARIABLE,   /* KUBECONFIG: a list of files */
    BACKEND_SERVICE_ACCOUNT_ALONE, /* its files without those variables: the server has its usual name */
    BACKEND_OPTIONS                /* options server, ca-file and token-file */
};

struct backend_choice {
    enum backend_source source;
    const char *reason;     /* for people */
    const char *kubeconfig; /* KUBECONFIG's value, as long as the environment stays; NULL */
};

/* LEADERLIFE_OK; or LEADERLIFE_ECONFIG and a text that says what was observed, what is missing and how to say it. Never
 * BACKEND_LOCAL inside a pod, unless option backend says so: every pod would lead. */
int backend_choose(struct backend_choice *ret, const struct options *options, char *text, size_t size);

#endif
