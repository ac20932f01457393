"""The fields of a control's JSON body, each read with its type and its bounds.

:mod:`aliyun_local.control.api` reads every body through this, so that a wrong one gets an error that names
the field and its legal values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from aliyun_local.control.errors import ControlError


class Fields:
    """The fields of a JSON object."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        """Take the object."""
        self._fields = fields

    @classmethod
    def of(cls, body: bytes, names: Iterable[str]) -> Fields:
        """Return the fields of a JSON object that has no others than ``names``; no body is an empty object.

        Raises:
            ControlError: the body is not a JSON object, or has another field.
        """
        known = tuple(names)
        try:
            document = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            raise ControlError("the body is not JSON") from None
        if not isinstance(document, dict):
            raise ControlError("the body is not a JSON object")
        unknown = sorted(document.keys() - set(known))
        if unknown:
            raise ControlError(f"there is no field {unknown[0]!r}; there are {', '.join(known)}")
        return cls(document)

    def __contains__(self, name: str) -> bool:
        """Return whether the field is there."""
        return name in self._fields

    def __len__(self) -> int:
        """Return the number of fields."""
        return len(self._fields)

    def values(self) -> Mapping[str, object]:
        """Return the fields as they are."""
        return self._fields

    def is_true(self, name: str) -> bool:
        """Return whether the field is ``true``."""
        return self._fields.get(name) is True

    def is_null(self, name: str) -> bool:
        """Return whether the field is there and ``null``."""
        return name in self._fields and self._fields[name] is None

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string.

        Raises:
            ControlError: it is missing without a ``default``, or not a string.
        """
        value = self._fields.get(name, default)
        if not isinstance(value, str):
            raise ControlError(f"{name} must be given as text" if value is None else f"{name} must be text")
        return value

    def text_or_whole(self, name: str) -> str | int:
        """Return a string, or a whole number of 64 bits.

        Raises:
            ControlError: it is neither.
        """
        value = self._fields.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
            return value
        raise ControlError(f"{name} must be text or a whole number")

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean.

        Raises:
            ControlError: it is not a boolean.
        """
        value = self._fields.get(name, default)
        if not isinstance(value, bool):
            raise ControlError(f"{name} must be true or false")
        return value

    def number(self, name: str, *, low: float, high: float) -> float:
        """Return a number from ``low`` to ``high``.

        Raises:
            ControlError: it is missing, not a number, or out of bounds.
        """
        value = self._fields.get(name)
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise ControlError(f"{name} must be a number from {low:g} to {high:g}")
        return float(value)

    def whole(self, name: str, *, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``.

        Raises:
            ControlError: as :meth:`number`, or it is not whole.
        """
        value = self.number(name, low=low, high=high)
        if value != int(value):
            raise ControlError(f"{name} must be a whole number")
        return int(value)
