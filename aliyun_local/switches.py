"""The switches of the services by their names, as the command line and the controls give them.

A switch is a field of :class:`~aliyun_local.oss.behaviour.OssBehaviour`, of
:class:`~aliyun_local.dashscope.account.behaviour.Behaviour` or of
:class:`~aliyun_local.ros.behaviour.RosBehaviour`, and its type is the field's. Names are nested as
in ``{"oss": {"public_data_access": true}}``, or written with a dot on the command line.
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from aliyun_local.dashscope.account.behaviour import Behaviour
from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.ros.behaviour import RosBehaviour

_WORDS = {"on": True, "true": True, "off": False, "false": False}


class SwitchError(ValueError):
    """A switch does not exist, or cannot have a value; the message says which and what it may be."""


@dataclass(frozen=True, kw_only=True)
class Switches:
    """The switches of all services that have some."""

    oss: OssBehaviour
    dashscope: Behaviour
    ros: RosBehaviour = field(default_factory=RosBehaviour)

    def as_json(self) -> dict[str, dict[str, object]]:
        """Return every switch of every service."""
        return {
            service.name: {one.name: _plain(getattr(behaviour, one.name)) for one in fields(behaviour)}
            for service in fields(self)
            for behaviour in [getattr(self, service.name)]
        }

    def set(self, given: Mapping[str, object]) -> None:
        """Set the switches that ``given`` names, by service and name: all of them, or none.

        Raises:
            SwitchError: a name or a value is wrong.
        """
        changes = []
        for service, values in given.items():
            behaviour = self._of(service)
            if not isinstance(values, Mapping):
                raise SwitchError(f"{service} must be an object of switches and values")
            for name, value in values.items():
                kind = _kind(behaviour, service, name)
                if not _is_of(kind, value):
                    raise SwitchError(f"{service}.{name} is {json.dumps(value)}; it must be {_legal(kind)}")
                changes.append((behaviour, name, _plain(value)))
        for behaviour, name, value in changes:
            setattr(behaviour, name, value)

    def set_text(self, text: str) -> None:
        """Set one switch, written as ``oss.public_data_access=on``.

        Numbers and words are written plainly, a mapping as ``name=value,name=value`` or as a JSON object.

        Raises:
            SwitchError: the name or the value is wrong.
        """
        path, equals, value = text.partition("=")
        service, dot, name = path.strip().partition(".")
        if not (equals and dot):
            raise SwitchError(f"{text!r} is not SERVICE.NAME=VALUE, such as oss.public_data_access=on")
        kind = _kind(self._of(service), service, name)
        self.set({service: {name: _read(kind, value.strip())}})

    def set_like(self, file: Path) -> None:
        """Set the switches in the member ``switches`` of a JSON file, such as a report on a real account.

        Raises:
            SwitchError: the file has none, or a name or a value is wrong.
        """
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as problem:
            raise SwitchError(f"{file} cannot be read as JSON ({problem})") from None
        given = document.get("switches") if isinstance(document, dict) else None
        if not isinstance(given, dict):
            raise SwitchError(f"{file} has no object 'switches'")
        try:
            self.set(given)
        except SwitchError as problem:
            raise SwitchError(f"{file}: {problem}") from None

    def _of(self, service: str) -> OssBehaviour | Behaviour | RosBehaviour:
        known = [one.name for one in fields(self)]
        if service not in known:
            raise SwitchError(
                f"{service!r} has no switches; {', '.join(known[:-1])} and {known[-1]} have some"
            )
        behaviour: OssBehaviour | Behaviour | RosBehaviour = getattr(self, service)
        return behaviour


def _kind(behaviour: object, service: str, name: str) -> Any:
    kinds = typing.get_type_hints(type(behaviour))
    if name not in kinds:
        near = get_close_matches(name, kinds, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(kinds)}"
        raise SwitchError(f"{service} has no switch {name!r}; {hint}")
    return kinds[name]


def _choices(kind: Any) -> tuple[Any, ...]:
    """Return the kinds that a union stands for; any other kind stands for itself."""
    return typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType) else (kind,)


def _is_of(kind: Any, value: object) -> bool:
    """Return whether ``value``, as JSON has it, is of ``kind``; numbers are finite and not negative."""
    if len(_choices(kind)) > 1:
        return any(_is_of(one, value) for one in _choices(kind))
    if kind is type(None):
        return value is None
    origin = typing.get_origin(kind)
    if origin is Literal:
        return any(value == one and type(value) is type(one) for one in typing.get_args(kind))
    if origin is Mapping:
        return isinstance(value, Mapping) and all(
            isinstance(one, str) for pair in value.items() for one in pair
        )
    if kind in (int, float):
        return isinstance(value, int | kind) and not isinstance(value, bool) and 0 <= value < math.inf
    return isinstance(value, kind)


def _legal(kind: Any) -> str:
    """Return the values of ``kind`` in words."""
    if len(_choices(kind)) > 1:
        return " or ".join(_legal(one) for one in _choices(kind))
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(json.dumps(one) for one in typing.get_args(kind))
    if typing.get_origin(kind) is Mapping:
        return 'names with texts, as in {"name": "text"}'
    words = {
        bool: "true or false",
        int: "a whole number from 0",
        float: "a number from 0",
        type(None): "null",
    }
    return words.get(kind, "a text")


def _read(kind: Any, text: str) -> object:
    """Return the value that ``text`` writes; the text itself where it writes none of ``kind``."""
    if bool in _choices(kind) and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if typing.get_origin(kind) is Mapping and not text.startswith("{"):
        pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
        if all(equals for _, equals, _ in pairs):
            return {name.strip(): value.strip() for name, _, value in pairs}
    if not _is_of(kind, text):
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    return text


def _plain(value: object) -> object:
    """Return a mapping as a dictionary of its own, and any other value as it is."""
    return dict(value) if isinstance(value, Mapping) else value
