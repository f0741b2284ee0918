# SPDX-License-Identifier: Apache-2.0
"""Images, as tar files that containerd imports: one layer, from files of this
machine, for there is no registry here."""

import hashlib
import io
import json
import os
import re
import subprocess
import tarfile

BUSYBOX = "/bin/busybox"  # Debian's busybox
_FOLDERS = ("tmp", "proc", "sys", "dev", "etc", "run", "var/run", "bin", "usr/bin", "usr/lib")


def _loaded_later(program):
    """The libcurl that a program or library loads by its name, which ldd does not show; see docs/building.md."""
    with open(program, "rb") as file:
        names = {name.decode() for name in re.findall(rb"\0(libcurl[^\0/]*\.so\.\d+)\0", file.read())}
    if not names:
        return []
    known = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    return [path for name, path in re.findall(r"^\s*(\S+) .* => (/\S+)$", known, re.MULTILINE) if name in names]


def _needed(program):
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"(/\S+) \(0x", listed))


def libraries(program):
    """The shared objects that a program, or another one of them, is loaded with or loads."""
    found = _needed(program)
    for each in [program, *(library for library in found if "/libleaderlife" in library)]:
        for later in _loaded_later(each):
            found |= {later, *_needed(later)}
    return sorted(found)


class Image:
    """What goes into an image. name: as manifests have it; entry: before the command; user: of its processes."""

    def __init__(self, name, command=(), environment=(), workdir="/", user="65534:65534", entry=()):
        self.name = name
        self._config = {"Entrypoint": list(entry), "Cmd": list(command),
                        "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", *environment],
                        "WorkingDir": workdir, "User": user}
        self._layer = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._layer, mode="w")
        self._have = set()
        for folder in _FOLDERS:
            self._folder(folder, 0o1777 if folder == "tmp" else 0o755)

    def _folder(self, path, mode=0o755):
        if path and path not in self._have:
            self._folder(os.path.dirname(path))
            entry = tarfile.TarInfo(path)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            self._tar.addfile(entry)
            self._have.add(path)

    def link(self, path, target):
        self._folder(os.path.dirname(path.lstrip("/")))
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        self._tar.addfile(entry)
        return self

    def file(self, path, source, mode=None):
        """source: a file of this machine, or bytes."""
        path = path.lstrip("/")
        if path in self._have:
            return self
        self._folder(os.path.dirname(path))
        self._have.add(path)
        entry = tarfile.TarInfo(path)
        if not isinstance(source, bytes):
            entry.mode = os.stat(source).st_mode & 0o777
            with open(source, "rb") as file:
                source = file.read()
        entry.mode = mode or entry.mode
        entry.size = len(source)
        self._tar.addfile(entry, io.BytesIO(source))
        return self

    def program(self, path, source):
        """With the libraries it needs."""
        for library in libraries(source):
            self.file(library, os.path.realpath(library), 0o755)
        return self.file(path, source, 0o755)

    def tree(self, path, source, wanted=lambda name: True):
        """The files under a folder of this machine, with the libraries of those that are shared objects."""
        for folder, folders, names in os.walk(source):
            folders[:] = [name for name in folders if wanted(name)]
            for name in filter(wanted, names):
                full = os.path.join(folder, name)
                add = self.program if ".so" in name else self.file
                if os.path.exists(full):
                    add(os.path.join(path, os.path.relpath(full, source)), full)
        return self

    def busybox(self, *names):
        """A shell and its tools, all of one file."""
        self.program("/bin/busybox", BUSYBOX)
        for name in names:
            self.link("/bin/" + name, "busybox")
        return self

    def write(self, path):
        """Writes the file to import. Nothing can be added after that."""
        self._tar.close()
        layer = self._layer.getvalue()
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": self._config, "rootfs": {
            "type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}).encode()
        manifest = json.dumps([{"Config": "config.json", "RepoTags": [self.name], "Layers": ["layer.tar"]}]).encode()
        with tarfile.open(path, "w") as out:
            for name, data in (("layer.tar", layer), ("config.json", config), ("manifest.json", manifest)):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                out.addfile(entry, io.BytesIO(data))
        return path
