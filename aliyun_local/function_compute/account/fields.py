"""The members of a document that a call brings, read with checks that name the member.

``views`` reads functions, triggers and limits with it before anything is stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aliyun_local.function_compute.errors import invalid


class Fields:
    """A document of the API; a member of another kind raises ``ResourceRefused``."""

    def __init__(self, document: Mapping[str, Any], place: str = "") -> None:
        """Read ``document``, which stands at ``place``."""
        self._document = document
        self._place = f"{place}." if place else ""

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; without a ``default`` it is required."""
        value = self._document.get(name)
        if value is None or (value == "" and default is None):
            if default is None:
                raise invalid(f"{self._place}{name} is required")
            return default
        if not isinstance(value, str):
            raise invalid(f"{self._place}{name} must be a string")
        return value

    def whole(self, name: str, default: int | None, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``; without a ``default`` it is required."""
        value = self._document.get(name)
        if value is None:
            value = default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise invalid(f"{self._place}{name} must be a whole number from {low} to {high}")
        return value

    def texts(self, name: str) -> dict[str, str]:
        """Return a map of strings, empty where there is none."""
        value = self._document.get(name) or {}
        if not isinstance(value, Mapping) or any(not isinstance(one, str) for one in value.values()):
            raise invalid(f"{self._place}{name} must be a map of strings")
        return dict(value)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return an object, empty where there is none; it may be written as a JSON text."""
        value = self._document.get(name) or {}
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError:
                raise invalid(f"{self._place}{name} is not JSON") from None
        if not isinstance(value, Mapping):
            raise invalid(f"{self._place}{name} must be an object")
        return value

    def list(self, name: str) -> list[Any]:
        """Return a list, empty where there is none."""
        value = self._document.get(name) or []
        if not isinstance(value, list):
            raise invalid(f"{self._place}{name} must be a list")
        return value
