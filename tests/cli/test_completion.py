# SPDX-License-Identifier: Apache-2.0
"""Completion as bash and zsh offer it: commands, flags, their words, paths, and
the program behind --."""

import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from controlplane.fixtures import require

SOURCES = Path(__file__).parents[2] / "c" / "cli" / "completions"
ALL = {"run", "status", "doctor", "rbac"}


def environment(command):
    folder = os.path.dirname(command.program[0])
    return command.environment({"PATH": f"{folder}:{os.environ['PATH']}", "HOME": command.directory, "TERM": "dumb"})


def bash(command, *words):
    """What is offered for the last word."""
    script = f"source {SOURCES}/leaderlife.bash; COMP_WORDS=(leaderlife \"$@\"); COMP_CWORD=$#; _leaderlife; " \
             "printf '%s\\n' \"${COMPREPLY[@]}\""
    ended = subprocess.run(["bash", "--norc", "-c", script, "bash", *words], env=environment(command), check=True,
                           cwd=command.directory, capture_output=True, text=True)
    assert ended.stderr == ""
    return set(ended.stdout.split())


def flags(command, name):
    return set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", command.run(name, "--help").stdout, re.MULTILINE))


def test_bash_offers_commands(command):
    assert bash(command, "") == ALL | {"--help", "--version"}
    assert bash(command, "ru") == {"run"}
    assert bash(command, "--v") == {"--version"}


@pytest.mark.parametrize("name", sorted(ALL))
def test_bash_offers_the_flags_that_help_lists(command, name):
    assert bash(command, name, "-") == flags(command, name) | {"--"}


def test_bash_offers_words_and_paths(command):
    assert bash(command, "run", "--guard", "") == {"auto", "required", "memory"}
    assert bash(command, "run", "--backend", "k") == {"kubernetes"}
    assert bash(command, "run", "--backend", "=", "l") == {"local"}  # --backend=l, as bash splits it
    assert bash(command, "run", "--timeout", "") == set()
    assert bash(command, "status", "-o", "") == bash(command, "status", "--output", "") == {"text", "json"}
    assert bash(command, "run", "-t", "") == set()
    assert bash(command, "run", "-o", "lock", "") == {"--"}
    Path(command.directory, "some-token").touch()
    assert bash(command, "run", "--token-file", "some") == {"some-token"}


def test_bash_offers_programs_behind_the_dashes(command):
    assert "sleep" in bash(command, "run", "lock", "--", "slee")
    Path(command.directory, "argument").touch()
    assert bash(command, "run", "lock", "--", "sleep", "arg") == {"argument"}


class Zsh:
    """An interactive zsh on a terminal."""

    def __init__(self, command):
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.chdir(command.directory)
            os.execvpe("zsh", ["zsh", "-f", "-i"], environment(command))
        self.send(f"PS1=; stty -echo; fpath=({SOURCES} $fpath); autoload -Uz compinit; compinit -D -u; setopt no_beep; "
                  "echo re''ady\n")
        self.read_until("ready")

    def send(self, text):
        os.write(self.terminal, text.encode())

    def read_until(self, text, timeout=30):
        seen, end = "", time.monotonic() + timeout
        while text not in seen:
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.monotonic()))
            assert ready, f"no {text!r} in {seen!r}"
            seen += os.read(self.terminal, 65536).decode()
        return seen

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.child, 0)


@pytest.fixture
def zsh(command):
    if shutil.which("zsh") is None:
        require("command", "zsh is not installed")
    made = Zsh(command)
    yield made
    made.close()


@pytest.mark.parametrize(("line", "completed"), [
    ("leaderlife ru", "leaderlife run "), ("leaderlife doc", "leaderlife doctor "),
    ("leaderlife run --clo", "leaderlife run --close "),
    ("leaderlife run --guard=mem", "leaderlife run --guard=memory "),
    ("leaderlife run --node-policy fen", "leaderlife run --node-policy fenced "),
    ("leaderlife status --wat", "leaderlife status --watch "),
    ("leaderlife run --token-file some-t", "leaderlife run --token-file some-token "),
    ("leaderlife run lock -- leaderli", "leaderlife run lock -- leaderlife "),
])
def test_zsh(command, zsh, line, completed):
    Path(command.directory, "some-token").touch()
    zsh.send(f"{line}\t")
    assert completed in zsh.read_until(completed)
