# SPDX-License-Identifier: Apache-2.0
"""Each block of YAML in README and docs is applied to a real API server, as it stands; a part of an object, whose first
line says of what, inside of that."""

import re
import secrets
import subprocess

import pytest
import yaml

from .pages import to_run

BLOCKS = {block.place: block.code for block in to_run("yaml", "tests/readme/test_yaml.py")}
OF_THE_CONTAINER = re.compile(r"^# .*: of the container$", re.MULTILINE)


def whole(text):
    """Objects that can be applied."""
    if not OF_THE_CONTAINER.search(text.split("\n", 1)[0]):
        return text
    container = {"name": "main", "image": "main:1", **yaml.safe_load(text)}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "part"},
                           "spec": {"containers": [container]}})


@pytest.fixture(scope="module")
def namespace(cluster):
    name = "yaml-" + secrets.token_hex(4)
    cluster.admin.create("/api/v1/namespaces", {"metadata": {"name": name}})
    cluster.admin.create(f"/api/v1/namespaces/{name}/serviceaccounts", {"metadata": {"name": "default"}}) \
        if not default_account(cluster, name) else None
    return name


def default_account(cluster, name):
    found = cluster.admin.get(f"/api/v1/namespaces/{name}/serviceaccounts")
    return any(one["metadata"]["name"] == "default" for one in found["items"])


def apply(cluster, namespace, text):
    """Validated by the server, which knows every field, and forgotten by it."""
    return subprocess.run(cluster.kubectl("apply", "--namespace", namespace, "--dry-run=server", "--validate=strict",
                                          "--filename", "-"),
                          input=whole(text), text=True, check=False, capture_output=True,
                          env={"HOME": cluster.directory})


def test_there_are_blocks():
    """Or the test below has lost its object."""
    assert len(BLOCKS) >= 4


@pytest.mark.parametrize("place", BLOCKS)
def test_a_block_is_applied(cluster, namespace, place):
    done = apply(cluster, namespace, BLOCKS[place])
    assert done.returncode == 0, f"{place}\n{done.stdout}{done.stderr}"
    assert done.stdout.count("(server dry run)") == len(list(yaml.safe_load_all(whole(BLOCKS[place]))))


def test_a_block_that_is_wrong_is_noticed(cluster, namespace):
    wrong = "# x.yaml: of the container\nlivenessProb: {periodSeconds: 1}\n"
    done = apply(cluster, namespace, wrong)
    assert done.returncode == 1 and "livenessProb" in done.stderr
