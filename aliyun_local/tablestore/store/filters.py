"""Filters of reads and column conditions of writes: each decides whether a row passes.

``http.filters`` makes them from the serialised messages. ``selection`` applies filters and ``writes``
conditions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from aliyun_local.tablestore.codec.filter_messages import Comparator, LogicalOperator
from aliyun_local.tablestore.codec.values import AnyValue, Value
from aliyun_local.tablestore.store.extractions import Extraction

Columns: TypeAlias = Mapping[str, Sequence[Value]]
"""A row as filters see it: the versions of each column, newest first."""

_ORDERINGS: dict[Comparator, Callable[[Any, Any], bool]] = {
    Comparator.GREATER_THAN: operator.gt,
    Comparator.GREATER_EQUAL: operator.ge,
    Comparator.LESS_THAN: operator.lt,
    Comparator.LESS_EQUAL: operator.le,
}


class Filter(Protocol):
    """A decision about a row."""

    def matches(self, columns: Columns) -> bool:
        """Tell whether the row passes."""


@dataclass(frozen=True)
class SingleColumn:
    """A comparison of one column with a value.

    Values of different types are unequal and have no order. A STRING compares by its UTF-8 bytes. With an
    extraction, the comparison uses the value extracted from the column; a column without one does not pass.
    """

    name: str
    comparator: Comparator
    value: AnyValue
    pass_if_missing: bool
    latest_version_only: bool
    extraction: Extraction | None = None

    def matches(self, columns: Columns) -> bool:
        """Tell whether the newest version passes, or any version unless ``latest_version_only``."""
        versions = columns.get(self.name, ())
        if self.comparator is Comparator.EXIST:
            return bool(versions)
        if self.comparator is Comparator.NOT_EXIST:
            return not versions
        if not versions:
            return self.pass_if_missing
        candidates = versions[:1] if self.latest_version_only else versions
        return any(self._compare(value) for value in candidates)

    def _compare(self, value: Value) -> bool:
        if self.extraction is not None:
            extracted = self.extraction(value)
            if extracted is None:
                return False
            value = extracted
        same_type = type(value) is type(self.value)
        if self.comparator in (Comparator.EQUAL, Comparator.NOT_EQUAL):
            return (same_type and value == self.value) is (self.comparator is Comparator.EQUAL)
        if not same_type:
            return False
        left, right = (v.encode() if isinstance(v, str) else v for v in (value, self.value))
        return _ORDERINGS[self.comparator](left, right)


@dataclass(frozen=True)
class Composite:
    """NOT of one filter, or AND or OR of several."""

    combinator: LogicalOperator
    parts: tuple[Filter, ...]

    def matches(self, columns: Columns) -> bool:
        """Tell whether the combination passes."""
        if self.combinator is LogicalOperator.NOT:
            return not self.parts[0].matches(columns)
        combine = all if self.combinator is LogicalOperator.AND else any
        return combine(part.matches(columns) for part in self.parts)


@dataclass(frozen=True)
class ColumnPagination:
    """A page of a row's columns: ``limit`` columns from ``offset`` on. Every row passes."""

    offset: int
    limit: int

    def matches(self, columns: Columns) -> bool:  # noqa: ARG002 (it selects columns, not rows)
        """Let the row pass."""
        return True
