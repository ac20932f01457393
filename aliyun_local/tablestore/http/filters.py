"""The parser of serialised filters and column conditions. The read and write operations call it."""

from __future__ import annotations

from aliyun_local.tablestore.codec import filter_messages
from aliyun_local.tablestore.codec.filter_messages import FilterType, LogicalOperator, VariantType
from aliyun_local.tablestore.codec.plainbuffer import decode_value
from aliyun_local.tablestore.codec.protobuf import DecodeError
from aliyun_local.tablestore.errors import TableStoreError, parameter_invalid
from aliyun_local.tablestore.store.extractions import Extraction, extraction
from aliyun_local.tablestore.store.filters import ColumnPagination, Composite, Filter, SingleColumn
from aliyun_local.tablestore.store.row_checks import check_attribute_value

MAX_CONDITIONS = 10
_MAX_DEPTH = 10


def parse_filter(data: bytes | None) -> Filter | None:
    """Return the filter in ``data``, or ``None`` if there are no bytes.

    Raises:
        TableStoreError: the filter is malformed or exceeds a limit of the service.
    """
    return _Parser().parse(data) if data else None


def parse_condition(data: bytes | None) -> Filter | None:
    """Return the column condition in ``data``: any filter except a pagination.

    Raises:
        TableStoreError: the condition is malformed or exceeds a limit of the service.
    """
    condition = parse_filter(data)
    if isinstance(condition, ColumnPagination):
        raise parameter_invalid(f"Invalid type of filter: {FilterType.COLUMN_PAGINATION.value}.")
    return condition


class _Parser:
    """The parser of one filter; it counts the conditions in it."""

    def __init__(self) -> None:
        self._conditions = 0

    def parse(self, data: bytes) -> Filter:
        try:
            envelope = filter_messages.Filter.decode(data)
        except DecodeError as problem:
            raise parameter_invalid("Deserialize filter failed.") from problem
        return self._filter(envelope, depth=0)

    def _filter(self, envelope: filter_messages.Filter, depth: int) -> Filter:
        if depth >= _MAX_DEPTH:
            raise _too_many_conditions()
        if envelope.type is FilterType.SINGLE_COLUMN_VALUE:
            return self._single_column(envelope.filter)
        if envelope.type is FilterType.COMPOSITE_COLUMN_VALUE:
            return self._composite(envelope.filter, depth)
        if depth:
            raise parameter_invalid(f"Invalid type of sub-filter: {envelope.type.value}.")
        return _pagination(envelope.filter)

    def _single_column(self, data: bytes) -> Filter:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise _too_many_conditions()
        try:
            message = filter_messages.SingleColumnValueFilter.decode(data)
        except DecodeError as problem:
            raise parameter_invalid("Deserialize relation filter failed.") from problem
        extraction_rule = _extraction(message.value_trans_rule)
        value = decode_value(message.column_value, message.column_name)
        check_attribute_value(message.column_name, value)
        return SingleColumn(
            message.column_name,
            message.comparator,
            value,
            not message.filter_if_missing,
            message.latest_version_only,
            extraction_rule,
        )

    def _composite(self, data: bytes, depth: int) -> Filter:
        try:
            message = filter_messages.CompositeColumnValueFilter.decode(data)
        except DecodeError as problem:
            raise parameter_invalid("Deserialize composite filter failed.") from problem
        if message.combinator is LogicalOperator.NOT:
            if len(message.sub_filters) != 1:
                raise parameter_invalid("Invalid NOT operator: the number of sub-filters must be 1.")
        elif len(message.sub_filters) < 2:
            raise parameter_invalid("Invalid AND/OR operator: the number of sub-filters must be 2.")
        parts = tuple(self._filter(part, depth + 1) for part in message.sub_filters)
        return Composite(message.combinator, parts)


def _pagination(data: bytes) -> Filter:
    try:
        message = filter_messages.ColumnPaginationFilter.decode(data)
    except DecodeError as problem:
        raise parameter_invalid("Deserialize column pagination filter failed.") from problem
    if message.offset < 0:
        raise parameter_invalid("Offset in ColumnPaginationFilter must be greater than or equal to 0.")
    if message.limit <= 0:
        raise parameter_invalid("Limit in ColumnPaginationFilter must be greater than 0.")
    return ColumnPagination(message.offset, message.limit)


def _extraction(rule: filter_messages.ValueTransferRule | None) -> Extraction | None:
    if rule is None:
        return None
    return extraction(rule.regex, VariantType.STRING if rule.cast_type is None else rule.cast_type)


def _too_many_conditions() -> TableStoreError:
    return parameter_invalid(f"The count of filter exceeds the max: {MAX_CONDITIONS}.")
