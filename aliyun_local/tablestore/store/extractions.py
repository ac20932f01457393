"""Extraction of a value from a string by a regular expression, for columns that hold several fields.

``http.filters`` makes an :class:`Extraction` from a rule of the request; ``filters`` applies it to a column.

The expressions come from callers. Python's engine backtracks, and a repeated group that can match one text in
many ways would keep it busy without end. Such expressions are refused here, although the service accepts
them: it uses another engine.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from aliyun_local.tablestore.codec.filter_messages import VariantType
from aliyun_local.tablestore.codec.values import Value
from aliyun_local.tablestore.errors import TableStoreError, parameter_invalid

MAX_REGEX_BYTES = 256
_CASTS = (VariantType.INTEGER, VariantType.DOUBLE, VariantType.STRING)
_INT64_DIGITS = 20  # with the sign


@dataclass(frozen=True)
class Extraction:
    """The first match of a pattern, or its first group if it has groups, converted to a type."""

    pattern: re.Pattern[str]
    cast: VariantType

    def __call__(self, value: Value) -> Value | None:
        """Return the value extracted from ``value``, or ``None`` if there is none of that type."""
        if not isinstance(value, str):
            return None
        found = self.pattern.search(value)
        text = found.group(min(self.pattern.groups, 1)) if found else None
        if text is None or self.cast is VariantType.STRING:
            return text
        try:
            if self.cast is VariantType.INTEGER:
                number = int(text[: _INT64_DIGITS + 1])
                return number if -(1 << 63) <= number < 1 << 63 else None
            double = float(text)
        except ValueError:
            return None
        return double if math.isfinite(double) else None


def extraction(regex: str, cast: VariantType) -> Extraction:
    """Compile a rule.

    Raises:
        TableStoreError: the expression is malformed, too long or ambiguous, or no text converts to ``cast``.
    """
    size = len(regex.encode())
    if not 1 <= size <= MAX_REGEX_BYTES:
        raise parameter_invalid(
            f"The length of regex must be in range: [1, {MAX_REGEX_BYTES}], actual: {size}."
        )
    if cast not in _CASTS:
        raise parameter_invalid(f"Invalid cast type of value transfer rule: {cast.name}.")
    if _repeats_ambiguously(regex):
        raise _invalid_regex(regex)
    try:
        return Extraction(re.compile(regex), cast)
    except (re.error, OverflowError, RecursionError) as problem:
        raise _invalid_regex(regex) from problem


def _invalid_regex(regex: str) -> TableStoreError:
    return parameter_invalid(f"Invalid regex: '{regex}'.")


def _repeats_ambiguously(regex: str) -> bool:
    """Tell whether a repeated group contains a repetition or a choice."""
    plain = re.sub(r"\\.", "x", regex, flags=re.DOTALL)
    plain = re.sub(r"\[\^?\]?[^\]]*\]", "x", plain)
    # One entry per open group: whether it contains a repetition or a choice. The first entry is the whole.
    open_groups: list[bool] = [False]
    for position, character in enumerate(plain):
        if character == "(":
            open_groups.append(False)
        elif character == ")" and len(open_groups) > 1:
            ambiguous = open_groups.pop()
            repeated = plain[position + 1 : position + 2] in ("*", "+", "{")
            if ambiguous and repeated:
                return True
            open_groups[-1] = open_groups[-1] or ambiguous or repeated
        elif character in "*+{|" or (character == "?" and plain[position - 1 : position] not in ("(", "")):
            open_groups[-1] = True
    return False
