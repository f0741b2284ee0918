# SPDX-License-Identifier: Apache-2.0
"""Writes the software bill of materials (CycloneDX, JSON) of what is linked for one target.

Usage: sbom.py TARGET VERSION EPOCH

The same input gives the same bytes: its serial number is a hash of the rest."""

import hashlib
import json
import sys
import uuid
from datetime import datetime, timezone
from urllib.parse import quote

from pins import sources_in


def purl(source):
    version = quote(source["package_version"], safe="")
    if source["from"] == "crates":
        return f'pkg:cargo/{source["package"]}@{version}'
    return f'pkg:deb/debian/{source["package"]}@{version}?arch=source'


def component(name, source):
    made = {"type": "library", "bom-ref": name, "name": name, "version": source["version"], "scope": "required",
            "licenses": [{"license": {"id": source["license"]}}], "purl": f'pkg:generic/{name}@{source["version"]}'}
    if "cpe" in source:
        made["cpe"] = f'cpe:2.3:a:{source["cpe"]}:{source["version"]}:*:*:*:*:*:*:*'
    if "package" in source:
        made["properties"] = [{"name": "leaderlife:source", "value": purl(source)},
                              {"name": "leaderlife:source-sha256", "value": source["sha256"]}]
    else:
        made["properties"] = [{"name": "leaderlife:source", "value": "part of Zig, the compiler"}]
    return made


def sbom(target, version, epoch):
    sources = sources_in(target)
    made = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {"type": "library", "bom-ref": "leaderlife", "name": "leaderlife", "version": version,
                          "licenses": [{"license": {"id": "Apache-2.0"}}], "purl": f"pkg:pypi/leaderlife@{version}",
                          "properties": [{"name": "leaderlife:target", "value": target}]},
        },
        "components": [component(name, source) for name, source in sources.items()],
        "dependencies": [{"ref": "leaderlife", "dependsOn": list(sources)}],
    }
    digest = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).digest()
    return {**made, "serialNumber": f"urn:uuid:{uuid.UUID(bytes=digest[:16], version=4)}"}


if __name__ == "__main__":
    print(json.dumps(sbom(sys.argv[1], sys.argv[2], int(sys.argv[3])), indent=2))
