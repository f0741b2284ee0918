# SPDX-License-Identifier: Apache-2.0
"""Packs setuptools' source distribution anew, so that it does not depend on when, by whom and where it was made.

Usage: sdist.py RAW EPOCH FOLDER"""

import sys
import tarfile
from pathlib import Path

from archive import compress, tar

if __name__ == "__main__":
    raw, epoch, folder = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    files = {}
    with tarfile.open(raw) as archive:
        for entry in archive:
            if entry.isfile():
                files[entry.name] = (archive.extractfile(entry).read(), 0o755 if entry.mode & 0o100 else 0o644)
    (folder / raw.name).write_bytes(compress(tar(files, epoch)))
