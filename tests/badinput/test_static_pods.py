# SPDX-License-Identifier: Apache-2.0
"""Static pods (P2), run by the kubelet's own code: their mirror proves nothing,
so whoever is in one does not take part, whatever UID it is given."""

import glob
import json
import os
import re
import secrets

import pytest

from controlplane.node import HollowNode
from controlplane.process import wait_for
from scenarios import programs

EIDENTITY = "LEADERLIFE_EIDENTITY"
NAME = "app"
LANGUAGES = ["c", "python", "lua5.1", "lua5.4", "luajit"]


@pytest.fixture(scope="module")
def node(cluster):
    with HollowNode(cluster, "static-" + secrets.token_hex(3)) as made:
        yield made


class StaticPod:
    """A file in the kubelet's folder, and what becomes of it on the API server."""

    def __init__(self, node, space):
        self.space, self.name = space, f"{NAME}-{node.name}"
        with open(node.process.log_path, encoding="utf-8") as log:
            root = re.search(r"Using (\S+) as root dir for hollow-kubelet", log.read())[1]
        folder, = glob.glob(os.path.join(root, "static-pods*"))
        self._file = os.path.join(folder, space.name + ".json")
        with open(self._file + ".new", "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": NAME, "namespace": space.name},
                       "spec": {"containers": [{"name": "main", "image": "none"}]}}, file)
        os.rename(self._file + ".new", self._file)

    def mirror(self, other_than=None):
        """Once it runs, and is not the one with that UID."""
        def there():
            found = self.space.admin.find(self.space.path("pods", self.name))
            fits = found and found["metadata"]["uid"] != other_than and found["status"].get("phase") == "Running"
            return found if fits else None
        return wait_for("the mirror", there, timeout=90)

    def remove(self):
        os.remove(self._file)


@pytest.fixture
def static(candidates, node):
    made = StaticPod(node, candidates.space)
    yield made
    made.remove()


@pytest.fixture
def start(candidates, static):
    """start(uid, …): as its container. A static pod has no service account, so another pod's files are at hand."""
    files = candidates.files()
    pair = candidates.cluster.authority.client("static", ["system:masters"])

    def begin(uid, language="c", **options):
        identity = {"POD_NAMESPACE": candidates.space.name, "POD_NAME": static.name, "POD_UID": uid,
                    "KUBECONFIG": candidates.kubeconfig(files, token_file=None, pair=pair)}
        return candidates.start(files, options, identity, access="kubeconfig",
                                command=programs.required(language, "badinput"))
    return begin


def assert_refused(candidates, process, static):
    text = candidates.fails(process, EIDENTITY, f"pod {static.name} is a static pod", "mirror", "proves nothing",
                            "downward API", "could make two leaders", "Deployment", "backend to 'local'", "client-go")
    assert "correct POD" not in text
    assert candidates.space.lock_object() is None and candidates.space.record_object() is None
    assert process.do("counters")["writes"] == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_static_pod_does_not_take_part(candidates, static, start, language):
    """With the UID that the downward API gives, which no API object has, and with that of its mirror."""
    found = static.mirror()["metadata"]
    own = found["annotations"]["kubernetes.io/config.hash"]
    assert own != found["uid"]
    for uid in (own, found["uid"]):
        assert_refused(candidates, start(uid, language), static)


def test_why(candidates, static):
    """A mirror that is deleted comes again with another UID; the static pod never stopped."""
    first = static.mirror()
    began = first["status"]["startTime"]
    candidates.admin.delete(candidates.space.path("pods", static.name), grace=0)
    second = static.mirror(other_than=first["metadata"]["uid"])
    hashes = {pod["metadata"]["annotations"]["kubernetes.io/config.hash"] for pod in (first, second)}
    assert len(hashes) == 1
    assert second["status"]["startTime"] == began


def test_a_mirror_that_is_not_there_yet(candidates, static, start):
    """The kubelet starts static pods before it reaches an API server."""
    assert_refused(candidates, start("0123456789abcdef0123456789abcdef"), static)


def test_it_is_told_to_who_tries_again(candidates, static, start):
    process = start(static.mirror()["metadata"]["uid"], **{"retry-permanent": "true"})
    candidates.notices(process, EIDENTITY, "is a static pod")
    candidates.stays(process, "standby", 0.5)
    assert not process.is_ready()
    assert candidates.space.lock_object() is None
