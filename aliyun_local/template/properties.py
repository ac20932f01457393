"""The evaluated properties of one resource, read by ``views`` with checks that name the place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aliyun_local.template.errors import TemplateError
from aliyun_local.template.values import as_text


class Properties:
    """The evaluated properties of one resource; a value of another kind raises :class:`TemplateError`."""

    def __init__(self, place: str, values: Mapping[str, Any]) -> None:
        """Take the ``values`` at ``place``, which messages name."""
        self.place = place
        self.values = values

    def text(self, key: str, default: str | None = None) -> str:
        """Return a value as a string; without a ``default`` it is required."""
        value = self.values.get(key, default)
        if value is None:
            raise TemplateError(f"{self.place}.{key}: required but missing")
        if isinstance(value, (dict, list)):
            raise TemplateError(f"{self.place}.{key}: {value!r} should be a string")
        return as_text(value)

    def number(self, key: str, default: int | None, low: int, high: int) -> int:
        """Return an integer from ``low`` to ``high``; without a ``default`` it is required."""
        value = self.values.get(key, default)
        if value is None:
            raise TemplateError(f"{self.place}.{key}: required but missing")
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise TemplateError(f"{self.place}.{key}: {value!r} should be a number") from None
        if not low <= number <= high:
            raise TemplateError(f"{self.place}.{key}: {number} is outside {low}..{high}")
        return number

    def mapping(self, key: str) -> Mapping[str, Any]:
        """Return a mapping, empty where the property is missing."""
        value = self.values.get(key) or {}
        if isinstance(value, str):  # the API takes a JSON string, the template either
            try:
                value = json.loads(value)
            except ValueError:
                raise TemplateError(f"{self.place}.{key}: not JSON") from None
        if not isinstance(value, Mapping):
            raise TemplateError(f"{self.place}.{key}: {value!r} should be a mapping")
        return value

    def items(self, key: str, default: list[Any] | None = None) -> list[Any]:
        """Return a list; without a ``default`` it is required."""
        value = self.values.get(key, default)
        if not isinstance(value, list):
            raise TemplateError(f"{self.place}.{key}: a list is needed")
        return value
