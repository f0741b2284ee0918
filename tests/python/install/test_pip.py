# SPDX-License-Identifier: Apache-2.0
"""Installing by pip, and an election by what was installed: one wheel in every version of Python, the checkout as it
is, the checkout to be worked in."""

import shutil
from pathlib import Path

import pytest

from controlplane.fixtures import require

from . import checkout, pythons
from .commands import run

ELECT = checkout.ROOT / "tests/python/install/elect.py"
STRICT = ("-X", "dev", "-W", "error")


def elect(python, version):
    """The folder of the package that the election ran with."""
    folder, said_version = run(python, *STRICT, ELECT).split()
    assert said_version == version
    return folder


@pytest.mark.parametrize("minor", pythons.MINORS)
def test_the_one_wheel_elects_in_every_version(minor, dist, version, tmp_path):
    python = pythons.find(minor) or require(f"python3.{minor}", "no CPython of this version on PATH or of pyenv")
    inside = pythons.venv(python, tmp_path / "venv")
    pythons.install(inside, "--no-index", dist.wheel)
    assert elect(inside, version).startswith(str(tmp_path / "venv"))


def test_the_wheel_elects_in_debians_python(dist, version, clean_venv):
    pythons.install(clean_venv, "--no-index", dist.wheel)
    assert elect(clean_venv, version).startswith(str(clean_venv.parents[1]))


def test_pip_installs_the_checkout_and_takes_it_away(littered, version, clean_venv, tmp_path):
    """As a person would, with nothing prepared for it, in a checkout that was built in before."""
    source = shutil.copytree(littered, tmp_path / "source")
    pythons.install(clean_venv, source)
    folder = Path(elect(clean_venv, version))
    assert folder.is_relative_to(tmp_path / "venv")
    run(clean_venv, "-m", "pip", "uninstall", "--quiet", "--yes", "leaderlife")
    assert not folder.exists()


def test_an_editable_install_follows_the_sources(version, clean_venv, tmp_path):
    source = checkout.copy(tmp_path / "source")
    pythons.install(clean_venv, "--editable", source)
    assert elect(clean_venv, version) == str(source / checkout.PACKAGE)
    with open(source / checkout.PACKAGE / "__init__.py", "a", encoding="utf-8") as file:
        file.write("\nchanged = True\n")
    assert run(clean_venv, "-c", "import leaderlife; print(leaderlife.changed)") == "True\n"


WITHOUT_GIL = [path for minor in (13, 14) if (path := pythons.find(minor, without_gil=True))]

if WITHOUT_GIL:  # nobody need have one
    @pytest.mark.parametrize("python", WITHOUT_GIL)
    def test_a_python_without_the_gil_gets_a_module_of_its_own(python, version, tmp_path):
        inside = pythons.venv(python, tmp_path / "venv")
        pythons.install(inside, checkout.copy(tmp_path / "source"))
        elect(inside, version)
        assert run(inside, *STRICT, "-c", "import sys, leaderlife; print(sys._is_gil_enabled())") == "False\n"
