# SPDX-License-Identifier: Apache-2.0
"""The images of the tests, made as the Dockerfiles of the examples say, but from
this machine's files, and with the tests' worker as the user's program."""

import json
import os
import re
import tarfile
import zipfile
from pathlib import Path

from .image import Image
from .node import PAUSE

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
_TOOLS = ("sh", "cat", "find", "id", "ls", "ps", "rm", "sleep", "test", "timeout", "touch", "wget")
_PYTHON = Path("/usr/bin/python3").resolve()
_NOT_OF_PYTHON = {"__pycache__", "dist-packages", "test", "tests", "idlelib", "tkinter", "lib2to3",
                  "ensurepip", "turtledemo"}
# Nothing that the libraries of programs do not name is there, but for what glibc opens by itself.
_ACCOUNTS = b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"


def _released(what):
    """The image (an archive of an OCI layout) or the wheel that script/release has made, if the environment names
    one."""
    return os.environ.get("LEADERLIFE_" + what)


def _from_archive(path, wanted):
    """A file of the image for this machine's processors."""
    with tarfile.open(path) as archive:
        def blob(digest):
            return archive.extractfile("blobs/" + digest.replace(":", "/"))
        found = json.load(archive.extractfile("index.json"))["manifests"]
        while "index" in found[0]["mediaType"]:
            found = json.load(blob(found[0]["digest"]))["manifests"]
        mine, = (each for each in found if each["platform"]["architecture"] == "amd64")
        for layer in json.load(blob(mine["digest"]))["layers"]:
            with tarfile.open(fileobj=blob(layer["digest"])) as files:
                return files.extractfile(wanted).read()


def _add_command(image, path):
    """The command of the image leaderlife; without that the one that was built, with its libraries."""
    if _released("IMAGE"):
        return image.file(path, _from_archive(_released("IMAGE"), "leaderlife"), 0o755)
    return image.program(path, os.environ["LEADERLIFE_COMMAND"])


def _leaderlife(folder):
    """The image leaderlife, as it is released; without that what is like it, but for the libraries."""
    if _released("IMAGE"):
        return _released("IMAGE")
    name = re.search(r"image: (leaderlife:\S+)", (EXAMPLES / "kubernetes" / "quickstart.yaml").read_text()).group(1)
    image = Image(f"docker.io/library/{name}", entry=["/leaderlife"], user="65532:65532")
    return _add_command(image, "/leaderlife").write(os.path.join(folder, "leaderlife.tar"))


def _add_package(image, path):
    """The package for Python: of the wheel; without that as it was built."""
    if _released("WHEEL"):
        with zipfile.ZipFile(_released("WHEEL")) as wheel:
            for name in wheel.namelist():
                if not name.endswith("/"):
                    image.file(os.path.join(path, name), wheel.read(name), 0o755 if ".so" in name else 0o644)
        return image
    return image.tree(path, str(Path(os.environ["LEADERLIFE_BUILD"]) / "python" / "python"),
                      lambda name: name != "__pycache__")


def _add_python(image):
    """With those parts of the C library that a wheel for older systems names, though they are one library now."""
    for name in ("libdl.so.2", "libm.so.6", "libpthread.so.0", "librt.so.1"):
        found, = Path("/lib").glob(f"*-linux-gnu/{name}")
        image.file(str(found), os.path.realpath(found), 0o755)
    image.tree(f"/usr/lib/{_PYTHON.name}", f"/usr/lib/{_PYTHON.name}", lambda name: name not in _NOT_OF_PYTHON)
    return image.program(f"/usr/bin/{_PYTHON.name}", str(_PYTHON)).link("/usr/bin/python", _PYTHON.name)


_BASES = {"busybox": lambda image: image.busybox(*_TOOLS), "python": lambda image: _add_python(image.busybox(*_TOOLS))}
_STAGES = {"leaderlife": _add_command, "packages": _add_package}


def last_stage(dockerfile):
    """(base, [(instruction, words), …]) of a Dockerfile's last stage."""
    lines = [line.split() for line in dockerfile.read_text().splitlines() if line and not line.startswith("#")]
    begins = max(index for index, line in enumerate(lines) if line[0] == "FROM")
    return re.split(r"[:-]", lines[begins][1])[0], [(line[0], line[1:]) for line in lines[begins + 1:]]


def from_dockerfile(name, folder, environment=(), instead=None):
    """instead: {a path in examples: another file of this machine}."""
    base, steps = last_stage(EXAMPLES / "kubernetes" / folder / "Dockerfile")
    said = {word: words for word, words in steps if word in ("WORKDIR", "USER")}
    variables = [*environment, *(word for step, words in steps if step == "ENV" for word in words)]
    image = Image(f"docker.io/library/{name}", environment=variables, workdir=said["WORKDIR"][0], user=said["USER"][0])
    _BASES[base](image).file("/etc/passwd", _ACCOUNTS)
    for step, words in steps:
        if step != "COPY":
            assert step in ("ENV", "WORKDIR", "USER"), f"{folder}: the tests do not know {step}"
        elif words[0].startswith("--from="):
            _STAGES[words[0].partition("=")[2]](image, words[-1])
        else:
            for source in words[:-1]:
                image.program(os.path.join(said["WORKDIR"][0], os.path.basename(source)),
                              str((instead or {}).get(source, EXAMPLES / source)))
    return image


def write_all(folder, worker, witness):
    """The files to import. worker: the program in the place of the users'; witness: what it is to tell."""
    seen = [f"WITNESS={witness}"]
    images = {
        "pause": Image(PAUSE, command=["/bin/busybox", "sleep", "2147483647"]).busybox("sh", "sleep"),
        "operator": from_dockerfile("my-operator:1", "command", seen, {"command/worker.sh": worker}),
        "report": from_dockerfile("my-report:1", "job", [*seen, "WORK_FOR=3"], {"kubernetes/job/report.sh": worker}),
        "service": from_dockerfile("my-service:1", "python", seen),
    }
    files = [image.write(os.path.join(folder, f"{name}.tar")) for name, image in images.items()]
    return [*files, _leaderlife(folder)]
