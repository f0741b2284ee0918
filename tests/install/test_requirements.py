# SPDX-License-Identifier: Apache-2.0
"""What the build needs and does not find, or finds too old or built without what is needed, is said by name and
version, each with its cure: nothing that is there is called absent."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GNUTLS = next(Path("/usr/lib").glob("*/libcurl-gnutls.so.4"), None)
NEEDED = {"libcurl": "7.76", "jansson": "2.10", "yaml-0.1": "0.2", "libmicrohttpd": "0.9.71"}


def configure(folder, *options, modules=None):
    """What CMake says of this source; modules: {name of a .pc file: its lines}, found before the system's."""
    pc = folder / "pc"
    pc.mkdir()
    for name, lines in (modules or {}).items():
        (pc / f"{name}.pc").write_text("\n".join([f"Name: {name}", "Description: of a test", *lines, ""]),
                                       encoding="utf-8")
    done = subprocess.run(["cmake", "-S", ROOT, "-B", folder / "build", "-DLEADERLIFE_EXAMPLES=OFF", *options],
                          capture_output=True, text=True, timeout=600, env={**os.environ, "PKG_CONFIG_PATH": str(pc)})
    return done.returncode, " ".join(done.stderr.split())


@pytest.mark.parametrize("module, needed", NEEDED.items(), ids=NEEDED)
def test_too_old_is_not_absent(tmp_path, module, needed):
    status, text = configure(tmp_path, modules={module: ["Version: 0.0.9"]})
    assert status != 0
    assert f"needs {module} {needed} or newer, and found 0.0.9 ({tmp_path}/pc/{module}.pc)" in text
    assert "PKG_CONFIG_PATH" in text and "does not know" not in text


def test_the_document_says_the_same():
    text = (ROOT / "docs/requirements.md").read_text(encoding="utf-8")
    for module, needed in NEEDED.items():
        assert f"\n| {module.replace('yaml-0.1', 'libyaml')} | {needed}" in text
    lists = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    assert f"\n| CMake | {re.search(r'VERSION (.*)[)]', lists).group(1)} |" in text


def test_what_is_there_and_lacks_something_itself(tmp_path):
    status, text = configure(tmp_path, modules={"jansson": ["Version: 2.14", "Requires: no-such-module"]})
    assert status != 0
    assert "needs jansson>=2.10" in text and "no-such-module" in text and "libjansson-dev" in text


def test_absent(tmp_path):
    """pkg-config looks nowhere but in an empty folder."""
    (tmp_path / "nothing").mkdir()
    done = subprocess.run(["cmake", "-S", ROOT, "-B", tmp_path / "build"], capture_output=True, text=True, timeout=600,
                          env={**os.environ, "PKG_CONFIG_LIBDIR": str(tmp_path / "nothing"), "PKG_CONFIG_PATH": ""})
    text = " ".join(done.stderr.split())
    assert done.returncode != 0
    assert "needs libcurl>=7.76, and pkg-config cannot use it or does not know it" in text
    assert "apt install libcurl4-openssl-dev" in text


@pytest.mark.skipif(GNUTLS is None, reason="there is no libcurl with GnuTLS (Debian: libcurl3-gnutls)")
def test_a_tls_library_that_takes_no_certificates_from_memory(tmp_path):
    """As with libcurl4-gnutls-dev, which cannot be installed beside the other."""
    (tmp_path / "libcurl.so").symlink_to(GNUTLS)
    status, text = configure(tmp_path, modules={"libcurl": ["Version: 7.88.1", f"Libs: -L{tmp_path} -lcurl"]})
    assert status != 0
    assert "cannot use the libcurl that is here: libcurl 7.88.1 uses GnuTLS/" in text
    assert "apt install libcurl4-openssl-dev" in text


def test_an_old_swig(tmp_path):
    swig = tmp_path / "swig"
    swig.write_text("#!/bin/sh\ncase $1 in -swiglib) echo /usr/share/swig4.0;; *) echo 'SWIG Version 3.0.12';; esac\n",
                    encoding="utf-8")
    swig.chmod(0o755)
    status, text = configure(tmp_path, "-DLEADERLIFE_PYTHON=ON", "-DLEADERLIFE_COMMAND=OFF",
                             f"-DSWIG_EXECUTABLE={swig}", "-DPython3_EXECUTABLE=/usr/bin/python3")
    assert status != 0
    assert f"needs SWIG 4.1 or newer, and found 3.0.12 ({swig})" in text and "pip install swig" in text
