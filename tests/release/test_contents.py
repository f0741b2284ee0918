# SPDX-License-Identifier: Apache-2.0
"""What is in a wheel and beside the static command: all that is promised, and nothing that is needed and missing."""

import base64
import csv
import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from . import artefacts
from .artefacts import ARCHS, LIBCS, VERSION

WHEELS = pytest.mark.parametrize(("arch", "libc"), [(arch, libc) for arch in ARCHS for libc in LIBCS])
COMMANDS = pytest.mark.parametrize("arch", ARCHS)
MEGABYTE = 1_000_000
MACHINES = {"x86_64": "Advanced Micro Devices X86-64", "aarch64": "AArch64"}


def check_bill(text, libc):
    """Of one schema with the world, and with all that is linked, by name and version."""
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert fault is None, fault
    bill = json.loads(text)
    assert bill["metadata"]["component"]["version"] == VERSION
    listed = {component["name"]: component["version"] for component in bill["components"]}
    assert listed == {name: artefacts.SOURCES[name]["version"] for name in artefacts.linked_in(libc)}


def check_licences(folder, libc):
    """A text for each component: that of its own project, not an empty file."""
    assert {path.name for path in folder.iterdir()} == artefacts.linked_in(libc)
    for name in artefacts.linked_in(libc):
        texts = [path.read_text(encoding="utf-8") for path in (folder / name).iterdir()]
        assert texts and all(len(text) > 500 for text in texts), name


@WHEELS
def test_a_wheel_needs_the_c_library_alone(arch, libc, tmp_path):
    folder = artefacts.unpack_wheel(arch, libc, tmp_path)
    for path in (folder / "leaderlife/capi.abi3.so", folder / f"leaderlife-{VERSION}.data/scripts/leaderlife"):
        assert artefacts.machine(path) == MACHINES[arch]
        assert artefacts.needed_libraries(path) <= artefacts.LIBC, path
        assert artefacts.newest_glibc(path) <= (2, 17), path


@WHEELS
def test_a_wheel_is_small(arch, libc):
    assert artefacts.wheel(arch, libc).stat().st_size < 3 * MEGABYTE


@WHEELS
def test_a_wheel_has_the_command_licences_and_bill_of_materials(arch, libc, tmp_path):
    folder = artefacts.unpack_wheel(arch, libc, tmp_path)
    info = folder / f"leaderlife-{VERSION}.dist-info"
    check_licences(info / "licenses/third-party", libc)
    check_bill((info / "sboms/leaderlife.cdx.json").read_text(encoding="utf-8"), libc)
    metadata = (info / "METADATA").read_text(encoding="utf-8").partition("\n\n")[0].splitlines()
    named = {line.partition(": ")[2] for line in metadata if line.startswith("License-File: ")}
    assert named == {path.relative_to(info / "licenses").as_posix() for path in (info / "licenses").rglob("*")
                     if path.is_file()}
    expression, = [line for line in metadata if line.startswith("License-Expression: ")]
    for name in artefacts.linked_in(libc):
        assert artefacts.SOURCES[name]["license"] in expression.split(), name


@WHEELS
def test_the_record_of_a_wheel_is_true(arch, libc):
    """pip does not look; other installers do."""
    with zipfile.ZipFile(artefacts.wheel(arch, libc)) as archive:
        record, = [name for name in archive.namelist() if name.endswith("/RECORD")]
        rows = {name: (digest, size) for name, digest, size in csv.reader(archive.read(record).decode().splitlines())}
        assert rows.pop(record) == ("", "")
        assert set(rows) == set(archive.namelist()) - {record}
        for name, (digest, size) in rows.items():
            content = archive.read(name)
            made = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            assert (digest, int(size)) == (f"sha256={made}", len(content)), name


@WHEELS
def test_the_module_of_a_wheel_keeps_to_the_stable_abi(arch, libc):
    subprocess.run([sys.executable, "-m", "abi3audit", "--strict", str(artefacts.wheel(arch, libc))], check=True)


@COMMANDS
def test_the_static_command_needs_nothing(arch, tmp_path):
    folder = artefacts.unpack_command(arch, tmp_path)
    program = folder / "leaderlife"
    assert artefacts.machine(program) == MACHINES[arch]
    assert artefacts.needed_libraries(program) == set()
    text = subprocess.run(["readelf", "-lW", str(program)], capture_output=True, text=True, check=True).stdout
    assert "INTERP" not in text, "it asks for a loader"
    assert ".symtab" not in subprocess.run(["readelf", "-SW", str(program)], capture_output=True, text=True,
                                           check=True).stdout


@COMMANDS
def test_the_static_command_comes_with_licences_and_bill_of_materials(arch, tmp_path):
    folder = artefacts.unpack_command(arch, tmp_path)
    check_licences(folder / "third-party", "musl")
    check_bill((folder / "leaderlife.cdx.json").read_text(encoding="utf-8"), "musl")
    assert (folder / "LICENSE").read_bytes() == (artefacts.ROOT / "LICENSE").read_bytes()
    assert (folder / "leaderlife.1").read_bytes() == (artefacts.ROOT / "docs/leaderlife.1").read_bytes()


def test_everything_has_its_sum():
    names = {path.name for path in artefacts.DIST.iterdir()} - {"SHA256SUMS"}
    lines = (artefacts.DIST / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert set(sums) == names
    for name in names:
        assert hashlib.sha256((artefacts.DIST / name).read_bytes()).hexdigest() == sums[name], name


def test_the_source_distribution_has_all_its_files():
    """It is setuptools' own, packed anew: tests/python/install looks into that."""
    with tarfile.open(artefacts.DIST / f"leaderlife-{VERSION}.tar.gz") as archive:
        entries = archive.getmembers()
    assert f"leaderlife-{VERSION}/c/src/base/text.c" in {entry.name for entry in entries}
    assert {(entry.uid, entry.gid, entry.uname) for entry in entries} == {(0, 0, "")}
    assert len({entry.mtime for entry in entries}) == 1
