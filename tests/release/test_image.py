# SPDX-License-Identifier: Apache-2.0
"""The OCI image: what it holds and says, that the tools of others can read it, and that it runs as nobody,
read-only."""

import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile

import pytest
from cli.command import children_of
from controlplane.pods import running
from controlplane.process import wait_for

from . import artefacts
from .artefacts import ARCHS, VERSION

NAMES = {"x86_64": "amd64", "aarch64": "arm64"}
MEGABYTE = 1_000_000


class Image:
    """The archive's blobs, each checked by its digest."""

    def __init__(self, path):
        with tarfile.open(path) as archive:
            self.files = {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}

    def blob(self, descriptor):
        content = self.files["blobs/" + descriptor["digest"].replace(":", "/")]
        assert f"sha256:{hashlib.sha256(content).hexdigest()}" == descriptor["digest"]
        assert len(content) == descriptor["size"]
        return content

    def json(self, descriptor):
        return json.loads(self.blob(descriptor))

    def index(self):
        """The one that names an image for each processor."""
        top, = json.loads(self.files["index.json"])["manifests"]
        assert top["annotations"] == {"org.opencontainers.image.ref.name": VERSION,
                                      "io.containerd.image.name": f"docker.io/library/leaderlife:{VERSION}"}
        return self.json(top)

    def manifest(self, arch):
        found, = [each for each in self.index()["manifests"] if each["platform"]["architecture"] == NAMES[arch]]
        return self.json(found)

    def layer(self, arch):
        """{path: (entry, bytes)} of all that is in it, and the digest of it uncompressed."""
        blob, = self.manifest(arch)["layers"]
        content = gzip.decompress(self.blob(blob))
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            return ({entry.name: (entry, archive.extractfile(entry).read() if entry.isfile() else None)
                     for entry in archive},
                    f"sha256:{hashlib.sha256(content).hexdigest()}")


@pytest.fixture(scope="session")
def image():
    return Image(artefacts.image())


def test_one_index_has_an_image_for_each_processor(image):
    platforms = [each["platform"] for each in image.index()["manifests"]]
    assert platforms == [{"architecture": NAMES[arch], "os": "linux"} for arch in ARCHS]


@pytest.mark.parametrize("arch", ARCHS)
def test_an_image_is_small(image, arch):
    assert sum(entry.size for entry, _ in image.layer(arch)[0].values()) < 6 * MEGABYTE, "as it lies on a node"


@pytest.mark.parametrize("arch", ARCHS)
def test_an_image_has_the_command_licences_and_bill_of_materials(image, arch, tmp_path):
    layer, digest = image.layer(arch)
    config = image.json(image.manifest(arch)["config"])
    assert config["rootfs"]["diff_ids"] == [digest]
    alone = artefacts.unpack_command(arch, tmp_path)
    expected = {"leaderlife" if path.name == "leaderlife" else "usr/share/doc/leaderlife/"
                + path.relative_to(alone).as_posix(): path
                for path in alone.rglob("*") if path.is_file() and path.name != "leaderlife.1"}
    assert {name for name, (entry, _) in layer.items() if entry.isfile()} == set(expected)
    for name, path in expected.items():
        assert layer[name][1] == path.read_bytes(), name
    assert layer["leaderlife"][0].mode == 0o755
    assert {(entry.uid, entry.gid) for entry, _ in layer.values()} == {(0, 0)}, "nobody may change them"


@pytest.mark.parametrize("arch", ARCHS)
def test_an_image_says_how_it_runs_and_what_it_is(image, arch):
    config = image.json(image.manifest(arch)["config"])["config"]
    assert config["Entrypoint"] == ["/leaderlife"] and config["User"] == "65532:65532"
    labels = config["Labels"]
    assert labels["org.opencontainers.image.version"] == VERSION
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert image.index()["annotations"] == labels


def test_skopeo_reads_it():
    """As a registry's client does that did not make it."""
    done = subprocess.run(["skopeo", "inspect", f"oci-archive:{artefacts.image()}"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["Labels"]["org.opencontainers.image.version"] == VERSION


# ---- Run ----

@pytest.mark.whole_release
def test_as_nobody_on_a_read_only_root_it_elects_reaps_and_gives_back(image, orphans, namespace, starter, tmp_path):
    """By runc, with what the image itself says of user and entrypoint, and no capability."""
    config = image.json(image.manifest("x86_64")["config"])["config"]
    root = tmp_path / "bundle/rootfs"
    for name, (entry, content) in image.layer("x86_64")[0].items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            path.write_bytes(content)
            path.chmod(entry.mode)
    for folder in ("proc", "files", "dev"):
        (root / folder).mkdir()
    shutil.copy(orphans, root / "orphans")
    pod = namespace.pod("a")
    pod.set_status(phase="Running", containerStatuses=[running()])
    candidate = pod.candidate()
    os.chmod(candidate.directory, 0o755)
    for path in os.scandir(candidate.directory):
        os.chmod(path.path, 0o644)
    user = int(config["User"].partition(":")[0])
    spec = {
        "ociVersion": "1.0.2",
        "process": {"user": {"uid": user, "gid": user}, "cwd": "/", "noNewPrivileges": True,
                    "args": [*config["Entrypoint"], "run", "lock", "--", "/orphans"],
                    "env": [f"{name}={value}".replace(candidate.directory, "/files") for name, value in
                            {**candidate.in_cluster_environment()}.items()]},
        "root": {"path": "rootfs", "readonly": True},
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                   {"destination": "/var/run/secrets/kubernetes.io/serviceaccount", "type": "bind",
                    "source": candidate.directory, "options": ["bind", "ro"]}],
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "mount", "ipc", "uts")]},
    }
    (root / "var/run/secrets/kubernetes.io/serviceaccount").mkdir(parents=True)
    (tmp_path / "bundle/config.json").write_text(json.dumps(spec), encoding="utf-8")
    name = tmp_path.name
    started = starter.start_words(["runc", "--root", str(tmp_path / "runc"), "run", "--bundle",
                                   str(tmp_path / "bundle"), name])
    started.wait_said("works as ")
    assert started.stdout().endswith("below 1\n")
    state = json.loads(subprocess.run(["runc", "--root", str(tmp_path / "runc"), "state", name], capture_output=True,
                                      text=True, check=True).stdout)
    wait_for("the orphans' end", lambda: len(children_of(state["pid"])) == 1)
    assert namespace.lock_object()["metadata"]["ownerReferences"][0]["name"] == "a"
    os.kill(state["pid"], signal.SIGTERM)
    assert started.wait() == 0, started.stderr()
    assert "was asked to stop" in started.stdout()
    assert namespace.lock_object() is None, "the lock was not given back"
