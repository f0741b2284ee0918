# SPDX-License-Identifier: Apache-2.0
"""Writes kubeconfigs as YAML in every style, with the odd things that people
and programs put there: repeated keys, anchors, merges, tags."""

import json


class Map:
    """Pairs in order, of which keys may repeat."""

    def __init__(self, pairs=()):
        self.pairs = [list(pair) for pair in (pairs.items() if isinstance(pairs, dict) else pairs)]

    def get(self, key):
        found = [value for name, value in self.pairs if name == key]
        return found[-1] if found else None

    def set(self, key, value):
        self.remove(key)
        self.pairs.append([key, value])

    def remove(self, key):
        self.pairs = [pair for pair in self.pairs if pair[0] != key]


class Raw(str):
    """Stands as it is."""


class Anchored:
    def __init__(self, name, value, mark="&"):
        self.prefix, self.value = f"{mark}{name} ", value


class Alias(Raw):
    def __new__(cls, name):
        return super().__new__(cls, f"*{name} ")


def tagged(tag, value):
    return Anchored(tag, value, "")


def tree(value):
    """Of what JSON has."""
    if isinstance(value, dict):
        return Map([(key, tree(one)) for key, one in value.items()])
    if isinstance(value, list):
        return [tree(one) for one in value]
    return value


_PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/+=:")
_TYPED = {"y", "yes", "n", "no", "true", "false", "on", "off", "null", "~", "", "-"}


def _is_plain(text):
    return (set(text) <= _PLAIN and text.lower() not in _TYPED and text[0] not in "-.+=:0123456789~"
            and not text.endswith(":"))


def scalar(value, chance):
    if isinstance(value, Raw):
        return str(value)
    if not isinstance(value, str):
        return json.dumps(value)
    style = chance.randrange(4)
    if style < 2 and _is_plain(value):
        return value
    if style == 2 and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=chance.random() < 0.5)


def flow(value, chance):
    if isinstance(value, Anchored):
        return value.prefix + flow(value.value, chance)
    if isinstance(value, Map):
        return "{" + ", ".join(f"{scalar(key, chance)}: {flow(one, chance)}" for key, one in value.pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(one, chance) for one in value) + "]"
    return scalar(value, chance)


def block(value, chance, indent=0):
    """Lines under a key or a dash; the first is without its indent."""
    prefix = ""
    while isinstance(value, Anchored):
        prefix += value.prefix
        value = value.value
    inner = indent + 2
    if isinstance(value, Map) and value.pairs and chance.random() < 0.9:
        lines = [f"{scalar(key, chance)}:{_under(one, chance, inner)}" for key, one in value.pairs]
    elif isinstance(value, list) and value and chance.random() < 0.9:
        lines = [f"- {block(one, chance, inner)}" for one in value]
    elif isinstance(value, str) and not isinstance(value, Raw) and value.strip() == value != "" \
            and value.isprintable() and chance.random() < 0.05:
        return f"{prefix}{chance.choice('|>')}-\n{' ' * inner}{value}"
    else:
        return prefix + flow(value, chance)
    joined = ("\n" + " " * indent).join(lines)
    return f"{prefix}\n{' ' * indent}{joined}" if prefix else joined


def _under(value, chance, indent):
    inside = value
    while isinstance(inside, Anchored):
        inside = inside.value
    text = block(value, chance, indent)
    bare = text.lstrip("&!abcdefghijklmnopqrstuvwxyz0123456789 ")
    nested = isinstance(inside, (Map, list)) and inside and not bare.startswith(("{", "["))
    if nested and inside is value:
        return f"\n{' ' * indent}{text}"
    return " " + text


def write(value, chance):
    style = chance.randrange(8)
    if style == 0:
        return flow(value, chance) + "\n"
    return block(value, chance) + "\n"
