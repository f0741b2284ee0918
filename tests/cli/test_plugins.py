# SPDX-License-Identifier: Apache-2.0
"""The command with a kubeconfig whose credentials come from a plugin (exec): the
doctor waits for it and says what is wrong with it; `run`, which reaps all
children, takes none from the library."""

import os
import signal
import time

import pytest
from controlplane.components import PLUGIN_VERSION, write_kubeconfig
from controlplane.pods import rights
from controlplane.process import wait_for

EXPIRES_SOON = """at=$(date -u -d '+12 seconds' +%Y-%m-%dT%H:%M:%SZ)"""
GIVES = """printf '{"kind": "ExecCredential", "apiVersion": "%s", """ \
        """"status": {"token": "%s", "expirationTimestamp": "%s"}}' """ \
        f"""{PLUGIN_VERSION} "$(cat token)" "${{at:-2099-01-01T00:00:00Z}}" """


@pytest.fixture
def files(doctor):
    """Of a pod whose way in is a plugin."""
    made = doctor.files(doctor.space())
    give(made, GIVES)
    return made


def give(files, script, **fields):
    plugin = os.path.join(files.directory, "plugin")
    with open(plugin, "w", encoding="ascii") as file:
        file.write(f'#!/bin/sh\ncd "${{0%/*}}" && echo >>runs\n{script}\n')
    os.chmod(plugin, 0o700)
    write_kubeconfig(files.kubeconfig, files.server.url, files.ca_file, plugin=fields,
                     namespace=files.pod.namespace.name)


def runs(files):
    with open(os.path.join(files.directory, "runs"), encoding="ascii") as file:
        return len(file.read())


def test_the_doctor_waits_for_it(doctor, files):
    report = doctor.examine(files)
    assert report.ok and report.bad() == [] and len(report.findings) >= 6
    assert runs(files) == 1


@pytest.mark.parametrize(("script", "fields", "said"), [
    ("exit 3", {}, ("EAUTH", "ended with exit status 3", "run it by hand")),
    ("echo nothing", {}, ("EAUTH", "gave", "run it by hand")),
    ("exec cat token", {"command": "./nosuch", "installHint": "install nosuch from its site"},
     ("ECONFIG", "nosuch", "install nosuch from its site")),
    ("exec sleep 1000", {}, ("ETIMEDOUT", "give more time")),
    (GIVES.replace('"$(cat token)"', "wrong-token"), {}, ("EAUTH", "401"))])
def test_the_doctor_says_what_is_wrong_with_it(doctor, files, script, fields, said):
    give(files, script, **fields)
    doctor.examine(files, "--timeout=10s").only("error", *said)


@pytest.mark.parametrize("mode", [[], ["--exec"]])
def test_a_program_is_run_with_it(doctor, files, mode):
    """The plugin's end is nobody's but the library's, though all children are reaped here; the program has none of
    it."""
    space = files.pod.namespace
    space.set_rights(wanted=lambda lock: [*rights(lock), ("", "events", None, ["create"])])
    ended = doctor.command.run("run", *mode, "--events", "lock", "--", "sh", "-c",
                               "exec cat /proc/self/task/$$/children", environment=files.environment())
    assert (ended.returncode, ended.stdout) == (0, ""), ended
    if not mode:
        wait_for("an Event", lambda: [event for event in space.admin.get(space.path("events"))["items"]
                                      if event.get("reportingComponent") == "leaderlife"])


def test_credentials_that_expire_again_and_again(doctor, files):
    """Each run is one child more to be reaped, and none of them ends anything."""
    give(files, f"{EXPIRES_SOON}\n{GIVES}")
    leading = doctor.leader(files)
    space = files.pod.namespace
    for number in (2, 3):
        time.sleep(3)  # so the credential is due, 10 s before its end
        before = space.lock_object()["metadata"]["uid"]
        space.admin.delete(space.path("configmaps", "lock"))
        wait_for("the lock put back",
                 lambda before=before: (space.lock_object()
                                        or {"metadata": {"uid": before}})["metadata"]["uid"] != before)
        assert runs(files) >= number
    leading.send(signal.SIGTERM)
    assert leading.wait() == 128 + signal.SIGTERM
    assert space.lock_object() is None
