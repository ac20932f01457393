"""Makes Python of the templates, by Jinja2. Not deployed: the zip has the Python in place of this.

Called by ``local/packaging`` for the zip, and by ``runtime`` in a checkout. The same templates give the same
text whatever Python makes it, as the zip's name is the hash of its content.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import jinja2

from shared.pages import runtime

FOLDER = Path(__file__).parent / "templates"
RUNTIME = runtime.__name__
_JINJA2 = "from jinja2.runtime import "
_DOCSTRING = '"""The template {file}, as Python made by Jinja2."""'


def all_compiled(environment: runtime.Environment, folder: Path = FOLDER) -> dict[str, str]:
    """Return the Python of every template in ``folder`` by its module's name.

    Raises:
        jinja2.TemplateError: a template is wrong, or names a filter or a test that is not there.
        NotImplementedError: a template needs more of Jinja2 than ``runtime`` has.
    """
    names = sorted(file.name.removesuffix(runtime.SUFFIX) for file in folder.glob(f"*{runtime.SUFFIX}"))
    return {name: compiled(name, environment, folder) for name in names}


def compiled(name: str, environment: runtime.Environment, folder: Path = FOLDER) -> str:
    """Return the Python of the template ``name``; raises as :func:`all_compiled` does."""
    file = f"{name}{runtime.SUFFIX}"
    jinja = library_environment(environment.filters, folder)
    # Only what the runtime has: anything else is refused here, with the template's line.
    jinja.filters, jinja.tests = dict(environment.filters), dict(environment.tests)
    source, _, _ = jinja.loader.get_source(jinja, file)  # type: ignore[union-attr]  # it is set there
    made = jinja.compile(source, name, file, raw=True, defer_init=True)
    first, _, body = made.partition("\n")
    offered = first.removeprefix(_JINJA2).split(", ")
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    _check(file, body, used.intersection(offered))
    imported = ", ".join(one for one in offered if one in used)
    return f"{_DOCSTRING.format(file=file)}\n\nfrom {RUNTIME} import {imported}\n{body}\n"


def compiled_module(name: str, environment: runtime.Environment, folder: Path = FOLDER) -> ModuleType:
    """Return the template ``name`` as a module, as an import of its Python would."""
    made = ModuleType(f"{runtime.COMPILED}.{name}")
    code = compile(compiled(name, environment, folder), f"{name}{runtime.SUFFIX} as Python", "exec")
    exec(code, vars(made))  # noqa: S102 (our own templates)
    return made


def library_environment(
    filters: Mapping[str, Any], folder: Path = FOLDER, **variables: Any
) -> jinja2.Environment:
    """Return Jinja2's own environment for the templates: what the pages look like is decided here."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(filters)
    environment.globals.update(variables)
    return environment


def _check(file: str, body: str, needed: set[str]) -> None:
    """Refuse Python that asks ``runtime`` for what it does not have."""
    absent = {name for name in needed if not hasattr(runtime, name)}
    owners = {"context": runtime.Context({}, {}), "environment": runtime.Environment({})}
    for node in ast.walk(ast.parse(body)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = node.value.id
            if owner in owners and not hasattr(owners[owner], node.attr):
                absent.add(f"{owner}.{node.attr}")
    if absent:
        raise NotImplementedError(
            f"{file} needs {', '.join(sorted(absent))} of Jinja2's runtime; add it to {RUNTIME}, or write "
            "the template without it"
        )
