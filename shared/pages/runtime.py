"""What templates call once Jinja2 has made Python of them: the part of Jinja2's runtime that ours use.

Importing Jinja2 takes 50 ms, most of it for a lexer, a parser and a compiler, and its runtime cannot be had
without them. Where a function runs, the templates are Python already (``compiling``), and this module is
enough: pages do not pay for Jinja2 at a cold start. Names and signatures are those that Jinja2 3.1 writes
into its code; ``compiling`` refuses a template that needs another one, and a test renders every page by
Jinja2 as well and compares. Called by ``rendering`` and by the templates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import chain
from types import SimpleNamespace
from typing import Any, NoReturn

from markupsafe import Markup, escape, soft_str

SUFFIX = ".html.jinja"
COMPILED = "shared.pages.compiled"
"""The package of the templates as Python, which only the deployed zip has."""

missing: Any = object()
concat = "".join
Render = Callable[["Context"], Iterator[str]]


class UndefinedError(Exception):
    """A template uses a value that its document does not have; the text names the value."""


class Undefined:
    """The value of an ``if`` expression without its ``else``: nothing."""

    def __init__(self, hint: str = "", *, obj: object = missing, name: str = "") -> None:
        of = "" if obj is missing else f" of {type(obj).__name__}"
        self._hint = hint or f"{name!r}{of} is undefined"

    def __str__(self) -> str:
        return ""


class StrictUndefined(Undefined):
    """A value that is not there. A template may ask whether it is ``defined``, and nothing else."""

    def _fail(self, *_: object) -> NoReturn:
        raise UndefinedError(self._hint)

    __call__ = __getitem__ = __contains__ = _fail
    __str__ = __iter__ = __len__ = __bool__ = __hash__ = _fail
    __eq__ = __ne__ = _fail

    def __getattr__(self, name: str) -> Any:
        # Python asks for methods of its own that a value may have or not.
        if name.startswith("__"):
            raise AttributeError(name)
        self._fail()


class Context:
    """The variables of a template: those that it was given, and those that it sets."""

    eval_ctx = SimpleNamespace(autoescape=True)

    def __init__(self, given: Mapping[str, Any], blocks: Mapping[str, Render]) -> None:
        self.parent, self.vars = given, dict[str, Any]()
        self.exported_vars: set[str] = set()
        self.blocks = {name: [block] for name, block in blocks.items()}

    def resolve_or_missing(self, name: str) -> Any:
        """Return the variable ``name``, or ``missing``."""
        return self.vars[name] if name in self.vars else self.parent.get(name, missing)

    def get_all(self) -> Mapping[str, Any]:
        """Return all variables."""
        return {**self.parent, **self.vars} if self.vars else self.parent

    def call(self, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Call a function; variables of loops and blocks are for functions that take a context: none here."""
        named.pop("_loop_vars", None)
        named.pop("_block_vars", None)
        return function(*given, **named)


class Macro:
    """A macro: a function of a template whose result is markup."""

    def __init__(
        self,
        _environment: Environment,
        function: Callable[..., str],
        name: str,
        arguments: Sequence[str],
        *_: bool,
    ) -> None:
        self._function, self._name, self._arguments = function, name, arguments

    def __call__(self, *given: Any, **named: Any) -> Markup:
        values = [*given, *(named.pop(name, missing) for name in self._arguments[len(given) :])]
        if named or len(values) > len(self._arguments):
            raise TypeError(f"the macro {self._name} takes {', '.join(self._arguments) or 'nothing'}")
        return Markup(self._function(*values))  # noqa: S704 (what goes into it is escaped there)


class LoopContext:
    """The variable ``loop`` of a ``for``, which runs through the values and itself."""

    index0 = -1

    def __init__(self, values: Iterable[Any], _undefined: object) -> None:
        self._values = list(values)

    def __iter__(self) -> Iterator[tuple[Any, LoopContext]]:
        for number, value in enumerate(self._values):
            self.index0 = number
            yield value, self

    @property
    def index(self) -> int:
        """The number of this turn, from 1 on."""
        return self.index0 + 1

    @property
    def length(self) -> int:
        """How many turns there are."""
        return len(self._values)

    @property
    def first(self) -> bool:
        """Whether this is the first turn."""
        return self.index0 == 0

    @property
    def last(self) -> bool:
        """Whether this is the last turn."""
        return self.index == self.length


class Template:
    """A template as Python: a module with ``root``, which yields the text, and the ``blocks`` in it."""

    def __init__(self, environment: Environment, module: Any) -> None:
        module.environment = environment
        self._globals = environment.globals
        self.root_render_func: Render = module.root
        self.blocks: Mapping[str, Render] = module.blocks

    def render(self, **given: Any) -> str:
        """Return the text, with these variables beside the environment's."""
        return concat(self.root_render_func(Context({**self._globals, **given}, self.blocks)))

    def make_module(self, given: Mapping[str, Any], _shared: bool, own: Mapping[str, Any]) -> SimpleNamespace:
        """Return the macros of a template that another imports with its variables."""
        present = {name: value for name, value in own.items() if value is not missing}
        context = Context({**given, **present}, self.blocks)
        for _ in self.root_render_func(context):
            pass
        return SimpleNamespace(**{name: context.vars[name] for name in context.exported_vars})


class Environment:
    """What all templates have in common: filters, tests, and variables."""

    undefined = StrictUndefined
    concat = staticmethod(concat)

    def __init__(self, filters: Mapping[str, Callable[..., Any]], **variables: Any) -> None:
        self.filters: Mapping[str, Callable[..., Any]] = {**FILTERS, **filters}
        self.tests = TESTS
        self.globals = variables
        self._templates: dict[str, Template] = {}

    def get_template(self, file: str, _parent: str = "") -> Template:
        """Return a template by the name of its file."""
        if file not in self._templates:
            self._templates[file] = Template(self, self._module(file.removesuffix(SUFFIX)))
        return self._templates[file]

    def _module(self, name: str) -> Any:
        try:
            return import_module(f"{COMPILED}.{name}")
        except ModuleNotFoundError:
            # A checkout, where a template that is edited is to be seen.
            from shared.pages.compiling import compiled_module

            return compiled_module(name, self)

    def getattr(self, value: Any, name: str) -> Any:
        """Return ``value.name``, or else ``value[name]``."""
        try:
            return getattr(value, name)
        except AttributeError:
            return self._item(value, name)

    def getitem(self, value: Any, name: Any) -> Any:
        """Return ``value[name]``, or else ``value.name``."""
        found = self._item(value, name)
        if isinstance(found, StrictUndefined) and isinstance(name, str):
            return getattr(value, name, found)
        return found

    def _item(self, value: Any, name: Any) -> Any:
        try:
            return value[name]
        except (AttributeError, LookupError, TypeError):
            return self.undefined(obj=value, name=name)


def identity(value: Any) -> Any:
    """Return ``value``."""
    return value


def internalcode(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function``; Jinja2 marks its own with this, for the traces of errors."""
    return function


class TemplateRuntimeError(Exception):
    """A template names a filter or a test that is not there."""


def markup_join(values: Iterable[Any]) -> str:
    """Join ``values``, as markup if one of them is: the others are escaped then."""
    texts = iter(map(soft_str, values))
    before: list[str] = []
    for text in texts:
        before.append(text)
        if hasattr(text, "__html__"):
            return Markup("").join(chain(before, texts))
    return concat(before)


def _default(value: Any, instead: Any = "") -> Any:
    return instead if isinstance(value, Undefined) else value


def _round(value: float) -> float:
    return float(round(value))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "default": _default,
    "int": int,
    "length": len,
    "round": _round,
}
"""Filters of Jinja2 that our templates use; ``rendering`` has our own."""
TESTS: Mapping[str, Callable[[Any], bool]] = {
    "defined": lambda value: not isinstance(value, Undefined),
    "none": lambda value: value is None,
}
"""Tests of Jinja2 that our templates use."""

__all__ = ["Markup", "escape"]
