# SPDX-License-Identifier: Apache-2.0
"""The examples in Python are documentation: short, said to be run how, and on the public API alone."""

import ast
import re

import pytest

from .conftest import ROOT

EXAMPLES = sorted((ROOT / "examples" / "python").glob("*.py"))
LINES_MAX = 90
MODULES = {"leaderlife", "leaderlife.aio"}


def attributes(tree, name):
    """What is taken from the module of that name."""
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            and node.value.id == name}


def test_there_are_examples():
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_short_and_says_how_to_run_it(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") < LINES_MAX
    assert text.startswith("# SPDX-License-Identifier: Apache-2.0\n")
    told = ast.get_docstring(ast.parse(text), clean=False)
    run = rf"python {path.name} \[?LOCK|(cp|celery|gunicorn|uvicorn) .*\b{path.stem}\b"
    assert re.search(rf"^    (\*/5 \* \* \* \*  )?({run})", told, re.MULTILINE)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_uses_the_public_api_alone(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    public = next(node.value for node in ast.parse(
        (ROOT / "bindings" / "python" / "leaderlife" / "__init__.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__")
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {name for name in imported if name.startswith("leaderlife")} <= MODULES
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
                and "leaderlife" in (node.module or "")]
    assert attributes(tree, "leaderlife") <= {*ast.literal_eval(public), "aio"}
    private = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr[0] == "_"]
    assert set(private) <= {"os._exit"}  # which Python documents
