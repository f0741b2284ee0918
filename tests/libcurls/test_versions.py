# SPDX-License-Identifier: Apache-2.0
"""Which libcurls there are for the tests, and that an older one than the library was built for is called that."""

import ctypes
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEAST = re.search(r'"libcurl>=([\d.]+)"', (ROOT / "cmake/dependencies.cmake").read_text(encoding="utf-8")).group(1)


def run(*words, **environment):
    return subprocess.run(words, capture_output=True, text=True, timeout=600, env={**os.environ, **environment})


def versions():
    done = run(ROOT / "script/curls", "--list")
    assert done.returncode == 0
    return done.stdout.split()


def numbers(version):
    return [int(part) for part in version.split(".")]


def test_the_oldest_is_the_least_that_the_build_takes():
    assert versions()[0].startswith(LEAST + ".")
    assert versions() == sorted(versions(), key=numbers) and len(versions()) == 4


def test_the_oldest_is_what_it_is_taken_for(oldest):
    curl = ctypes.CDLL(oldest / "lib/libcurl.so.4")
    curl.curl_version.restype = ctypes.c_char_p
    told = curl.curl_version().decode()
    assert told.startswith(f"libcurl/{versions()[0]}") and " OpenSSL/" in told and " nghttp2/" in told


def test_a_version_that_is_not_listed_is_refused():
    done = run(ROOT / "script/curls", "7.1.0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no version '7.1.0'" in done.stderr


def test_an_older_one_than_it_was_built_for_is_called_so(oldest, command, tmp_path):
    """The command was built with the system's, which is newer."""
    token = tmp_path / "token"
    token.write_text("t", encoding="utf-8")
    given = ["--server", "https://127.0.0.1:1", "--token-file", token, "--namespace", "n"]
    done = run(command, "status", *given, "lock", LD_LIBRARY_PATH=str(oldest / "lib"))
    assert done.returncode != 0
    found = re.search(rf"libcurl {re.escape(versions()[0])}\S* was loaded, and ([\d.]+) or newer is needed, "
                      "since this library was "
                      r"built with ([\d.]+): install a newer one", done.stderr)
    assert found, done.stderr
    assert numbers(LEAST) < numbers(found.group(1)) <= numbers(found.group(2))
