"""Makes the mutants of a module with mutmut's operators: its syntax tree, changed in one place.

Left out are places without a promise that a test could hold: types, imports, decorators, docstrings, log
lines and messages for people. Left out as well are changes that ``mypy --strict`` or ruff refuses nearly
always: an argument or a value replaced by None, a positional argument dropped, a zip without its ``strict``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

WORDS_FOR_PEOPLE = {"log", "warn", "Words"}
WORDS_FOR_TYPES = {"TypeVar", "NewType", "cast"}
SENTENCE_WORDS = 5
LARGE = 1000
"""From here on a number is doubled: nobody notices one millisecond or one byte more among thousands."""
_CHINESE = re.compile("[\u3000-\uffff]")
_NO_PROMISE = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom)
_STATEMENTS = (cst.BaseStatement, cst.ExceptHandler, cst.MatchCase)
_BARE_CONDITIONS = (cst.Name, cst.Attribute, cst.Call, cst.Subscript)


@dataclass(frozen=True)
class Mutant:
    """One change of one module.

    Attributes:
        path: the module's file, relative to the root of the tree.
        name: its file, the class and the function around it, and the change: the same wherever these move.
        line: the change's first line.
        lines: the lines from the beginning of its statement to the change's end; who runs the change runs
            one of them.
        at_import: the change is outside of any function's body and runs when the module is imported.
    """

    path: str
    name: str
    line: int
    lines: range
    at_import: bool
    _module: cst.Module = field(repr=False, compare=False)
    _old: cst.CSTNode = field(repr=False, compare=False)
    _new: cst.CSTNode = field(repr=False, compare=False)

    @property
    def module(self) -> str:
        """The name by which the module is imported."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def original(self) -> str:
        """The module's text."""
        return self._module.code

    @property
    def source(self) -> str:
        """The module's text with the change."""
        changed = self._module.deep_replace(self._old, self._new)
        assert isinstance(changed, cst.Module)
        return changed.code


def mutants_of(root: Path, path: str) -> list[Mutant]:
    """Return all mutants of a file, in the order of the file."""
    wrapper = MetadataWrapper(
        cst.parse_module((root / path).read_text(encoding="utf-8")), unsafe_skip_copy=True
    )
    maker = _Maker(path, wrapper.module)
    wrapper.visit(maker)
    return maker.mutants


class _Maker(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, path: str, module: cst.Module) -> None:
        super().__init__()
        self.mutants: list[Mutant] = []
        self._path = path
        self._module = module
        self._above: list[cst.CSTNode] = []
        self._named: Counter[str] = Counter()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_left_out(node) or _is_message(node, raised=self._is_raised()):
            return False
        for new in _changes(node, self._above[-1] if self._above else None):
            self._add(node, new)
        self._above.append(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if self._above and self._above[-1] is original_node:
            self._above.pop()

    def _is_raised(self) -> bool:
        return any(isinstance(node, cst.Raise) for node in self._above)

    def _add(self, old: cst.CSTNode, new: cst.CSTNode) -> None:
        statement = next((node for node in reversed(self._above) if isinstance(node, _STATEMENTS)), old)
        place = self.get_metadata(PositionProvider, old)
        begin = self.get_metadata(PositionProvider, statement).start.line
        bodies = zip(self._above, [*self._above[1:], old], strict=True)
        at_import = not any(isinstance(one, cst.FunctionDef) and below is one.body for one, below in bodies)
        lines = range(begin, place.end.line + 1)
        name = self._name(old, new)
        self.mutants.append(
            Mutant(self._path, name, place.start.line, lines, at_import, self._module, old, new)
        )

    def _name(self, old: cst.CSTNode, new: cst.CSTNode) -> str:
        around = [node.name.value for node in self._above if isinstance(node, cst.FunctionDef | cst.ClassDef)]
        change = map(self._module.code_for_node, (old, new))
        name = " ".join((self._path, ".".join(around), *change))
        self._named[name] += 1
        return f"{name} {self._named[name]}"


def _is_left_out(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Expr):
        return isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)
    if isinstance(node, cst.Call):
        called = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
        return isinstance(called, cst.Name) and called.value in WORDS_FOR_PEOPLE | WORDS_FOR_TYPES
    if isinstance(node, cst.Arg):
        return node.keyword is not None and node.keyword.value == "strict"
    if isinstance(node, cst.If):
        return isinstance(node.test, cst.Name) and node.test.value == "TYPE_CHECKING"
    return isinstance(node, _NO_PROMISE)


def _is_message(node: cst.CSTNode, *, raised: bool) -> bool:
    """Whether this is a sentence for people; texts of few words are what programs compare."""
    if isinstance(node, cst.SimpleString):
        words = len(node.value.split())
        return words >= SENTENCE_WORDS or (raised and words > 1) or bool(_CHINESE.search(node.value))
    return raised and isinstance(node, cst.FormattedString | cst.ConcatenatedString)


def _changes(node: cst.CSTNode, parent: cst.CSTNode | None) -> Iterator[cst.CSTNode]:
    for kind, operator in _OPERATORS:
        if isinstance(node, kind):
            yield from operator(node)
    # mutmut turns comparisons and what `not`, `and` and `or` join; a condition without them has no operator.
    if isinstance(parent, cst.If | cst.While | cst.CompIf) and isinstance(node, _BARE_CONDITIONS):
        yield cst.UnaryOperation(cst.Not(), node)


def _text(node: cst.BaseString) -> Iterator[cst.BaseString]:
    """One change of a text is enough: mutmut makes three."""
    yield from list(mutators.operator_string(node))[:1]


def _number(node: cst.BaseNumber) -> Iterable[cst.BaseNumber]:
    if isinstance(node, cst.Integer) and node.evaluated_value >= LARGE:
        return [cst.Integer(repr(2 * node.evaluated_value))]
    return mutators.operator_number(node)


def _named_argument_dropped(node: cst.Call) -> Iterator[cst.Call]:
    for call in mutators.operator_arg_removal(node):
        dropped = [argument.keyword for argument in node.args if argument not in call.args]
        if len(call.args) < len(node.args) and all(name and name.value != "strict" for name in dropped):
            yield call


_REPLACED: dict[Callable[..., Iterable[cst.CSTNode]], Callable[..., Iterable[cst.CSTNode]] | None] = {
    mutators.operator_string: _text,
    mutators.operator_number: _number,
    mutators.operator_arg_removal: _named_argument_dropped,
    mutators.operator_assignment: None,
}
_OPERATORS = [
    (kind, changed)
    for kind, operator in mutators.mutation_operators
    if (changed := _REPLACED.get(operator, operator)) is not None
]
