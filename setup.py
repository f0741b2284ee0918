# SPDX-License-Identifier: Apache-2.0
"""Drives the one CMake build for pip: configure, build and install the module, nothing else. What the package is called
and needs is in pyproject.toml, its version in CMakeLists.txt, how the module is made in cmake/python.cmake."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext
from setuptools.errors import ExecError

ROOT = Path(__file__).resolve().parent


def version():
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.search(r"^project\(leaderlife\s+VERSION (\S+)", text, re.MULTILINE).group(1)


class Build(build):
    """Anew each time: a module that is gone from the sources is not in the wheel either."""

    def run(self):
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class CMakeBuild(build_ext):
    """The module as CMake makes it. Whether that keeps to the limited API is seen by its name."""

    def build_extension(self, extension):
        folder = Path(self.build_temp).absolute()
        shutil.rmtree(folder, ignore_errors=True)  # its cache names the tools of a build environment that is gone
        swig = shutil.which("swig")  # CMake would prefer a swig4.0 of the system
        self.cmake("-G", "Ninja", "-S", ROOT, "-B", folder, "-DCMAKE_BUILD_TYPE=Release", "-DLEADERLIFE_PYTHON=ON",
                   "-DLEADERLIFE_EXAMPLES=OFF", "-DLEADERLIFE_COMMAND=OFF", f"-DPython3_EXECUTABLE={sys.executable}",
                   f"-DSWIG_EXECUTABLE={swig or 'swig-NOTFOUND'}")
        self.cmake("--build", folder, "--target", "leaderlife_python")
        self.cmake("--install", folder, "--component", "python_capi", "--strip", "--prefix", folder / "installed")
        built, = (folder / "installed").rglob("capi.*")
        if built.name.endswith(".abi3.so"):
            extension.py_limited_api = True
            self.get_finalized_command("bdist_wheel").py_limited_api = "cp310"
        target = Path(self.get_ext_fullpath(extension.name))
        target.parent.mkdir(parents=True, exist_ok=True)  # pip has not made it yet for an editable install
        self.copy_file(str(built), str(target))

    def cmake(self, *arguments):
        try:
            subprocess.run(["cmake", *map(str, arguments)], check=True)
        except FileNotFoundError:
            raise ExecError("leaderlife is built by CMake, and there is no cmake here (pip install cmake)") from None
        except subprocess.CalledProcessError:
            raise ExecError("leaderlife was not built: what CMake says above tells why") from None


setup(version=version(), ext_modules=[Extension("leaderlife.capi", sources=[])],
      cmdclass={"build": Build, "build_ext": CMakeBuild})
