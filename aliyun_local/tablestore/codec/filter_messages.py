"""The messages of filters and column conditions, by their published field numbers.

Requests carry them serialised, as a field of type ``bytes``. ``http.filters`` parses them.
"""

# ruff: noqa: RUF009  (the calls declare fields; they do not create a default value that instances would
# share)

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from aliyun_local.tablestore.codec.common_messages import BOOL, BYTES, INT32, STRING
from aliyun_local.tablestore.codec.protobuf import Message, optional, repeated, required


class FilterType(IntEnum):
    """Kinds of filter."""

    SINGLE_COLUMN_VALUE = 1
    COMPOSITE_COLUMN_VALUE = 2
    COLUMN_PAGINATION = 3


class VariantType(IntEnum):
    """Types into which a rule can convert the extracted text."""

    INTEGER = 0
    DOUBLE = 1
    STRING = 3
    NULL = 6
    BLOB = 7


class Comparator(IntEnum):
    """Comparisons of a filter. ``EXIST`` and ``NOT_EXIST`` compare no value."""

    EQUAL = 1
    NOT_EQUAL = 2
    GREATER_THAN = 3
    GREATER_EQUAL = 4
    LESS_THAN = 5
    LESS_EQUAL = 6
    EXIST = 7
    NOT_EXIST = 8


class LogicalOperator(IntEnum):
    """Combinations of filters."""

    NOT = 1
    AND = 2
    OR = 3


@dataclass(kw_only=True)
class Filter(Message):
    """The envelope of a filter: ``filter`` is the serialised message of the kind that ``type`` names."""

    type: FilterType = required(1, FilterType)
    filter: bytes = required(2, BYTES)


@dataclass(kw_only=True)
class ValueTransferRule(Message):
    """A regular expression that extracts the value to compare from a string, and the type of that value."""

    regex: str = required(1, STRING)
    cast_type: VariantType | None = optional(2, VariantType)


@dataclass(kw_only=True)
class SingleColumnValueFilter(Message):
    """A comparison of one column."""

    comparator: Comparator = required(1, Comparator)
    column_name: str = required(2, STRING)
    column_value: bytes = required(3, BYTES)
    filter_if_missing: bool = required(4, BOOL)
    latest_version_only: bool = required(5, BOOL)
    value_trans_rule: ValueTransferRule | None = optional(6, ValueTransferRule)


@dataclass(kw_only=True)
class CompositeColumnValueFilter(Message):
    """A combination of filters."""

    combinator: LogicalOperator = required(1, LogicalOperator)
    sub_filters: list[Filter] = repeated(2, Filter)


@dataclass(kw_only=True)
class ColumnPaginationFilter(Message):
    """A page of a row's columns."""

    offset: int = required(1, INT32)
    limit: int = required(2, INT32)
