/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of the folder kubernetes, in a library that is built for the embedded lock alone
 * (LEADERLIFE_KUBERNETES=OFF): there is no such backend, and whoever asks for it, or is in a pod, is told so. Must not
 * let anyone elect on the embedded lock instead: every pod would lead.
 */
#include "backend/backend.h"
#include "base/text.h"

#include <leaderlife/leaderlife.h>

const char *kubernetes_backend_missing(void)
{
    return "this library was built for the embedded lock alone (LEADERLIFE_KUBERNETES=OFF); use one that is built with "
           "Kubernetes, or set option backend to 'local' to elect among the processes of this machine or container "
           "alone";
}

int kubernetes_backend_new(const struct backend_setup *setup, struct backend **ret_backend, char *text, size_t size)
{
    *ret_backend = NULL;
    text_format(text, size, "cannot elect on Kubernetes (%s): %s", setup->choice->reason, kubernetes_backend_missing());
    return LEADERLIFE_ENOTSUP;
}
