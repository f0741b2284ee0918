# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the words of a command line is said, with the right word,
before anything happens; and --help lists what there is."""

import os
import pathlib
import pty
import re
import subprocess

import pytest

TROUBLE = 125
COMMANDS = ["run", "status", "doctor", "rbac"]


def fails(command, *words, status=TROUBLE, **options):
    ended = command.run(*words, **options)
    assert ended.returncode == status, ended
    assert ended.stdout == ""
    assert ended.stderr.startswith("leaderlife: ") and ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


@pytest.mark.parametrize(("words", "said"), [
    ([], "leaderlife --help lists them"),
    (["rum"], "no command 'rum': did you mean 'run'?"),
    (["docter", "x"], "did you mean 'doctor'?"),
    (["xyzzyxyzzy"], "no command 'xyzzyxyzzy'; leaderlife --help lists them"),
    (["--wacth", "run"], "options come after it"),
    (["help", "stauts"], "did you mean 'status'?"),
    (["run"], "which lock? usage: leaderlife run [options] LOCK -- PROGRAM"),
    (["run", "lock"], "no program to run; put it behind --"),
    (["run", "lock", "--"], "no program to run; put it behind --"),
    (["run", "lock", "true"], "'true' is one word too many after the lock 'lock'; put -- before the program"),
    (["run", "--exce", "lock", "--", "true"], "no option '--exce': did you mean '--exec'?"),
    (["run", "--watch", "lock", "--", "true"],
     "no option '--watch': run stays beside its program without it; leave it out"),
    (["run", "--watch=x", "lock", "--", "true"], "no option '--watch': run stays"),
    (["run", "-qw", "lock", "--", "true"], "no option '-w': run stays beside its program without it; leave it out"),
    (["run", "--namespce", "x", "lock", "--", "true"], "no option '--namespce': did you mean '--namespace'?"),
    (["run", "--xyzzyxyzzy", "lock", "--", "true"], "no option '--xyzzyxyzzy'; leaderlife run --help lists them"),
    (["run", "--tim", "5", "lock", "--", "true"], "no option '--tim': did you mean '--timeout'?"),
    (["run", "--timeout", "lock", "--", "true"], "option '--timeout' cannot be 'lock'; it takes a time such as"),
    (["run", "--on-standby", "", "lock", "--", "true"], "option '--on-standby' needs a value"),
    (["run", "-oz", "lock", "--", "true"], "no option '-z'"),
    (["run", "-n", "a", "lock", "--", "true"], "option namespace is for Kubernetes, and nothing shows the way there"),
    (["status", "--context=a", "lock"], "option context is for Kubernetes"),
    (["run", "-z", "lock", "--", "true"], "no option '-z'; leaderlife run --help lists them"),
    (["run", "--mode=observe", "lock", "--", "true"], "no option '--mode'"),
    (["run", "--close=yes", "lock", "--", "true"], "option '--close=yes' takes no value"),
    (["run", "lock", "--timeout"], "option '--timeout' needs a value"),
    (["run", "lock", "--timeout", "--", "true"], "option '--timeout' needs a value"),
    (["run", "--timeout", "soon", "lock", "--", "true"], "it takes a time such as 10, 1.5s, 500ms, 2m or 1h"),
    (["run", "--timeout=-1", "lock", "--", "true"], "it takes a time such as"),
    (["run", "--timeout=1e9", "lock", "--", "true"], "it takes a time such as"),
    (["run", "--timeout", "1.5.5s", "lock", "--", "true"], "it takes a time such as"),
    (["run", "--timeout=", "lock", "--", "true"], "it takes a time such as"),
    (["run", "--kill-after", "1d", "lock", "--", "true"], "option '--kill-after' cannot be '1d'"),
    (["run", "--backend", "lokal", "lock", "--", "true"], "option 'backend' cannot be 'lokal': did you mean 'local'?"),
    (["run", "--retry-permanent=perhaps", "lock", "--", "true"], "option 'retry-permanent' cannot be 'perhaps'"),
    (["run", "No_Such_Lock", "--", "true"], "invalid lock name"),
    (["run", "x" * 300, "--", "true"], "invalid lock name"),
    (["run", "--server", "http://h", "lock", "--", "true"], "must begin with https://"),
    (["status"], "which lock?"),
    (["status", "lock", "--", "true"], "takes no program"),
    (["status", "-o", "yaml", "lock"], "option '--output' cannot be 'yaml'; it takes text|json"),
    (["doctor", "lock", "more"], "'more' is one word too many"),
    (["rbac", "--backend", "local", "lock"], "no option '--backend'"),
])
def test_misuse_is_said_with_its_cure(command, words, said):
    assert said in fails(command, *words)


def test_a_missing_program_is_known_before_the_election(command, lock):
    """Another has the lock: nobody waits for it to learn that there is nothing to run."""
    command.start("run", lock, "--", "sleep", "1000").wait_said("leading")
    assert "there is no program 'nosuch' in the folders of PATH" in fails(
        command, "run", lock, "--", "nosuch", status=127)
    assert "there is no program './nosuch'" in fails(command, "run", lock, "--", "./nosuch", status=127)


def test_a_program_that_cannot_be_run(command, lock, tmp_path):
    (tmp_path / "text").write_text("no program")
    assert "'./text' cannot be run: Permission denied" in fails(command, "run", lock, "--", "./text", status=126)
    assert "cannot be run: Is a directory" in fails(command, "run", lock, "--", "/tmp", status=126)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "text").write_text("no program")
    assert "cannot be run" in fails(command, "run", lock, "--", "text", status=126,
                                    environment={"PATH": f"{tmp_path}/bin"})


def test_a_script_without_its_interpreter_is_known_before_the_election(command, lock, tmp_path):
    command.start("run", lock, "--", "sleep", "1000").wait_said("leading")
    script = tmp_path / "script"
    for first, status, said in (("#!/no/such/shell -e", 127, "No such file or directory"),
                                ("#!/bin/sh\r", 127, "No such file or directory"),
                                ("#! /etc/passwd", 126, "Permission denied")):
        script.write_text(f"{first}\n")
        script.chmod(0o755)
        seen = fails(command, "run", lock, "--", "./script", status=status)
        named = first[2:].strip(" ").split(" ")[0].replace("\r", "?")
        assert f"the interpreter '{named}' in its first line: {said}" in seen


@pytest.mark.parametrize("mode", [[], ["--exec"]])
def test_a_program_without_its_loader(command, lock, tmp_path, mode):
    """That is known only at exec; the lock does not stay with nobody."""
    image = pathlib.Path("/bin/true").read_bytes()
    loader = re.search(rb"/lib[^\0]*/ld[^\0]+", image).group()
    program = tmp_path / "program"
    program.write_bytes(image.replace(loader, b"/no" + loader[3:]))
    program.chmod(0o755)
    ended = command.run("run", "-q", *mode, lock, "--", "./program")
    assert ended.returncode == 127
    assert "it is gone, or its loader" in ended.stderr
    assert command.run("run", "-q", "--timeout", "20", lock, "--", "true").returncode == 0


@pytest.mark.parametrize("mode", [[], ["--exec"]])
def test_a_script_without_a_first_line_is_the_shells(command, lock, tmp_path, mode):
    """As execvp has it."""
    script = tmp_path / "script"
    script.write_text('echo "$0|$1|$#"\n')
    script.chmod(0o755)
    ended = command.run("run", "-q", *mode, lock, "--", "./script", "a b", "")
    assert (ended.returncode, ended.stdout) == (0, "./script|a b|2\n"), ended


def test_the_path_is_searched_as_by_exec(command, lock, tmp_path):
    for folder, mode in (("a", 0o644), ("b", 0o755)):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "tool"
        file.write_text(f"#!/bin/sh\necho {folder}\n")
        file.chmod(mode)
    path = f"{tmp_path}/nosuch:{tmp_path}/a:{tmp_path}/b"
    ended = command.run("run", "-q", lock, "--", "tool", environment={"PATH": path})
    assert (ended.returncode, ended.stdout) == (0, "b\n"), ended


def test_it_sets_options_by_both_spellings(command, lock):
    for words in (["--backend", "local"], ["--backend=local"]):
        assert command.run("run", "-q", *words, lock, "--", "true").returncode == 0
        assert command.run("run", "-q", lock, *words, "--", "true").returncode == 0


STAYING = [["--close"], ["-o"], ["--release"], ["--kill-after", "1s"], ["--on-standby", "true"],
           ["--ready-file", "ready"], ["--health", ":0"], ["--rehearse-loss=5"]]


@pytest.mark.parametrize("words", STAYING, ids=lambda words: words[0])
def test_in_place_nobody_stays(command, lock, words):
    """What asks for somebody beside the program is no part of --exec, in whatever order."""
    for together in (["--exec", *words], [*words, "--exec"]):
        said = fails(command, "run", *together, lock, "--", "echo", "runs")
        assert "--exec and --" in said and "do not go together: with --exec nobody stays beside the program" in said


def test_letters_may_stand_together(command, lock):
    ended = command.run("run", "-oqt5", lock, "--", "sh", "-c", "exit 3")
    assert (ended.returncode, ended.stderr) == (3, "")
    assert command.run("run", "-qo", "-t", "5", lock, "--", "sh", "-c", "exit 3").returncode == 3


def test_an_end_is_said_once(command, lock):
    for environment in ({"KUBECONFIG": "/nosuch", "POD_NAME": "a", "POD_UID": "b"}, {"POD_NAME": "a"}):
        fails(command, "run", lock, "--", "true", environment=environment)


def test_knobs_are_taken_and_not_listed(command, lock):
    assert command.run("run", "-q", "--x-request-timeout-ms", "900", lock, "--", "true").returncode == 0
    assert "unknown option 'x-nosuch'" in fails(command, "run", "--x-nosuch", "900", lock, "--", "true")
    assert "x-request" not in command.run("run", "--help").stdout


# ---- Help ----

def test_help_teaches(command):
    ended = command.run("--help")
    assert ended.returncode == 0 and ended.stderr == ""
    assert all(re.search(rf"^  {name} +\w", ended.stdout, re.MULTILINE) for name in COMMANDS)
    assert command.run("help").stdout == ended.stdout == command.run("-h").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command(command, name):
    ended = command.run(name, "--help")
    assert ended.returncode == 0 and ended.stderr == ""
    assert ended.stdout.startswith(f"leaderlife {name}: ") and f"Usage: leaderlife {name} " in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 100
    assert command.run("help", name).stdout == ended.stdout == command.run(name, "-h").stdout


def test_every_option_of_the_election_is_a_flag(command):
    """The table of options is the one source: what the table of docs/reference/options.md lists (another test holds
    that to the library's) is a flag of run."""
    page = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "reference", "options.md")
    with open(page, encoding="utf-8") as file:
        options = re.findall(r"^\| `([a-z-]+)` \| [a-z, ]+ \|", file.read(), re.MULTILINE)
    assert len(options) >= 15
    text = command.run("run", "--help").stdout
    assert [name for name in options if f"--{name}" not in text] == ["mode"]


def test_version(command):
    assert re.fullmatch(r"leaderlife \d+\.\d+\.\d+\n", command.run("--version").stdout)
    assert command.run("-V").stdout == command.run("--version").stdout


# ---- Colour ----

def on_terminal(command, environment):
    """What it writes on a terminal."""
    master, slave = pty.openpty()
    child = subprocess.Popen([*command.program, "nosuch"], env=command.environment(environment), stdin=slave,
                             stdout=slave, stderr=slave)
    child.wait()
    os.close(slave)
    text = os.read(master, 4096).decode()
    os.close(master)
    return text


def test_colour_only_on_a_terminal(command):
    assert "\033[31m" in on_terminal(command, {"TERM": "xterm"})
    assert "\033" not in on_terminal(command, {"TERM": "dumb"})
    assert "\033" not in on_terminal(command, {"TERM": "xterm", "NO_COLOR": "1"})
    assert "\033" not in command.run("nosuch", environment={"TERM": "xterm"}).stderr


def test_control_characters_of_others_do_not_reach_the_terminal(command):
    assert "no command 'a?[31m?b'" in fails(command, "a\033[31m\nb")
