# SPDX-License-Identifier: Apache-2.0
"""The pages of the reference that are made of what the header, the Python package, the Lua modules and the manual page
say, so that one source has the words."""

import ast
import re
import subprocess
import textwrap

from . import header, manual
from .markdown import code, page, prose, row
from .pictures import PICTURES

HEADER = "c/include/leaderlife/leaderlife.h"
PYTHON = "bindings/python/leaderlife"
LUA = "bindings/lua"


# ---- C ----

def c_text(text):
    out = []
    for kind, what in header.blocks_of(text):
        if kind == "code":
            out.append(code("c", "\n".join(what)))
        elif kind == "item":
            out.append(prose(what[1], f"- `{what[0]}`: "))
        else:
            out.append(f"## {what.capitalize()}" if re.fullmatch(r"[A-Z ]+", what) else prose(what))
    return out


def c_page(root, title, sections):
    """The sections with those numbers; the first one has the text at the top, too."""
    made = header.parse((root / HEADER).read_text(encoding="utf-8"))
    parts = c_text(re.sub(r"^leaderlife: leader for life\.\s*", "", made.intro)) if 0 in sections else []
    for title_of_it, entries in [made.sections[number] for number in sections]:
        parts.append(f"## {title_of_it}")
        for entry in entries:
            if entry.functions:
                parts += [f"### {header.names_of(one)}" for one in entry.functions[:1]]
                parts.append(code("c", "\n".join(entry.functions)))
            elif entry.types:
                parts.append("### " + re.search(r"(\w+);", entry.types[0])[1])
                parts.append(code("c", "\n".join(entry.types)))
            parts += c_text(entry.text)
            if entry.constants:
                parts.append("\n".join(["| constant | number | meaning |", "|---|---|---|", *[
                    row(f"`{name}`", value, prose(what).replace("\n", " ")) for name, value, what in entry.constants]]))
    return page(title, HEADER, parts)


def leaderlife_3(root):
    date, = re.findall(r"^\.TH LEADERLIFE 1 (\S+)", (root / "docs/leaderlife.1").read_text(encoding="utf-8"),
                       re.MULTILINE)
    return manual.page((root / HEADER).read_text(encoding="utf-8"), date)


# ---- Python ----

def doc_text(text):
    """A docstring: paragraphs, and what is set in columns as it stands."""
    out = []
    for paragraph in re.split(r"\n\s*\n", textwrap.dedent(text).strip()):
        in_columns = re.search(r"^ |\S {3,}\S", paragraph, re.MULTILINE)
        out.append(code("text", textwrap.dedent(paragraph)) if in_columns else prose(paragraph))
    return out


def module(root, name):
    return ast.parse((root / PYTHON / f"{name}.py").read_text(encoding="utf-8"))


def cleaned(node):
    return ast.get_docstring(node) or ""


def signature(node, name):
    """As it is called: without the annotations of what is given, for they are long; types are in the package."""
    arguments = node.args
    positional = [one.arg for one in [*arguments.posonlyargs, *arguments.args] if one.arg not in ("self", "cls")]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    shown = [one if default is None else f"{one}={ast.unparse(default)}"
             for one, default in zip(positional, defaults, strict=False)]
    if arguments.kwonlyargs:
        shown.append("*")
    shown += [one.arg if default is None else f"{one.arg}={ast.unparse(default)}"
              for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg:
        shown.append(f"**{arguments.kwarg.arg}")
    word = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"{word}{name}({', '.join(shown)})"


def members(node):
    """What a class shows: methods and properties that have words."""
    for one in node.body:
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and not one.name.startswith("_") and cleaned(one):
            kinds = {ast.unparse(decorator) for decorator in one.decorator_list}
            if not any("setter" in kind or kind == "overload" for kind in kinds):
                yield one, "property" in kinds


def names(tree):
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node


def python_entry(node, name, bases):
    if not isinstance(node, ast.ClassDef):
        return [f"### {name}", code("text", signature(node, name)), *doc_text(cleaned(node))]
    inits = [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
    parents = [ast.unparse(base) for base in node.bases]
    shown = signature(inits[0], name) if inits else f"class {name}({', '.join(parents)})"
    out = [f"### {name}", code("text", shown), *doc_text(cleaned(node))]
    inherited = [bases[base] for base in parents if base in bases and not name.startswith("leaderlife.errors")]
    for owner in [node, *inherited]:
        for one, is_property in members(owner):
            what = one.name if is_property else signature(one, one.name)
            out.append(prose(cleaned(one).split("\n\n")[0], f"**`.{what}`**: "))
    return out


def python_page(root, title_of_page, modules):
    everywhere, parts = {}, []
    for file in ("_election", "_events", "_campaign_rules", "_campaign_thread", "_campaign", "_loop_election", "errors",
                 "__init__", "_options"):
        everywhere.update(names(module(root, file)))
    bases = {"LoopElection": everywhere["LoopElection"],
             "rules.Term": dict(names(module(root, "_campaign_rules")))["Term"],
             "sync.Election": dict(names(module(root, "_election")))["Election"]}
    for file in modules:
        title = "leaderlife" if file == "__init__" else f"leaderlife.{file}"
        tree = module(root, file)
        own = dict(names(tree))
        public, = [ast.literal_eval(node.value) for node in tree.body
                   if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"]
        parts += [f"## {title}", *doc_text(cleaned(tree))]
        for name in sorted(public, key=str.lower):
            node = own.get(name) or everywhere.get(name)
            if node is not None and not (name == "Term" and file != "__init__"):
                parts += python_entry(node, f"{title}.{name}", bases)
    return page(title_of_page, PYTHON, parts)


# ---- Lua ----

LUA_FILES = {"leaderlife": "leaderlife.lua", "leaderlife.Election": "leaderlife/election.lua",
             "leaderlife.luv": "leaderlife/luv.lua", "leaderlife.nginx": "leaderlife/nginx.lua",
             "leaderlife.haproxy": "leaderlife/haproxy.lua", "leaderlife.Status": "leaderlife/stepper.lua"}
LUA_ENTRY = re.compile(r"((?:^---.*\n)+)(?:function ([\w.:]+)\((.*?)\))?", re.MULTILINE)


def lua_entry(block, name, arguments, title):
    """A function, or a class with its fields."""
    lines = [line[3:].strip() for line in block.splitlines()]
    words = " ".join(line for line in lines if not line.startswith("@"))
    fields = [line.split(" ", 3)[1:] for line in lines if line.startswith("@field")]
    owner = [line.split(" ", 2)[1:] for line in lines if line.startswith("@class")]
    if owner:
        out = [f"### {owner[0][0]}"] + ([prose(owner[0][1])] if len(owner[0]) > 1 else [])
        shown = [row(f"`{name}`", f"`{type_}`", prose(" ".join(rest))) for name, type_, *rest in fields
                 if not name.startswith("[")]
        return out + (["\n".join(["| field | type | |", "|---|---|---|", *shown])] if shown else [])
    if not name or name.split(":")[-1].startswith("_"):
        return []
    name = re.sub(r"^(adapter|nginx|haproxy)\.", f"{title}.", name).replace("Election:", "election:")
    types = [line for line in lines if line.startswith(("@param", "@return"))]
    told = "\n".join(line.replace("@param ", "").replace("@return ", "returns ") for line in types)
    return [f"### {name}", code("text", f"{name}({arguments})\n" + textwrap.indent(told, "  ")), prose(words)]


def lua_page(root, title_of_page, modules):
    parts = []
    for title in modules:
        text = (root / LUA / LUA_FILES[title]).read_text(encoding="utf-8")
        top = "\n".join(line[3:] for line in text.split("\n\n")[0].splitlines()[2:])
        parts += [f"## {title}", *[prose(one) for one in re.split(r"\n\s*\n", top) if one.strip()]]
        for found in LUA_ENTRY.finditer(text):
            parts += lua_entry(found[1], found[2], found[3], title)
    return page(title_of_page, LUA, [part for part in parts if part])


# ---- The command ----

def manual_page(root):
    shown = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=78", str(root / "docs/leaderlife.1")], check=True,
                           capture_output=True, text=True).stdout
    version, = re.findall(r"^    VERSION (\S+)$", (root / "CMakeLists.txt").read_text(encoding="utf-8"), re.MULTILINE)
    shown = re.sub(r".\x08", "", shown).replace(version, "VERSION")  # which stands in one place
    return page("The manual page of the command", "docs/leaderlife.1", [code("text", shown)])


def made_by(make, title, what):
    return lambda root: make(root, title, what)


PAGES = {
    "docs/leaderlife.3": leaderlife_3,
    "docs/reference/c-rules.md": made_by(c_page, "C: rules, statuses, states", (0,)),
    "docs/reference/c-functions.md": made_by(c_page, "C: life and loop", (1, 2)),
    "docs/reference/c-state.md": made_by(c_page, "C: state, events, options", (3, 4, 5, 6)),
    "docs/reference/python-names.md": made_by(python_page, "Python: the module leaderlife", ("__init__",)),
    "docs/reference/python-loops.md": made_by(python_page, "Python: asyncio, trio and anyio", ("aio", "anyio")),
    "docs/reference/python-more.md": made_by(python_page, "Python: fence and testing", ("fence", "testing")),
    "docs/reference/lua-functions.md": made_by(lua_page, "Lua: the module leaderlife", ("leaderlife",)),
    "docs/reference/lua-election.md": made_by(lua_page, "Lua: an election", ("leaderlife.Election",)),
    "docs/reference/lua-adapters.md": made_by(
        lua_page, "Lua: luv, nginx and HAProxy",
        ("leaderlife.luv", "leaderlife.nginx", "leaderlife.haproxy", "leaderlife.Status")),
    "docs/reference/manual.md": manual_page,
    **{name: (lambda root, draw=draw: draw()) for name, draw in PICTURES.items()},
}
