"""The messages that messages of several kinds share: errors, capacity units, empty answers, a table's name.

The messages are those of the API version 2015-12-31. This module also gives the scalar kinds short names, so
that the field declarations of all ``*_messages`` modules stay readable.
"""

# ruff: noqa: RUF009  (the calls declare fields; they do not create a default value that instances would
# share)

from __future__ import annotations

from dataclasses import dataclass

from aliyun_local.tablestore.codec.protobuf import Message, Scalar, optional, required

INT32, INT64, SINT64, BOOL = Scalar.INT32, Scalar.INT64, Scalar.SINT64, Scalar.BOOL
STRING, BYTES = Scalar.STRING, Scalar.BYTES


@dataclass(kw_only=True)
class Error(Message):
    """The body of every error answer, and the result of a failed row in a batch."""

    code: str = required(1, STRING)
    message: str | None = optional(2, STRING)


@dataclass(kw_only=True)
class CapacityUnit(Message):
    """Reads and writes in units of 4 KB."""

    read: int | None = optional(1, INT32)
    write: int | None = optional(2, INT32)


@dataclass(kw_only=True)
class ConsumedCapacity(Message):
    """The capacity units that an operation consumed."""

    capacity_unit: CapacityUnit = required(1, CapacityUnit)


@dataclass(kw_only=True)
class Empty(Message):
    """A message without fields: a request without parameters, or an answer that only reports success."""


@dataclass(kw_only=True)
class TableNameRequest(Message):
    """The request of DescribeTable and DeleteTable."""

    table_name: str = required(1, STRING)
