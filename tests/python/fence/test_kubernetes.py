# SPDX-License-Identifier: Apache-2.0
"""fence.kubernetes() on objects in every shape, and with the official client on a real API server."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import leaderlife
import pytest
from leaderlife import fence

from controlplane.pods import Namespace

NAME = "fence.leaderlife.dev/lock"


def as_dict(annotations, version="7"):
    return {"metadata": {"name": "work", "resourceVersion": version, "annotations": annotations}}


def as_model(annotations, version="7"):
    return SimpleNamespace(metadata=SimpleNamespace(name="work", resource_version=version, annotations=annotations))


def as_other_model(annotations, version="7"):
    return SimpleNamespace(metadata=SimpleNamespace(name="work", resourceVersion=version, annotations=annotations))


def annotations_of(resource):
    return resource["metadata"]["annotations"] if isinstance(resource, dict) else resource.metadata.annotations


@pytest.mark.parametrize("make", [as_dict, as_model, as_other_model])
def test_every_shape(make):
    for before in (None, {}, {"a": "b"}, {NAME: "19"}, {NAME: "20", "a": "b"}):
        given = None if before is None else dict(before)
        found = make(given)
        patch = fence.kubernetes(found, "lock", "20")
        assert annotations_of(found) == {**(before or {}), NAME: "20"}
        assert given == before, "it may belong to somebody else"
        assert patch == {"metadata": {"resourceVersion": "7", "annotations": {NAME: "20"}}}
    found = make({NAME: "100"})
    with pytest.raises(fence.StaleTokenError) as caught:
        fence.kubernetes(found, "lock", "99")
    assert caught.value.newest == "100" and annotations_of(found) == {NAME: "100"}


@pytest.mark.parametrize("make", [as_dict, as_model, as_other_model])
def test_an_object_without_a_version_is_refused(make):
    """The API server would replace it whatever has become of it."""
    for version in (None, ""):
        with pytest.raises(leaderlife.ConfigError, match="read it from the API server first"):
            fence.kubernetes(make({}, version), "lock", "20")


@pytest.mark.parametrize("spoilt", ["x", "-1", " 5", "0x5"])
def test_an_annotation_that_is_no_token_is_no_fence(spoilt):
    with pytest.raises(leaderlife.ConfigError, match="decimal"):
        fence.kubernetes(as_dict({NAME: spoilt}), "lock", "20")


def test_the_official_client(cluster, package, tools_python):
    """On a real API server: replaced and patched, 409 for who has read before, and names that it does not take."""
    namespace = Namespace(cluster)
    namespace.admin.create(namespace.path("configmaps"), {"metadata": {"name": "work"}})
    files = namespace.pod("a").candidate()
    namespace.set_rights(wanted=lambda _: [("", "configmaps", "work", ["get", "update", "patch"])])
    program = Path(__file__).parent / "official_client.py"
    done = subprocess.run([tools_python, "-B", program, files.kubeconfig, namespace.name], text=True, timeout=120,
                          env={"PYTHONPATH": str(package)}, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {
        "replaced": {NAME: "20"}, "stale": ["lock", "19", "20"], "late replace": 409, "late patch": 409,
        "patched": {NAME: "30", "a": "b"}, "a name with a slash": 422, "a long name": 422}
