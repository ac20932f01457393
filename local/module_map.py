"""Writes the list of modules in ``docs/modules.md``: ``python -m local.module_map``.

Each module is listed with the first line of its docstring, so that the page says what the code says. A test
compares the page with the code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from local.packaging import ROOT

PAGE = ROOT / "docs" / "modules.md"
BEGIN, END = "<!-- modules: python -m local.module_map -->\n", "<!-- end of modules -->\n"
PACKAGES = ("functions", "shared", "local", "aliyun_local")


def module_list(root: Path = ROOT) -> str:
    """Return the list as Markdown: a table for each package, a row for each module."""
    return "\n".join(
        "".join(_table(folder, root)) for package in PACKAGES for folder in _folders(root / package)
    )


def page(text: str) -> str:
    """Return the page's ``text`` with the list as the code has it now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{module_list()}\n{END}{after}"


def _folders(package: Path) -> Iterator[Path]:
    yield package
    yield from sorted(path.parent for path in package.rglob("__init__.py") if path.parent != package)


def _table(folder: Path, root: Path) -> Iterator[str]:
    name = folder.relative_to(root).as_posix()
    yield f"**`{name}/`** {_first_line(folder / '__init__.py')}\n"
    modules = [path for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]
    if modules:
        yield "\n| module | purpose |\n|---|---|\n"
    for path in modules:
        yield f"| `{path.stem}` | {_first_line(path)} |\n"


def _first_line(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    line = docstring.partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", line.replace("``", "`"))


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
