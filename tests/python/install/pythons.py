# SPDX-License-Identifier: Apache-2.0
"""The interpreters of this machine: Debian's, those on PATH, those of pyenv; and clean venvs of them."""

import shutil
import subprocess
from pathlib import Path

from .commands import attempt, run

DEBIAN = "/usr/bin/python3"
MINORS = (10, 11, 12, 13)

_ASK = ("import sys, sysconfig; print(sys.implementation.name, *sys.version_info[:2], "
        "sysconfig.get_config_var('Py_GIL_DISABLED') or 0)")


def _pyenv_folder():
    try:
        done = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return Path.home() / ".pyenv"
    return Path(done.stdout.strip())


def _candidates(name):
    """Paths that may be that Python; a shim of pyenv may lead to none."""
    yield DEBIAN
    if found := shutil.which(name):
        yield found
    version = name.removeprefix("python")
    minor = version.removesuffix("t")
    ending = "t" if version.endswith("t") else ""
    for folder in sorted((_pyenv_folder() / "versions").glob(f"{minor}.*{ending}"), reverse=True):
        yield str(folder / "bin" / "python")


def kind(path):
    """("cpython", "3", "11", "0") of an interpreter; () if it does not run."""
    try:
        done = attempt(path, "-c", _ASK)
    except OSError:
        return ()
    return tuple(done.stdout.split()) if done.returncode == 0 else ()


def find(minor, without_gil=False):
    """The path of CPython 3.`minor`, or None."""
    wanted = ("cpython", "3", str(minor), str(int(without_gil)))
    name = f"python3.{minor}{'t' if without_gil else ''}"
    return next((path for path in _candidates(name) if kind(path) == wanted), None)


def venv(python, folder):
    """A clean one; its own python."""
    run(python, "-m", "venv", folder)
    return folder / "bin" / "python"


def install(python, *what):
    """By the pip that came with that Python, old as it may be."""
    return run(python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *what)
