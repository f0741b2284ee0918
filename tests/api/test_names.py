# SPDX-License-Identifier: Apache-2.0
"""A function that other files see begins with a word of the place where it is: so its name leads to its file."""

import re
from pathlib import PurePath

import pytest
from sources import functions

PUBLIC = "leaderlife_"
STAND_IN = "without_"  # such a folder takes the place of another one, with its functions


def words_of(path):
    """The file's name and its first word, and the names of its folders; of words in the plural, the singular too."""
    file = PurePath(path).stem
    words = {file, file.partition("_")[0], *PurePath(path).parent.parts[1:]}
    words |= {word.removeprefix(STAND_IN) for word in words}
    return words | {word[:-1] for word in words if word.endswith("s")}


def is_of(name, path):
    """In the plural a word counts too, for a function about all of them."""
    return any(re.fullmatch(f"{re.escape(word)}(s|es)?(_.*)?", name) for word in words_of(path))


@pytest.fixture(scope="module")
def visible(root):
    """(path below c, name) of each function that other files may call."""
    found = [(str(path.relative_to(root / "c")), name)
             for folder in ("src", "cli") for path in sorted((root / "c" / folder).rglob("*.c"))
             for name, is_static in functions(path.read_text(encoding="utf-8")).items()
             if not is_static and name != "main" and not name.startswith(PUBLIC)]
    assert len(found) > 400
    return found


def test_a_function_that_others_see_begins_with_a_word_of_its_place(visible):
    assert not [f"{path}: {name}" for path, name in visible if not is_of(name, path)]


def test_no_two_files_have_a_function_of_the_same_name(visible):
    names = [name for path, name in visible if path.startswith("src/") and STAND_IN not in path]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(("name", "path", "good"), [
    ("learn_pod_track", "src/machine/learn_pod.c", True),
    ("machine_holder", "src/machine/knowledge.c", True),
    ("pools_reap", "src/io/http/pool.c", True),
    ("option_text", "src/base/options.c", True),
    ("local_want", "src/local/find_holder.c", True),
    ("want", "src/machine/decide_commands.c", False),
    ("pod_track", "src/machine/learn_pod.c", False),
    ("learnt", "src/machine/learn.c", False),
])
def test_the_reader_knows_the_words_of_a_place(name, path, good):
    assert is_of(name, path) == good


def test_the_process_that_ends_an_orphaned_program_is_called_watchdog(root):
    """A guard is a level of protection (P8), never that process."""
    files = sorted((root / "c" / "cli" / "run").glob("*.[ch]"))
    assert root / "c" / "cli" / "run" / "watchdog.c" in files
    assert not [path.name for path in files if "guard" in path.read_text(encoding="utf-8").lower()]
