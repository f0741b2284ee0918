# SPDX-License-Identifier: Apache-2.0
"""Writes the OCI image: the static command for each processor, from scratch, in one index, as an archive of an OCI
layout.

Usage: image.py SOURCE VERSION EPOCH FOLDER (ARCH PROGRAM LICENSES SBOM)...

Without a daemon, and by this file alone: the tools for it stamp the present time, and know no index of several
processors."""

import hashlib
import json
import sys
from datetime import datetime, timezone
from pathlib import Path

from archive import compress, tar
from command import contents

PLATFORMS = {"x86_64": {"architecture": "amd64", "os": "linux"}, "aarch64": {"architecture": "arm64", "os": "linux"}}
NOBODY = 65532
DOCUMENTS = "usr/share/doc/leaderlife/"
OCI = "application/vnd.oci.image."


class Layout:
    def __init__(self):
        self.files = {"oci-layout": (b'{"imageLayoutVersion":"1.0.0"}', 0o644)}

    def add(self, content, media_type, **more):
        """The descriptor of a blob."""
        digest = hashlib.sha256(content).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = (content, 0o644)
        return {"mediaType": OCI + media_type, "digest": f"sha256:{digest}", "size": len(content), **more}

    def add_json(self, value, media_type, **more):
        return self.add(json.dumps(value, sort_keys=True, separators=(",", ":")).encode(), media_type, **more)


def labels(source, version, created):
    project = (source / "pyproject.toml").read_text(encoding="utf-8")
    description, = [line.partition('"')[2].rstrip('"') for line in project.splitlines()
                    if line.startswith("description =")]
    return {
        "org.opencontainers.image.title": "leaderlife",
        "org.opencontainers.image.description": description,
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.created": created,
    }


def layer_of(files, epoch):
    return tar({path if path == "leaderlife" else DOCUMENTS + path: content for path, content in files.items()}, epoch)


def add_image(layout, arch, files, marks, created, epoch):
    layer = layer_of(files, epoch)
    blob = layout.add(compress(layer), "layer.v1.tar+gzip")
    config = layout.add_json({
        **PLATFORMS[arch],
        "created": created,
        "config": {"User": f"{NOBODY}:{NOBODY}", "Entrypoint": ["/leaderlife"], "WorkingDir": "/", "Labels": marks,
                   "StopSignal": "SIGTERM"},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        "history": [{"created": created, "created_by": "script/release image"}],
    }, "config.v1+json")
    manifest = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": config, "layers": [blob],
                "annotations": marks}
    return layout.add_json(manifest, "manifest.v1+json", platform=PLATFORMS[arch])


def image(source, version, epoch, programs):
    """programs: {arch: (program, licences, sbom)}. The bytes of the archive."""
    created = datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    layout = Layout()
    marks = labels(source, version, created)
    manifests = [add_image(layout, arch, contents(*paths, source), marks, created, epoch)
                 for arch, paths in programs.items()]
    index = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": manifests, "annotations": marks}
    # By the first name containerd imports it (kind, k3s and others call that), and manifests name it so.
    top = layout.add_json(index, "index.v1+json", annotations={
        "io.containerd.image.name": f"docker.io/library/leaderlife:{version}",
        "org.opencontainers.image.ref.name": version,
    })
    outer = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": [top]}
    layout.files["index.json"] = (json.dumps(outer, sort_keys=True).encode(), 0o644)
    return tar(layout.files, epoch)


if __name__ == "__main__":
    source_, version_, epoch_, folder_ = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    rest = sys.argv[5:]
    given = {rest[i]: tuple(map(Path, rest[i + 1:i + 4])) for i in range(0, len(rest), 4)}
    (folder_ / f"leaderlife-{version_}-oci.tar").write_bytes(image(source_, version_, epoch_, given))
