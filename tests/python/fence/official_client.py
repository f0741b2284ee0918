# SPDX-License-Identifier: Apache-2.0
"""What test_kubernetes.py does with the official client: official_client.py KUBECONFIG NAMESPACE. Prints JSON."""

import json
import sys

import kubernetes
from leaderlife import fence

kubernetes.config.load_kube_config(sys.argv[1])
core = kubernetes.client.CoreV1Api()


def read():
    return core.read_namespaced_config_map("work", sys.argv[2])


def replace(found):
    """The annotations then, or the status of the refusal."""
    try:
        return core.replace_namespaced_config_map("work", sys.argv[2], found).metadata.annotations
    except kubernetes.client.ApiException as error:
        return error.status


def patch(body):
    try:
        return core.patch_namespaced_config_map("work", sys.argv[2], body).metadata.annotations
    except kubernetes.client.ApiException as error:
        return error.status


told = {}
before = read()
late_patch = fence.kubernetes(before, "lock", "19")
found = read()
fence.kubernetes(found, "lock", "20")
told["replaced"] = replace(found)
try:
    fence.kubernetes(read(), "lock", "19")
except fence.StaleTokenError as error:
    told["stale"] = error.args
told["late replace"] = replace(before)
told["late patch"] = patch(late_patch)
changes = fence.kubernetes(read(), "lock", "30")
changes["metadata"]["annotations"]["a"] = "b"
told["patched"] = patch({**changes, "data": {"key": "value"}})
for what, name in (("a name with a slash", "namespace/lock"), ("a long name", "a" * 64)):
    told[what] = patch(fence.kubernetes(read(), name, "20"))
print(json.dumps(told))
