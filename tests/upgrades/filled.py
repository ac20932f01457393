"""Values of which every part says something: a field that is added to a class is in them by itself."""

from __future__ import annotations

import types
import zlib
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from shared.domain.consent import Consent
from shared.domain.messages import Message
from shared.domain.portraits import PortraitOrder

_T = TypeVar("_T")

KEPT_APART = {"unknown", "unknown_breakers", "version"}
"""Fields for what newer code has added, and the row's own version: no part of the form."""


def filled(kind: type[_T], **given: Any) -> _T:
    """Return a value of a dataclass or a named tuple with no field at its default, but for those ``given``.

    The same in each run: numbers and texts are made of the fields' names.
    """
    # What a class names for the types alone.
    named = {"Message": Message, "Consent": Consent, "PortraitOrder": PortraitOrder}
    hints = get_type_hints(kind, localns=named)
    if is_dataclass(kind):
        defaults = {field.name: field.default for field in fields(kind)}
    else:
        defaults = dict.fromkeys(kind._fields, MISSING)  # type: ignore[attr-defined]  # a named tuple
    made = {
        name: given[name] if name in given else _value(hints[name], name, default)
        for name, default in defaults.items()
        if name not in KEPT_APART
    }
    return kind(**made)


def _value(hint: Any, name: str, default: object) -> Any:
    if hint is bool:
        return default is not True
    if hint is int:
        return zlib.crc32(name.encode()) % 10**6
    if hint is str:
        return f"a {name}"
    if hint is Any:
        return name
    if get_origin(hint) is None:
        return next(iter(hint)) if issubclass(hint, Enum) else filled(hint)
    return _of_several(hint, name)


def _of_several(hint: Any, name: str) -> Any:
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        (one,) = [part for part in parts if part is not type(None)]
        return _value(one, name, None)
    if origin is tuple:
        return (_value(parts[0], name, None),)
    assert issubclass(origin, Mapping), f"{name} is a {hint}: teach this module to fill it"
    return {_value(parts[0], name, None): _value(parts[1], name, None)}
