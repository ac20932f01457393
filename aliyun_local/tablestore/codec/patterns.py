"""Values taken out of strings by regular expressions, for filters on columns that hold several fields.

Expressions come from callers, and Python's engine can be kept busy for ever by a repeated group that matches
one text in many ways. Such expressions are refused; the service, whose engine is another, takes them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from aliyun_local.tablestore.codec.messages import ValueTransferRule, VariantType
from aliyun_local.tablestore.codec.values import Value
from aliyun_local.tablestore.errors import parameter_invalid

MAX_BYTES = 256
_CASTS = (VariantType.INTEGER, VariantType.DOUBLE, VariantType.STRING)


@dataclass(frozen=True)
class Extraction:
    """Takes the first match, or its first group if there is one, and turns it into a value."""

    pattern: re.Pattern[str]
    cast: VariantType

    def __call__(self, value: Value) -> Value | None:
        """Return the value inside of ``value``, ``None`` when there is none of that form."""
        if not isinstance(value, str):
            return None
        found = self.pattern.search(value)
        text = found.group(min(self.pattern.groups, 1)) if found else None
        if text is None or self.cast is VariantType.STRING:
            return text
        try:
            if self.cast is VariantType.INTEGER:
                number = int(text[:21])
                return number if -(1 << 63) <= number < 1 << 63 else None
            double = float(text)
        except ValueError:
            return None
        return double if math.isfinite(double) else None


def parse_rule(rule: ValueTransferRule | None) -> Extraction | None:
    """Read a rule.

    Raises:
        TableStoreError: the expression is malformed or too long, or the type is none to turn a text into.
    """
    if rule is None:
        return None
    size = len(rule.regex.encode())
    if not 1 <= size <= MAX_BYTES:
        raise parameter_invalid(f"The length of regex must be in range: [1, {MAX_BYTES}], actual: {size}.")
    cast = VariantType.STRING if rule.cast_type is None else rule.cast_type
    if cast not in _CASTS:
        raise parameter_invalid(f"Invalid cast type of value transfer rule: {cast.name}.")
    if _repeats_ambiguously(rule.regex):
        raise parameter_invalid(f"Invalid regex: '{rule.regex}'.")
    try:
        return Extraction(re.compile(rule.regex), cast)
    except (re.error, OverflowError, RecursionError) as problem:
        raise parameter_invalid(f"Invalid regex: '{rule.regex}'.") from problem


def _repeats_ambiguously(regex: str) -> bool:
    """Tell whether a group is repeated that holds a repetition or a choice."""
    plain = re.sub(r"\\.", "x", regex, flags=re.DOTALL)
    plain = re.sub(r"\[\^?\]?[^\]]*\]", "x", plain)
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
