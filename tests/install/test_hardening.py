# SPDX-License-Identifier: Apache-2.0
"""The library and the command as users build them are hardened; a program that is not is found out."""

import os
import subprocess
from pathlib import Path

import hardening
import pytest

BUILD = Path(os.environ.get("LEADERLIFE_BUILD", Path(__file__).resolve().parents[2] / "build")) / "release"


@pytest.mark.parametrize("name", ["libleaderlife.so", "bin/leaderlife"])
def test_what_is_built(name):
    assert hardening.faults((BUILD / name).resolve()) == []


@pytest.mark.parametrize(("flags", "fault"), [
    (["-no-pie"], "at a fixed address"),
    (["-Wl,-z,norelro"], "no RELRO"),
    (["-Wl,-z,lazy"], "bound lazily"),
    (["-Wl,-z,execstack"], "an executable stack"),
    (["-fno-stack-protector"], "no stack protector"),
    (["-U_FORTIFY_SOURCE"], "not fortified")])
def test_each_fault_is_found(flags, fault, tmp_path):
    source = tmp_path / "program.c"
    source.write_text('#include <stdio.h>\n#include <string.h>\n'
                      'int main(int c, char **v) { char b[9]; strcpy(b, v[c - 1]); return puts(b); }\n', "utf-8")
    usual = ["-O2", "-fPIE", "-pie", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-Wl,-z,relro,-z,now"]
    program = tmp_path / "program"
    subprocess.run(["gcc", *usual, str(source), "-o", str(program)], check=True)
    assert hardening.faults(program) == []
    subprocess.run(["gcc", *usual, *flags, str(source), "-o", str(program)], check=True)
    assert fault in hardening.faults(program)
