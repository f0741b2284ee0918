# SPDX-License-Identifier: Apache-2.0
"""What a test takes from another module of tests/ is defined there: suites run one by one, so a name that is moved is
missed by whichever suite runs last."""

import ast
import sys


def modules(root):
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in (root / "tests").rglob("*.py")}


def defined(tree):
    """The names that a module has at its top, also within try, if, for and with."""
    names, waiting = set(), list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        else:
            names |= {part.id for part in ast.walk(node)
                      if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
            waiting += [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt | ast.ExceptHandler)]
    return names


def origin(root, path, node):
    """The file in tests/ that an import names, or its folder; None for a module of another origin."""
    name = (node.module or "").replace(".", "/")
    if not node.level and name in sys.stdlib_module_names:
        return None
    starts = [path.parents[node.level - 1]] if node.level else [root / "tests", *path.parents]
    for start in starts:
        for candidate in (start / f"{name}.py", start / name / "__init__.py", start / name):
            if candidate.exists() and (root / "tests") in candidate.parents:
                return candidate
    return None


def test_every_imported_name_is_there(root):
    trees = modules(root)
    missing, looked_at = [], 0
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            file = origin(root, path, node)
            if file is None:
                continue
            folder = file if file.is_dir() else file.parent if file.name == "__init__.py" else None
            names = defined(trees[file]) if file in trees else set()
            for alias in node.names:
                looked_at += 1
                beside = folder and ((folder / f"{alias.name}.py").exists() or (folder / alias.name).is_dir())
                if alias.name != "*" and alias.name not in names and not beside:
                    missing.append(f"{path}:{node.lineno}: {alias.name} from {file.relative_to(root)}")
    assert looked_at > 500
    assert not missing, missing
