# SPDX-License-Identifier: Apache-2.0
"""Every block of docs/python/fencing.md runs as it stands, with the servers that its environment names."""

import re
import subprocess
import sys

import pytest
from leaderlife import fence

from controlplane.pods import Namespace, rights, running
from scenarios.places import base_environment

from .conftest import ROOT

PAGE = (ROOT / "docs" / "python" / "fencing.md").read_text(encoding="utf-8")
NEEDS_CLUSTER = "# needs a cluster\n"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


LOCAL = [block for block in blocks("python") if not block.startswith(NEEDS_CLUSTER)]


def run(python, code, lock, directory, environment):
    assert '"my-operator"' in code
    (directory / "block.py").write_text(code.replace('"my-operator"', f'"{lock}"'), encoding="utf-8")
    done = subprocess.run([python, "-X", "dev", "-B", directory / "block.py"], cwd=directory, text=True,
                          env={**base_environment(), **environment}, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def environment(package, postgresql, redis_server):
    """As the page has it: the role of the candidates has what its SQL gives, and what its own table needs."""
    statements, = blocks("sql")
    assert fence.POSTGRESQL_TABLE + ";" in statements.splitlines()
    with postgresql.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS orders, leaderlife_fence")
        connection.execute("CREATE ROLE writer LOGIN")
        connection.execute(statements)
        connection.execute("CREATE TABLE orders (number int PRIMARY KEY, state text)")
        connection.execute("INSERT INTO orders VALUES (4711, 'new')")
        connection.execute("GRANT SELECT, UPDATE ON orders TO writer")
        yield {"PYTHONPATH": str(package), "REDIS_URL": redis_server.url, **postgresql.environment("writer")}
        connection.execute("DROP OWNED BY writer")
        connection.execute("DROP ROLE writer")


@pytest.mark.parametrize("code", LOCAL, ids=range(len(LOCAL)))
def test_block_runs(code, environment, redis_server, postgresql, lock, tmp_path):
    with redis_server.connect() as client:
        client.flushall()
        done = run(sys.executable, code, lock, tmp_path, environment)
        assert "Warning" not in done.stderr, done.stderr
        if "lost" in code:
            assert done.stdout.startswith("refused: token 1 is older than ")
        if "psycopg" in code:
            with postgresql.connect() as connection:
                assert connection.execute("SELECT state FROM orders").fetchall() == [("shipped",)]
        if "REDIS_URL" in code:
            assert client.get("order:4711") == b"shipped" and done.stdout == "[1, 1]\n"


def test_the_block_that_needs_a_cluster_runs(cluster, package, tools_python, lock, tmp_path):
    code, = {block for block in blocks("python") if block.startswith(NEEDS_CLUSTER)}
    namespace = Namespace(cluster, lock=lock, wanted=lambda name: [*rights(name), ("", "configmaps", "my-work",
                                                                                   ["get", "update"])])
    path = namespace.path("configmaps", "my-work")
    namespace.admin.create(namespace.path("configmaps"), {"metadata": {"name": "my-work"}})
    pod = namespace.pod("a")
    pod.set_status(phase="Running", containerStatuses=[running()])
    run(tools_python, code.replace('"default"', f'"{namespace.name}"'), lock, tmp_path,
        {"PYTHONPATH": str(package), **pod.candidate().environment()})
    found = namespace.admin.get(path)
    assert found["data"] == {"order-4711": "shipped"}
    assert int(found["metadata"]["annotations"][f"fence.leaderlife.dev/{lock}"]) > 0


def test_there_are_blocks():
    """Or the tests above have lost their object."""
    assert len(LOCAL) == 4 and len(blocks("python")) == 5
