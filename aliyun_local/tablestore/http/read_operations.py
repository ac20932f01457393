"""The operations that read rows, each from the decoded request to the answer.

``responses`` finds them in :data:`.operations.OPERATIONS`.
"""

from __future__ import annotations

from aliyun_local.tablestore.codec import row_messages
from aliyun_local.tablestore.codec.plainbuffer import decode_primary_key, encode_primary_key, encode_rows
from aliyun_local.tablestore.codec.protobuf import Message
from aliyun_local.tablestore.errors import invalid_column_name, parameter_invalid
from aliyun_local.tablestore.http.answers import batch, consumed, row_in_batch
from aliyun_local.tablestore.http.filters import parse_filter
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.results import Found
from aliyun_local.tablestore.store.schema import is_name
from aliyun_local.tablestore.store.selection import Selection

MAX_COLUMNS_TO_GET = 128


def get_row(store: TableStore, instance: str, request: row_messages.GetRowRequest) -> Message:
    """GetRow."""
    _refuse_token(request.token)
    primary_key = decode_primary_key(request.primary_key)
    found = store.get_row(
        instance, request.table_name, primary_key, _selection(request), transaction_id=request.transaction_id
    )
    return row_messages.GetRowResponse(consumed=consumed(found.consumed), row=_found_row(found))


def batch_get_row(store: TableStore, instance: str, request: row_messages.BatchGetRowRequest) -> Message:
    """BatchGetRow."""
    tables = []
    for table in request.tables:
        for token in table.token:
            _refuse_token(token)
        keys = [decode_primary_key(key) for key in table.primary_key]
        tables.append((table.table_name, keys, _selection(table)))
    results = store.batch_get_row(instance, tables)
    return batch(
        (table.table_name, [row_in_batch(result, _found_row) for result in of_table])
        for table, of_table in zip(request.tables, results, strict=True)
    )


def get_range(store: TableStore, instance: str, request: row_messages.GetRangeRequest) -> Message:
    """GetRange."""
    _refuse_token(request.token)
    page = store.get_range(
        instance,
        request.table_name,
        decode_primary_key(request.inclusive_start_primary_key),
        decode_primary_key(request.exclusive_end_primary_key),
        backward=request.direction is row_messages.Direction.BACKWARD,
        limit=request.limit,
        selection=_selection(request),
        transaction_id=request.transaction_id,
    )
    return row_messages.GetRangeResponse(
        consumed=consumed(page.consumed),
        rows=encode_rows((row.primary_key, row.cells) for row in page.rows),
        next_start_primary_key=None if page.next_start is None else encode_primary_key(page.next_start),
    )


def _selection(
    request: row_messages.GetRowRequest
    | row_messages.GetRangeRequest
    | row_messages.TableInBatchGetRowRequest,
) -> Selection:
    count = len(request.columns_to_get)
    if count > MAX_COLUMNS_TO_GET:
        raise parameter_invalid(
            f"The number of columns from the request exceeds the limit, limit count: {MAX_COLUMNS_TO_GET}, "
            f"column count: {count}."
        )
    for name in request.columns_to_get:
        if not is_name(name):
            raise invalid_column_name(name)
    if request.max_versions is None and request.time_range is None:
        in_batch = isinstance(request, row_messages.TableInBatchGetRowRequest)
        raise parameter_invalid(
            f"No version condition is specified{' while querying row' if in_batch else ''}."
        )
    if request.max_versions is not None and request.max_versions <= 0:
        raise parameter_invalid(
            f"Invalid max versions: {request.max_versions}. Reason: Max versions must be positive."
        )
    return Selection(
        columns=tuple(request.columns_to_get),
        start_column=request.start_column,
        end_column=request.end_column,
        time_range_ms=_time_range_ms(request.time_range),
        max_versions=request.max_versions,
        filter=parse_filter(request.filter),
    )


def _time_range_ms(given: row_messages.TimeRange | None) -> tuple[int, int] | None:
    if given is None:
        return None
    start, end, specific = given.start_time, given.end_time, given.specific_time
    if specific is not None:
        if start is not None or end is not None:
            raise parameter_invalid("Specific tiemstamp and time range cannot be given at the same time.")
        if specific < 0:
            raise parameter_invalid("Specific timestamp cannot be less than 0.")
        return specific, specific + 1
    if start is None or end is None:
        raise parameter_invalid("Start and end time must be given at the same time.")
    if start < 0 or end < 0:
        raise parameter_invalid("Timestamp must be in range [0, INT64_MAX/1000).")
    return start, end


def _found_row(found: Found) -> bytes:
    return encode_rows([(found.row.primary_key, found.row.cells)] if found.row else [])


def _refuse_token(token: bytes | None) -> None:
    if token:
        raise parameter_invalid("Invalid token.")
