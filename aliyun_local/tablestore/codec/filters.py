"""Filters and column conditions: from their serialised form to a decision about a row."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from aliyun_local.tablestore.codec import messages
from aliyun_local.tablestore.codec.messages import Comparator, FilterType, LogicalOperator
from aliyun_local.tablestore.codec.patterns import Extraction, parse_rule
from aliyun_local.tablestore.codec.plainbuffer import decode_value
from aliyun_local.tablestore.codec.protobuf import DecodeError
from aliyun_local.tablestore.codec.values import AnyValue, Special, Value, is_longer, type_name, value_size
from aliyun_local.tablestore.errors import TableStoreError, parameter_invalid

MAX_CONDITIONS = 10
MAX_VALUE_BYTES = 2 * 1024 * 1024
_MAX_DEPTH = 10

Columns: TypeAlias = Mapping[str, Sequence[Value]]
"""A row as a filter sees it: each column's versions, newest first."""

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
    """Compares one column with a value.

    Values of different types are unequal and have no order; STRING compares by its UTF-8 bytes. With an
    extraction it is what is found in the column that is compared, and a column without it does not pass.
    """

    name: str
    comparator: Comparator
    value: AnyValue
    pass_if_missing: bool
    latest_version_only: bool
    extraction: Extraction | None = None

    def matches(self, columns: Columns) -> bool:
        """Tell whether the newest version (or, if so asked, any version) passes."""
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
            found = self.extraction(value)
            if found is None:
                return False
            value = found
        same_type = type(value) is type(self.value)
        if self.comparator in (Comparator.EQUAL, Comparator.NOT_EQUAL):
            return (same_type and value == self.value) is (self.comparator is Comparator.EQUAL)
        if not same_type:
            return False
        left, right = (v.encode() if isinstance(v, str) else v for v in (value, self.value))
        return _ORDERINGS[self.comparator](left, right)


@dataclass(frozen=True)
class Composite:
    """NOT of one filter, AND or OR of several."""

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
    """Keeps ``limit`` columns of a row from ``offset`` on; every row passes."""

    offset: int
    limit: int

    def matches(self, columns: Columns) -> bool:  # noqa: ARG002 (it cuts, it does not choose)
        """Let the row pass."""
        return True


class _Parser:
    def __init__(self) -> None:
        self.conditions = 0

    def parse(self, data: bytes, depth: int = 0) -> Filter:
        try:
            outer = messages.Filter.decode(data)
        except DecodeError as problem:
            raise parameter_invalid("Deserialize filter failed.") from problem
        return self.build(outer, depth)

    def build(self, outer: messages.Filter, depth: int) -> Filter:
        if depth >= _MAX_DEPTH:
            raise _too_many()
        if outer.type is FilterType.SINGLE_COLUMN_VALUE:
            return self._single(outer.filter)
        if outer.type is FilterType.COMPOSITE_COLUMN_VALUE:
            return self._composite(outer.filter, depth)
        if depth:
            raise parameter_invalid(f"Invalid type of sub-filter: {outer.type.value}.")
        return self._pagination(outer.filter)

    def _single(self, data: bytes) -> Filter:
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            raise _too_many()
        try:
            inner = messages.SingleColumnValueFilter.decode(data)
        except DecodeError as problem:
            raise parameter_invalid("Deserialize relation filter failed.") from problem
        extraction = parse_rule(inner.value_trans_rule)
        value = decode_value(inner.column_value, inner.column_name)
        if isinstance(value, Special):
            raise parameter_invalid(f"{type_name(value)} is an invalid type for the attribute column.")
        if is_longer(value, MAX_VALUE_BYTES):
            raise parameter_invalid(
                f"The length of attribute column: '{inner.column_name}' exceeds the "
                f"MaxLength:{MAX_VALUE_BYTES} with CurrentLength:{value_size(value)}."
            )
        return SingleColumn(
            inner.column_name,
            inner.comparator,
            value,
            not inner.filter_if_missing,
            inner.latest_version_only,
            extraction,
        )

    def _composite(self, data: bytes, depth: int) -> Filter:
        try:
            inner = messages.CompositeColumnValueFilter.decode(data)
        except DecodeError as problem:
            raise parameter_invalid("Deserialize composite filter failed.") from problem
        if inner.combinator is LogicalOperator.NOT:
            if len(inner.sub_filters) != 1:
                raise parameter_invalid("Invalid NOT operator: the number of sub-filters must be 1.")
        elif len(inner.sub_filters) < 2:
            raise parameter_invalid("Invalid AND/OR operator: the number of sub-filters must be 2.")
        return Composite(inner.combinator, tuple(self.build(part, depth + 1) for part in inner.sub_filters))

    def _pagination(self, data: bytes) -> Filter:
        try:
            inner = messages.ColumnPaginationFilter.decode(data)
        except DecodeError as problem:
            raise parameter_invalid("Deserialize column pagination filter failed.") from problem
        if inner.offset < 0:
            raise parameter_invalid("Offset in ColumnPaginationFilter must be greater than or equal to 0.")
        if inner.limit <= 0:
            raise parameter_invalid("Limit in ColumnPaginationFilter must be greater than 0.")
        return ColumnPagination(inner.offset, inner.limit)


def _too_many() -> TableStoreError:
    return parameter_invalid(f"The count of filter exceeds the max: {MAX_CONDITIONS}.")


def parse_filter(data: bytes | None) -> Filter | None:
    """Read a serialised filter; empty bytes are no filter.

    Raises:
        TableStoreError: it is malformed, or larger than the service takes.
    """
    return _Parser().parse(data) if data else None


def parse_condition(data: bytes | None) -> Filter | None:
    """Read a serialised column condition, which is any filter but a pagination.

    Raises:
        TableStoreError: it is malformed, or larger than the service takes.
    """
    condition = parse_filter(data)
    if isinstance(condition, ColumnPagination):
        raise parameter_invalid(f"Invalid type of filter: {FilterType.COLUMN_PAGINATION.value}.")
    return condition
