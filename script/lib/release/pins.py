# SPDX-License-Identifier: Apache-2.0
"""What script/versions.json says, in the forms that the clients of the registries take.

Usage: pins.py FORM, FORM one of: cargo-manifest cargo-lines crates debian requirements "version SOURCE" "licenses
TARGET" (each source, where it is from, and a file there)"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def pins():
    return json.loads((ROOT / "script/versions.json").read_text(encoding="utf-8"))


def sources_from(origin):
    return {name: source for name, source in pins()["sources"].items() if source["from"] == origin}


def sources_in(target):
    """What is linked into programs for the target: musl only where it is the C library."""
    return {name: source for name, source in pins()["sources"].items() if name != "musl" or target.endswith("-musl")}


def cargo_manifest(requirement):
    """A package without code: cargo reads no less, and each crate is one of its dependencies."""
    print('[package]\nname = "release"\nversion = "0.0.0"\nedition = "2021"\n')
    print('[lib]\npath = "none.rs"\n\n[dependencies]')
    for source in sources_from("crates").values():
        print(f'{source["package"]} = "{requirement(source)}"')


def exact(source):
    return "=" + source["package_version"].partition("+")[0]


def within_line(source):
    return "~" + source["line"]


def table(origin):
    for name, source in sources_from(origin).items():
        print(name, source["package"], source["package_version"], source["sha256"])


def requirements():
    for name, tool in pins()["tools"].items():
        print(f'{name}=={tool["version"]} --hash=sha256:{tool["sha256"]}')


def licenses(target):
    for name, source in sources_in(target).items():
        for file in source["license_files"]:
            print(name, source["from"], file)


FORMS = {
    "cargo-manifest": lambda: cargo_manifest(exact),
    "cargo-lines": lambda: cargo_manifest(within_line),
    "crates": lambda: table("crates"),
    "debian": lambda: table("debian"),
    "requirements": requirements,
    "version": lambda name: print(pins()["sources"][name]["version"]),
    "licenses": licenses,
}


if __name__ == "__main__":
    FORMS[sys.argv[1]](*sys.argv[2:])
