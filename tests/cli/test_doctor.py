# SPDX-License-Identifier: Apache-2.0
"""leaderlife doctor on a real control plane: it finds nothing wrong with sound set-ups,
changes nothing, and prints for people or as JSON. test_doctor_*.py have the broken
set-ups."""

import os
import pty
import re
import subprocess

import pytest


@pytest.fixture(autouse=True)
def begun(overdue):
    """Begins what takes long before the first test."""


def test_a_free_lock(doctor, space):
    report = doctor.examine(doctor.files(space))
    assert not report.bad(), report
    report.has("ok", "OK", "server: ", doctor.cluster.url, "version v1.")
    report.has("ok", "OK", "own pod: a in namespace " + space.name)
    report.has("ok", "OK", "rights: all are there")
    report.has("ok", "OK", "dry run: ")
    report.has("ok", "OK", "lock: it is free")


def test_a_pod_with_several_containers(doctor, space):
    """The sidecar trap. Init containers are none of them: they have ended, or end after the others."""
    report = doctor.examine(doctor.files(space, beside=["helper"], before=["first"]))
    report.only("warning", "ECONFIG", "own pod: it has 2 containers", "--release")
    assert not doctor.examine(doctor.files(space, "b", before=["first", "second"])).bad()


def test_a_leader_and_a_standby(doctor, healthy):
    _, *pods = healthy
    for files in pods:
        for words in ([], ["--observe"], ["--guard", "required"], ["--guard", "memory"]):
            report = doctor.examine(files, *words)
            assert not report.bad(), report
            report.has("ok", "OK", "lock: pod a, UID " + pods[0].pod.uid)
            report.has("ok", "OK", "standbys: 2 other pods")


def test_it_writes_nothing_and_the_election_goes_on(doctor, healthy):
    """By the server's own account, and the handle's lock is free to take afterwards."""
    space, a, b, _ = healthy
    mark = doctor.cluster.audit_mark()
    before = space.lock_object(), space.record_object()
    for files in (a, b):
        doctor.examine(files)
    assert not doctor.writes_since(mark)
    seen = doctor.cluster.audit_since(mark, space.user)
    assert {entry.resource for entry in seen if entry.verb == "create"} == {"configmaps", "selfsubjectaccessreviews"}
    assert (space.lock_object(), space.record_object()) == before


def test_for_people(doctor, space):
    files = doctor.files(space)
    ended = doctor.command.run("doctor", "lock", environment=files.environment())
    assert ended.returncode == 0 and ended.stderr == ""
    *lines, last = ended.stdout.splitlines()
    assert last == "an election for lock 'lock' can succeed"
    assert all(re.fullmatch(r"ok    \S.+", line) for line in lines) and len(lines) >= 6
    space.set_rights(without=["configmaps:get", "pods:list"])
    ended = doctor.command.run("doctor", "lock", environment=files.environment())
    assert ended.returncode == 1
    assert re.search(r"^ERROR rights: this process may not get configmaps/lock .*verbs: \[get\]\}$", ended.stdout, re.M)
    assert re.search(r"^warn  rights: this process may not list pods .*verbs: \[list\]\}$", ended.stdout, re.M)
    assert ended.stdout.endswith("cannot succeed; 1 error, 1 warning\n") and "\033" not in ended.stdout


def test_colours_on_a_terminal_alone(command, lock):
    main, end = pty.openpty()
    try:
        subprocess.run([*command.program, "doctor", lock], env=command.environment({"TERM": "xterm"}), check=True,
                       stdin=subprocess.DEVNULL, stdout=end, stderr=end)
        shown = os.read(main, 65536).decode()
    finally:
        os.close(main)
        os.close(end)
    assert "\033[32mok   \033[0m lock: it is free" in shown
