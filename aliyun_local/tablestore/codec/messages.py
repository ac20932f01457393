"""The protocol buffer messages of the API version 2015-12-31 that the others are made of, and filters."""

# ruff: noqa: RUF009  (the calls declare fields, they make no value that instances would share)

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from aliyun_local.tablestore.codec.protobuf import Message, Scalar, optional, repeated, required

INT32, INT64, SINT64, BOOL = Scalar.INT32, Scalar.INT64, Scalar.SINT64, Scalar.BOOL
STRING, BYTES = Scalar.STRING, Scalar.BYTES


class FilterType(IntEnum):
    """Kinds of filter."""

    SINGLE_COLUMN_VALUE = 1
    COMPOSITE_COLUMN_VALUE = 2
    COLUMN_PAGINATION = 3


class VariantType(IntEnum):
    """What a rule turns the text into that it has taken out of a column."""

    INTEGER = 0
    DOUBLE = 1
    STRING = 3
    NULL = 6
    BLOB = 7


class Comparator(IntEnum):
    """How a filter compares; ``EXIST`` and ``NOT_EXIST`` look at no value."""

    EQUAL = 1
    NOT_EQUAL = 2
    GREATER_THAN = 3
    GREATER_EQUAL = 4
    LESS_THAN = 5
    LESS_EQUAL = 6
    EXIST = 7
    NOT_EXIST = 8


class LogicalOperator(IntEnum):
    """How a composite filter combines its parts."""

    NOT = 1
    AND = 2
    OR = 3


@dataclass(kw_only=True)
class Error(Message):
    """The body of every answer that is not a success, and the outcome of a failed row in a batch."""

    code: str = required(1, STRING)
    message: str | None = optional(2, STRING)


@dataclass(kw_only=True)
class CapacityUnit(Message):
    """Reads and writes in units of 4 KB."""

    read: int | None = optional(1, INT32)
    write: int | None = optional(2, INT32)


@dataclass(kw_only=True)
class ConsumedCapacity(Message):
    """What an operation cost."""

    capacity_unit: CapacityUnit = required(1, CapacityUnit)


@dataclass(kw_only=True)
class Empty(Message):
    """An answer that says nothing more than success."""


@dataclass(kw_only=True)
class TableNameRequest(Message):
    """DescribeTable and DeleteTable."""

    table_name: str = required(1, STRING)


@dataclass(kw_only=True)
class Filter(Message):
    """A filter of one of the kinds below, serialised a second time."""

    type: FilterType = required(1, FilterType)
    filter: bytes = required(2, BYTES)


@dataclass(kw_only=True)
class ValueTransferRule(Message):
    """Takes the value to compare out of a string, by a regular expression."""

    regex: str = required(1, STRING)
    cast_type: VariantType | None = optional(2, VariantType)


@dataclass(kw_only=True)
class SingleColumnValueFilter(Message):
    """Compares one column."""

    comparator: Comparator = required(1, Comparator)
    column_name: str = required(2, STRING)
    column_value: bytes = required(3, BYTES)
    filter_if_missing: bool = required(4, BOOL)
    latest_version_only: bool = required(5, BOOL)
    value_trans_rule: ValueTransferRule | None = optional(6, ValueTransferRule)


@dataclass(kw_only=True)
class CompositeColumnValueFilter(Message):
    """Combines filters."""

    combinator: LogicalOperator = required(1, LogicalOperator)
    sub_filters: list[Filter] = repeated(2, Filter)


@dataclass(kw_only=True)
class ColumnPaginationFilter(Message):
    """Cuts a page out of a row's columns."""

    offset: int = required(1, INT32)
    limit: int = required(2, INT32)
