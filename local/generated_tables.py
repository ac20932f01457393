"""Tables of documentation that are made from the code, and put between markers of a page written by hand.

A table stands between ``<!-- table: name -->`` and ``<!-- end -->``. Used by :mod:`local.api_reference` and
:mod:`local.runbook`; unit tests compare the pages with what is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)


def with_tables(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """Return the page with each of its tables made anew.

    Raises:
        KeyError: the page has a table of a name that nobody makes.
    """
    return _TABLE.sub(lambda found: f"{found[1]}\n{tables[found[2]]()}\n{found[3]}", text)


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    headings = tuple(headings)
    lines = [headings, ("---",) * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def code(text: str) -> str:
    """Return ``text`` as code."""
    return f"`{text}`"


def unescaped(text: str) -> str:
    """Return a sentence with places to fill in as Markdown shows it."""
    return text.replace("{{", "{").replace("}}", "}").replace("<", "&lt;")
