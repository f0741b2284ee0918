# SPDX-License-Identifier: Apache-2.0
"""There is one version. CMakeLists.txt names it; what is installed takes it from there, and the documents that must
repeat it say the same."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("LEADERLIFE_BUILD", ROOT / "build")) / "release"
CONSUMER = Path(__file__).parent / "consumer" / "main.c"

VERSION = re.search(r"^    VERSION (\d+\.\d+\.\d+)$", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"),
                    re.MULTILINE).group(1)
PARTS = tuple(map(int, VERSION.split(".")))
MINOR = "{}.{}".format(*PARTS)


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def run(*command, **environment):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, cwd=ROOT,
                          env={**os.environ, **environment})
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def libdir(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--prefix", prefix)
    found, = prefix.rglob("leaderlife.pc")
    return found.parent.parent


# ---- What takes it from there ----

def test_the_library_and_its_package_files(libdir, tmp_path):
    package = {"PKG_CONFIG_PATH": str(libdir / "pkgconfig")}
    assert run("pkg-config", "--modversion", "leaderlife", **package) == f"{VERSION}\n"
    assert f'set(PACKAGE_VERSION "{VERSION}")' in \
        (libdir / "cmake" / "leaderlife" / "leaderlife-config-version.cmake").read_text(encoding="utf-8")
    assert (libdir / f"libleaderlife.so.{VERSION}").exists()
    run("cc", CONSUMER, *run("pkg-config", "--cflags", "--libs", "leaderlife", **package).split(), "-o",
        tmp_path / "consumer")
    assert run(tmp_path / "consumer", LD_LIBRARY_PATH=str(libdir)) == \
        f"{VERSION} {PARTS[0] * 10000 + PARTS[1] * 100 + PARTS[2]}\n"


def test_the_command(libdir):
    command = libdir.parent / "bin" / "leaderlife"
    assert run(command, "--version") == f"leaderlife {VERSION}\n"
    assert f"[leaderlife/{VERSION}]" in run(command, "run", "--help")


def test_the_newest_symbols_are_of_this_version_at_most():
    nodes = [tuple(map(int, node.split(".")))
             for node in re.findall(r"^LEADERLIFE_([\d.]+) \{", text("c/leaderlife.map"), re.MULTILINE)]
    assert nodes and max(nodes) <= PARTS


def test_the_python_package_takes_it_from_cmake():
    """That its metadata then say so is tested where wheels are built."""
    assert 'dynamic = ["version"]' in text("pyproject.toml")
    assert not re.search(r"^version\s*=", text("pyproject.toml"), re.MULTILINE)
    read = re.search(r"^def version\(\):\n(?:    .*\n)+", text("setup.py"), re.MULTILINE).group()
    names = {"ROOT": ROOT, "re": re}
    exec(read, names)  # as setup.py does it, without its setuptools
    assert names["version"]() == VERSION


# ---- What repeats it ----

def test_the_manual_page():
    page = text("docs/leaderlife.1")
    assert re.search(r'^\.TH LEADERLIFE 1 \d{4}-\d\d-\d\d "leaderlife ([^"]+)"', page, re.MULTILINE).group(1) == VERSION
    assert re.findall(r"\[leaderlife/([\d.]+)\]", page) == [VERSION]


def test_the_readme():
    assert re.search(r"^\*\*Status: ([\d.]+)", text("README.md"), re.MULTILINE).group(1) == MINOR


def test_the_rock():
    """That of the checkout has no version; one of a release has this, in its name, too."""
    rocks = list((ROOT / "bindings" / "lua").glob("*.rockspec"))
    assert rocks
    for rock in rocks:
        version = re.search(r'^version = "(.+)"$', rock.read_text(encoding="utf-8"), re.MULTILINE).group(1)
        assert version == "scm-1" or re.fullmatch(re.escape(VERSION) + r"-\d+", version), rock
        assert rock.name == f"leaderlife-{version}.rockspec"


def changelog_fault(changelog, version):
    """What is wrong with the headings of the newest versions; None."""
    headings = re.findall(r"^## \[([^]]+)\](.*)$", changelog, re.MULTILINE)
    released = [name for name, _ in headings if name != "Unreleased"]
    unreleased = [name for name, _ in headings[:1] if name == "Unreleased"]
    if not headings or len(headings) != len(released) + len(unreleased):
        return "the newest heading is neither [Unreleased] nor a version, or [Unreleased] is not the first"
    if [name for name, rest in headings if name != "Unreleased" and not re.fullmatch(r" - \d{4}-\d\d-\d\d", rest)]:
        return "a version has no date"
    numbers = [tuple(map(int, name.split("."))) for name in released]
    if numbers != sorted(set(numbers), reverse=True):
        return "the versions are not in their order"
    now = tuple(map(int, version.split(".")))
    if numbers and (numbers[0] > now or (not unreleased and numbers[0] != now)):
        return f"the newest version is {released[0]}, and this is {version}"
    return None if numbers or unreleased else "there is no heading"


def test_the_changelog():
    assert changelog_fault(text("CHANGELOG.md"), VERSION) is None


@pytest.mark.parametrize("headings, version, right", [
    (["[Unreleased]"], "0.1.0", True),
    (["[0.1.0] - 2026-12-01"], "0.1.0", True),
    (["[Unreleased]", "[0.1.0] - 2026-12-01"], "0.2.0", True),
    (["[Unreleased]", "[0.1.0] - 2026-12-01"], "0.1.0", True),
    (["[0.1.0] - 2026-12-01"], "0.2.0", False),
    (["[0.2.0] - 2026-12-01"], "0.1.0", False),
    (["[Unreleased]", "[0.2.0] - 2026-12-01"], "0.1.0", False),
    (["[0.1.0]"], "0.1.0", False),
    (["[0.9.0] - 2026-12-01", "[0.10.0] - 2026-12-01"], "0.9.0", False),
    (["[0.1.0] - 2026-12-01", "[Unreleased]"], "0.1.0", False),
    ([], "0.1.0", False),
])
def test_the_judge_of_the_changelog(headings, version, right):
    assert (changelog_fault("".join(f"## {heading}\n\n- x\n" for heading in headings), version) is None) == right


def test_a_release_is_made_by_the_versions_that_the_tests_have():
    def pins(name):
        return set(re.findall(r"^\w\S*==\S+$", (ROOT / "script" / name).read_text(encoding="utf-8"), re.MULTILINE))

    assert pins("requirements-release.txt") < pins("requirements.txt") and len(pins("requirements-release.txt")) >= 4


# The version's one place, and what people paste or read with the version in it.
NAMES_IT = {"CMakeLists.txt", "docs/leaderlife.1", "docs/start/cluster.md",
            "examples/kubernetes/command/Dockerfile", "examples/kubernetes/job/Dockerfile",
            "examples/kubernetes/quickstart.yaml"}


def test_these_files_and_no_other_name_it():
    """Of those that are built, installed or read; a test may have a version of its own."""
    folders = ("c", "cmake", "bindings", "docs", "examples", "script")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()
             and path.suffix != ".pyc"]
    files += [path for path in ROOT.glob("*") if path.is_file() and path.name != "CHANGELOG.md"]
    assert len(files) > 300
    word = re.compile(rb"(?<![\d.])" + re.escape(VERSION).encode() + rb"(?!\.?\d)")
    assert {str(path.relative_to(ROOT)) for path in files if word.search(path.read_bytes())} == NAMES_IT
