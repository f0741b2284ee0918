# SPDX-License-Identifier: Apache-2.0
"""Archives whose bytes depend on their files' names, contents and modes, and on nothing else: neither on when they were
made, nor by whom, nor in which order a folder lists its files."""

import gzip
import io
import stat
import struct
import tarfile
import zlib
from datetime import datetime, timezone

import zopfli.zlib

ZIP_BEGINS = datetime(1980, 1, 1, tzinfo=timezone.utc)


def tar(files, epoch):
    """files: {path: (bytes, mode)}; folders are made for them. The bytes of the archive."""
    folders = {"/".join(parts[:count]) for parts in (path.split("/") for path in files)
               for count in range(1, len(parts))}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted({*folders, *files}):
            entry = tarfile.TarInfo(path)
            entry.mtime = epoch
            if path in folders:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                content, entry.mode = files[path]
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def compress(content):
    return gzip.compress(content, compresslevel=9, mtime=0)


def deflate(content):
    """Raw. Zopfli finds a thirtieth less than zlib, and everybody can read it."""
    return zopfli.zlib.compress(content, numiterations=1)[2:-4]


def write_zip(path, files, epoch):
    """files: {path: (bytes, mode)}, in the order in which they are to lie in it. By hand: zipfile takes no other
    compressor."""
    when = max(datetime.fromtimestamp(epoch, timezone.utc), ZIP_BEGINS)
    day = (when.year - 1980) << 9 | when.month << 5 | when.day
    clock = when.hour << 11 | when.minute << 5 | when.second // 2
    entries, directory = bytearray(), bytearray()
    for name, (content, mode) in files.items():
        packed, encoded = deflate(content), name.encode()
        common = struct.pack("<5H3L2H", 20, 0, 8, clock, day, zlib.crc32(content), len(packed), len(content),
                             len(encoded), 0)
        unix = 3 << 8 | 20  # the mode counts
        directory += b"PK\1\2" + struct.pack("<H", unix) + common
        directory += struct.pack("<3H2L", 0, 0, 0, (stat.S_IFREG | mode) << 16, len(entries)) + encoded
        entries += b"PK\3\4" + common + encoded + packed
    end = b"PK\5\6" + struct.pack("<4H2LH", 0, 0, len(files), len(files), len(directory), len(entries), 0)
    path.write_bytes(entries + directory + end)


def files_below(folder, prefix=""):
    """{path: (bytes, mode)} of all files, in order; of the modes only whether they can be run is kept."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
            found[prefix + path.relative_to(folder).as_posix()] = (path.read_bytes(), mode)
    return found
