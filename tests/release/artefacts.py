# SPDX-License-Identifier: Apache-2.0
"""What lies in the folder that LEADERLIFE_DIST names, as script/lib/suites/release.sh has made it."""

import json
import os
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = Path(os.environ.get("LEADERLIFE_DIST", ROOT / "dist"))
VERSION = re.search(r"VERSION (\d+\.\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")).group(1)
SOURCES = json.loads((ROOT / "script/versions.json").read_text(encoding="utf-8"))["sources"]
FULL = bool(os.environ.get("LEADERLIFE_RELEASE"))
ARCHS = ("x86_64", "aarch64") if FULL else ("x86_64",)
LIBCS = ("gnu", "musl") if FULL else ("gnu",)
PLATFORMS = {("x86_64", "gnu"): "manylinux2014_x86_64", ("aarch64", "gnu"): "manylinux2014_aarch64",
             ("x86_64", "musl"): "musllinux_1_2_x86_64", ("aarch64", "musl"): "musllinux_1_2_aarch64"}
LOADERS = {"libc.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libc.so"}
LIBC = LOADERS | {"libpthread.so.0", "libdl.so.2", "libm.so.6", "librt.so.1"}


def wheel(arch="x86_64", libc="gnu"):
    found, = DIST.glob(f"leaderlife-{VERSION}-cp310-abi3-*{PLATFORMS[arch, libc]}.whl")
    return found


def unpack_wheel(arch, libc, folder):
    with zipfile.ZipFile(wheel(arch, libc)) as archive:
        archive.extractall(folder)
    return folder


def command_archive(arch="x86_64"):
    return DIST / f"leaderlife-{VERSION}-linux-{arch}.tar.gz"


def unpack_command(arch, folder):
    """The folder with the program and what comes with it."""
    with tarfile.open(command_archive(arch)) as archive:
        archive.extractall(folder)  # our own: no path leads out of it
    return folder / f"leaderlife-{VERSION}-linux-{arch}"


def image():
    return DIST / f"leaderlife-{VERSION}-oci.tar"


def linked_in(libc):
    """The names of all that is linked into programs for that C library."""
    return {name for name in SOURCES if name != "musl" or libc == "musl"}


def needed_libraries(path):
    """By the dynamic section."""
    text = subprocess.run(["readelf", "-dW", str(path)], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", text))


def machine(path):
    text = subprocess.run(["readelf", "-hW", str(path)], capture_output=True, text=True, check=True).stdout
    return re.search(r"Machine: +(.+)", text).group(1)


def newest_glibc(path):
    """The newest version of glibc whose symbols it needs, as a pair."""
    text = subprocess.run(["readelf", "-VW", str(path)], capture_output=True, text=True, check=True).stdout
    return max((tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_([\d.]+)", text)), default=(0, 0))
