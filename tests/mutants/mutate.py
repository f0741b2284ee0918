# SPDX-License-Identifier: Apache-2.0
"""Makes mutants of a source in C, all of them in one new source: each is an expression that asks at run time whether it
is the one that is played (mutant.h). Statements, operands and constants are found by libclang, so what is mutated is
what the compiler sees; what a macro of ours expands to, static tables and labels are left as they are."""

import subprocess
from dataclasses import dataclass

from clang.cindex import CursorKind as Kind
from clang.cindex import Index, TranslationUnit, TypeKind

RELATIONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ARITHMETIC = {"+": "-", "-": "+", "&": "|", "|": "&"}
LOGIC = {"&&": "||", "||": "&&"}
WRAPPERS = (Kind.UNEXPOSED_EXPR, Kind.PAREN_EXPR)
CONDITIONS = {Kind.IF_STMT: 0, Kind.WHILE_STMT: 0, Kind.CONDITIONAL_OPERATOR: 0, Kind.DO_STMT: 1}
SHOWN = 100


@dataclass(frozen=True)
class Mutant:
    number: int
    file: str
    function: str
    line: int
    change: str  # what the source says => what the mutant says
    nth: int  # of the same change in the same function

    def name(self):
        again = f" #{self.nth}" if self.nth > 1 else ""
        return f"{self.file} {self.function}: {self.change}{again}"


def includes_of_compiler():
    command = ["gcc", "-print-file-name=include"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def short(text):
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[:SHOWN - 3] + "..."


class Source:
    def __init__(self, path, root, first_number):
        self.path, self.name = path, str(path.relative_to(root))
        self.bytes = path.read_bytes()
        self.mutants, self.next_number = [], first_number
        self.function, self.result, self.seen, self.last_breaks = None, None, {}, set()
        arguments = ["-std=gnu11", "-D_GNU_SOURCE", f"-I{root}/c/src", f"-I{root}/c/include",
                     "-DLEADERLIFE_VERSION_NUMBER=0", '-DLEADERLIFE_VERSION_STRING=""',
                     "-isystem", includes_of_compiler()]
        self.unit = Index.create().parse(str(path), args=arguments,
                                         options=TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        errors = [str(each) for each in self.unit.diagnostics if each.severity >= 3]
        if errors:
            raise RuntimeError(f"libclang does not understand {path}: {errors}")
        self.macros = [self.span(each) for each in self.unit.cursor.get_children()
                       if each.kind == Kind.MACRO_INSTANTIATION and self.is_here(each)]

    # ---- What the source says ----

    def is_here(self, node):
        return node.location.file is not None and node.location.file.name == str(self.path)

    @staticmethod
    def span(node):
        return node.extent.start.offset, node.extent.end.offset

    def raw(self, start, end):
        return self.bytes[start:end].decode()

    def raw_of(self, node):
        return self.raw(*self.span(node))

    def is_of_macro(self, node):
        """Whether it is only a part of what a macro expands to, so that it cannot be changed by itself."""
        start, end = self.span(node)
        return any(first <= start and end <= last for first, last in self.macros)

    @staticmethod
    def bare(node):
        """Without the conversions and brackets around it."""
        while node.kind in WRAPPERS:
            children = list(node.get_children())
            if len(children) != 1:
                break
            node = children[0]
        return node

    def operator(self, left, right):
        text = self.raw(self.span(left)[1], self.span(right)[0])
        return text.strip(" \t\n()")

    def is_plain(self, node):
        """Whether its own mutants say what its negation would."""
        inner = self.bare(node)
        if inner.kind == Kind.UNARY_OPERATOR:
            return self.raw_of(inner).startswith("!")
        if inner.kind == Kind.BINARY_OPERATOR:
            return self.operator(*inner.get_children()) in ("==", "!=")
        return self.raw_of(inner) in ("true", "false", "0", "1")

    # ---- What the mutants say ----

    def new(self, node, change):
        change = short(change)
        key = (self.function, change)
        self.seen[key] = self.seen.get(key, 0) + 1
        number = self.next_number
        self.next_number += 1
        self.mutants.append(Mutant(number, self.name, self.function, node.extent.start.line, change, self.seen[key]))
        return f"mutant({number})"

    def inside(self, node, skip=()):
        """Its text, with what its children have become."""
        start, end = self.span(node)
        text, at = [], start
        for child in node.get_children():
            first, last = self.span(child)
            if first < at or last > end or first == last or child in skip or not self.is_here(child):
                continue
            text += [self.raw(at, first), self.become(child)]
            at = last
        return "".join(text) + self.raw(at, end)

    def become(self, node):
        """The text that takes its place."""
        if self.is_of_macro(node):
            text = self.raw_of(node)
            if text in ("true", "false") and node.kind == Kind.INTEGER_LITERAL:
                return f"({text} ^ {self.new(node, text + ' => ' + ('false' if text == 'true' else 'true'))})"
            return text
        method = getattr(self, "become_" + node.kind.name.lower(), None)
        return method(node) if method else self.inside(node)

    def condition(self, node):
        """A condition, or another value that is true or false: negated, unless its own operators are changed so."""
        if self.is_of_macro(node) or self.is_plain(node):
            return self.become(node)
        text = self.raw_of(node)
        return f"({self.new(node, f'{text} => !({text})')} ^ !!({self.become(node)}))"

    def become_binary_operator(self, node):
        left, right = node.get_children()
        sign = self.operator(left, right)
        text = self.raw_of(node)
        if sign in LOGIC:
            return self.logic(node, left, right, sign)
        if sign == "<" and "sizeof" in self.raw_of(right):  # <= reads beyond an array: that may do anything
            return self.inside(node)
        if sign in RELATIONS or (sign in ARITHMETIC and self.is_number(left) and self.is_number(right)):
            other = RELATIONS.get(sign) or ARITHMETIC[sign]
            number = self.new(node, f"{text} => {other}")
            first, second = self.become(left), self.become(right)
            return f"({number} ? ({first}) {other} ({second}) : ({first}) {sign} ({second}))"
        if sign == "=" and left.type.get_canonical().kind == TypeKind.BOOL:
            return f"{self.become(left)} = {self.condition(right)}"
        return self.inside(node)

    @staticmethod
    def is_number(node):
        return node.type.get_canonical().kind not in (TypeKind.POINTER, TypeKind.CONSTANTARRAY)

    def logic(self, node, left, right, sign):
        """By De Morgan's law the other operator, and each operand left out, without anything written twice."""
        swap = self.new(node, f"{sign} {self.raw_of(right)} => {LOGIC[sign]}")
        sides = []
        for side in (left, right):
            without = self.new(side, f"without {sign} {self.raw_of(side)}")
            text = self.become(side)
            sides.append(f"({without} || ({text}))" if sign == "&&" else f"(!{without} && ({text}))")
        return f"({swap} ^ (({swap} ^ {sides[0]}) {sign} ({swap} ^ {sides[1]})))"

    def become_unary_operator(self, node):
        text = self.raw_of(node)
        if not text.startswith("!"):
            return self.inside(node)
        operand = next(node.get_children())
        return f"({self.new(node, f'{text} => {text[1:]}')} ^ !({self.become(operand)}))"

    def become_integer_literal(self, node):
        text = self.raw_of(node)
        more = f"{text} + {self.new(node, f'{text} => {text} + 1')}"
        return f"({more})" if text == "0" else f"({more} - {self.new(node, f'{text} => {text} - 1')})"

    def become_decl_ref_expr(self, node):
        """A named number (of an enum without a name) is doubled: whether it is there for its size is the question."""
        what = node.referenced
        if what is None or what.kind != Kind.ENUM_CONSTANT_DECL or not what.semantic_parent.is_anonymous():
            return self.raw_of(node)
        text = self.raw_of(node)
        value = what.enum_value
        change = f"{text} * 2" if abs(value) > 1 else f"{text} + 1"
        return f"({text} + {self.new(node, f'{text} => {change}')} * {abs(value) if abs(value) > 1 else 1})"

    # ---- Statements ----

    def statement(self, node):
        """A statement: left out if it is a call or an assignment."""
        text = self.raw_of(node)
        inner = self.bare(node)
        words = {Kind.CALL_EXPR, Kind.COMPOUND_ASSIGNMENT_OPERATOR}
        if inner.kind == Kind.BINARY_OPERATOR and self.operator(*inner.get_children()) == "=":
            words.add(Kind.BINARY_OPERATOR)
        if inner.kind == Kind.UNARY_OPERATOR and ("++" in text or "--" in text):
            words.add(Kind.UNARY_OPERATOR)
        if inner.kind == Kind.CSTYLE_CAST_EXPR and text.startswith("(void)") and "(" in text[6:]:
            words.add(Kind.CSTYLE_CAST_EXPR)
        if inner.kind not in words or self.is_of_macro(node):
            return self.become(node)
        return f"({self.new(node, f'{text}; => ;')} ? (void)0 : (void)({self.become(node)}))"

    def block(self, node, indexes=None):
        start, end = self.span(node)
        text, at = [], start
        for index, child in enumerate(node.get_children()):
            first, last = self.span(child)
            if first < at or not self.is_here(child):
                continue
            if indexes is None or index in indexes:
                became = self.statement(child)
            elif CONDITIONS.get(node.kind) == index:
                became = self.condition(child)
            else:
                became = self.become(child)
            text += [self.raw(at, first), became]
            at = last
        return "".join(text) + self.raw(at, end)

    def become_compound_stmt(self, node):
        return self.block(node)

    def become_if_stmt(self, node):
        return self.block(node, (1, 2))

    def become_while_stmt(self, node):
        return self.block(node, (1,))

    def become_do_stmt(self, node):
        return self.block(node, (0,))

    def become_conditional_operator(self, node):
        return f"({self.block(node, ())})"

    def become_for_stmt(self, node):
        """Which of its parts are there is not told: the last one is the body."""
        return self.block(node, (len(list(node.get_children())) - 1,))

    def become_case_stmt(self, node):
        label, *rest = node.get_children()
        body = "".join(self.statement(each) for each in rest[-1:])
        return self.raw(self.span(node)[0], self.span(rest[-1])[0]) + body if rest else self.raw_of(node)

    def become_default_stmt(self, node):
        return self.block(node, (0,))

    def become_switch_stmt(self, node):
        """Its last break changes nothing."""
        last = list(node.get_children())[-1]
        while last.kind in (Kind.COMPOUND_STMT, Kind.CASE_STMT, Kind.DEFAULT_STMT):
            children = list(last.get_children())
            if not children:
                break
            last = children[-1]
        self.last_breaks.add(self.span(last))
        return self.inside(node)

    def become_break_stmt(self, node):
        if self.span(node) in self.last_breaks:
            return self.raw_of(node)
        return f"if ({self.new(node, 'break; => ;')}) {{}} else break"

    def become_return_stmt(self, node):
        value = next(node.get_children(), None)
        if value is None:
            return f"if ({self.new(node, 'return; => ;')}) {{}} else return"
        text = self.raw_of(value)
        if self.result.kind != TypeKind.BOOL or text in ("true", "false"):
            return self.inside(node)
        yes, no = (self.new(node, f"return {text} => {word}") for word in ("true", "false"))
        return f"return {yes} || (!{no} && ({self.become(value)}))"

    def become_var_decl(self, node):
        kind = node.type.get_canonical().kind
        if node.storage_class.name == "STATIC" or kind == TypeKind.CONSTANTARRAY:
            return self.raw_of(node)
        value = list(node.get_children())[-1:]
        if kind != TypeKind.BOOL or not value or not value[0].kind.is_expression():
            return self.inside(node)
        first, last = self.span(value[0])
        start, end = self.span(node)
        return self.raw(start, first) + self.condition(value[0]) + self.raw(last, end)

    def become_enum_decl(self, node):
        return self.raw_of(node)

    become_struct_decl = become_static_assert = become_enum_decl

    def become_designated(self, node):
        return self.raw_of(node)

    # ---- The whole ----

    def mutated(self):
        """The new source."""
        text, at = [], 0
        for node in self.unit.cursor.get_children():
            if node.kind != Kind.FUNCTION_DECL or not self.is_here(node) or not node.is_definition():
                continue
            self.function = node.spelling
            self.result = node.result_type.get_canonical()
            body = list(node.get_children())[-1]
            first, last = self.span(body)
            text += [self.raw(at, first), self.become(body)]
            at = last
        return f'#line 1 "{self.path}"\n' + "".join(text) + self.raw(at, len(self.bytes))
