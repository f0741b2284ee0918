# SPDX-License-Identifier: Apache-2.0
"""The static command where there is no other file: on a real control plane, as process 1, and without a shell."""

import os
import re
import shutil
import signal
import subprocess

import pytest
import yaml
from cli.command import children_of
from controlplane.process import wait_for

from .artefacts import VERSION
from .roots import opened

# c/src/io/http/http.c has them.
PLACES = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
          "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"]


def test_it_tells_its_version(empty):
    assert empty.run("/leaderlife", "--version").stdout == f"leaderlife {VERSION}\n"


def test_as_process_1_it_elects_reaps_and_gives_back(empty, orphans, namespace, starter):
    """TLS with a CA and a token that are in files, HTTP/2, and a program for which it is init."""
    empty.carry(orphans)
    (_, of_a), (_, of_b) = (empty.play(namespace, name) for name in ("a", "b"))
    words = ["/leaderlife", "run", "lock", "--", orphans]
    first = starter.start_words(empty.words(words, first=True), of_a)
    first.wait_said("works as ")
    assert first.stdout().endswith("below 1\n")
    inside, = wait_for("process 1", lambda: children_of(first.pid))
    wait_for("the orphans' end", lambda: len(children_of(inside)) == 1)
    assert namespace.lock_object()["metadata"]["ownerReferences"][0]["name"] == "a"
    second = starter.start_words(empty.words(words, first=True), of_b)
    second.wait_said("waiting for")
    os.kill(inside, signal.SIGTERM)
    assert first.wait() == 0, first.stderr()
    assert "was asked to stop" in first.stdout()
    second.wait_said("works as ")
    assert namespace.lock_object()["metadata"]["ownerReferences"][0]["name"] == "b"


# ---- Without a shell ----

def test_on_standby_says_that_it_needs_a_shell(empty):
    """At once, and not only when somebody else leads."""
    done = empty.run("/leaderlife", "run", "--backend", "local", "--on-standby", "true", "lock", "--", "/leaderlife",
                     "--version")
    assert done.returncode == 127 and done.stdout == "", done
    assert "--on-standby needs a shell" in done.stderr and "/bin/sh" in done.stderr and "image" in done.stderr


@pytest.mark.parametrize("mode", [[], ["--exec"]], ids=["beside", "in place"])
def test_a_script_without_interpreter_is_said_to_need_a_shell(empty, mode):
    script = empty.path / "script"
    script.write_text("echo works\n", encoding="ascii")
    script.chmod(0o755)
    done = empty.run("/leaderlife", "run", "--backend", "local", *mode, "lock-without-shell", "--", "/script")
    assert done.returncode == 126 and done.stdout == "", done
    assert "no /bin/sh" in done.stderr and "first line" in done.stderr


# ---- Whom it trusts ----

def without_ca(environment, root):
    """The kubeconfig, inside, names no CA any more."""
    path = root.path / environment["KUBECONFIG"].lstrip("/")
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    for cluster in config["clusters"]:
        del cluster["cluster"]["certificate-authority"]
    path.write_text(yaml.safe_dump(config), encoding="utf-8")


@pytest.mark.parametrize("place", PLACES)
def test_without_a_ca_in_the_kubeconfig_the_systems_are_taken(empty, namespace, place):
    """OpenSSL in it knows no place by itself."""
    _, environment = empty.play(namespace, "a")
    without_ca(environment, empty)
    target = empty.path / place.lstrip("/")
    target.parent.mkdir(parents=True)
    shutil.copy(namespace.cluster.ca_file, target)
    done = empty.run("/leaderlife", "run", "lock", "--", "/leaderlife", "--version", environment=environment)
    assert done.returncode == 0 and done.stdout == f"leaderlife {VERSION}\n", done


def test_without_any_ca_nobody_is_trusted(empty, namespace):
    _, environment = empty.play(namespace, "a")
    without_ca(environment, empty)
    done = empty.run("/leaderlife", "run", "--timeout", "5s", "lock", "--", "/leaderlife", "--version",
                     environment=environment)
    assert done.returncode != 0 and done.stdout == "", done
    assert re.search("certificate", done.stderr), done.stderr


def test_it_reads_no_file_but_those_configured(empty, namespace, tmp_path):
    """Neither a configuration of OpenSSL's nor certificates that nobody has named."""
    _, environment = empty.play(namespace, "a")
    trace = tmp_path / "trace"
    words = ["strace", "-f", "-qq", "-e", "trace=open,openat,openat2,execve", "-o", trace,
             *empty.words(["/leaderlife", "run", "lock", "--", "/leaderlife", "--version"])]
    done = subprocess.run([str(word) for word in words], env=environment, capture_output=True, text=True, check=False,
                          timeout=120)
    assert done.stdout == f"leaderlife {VERSION}\n", done
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    began = next(number for number, line in enumerate(lines) if 'execve("/leaderlife"' in line and line.endswith("= 0"))
    inside = tmp_path / "inside"
    inside.write_text("\n".join(lines[began + 1:]), encoding="utf-8")
    folder = environment["KUBECONFIG"].rpartition("/")[0]
    others = {path for path in opened(inside) if not path.startswith((folder, "/proc/", "/sys/", "/dev/"))}
    assert f"{folder}/ca.crt" in opened(inside), "the trace shows nothing"
    assert others <= {"/leaderlife", "/etc/resolv.conf", "/etc/hosts", "/etc/localtime", "/"}, others
