# SPDX-License-Identifier: Apache-2.0
"""Makes kubeconfigs out of others: a seed and one to four changes, in the tree
or in the text."""

import copy
import json

from . import yaml
from .yaml import Alias, Anchored, Map, Raw, tagged, tree

ODD = (None, "", True, False, 0, 123, 1.5, [], {}, ["a"], {"a": "b"}, Raw("~"), Raw("yes"), Raw("!!str 12"),
       Raw("0x10"), Raw("!!int 5"),
       Raw("!!binary aGVsbG8="), Raw("2020-01-01"), Raw("*a1 "), Raw("1_0"), Raw(".5e3"), Raw("!x y"), Raw('! "1"'),
       "a\nb", " a ", "a\tb", "x" * 5000, "ä", "null", "true", "12", Raw("|\n\n"), Raw("'a\n\n   b'"))
TAGS = ("!!str", "!!int", "!!bool", "!!null", "!!binary", "!!float", "!local", "!!map", "!!seq", "!!timestamp", "!")
WORDS = ("c", "u", "x", "y", "d", "ca.crt", "./ca.crt", "sub/ca.crt", "sub/../token", "absent", "t0ken", "Never",
         "IfAvailable", "Always", "https://h", "http://h", "socks5://p:1")


def parts(node, found=None):
    """Every Map and list, with itself."""
    found = [] if found is None else found
    while isinstance(node, Anchored):
        node = node.value
    if isinstance(node, Map):
        found.append(node)
        for _, value in node.pairs:
            parts(value, found)
    elif isinstance(node, list):
        found.append(node)
        for value in node:
            parts(value, found)
    return found


class Mutator:
    def __init__(self, chance, seeds):
        self.chance = chance
        self.values = {}  # what a key has in some seed
        for seed in seeds:
            for content in seed.files.values():
                if isinstance(content, dict):
                    for part in parts(tree(content)):
                        for key, value in part.pairs if isinstance(part, Map) else ():
                            self.values.setdefault(key, []).append(value)

    def odd(self, key=None):
        chance = self.chance
        known = self.values.get(key)
        if known and chance.random() < 0.6:
            return copy.deepcopy(chance.choice(known))
        return tree(chance.choice(ODD)) if chance.random() < 0.6 else chance.choice(WORDS)

    # ---- In the tree ----

    def _map(self, root):
        return self.chance.choice([part for part in parts(root) if isinstance(part, Map)] or [Map()])

    def set_value(self, root):
        made = self._map(root)
        if made.pairs:
            pair = self.chance.choice(made.pairs)
            pair[1] = self.odd(pair[0])

    def add_field(self, root):
        made = self._map(root)
        beside = [key for key in self.values
                  if any(name in ("server", "token", "exec", "cluster", "tokenFile", "command")
                         for name, _ in made.pairs)]
        key = self.chance.choice(beside or list(self.values))
        made.pairs.insert(self.chance.randrange(len(made.pairs) + 1), [key, self.odd(key)])

    def repeat_key(self, root):
        made = self._map(root)
        if made.pairs:
            key, value = self.chance.choice(made.pairs)
            again = copy.deepcopy(value) if self.chance.random() < 0.2 else self.odd(key)
            made.pairs.insert(self.chance.randrange(len(made.pairs) + 1), [key, again])

    def remove(self, root):
        made = self._map(root)
        if made.pairs:
            made.pairs.remove(self.chance.choice(made.pairs))

    def rename_key(self, root):
        made = self._map(root)
        if made.pairs:
            pair = self.chance.choice(made.pairs)
            key = str(pair[0])
            pair[0] = self.chance.choice((key.upper(), key.title(), key + "x", key.replace("-", "_"), Raw("1"),
                                          Raw("yes"), Raw("~"), Raw("? "),
                                          Raw("!!str " + key), Raw(json.dumps(key)),
                                          self.chance.choice(list(self.values))))

    def repeat_item(self, root):
        lists = [part for part in parts(root) if isinstance(part, list) and part]
        if lists:
            made = self.chance.choice(lists)
            item = copy.deepcopy(self.chance.choice(made))
            if isinstance(item, Map) and self.chance.random() < 0.7:
                item.set("name", self.odd("name"))
            made.insert(self.chance.randrange(len(made) + 1), item)

    def null_item(self, root):
        lists = [part for part in parts(root) if isinstance(part, list)]
        if lists:
            made = self.chance.choice(lists)
            made.insert(self.chance.randrange(len(made) + 1), self.odd())

    def alias(self, root):
        """A value that is there before means another one as well."""
        made = [(part, at) for part in parts(root) if isinstance(part, Map) for at in range(len(part.pairs))]
        if len(made) < 2:
            return
        first, second = sorted(self.chance.sample(range(len(made)), 2))
        name = f"a{self.chance.randrange(3)}"
        (one, i), (two, j) = made[first], made[second]
        one.pairs[i][1] = Anchored(name, one.pairs[i][1])
        two.pairs[j][1] = Alias(name)

    def merge(self, root):
        made = self._map(root)
        if not made.pairs or not isinstance(root, Map):
            return
        moved = [pair for pair in made.pairs if self.chance.random() < 0.5]
        name = f"m{self.chance.randrange(3)}"
        for pair in moved:
            if self.chance.random() < 0.7:
                made.pairs.remove(pair)
        root.pairs.insert(0, [f"base-{name}", Anchored(name, Map(copy.deepcopy(moved)))])
        value = self.chance.choice((Alias(name), Alias(name), [Alias(name)],
                                    [Alias(name), Map([["server", "https://m"]])],
                                    Map(copy.deepcopy(moved)), Alias("none"), "text"))
        made.pairs.insert(self.chance.randrange(len(made.pairs) + 1),
                          [Raw(self.chance.choice(("<<", "<<", "<<", '"<<"', "!!merge <<"))), value])

    def tag(self, root):
        made = self._map(root)
        if made.pairs:
            pair = self.chance.choice(made.pairs)
            pair[1] = tagged(self.chance.choice(TAGS), pair[1])

    def of_tree(self, root):
        kinds = (self.set_value, self.set_value, self.add_field, self.add_field, self.repeat_key, self.remove,
                 self.rename_key, self.repeat_item, self.null_item, self.alias, self.merge, self.tag)
        self.chance.choice(kinds)(root)

    # ---- In the text ----

    def of_text(self, text):
        chance = self.chance
        kind = chance.randrange(12)
        at = chance.randrange(len(text) + 1)
        line = text.rfind("\n", 0, at) + 1
        made = {
            0: lambda: text.replace("\n", "\r\n"),
            1: lambda: "\ufeff" + text,
            2: lambda: "---\n" + text,
            3: lambda: text + chance.choice(("...\n", "---\na: b\n", "---\n- [\n", "...\ntrash: [\n", "--- x")),
            4: lambda: text[:line] + "# comment: [\n" + text[line:],
            5: lambda: text[:line] + "\t" + text[line:],
            6: lambda: text[:at],
            7: lambda: text[:at] + chance.choice("\"'{}[]&*!|>%@`:#?-, \n\t~0\u00a0\u2028") + text[at:],
            8: lambda: text[:at] + text[at + 1:],
            9: lambda: text[:line] + text[line:].replace("\n", " # c\n", 1),
            10: lambda: text[:line] + chance.choice(("%YAML 1.1\n---\n", "---\n", "...\n", "  ", "- ", "\n\n"))
            + text[line:],
            11: lambda: text.replace("\n", "\r") if chance.random() < 0.3 else text.upper() if chance.random() < 0.1
            else text,
        }
        return made[kind]()

    def encoded(self, text):
        kind = self.chance.randrange(60)
        text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        if kind == 0:
            return b"\xff\xfe" + text.encode("utf-16-le")
        if kind == 1:
            return b"\xfe\xff" + text.encode("utf-16-be")
        if kind == 2:
            return text.encode("utf-16-le")
        if kind == 3:
            return text.encode("latin-1", "replace")
        return text.encode()

    def mutated(self, content):
        """bytes of a content changed."""
        chance = self.chance
        if isinstance(content, bytes):
            return content
        if isinstance(content, dict):
            root = tree(copy.deepcopy(content))
            for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3))):
                self.of_tree(root)
            content = yaml.write(root, chance)
        if chance.random() < 0.2:
            content = self.of_text(content)
        return self.encoded(content)
