# SPDX-License-Identifier: Apache-2.0
"""What is published holds what it must and nothing else, however littered the checkout was that it was made from."""

import re
import subprocess
import tarfile
import zipfile

from . import checkout
from .commands import TOOLS, run


def names(archive):
    return {info.name for info in archive.getmembers() if not info.isdir()}


def test_the_source_distribution_holds_the_sources_and_nothing_else(dist, clean, version):
    with tarfile.open(dist.sdist) as archive:
        found = {name.removeprefix(f"leaderlife-{version}/") for name in names(archive)}
    metadata = {name for name in found if name.startswith("leaderlife.egg-info/")} | {"PKG-INFO", "setup.cfg"}
    assert found - metadata == checkout.distributed(clean)


def test_the_wheel_holds_the_package_and_nothing_else(dist, clean, version):
    info = f"leaderlife-{version}.dist-info/"
    with zipfile.ZipFile(dist.wheel) as archive:
        found = set(archive.namelist())
    assert found == ({f"leaderlife/{name}" for name in checkout.hand_written(clean) | {"capi.abi3.so"}} |
                     {info + name for name in ("METADATA", "WHEEL", "RECORD", "top_level.txt", "licenses/LICENSE")})


def test_one_wheel_is_for_every_python_from_3_10_on(dist, version):
    assert dist.wheel.name == f"leaderlife-{version}-cp310-abi3-linux_x86_64.whl"


def test_the_module_keeps_to_the_stable_abi(dist):
    """The name alone would promise it."""
    run(TOOLS / "abi3audit", "--strict", dist.wheel)


def test_a_wheel_built_where_an_earlier_one_was_holds_nothing_of_that(littered, dist, version, tmp_path):
    """pip builds in the checkout itself. (And by the SWIG of the system, which has a say in the wheel's name.)"""
    run(TOOLS / "python", "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, littered)
    wheel, = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if name.endswith(("gone.py", "capi.so", "notes.txt"))]
    assert not list(littered.glob(f"{checkout.PACKAGE}/capi.*.so")), "a wheel is not built in the sources"


def test_the_metadata_says_what_it_is(unpacked, version):
    text = next(unpacked.glob("*.dist-info/METADATA")).read_text(encoding="utf-8")
    head, _, readme = text.partition("\n\n")
    for line in ("Name: leaderlife", f"Version: {version}", "License-Expression: Apache-2.0", "Requires-Python: >=3.10",
                 "Classifier: Typing :: Typed", "Description-Content-Type: text/markdown"):
        assert line in head.splitlines()
    assert not re.search("^Requires-Dist:", head, re.MULTILINE), "the package needs no other"
    assert readme.startswith("# leaderlife\n")


# ---- The compiled module ----

def dynamic(module):
    return subprocess.run(["readelf", "--wide", "--dynamic", str(module)], check=True, capture_output=True,
                          text=True).stdout


def test_the_module_shows_its_way_in_alone(module):
    """A second copy of the core in the process, of another version, must not be taken for this one."""
    lines = subprocess.run(["nm", "--dynamic", "--defined-only", str(module)], check=True, capture_output=True,
                           text=True).stdout
    assert [line.split()[-1] for line in lines.splitlines()] == ["PyInit_capi"]


def test_the_core_is_in_the_module(module):
    needed = {name.split(".so")[0] for name in re.findall(r"Shared library: \[([^]]+)\]", dynamic(module))}
    assert needed == {"libjansson", "libyaml-0", "libc"}


def test_the_module_is_hardened_and_names_no_folder(module, littered):
    said = dynamic(module)
    assert "BIND_NOW" in said
    assert "RPATH" not in said and "RUNPATH" not in said
    content = module.read_bytes()
    assert str(littered.parent).encode() not in content
    assert b"build-via-sdist" not in content, "the folder in which `build` unpacks"
    print(f"the module: {len(content)} bytes")
