"""Values read from rows, which another version of the code or a person at the console may have written.

Used by every client of a table: what a row holds is taken for what it should be only when it is.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import fields
from typing import Any

from shared.domain.formats import Format
from shared.domain.unread import UNREADABLE_ROW
from shared.errors import Permanent

UNREADABLE = (KeyError, TypeError, ValueError, RecursionError)
"""What reading raises for a value that is not what it should be."""

_SCALARS: dict[Any, type] = {"int": int, "str": str, "bool": bool}


def unreadable(what: str, problem: Exception) -> Permanent:
    """Return the trouble of a row that this version of the code cannot read."""
    return Permanent(
        UNREADABLE_ROW,
        f"{what} cannot be read by this version of the code ({type(problem).__name__}); deploy newer code",
    )


def check_format(columns: Mapping[str, Any], known: Format) -> None:
    """Raise ``ValueError`` or ``TypeError`` if what is stored has a newer format than ``known``.

    :mod:`shared.domain.formats`. What is stored without one has 1.
    """
    if not 1 <= checked("format", columns.get("format", 1), int) <= known.number:
        raise ValueError("format")


def unknown_in(stored: Mapping[str, Any], known: Container[str]) -> dict[str, Any]:
    """Return what newer code has added, and this version is to keep: all that is not ``known``."""
    return {name: value for name, value in stored.items() if name not in known}


def scalars_of(kind: type[Any]) -> dict[str, type]:
    """Return those fields of a dataclass that are plain numbers, texts or truth values, with their types."""
    return {field.name: _SCALARS[field.type] for field in fields(kind) if field.type in _SCALARS}


def check_scalars(values: dict[str, Any], kinds: dict[str, type]) -> None:
    """Raise ``TypeError`` unless each of ``values`` is of its kind; one that is missing is."""
    for name, kind in kinds.items():
        checked(name, values.get(name, kind()), kind)


def checked(name: str, value: Any, kind: type) -> Any:
    """Return ``value``, which has to be of exactly this ``kind``: a truth value is no number here."""
    if type(value) is not kind:
        raise TypeError(name)
    return value
