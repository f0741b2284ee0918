# SPDX-License-Identifier: Apache-2.0
"""Packs the static command: the program, its manual page, its licences and its bill of materials, in one folder.

Usage: command.py PROGRAM LICENSES SBOM SOURCE NAME EPOCH FOLDER"""

import sys
from pathlib import Path

from archive import compress, files_below, tar


def contents(program, licences, sbom, source):
    """{path: (bytes, mode)}: also what the image has below /usr/share/doc/leaderlife."""
    return {
        "leaderlife": (program.read_bytes(), 0o755),
        "LICENSE": ((source / "LICENSE").read_bytes(), 0o644),
        "leaderlife.cdx.json": (sbom.read_bytes(), 0o644),
        **files_below(licences, "third-party/"),
    }


if __name__ == "__main__":
    _, program_, licences_, sbom_, source_, name_, epoch_, folder_ = sys.argv
    files = contents(Path(program_), Path(licences_), Path(sbom_), Path(source_))
    files["leaderlife.1"] = ((Path(source_) / "docs/leaderlife.1").read_bytes(), 0o644)
    packed = tar({f"{name_}/{path}": content for path, content in files.items()}, int(epoch_))
    (Path(folder_) / f"{name_}.tar.gz").write_bytes(compress(packed))
