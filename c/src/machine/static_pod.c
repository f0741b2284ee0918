/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts about static pods (P2).
 */
#include "machine/static_pod.h"

#include "base/text.h"

#include <string.h>

enum { HASH = 32 };

bool static_pod_is_uid(const char *uid)
{
    return strlen(uid) == HASH && strspn(uid, "0123456789abcdef") == HASH;
}

void static_pod_append(char *text, size_t size)
{
    text_append(
        text, size,
        "is a static pod, of which the API server has a mirror only, whose UID proves nothing: the kubelet makes "
        "the mirror anew, with a new UID, whenever it is deleted, while the static pod's processes run on (they "
        "get yet another UID by the downward API; to set POD_UID to the mirror's could make two leaders): run "
        "this in a pod of a Deployment, StatefulSet or DaemonSet; or, if it stands by for processes of this "
        "machine alone, set option backend to 'local'; or elect by a Lease that is renewed, as the control "
        "plane's own components do (client-go)");
}
