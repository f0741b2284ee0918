# SPDX-License-Identifier: Apache-2.0
"""A loop with the official Kubernetes client that works only while it leads, and
that writes nothing an older leader could overwrite.

    pip install kubernetes
    python kubernetes_loop.py LOCK CONFIGMAP        (in a pod; or with KUBECONFIG, POD_NAME and POD_UID)

What it keeps is a counter in a ConfigMap. Each write carries the fencing token of its term as an annotation. A leader
that was frozen, and wakes when another one leads, finds a newer token there, or, if that comes between its reading and
its writing, a newer version (409 Conflict): in both cases it ends without having written.

Nothing answers while it waits, so give its pods no readiness probe: they are ready as soon as they run, as a standby
is.
"""

import os
import signal
import sys
import time

import kubernetes
import leaderlife

TOKEN = "example.com/leader-token"


def count(core, namespace, name, token):
    """One piece of work. The counter's new value."""
    found = core.read_namespaced_config_map(name, namespace)
    annotations = found.metadata.annotations or {}
    if leaderlife.token_compare(annotations.get(TOKEN), token) > 0:
        sys.exit(f"stopped: token {token} is older than {annotations[TOKEN]}: another one leads")
    value = int((found.data or {}).get("count", "0")) + 1
    found.data = {**(found.data or {}), "count": str(value)}
    found.metadata.annotations = {**annotations, TOKEN: token}
    core.replace_namespaced_config_map(name, namespace, found)  # refused unless the version is the one that was read
    return value


def end(*_):
    """The `with` block ends by this, and so gives the lock back."""
    sys.exit(0)


def main(lock, name):
    signal.signal(signal.SIGTERM, end)
    kubernetes.config.load_config()
    core = kubernetes.client.CoreV1Api()
    # Whatever the loop is doing when the lead is lost, it ends with LostError.
    with leaderlife.become(lock) as leader:
        print(f"leading, token {leader.token}", flush=True)
        while True:
            value = count(core, os.environ["POD_NAMESPACE"], name, leader.token)
            print(f"counted {value}", flush=True)
            time.sleep(1)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: kubernetes_loop.py LOCK CONFIGMAP")
    try:
        main(*sys.argv[1:])
    except (leaderlife.LeaderLifeError, kubernetes.client.ApiException) as error:
        sys.exit(f"stopped: {error}")  # Kubernetes starts the container again, as a candidate
