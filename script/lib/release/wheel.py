# SPDX-License-Identifier: Apache-2.0
"""Makes the wheel that is published of the one that setuptools built: with the command, the licences of all that is
linked and the bill of materials in it, and the tag of the platforms where it runs.

Usage: wheel.py RAW TARGET COMMAND LICENSES SBOM EPOCH FOLDER"""

import base64
import hashlib
import sys
import zipfile
from pathlib import Path

from archive import files_below, write_zip
from pins import sources_in

PLATFORMS = {
    "x86_64-linux-gnu": "manylinux_2_17_x86_64.manylinux2014_x86_64",
    "aarch64-linux-gnu": "manylinux_2_17_aarch64.manylinux2014_aarch64",
    "x86_64-linux-musl": "musllinux_1_2_x86_64",
    "aarch64-linux-musl": "musllinux_1_2_aarch64",
}
RUN = 0o755
READ = 0o644


def licence_expression(target):
    """Of ours and of what is linked, as SPDX writes it."""
    return " AND ".join(sorted({"Apache-2.0", *(source["license"] for source in sources_in(target).values())}))


def with_licences(metadata, target, names):
    """The METADATA with what the wheel holds more than the sources."""
    head, blank, body = metadata.decode().partition("\n\n")
    lines = []
    for line in head.splitlines():
        if line.startswith("License-Expression:"):
            line = f"License-Expression: {licence_expression(target)}"
        lines.append(line)
        if line.startswith("License-File:"):
            lines += [f"License-File: {name}" for name in names]
    return ("\n".join(lines) + blank + body).encode()


def with_tags(wheel, platforms):
    lines = [line for line in wheel.decode().splitlines() if line and not line.startswith("Tag:")]
    lines += [f"Tag: cp310-abi3-{platform}" for platform in platforms.split(".")]
    return ("\n".join(lines) + "\n").encode()


def record(files, path):
    rows = []
    for name, (content, _) in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(content)}")
    return ("\n".join([*rows, f"{path},,"]) + "\n").encode()


def finish(raw, target, command, licences, sbom, epoch, folder):
    distribution, version, *tag = raw.stem.split("-")
    if tag[:2] != ["cp310", "abi3"]:
        sys.exit(f"{raw.name} is not of the limited API of Python 3.10: is SWIG too old?")
    info = f"{distribution}-{version}.dist-info"
    with zipfile.ZipFile(raw) as archive:
        files = {name: (archive.read(name), READ) for name in archive.namelist() if not name.endswith(("/", "/RECORD"))}
    third_party = files_below(licences, "third-party/")
    files |= {f"{info}/licenses/{name}": content for name, content in third_party.items()}
    files[f"{info}/METADATA"] = (with_licences(files[f"{info}/METADATA"][0], target, third_party), READ)
    files[f"{info}/WHEEL"] = (with_tags(files[f"{info}/WHEEL"][0], PLATFORMS[target]), READ)
    files[f"{info}/sboms/leaderlife.cdx.json"] = (sbom.read_bytes(), READ)
    files[f"{distribution}-{version}.data/scripts/leaderlife"] = (command.read_bytes(), RUN)
    # dist-info last, as is the custom
    files = dict(sorted(files.items(), key=lambda item: (item[0].startswith(info), item[0])))
    files[f"{info}/RECORD"] = (record(files, f"{info}/RECORD"), READ)
    write_zip(folder / f"{distribution}-{version}-cp310-abi3-{PLATFORMS[target]}.whl", files, epoch)


if __name__ == "__main__":
    _, raw_, target_, command_, licences_, sbom_, epoch_, folder_ = sys.argv
    finish(Path(raw_), target_, Path(command_), Path(licences_), Path(sbom_), int(epoch_), Path(folder_))
