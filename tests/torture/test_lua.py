# SPDX-License-Identifier: Apache-2.0
"""The same through the Lua modules: every call of our module's that may fail does,
once, and so does each allocation of Lua's for it. (That Lua's own fail, tests/lua/test_memory.py sees to.)"""

from pathlib import Path

import pytest

from .conftest import BUILD

HERE = Path(__file__).resolve().parent
LUA = BUILD / "lua" / "lua"


@pytest.fixture
def started():
    """started(version): the driver's command, its environment, {"capi": the compiled module}."""
    def find(version):
        module = LUA / version / "leaderlife" / "capi.so"
        assert module.exists(), f"there is no {module}: build the Lua modules with their tests"
        environment = {"LUA_PATH": f"{LUA}/share/?.lua;;",
                       "LUA_CPATH": f"{LUA}/{version}/?.so;{LUA}/tests/{version}/?.so;;"}
        return [f"lua{version}", str(HERE / "in_lua.lua")], environment, {"capi": str(module)}
    return find


@pytest.mark.parametrize("version, most", [("5.4", 60), ("jit", 20)])
def test_on_the_embedded_lock(torture, players_on_embedded, started, version, most):
    words, environment, module = started(version)
    torture(f"Lua {version}, embedded lock", players_on_embedded(words, ["capi"], environment), most, module)


def test_on_kubernetes(torture, players_on_server, started):
    words, environment, module = started("5.4")
    torture("Lua 5.4, fake API server", players_on_server(words, ["capi"], environment), 20, module, 300)
