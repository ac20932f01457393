"""Tablestore's and OSS's far ends: the emulators' state behind the gate, without sockets and SDK codecs.

``shared.clients`` runs unchanged above these: what they would get from an ``OTSClient`` or an OSS bucket they
get here, errors and lost answers in the SDKs' own classes. What was read is remembered until the state
changes: most ticks find nothing to do, and read the same again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any
from urllib.parse import unquote, urlsplit

import tablestore
import urllib3.exceptions

from local.dashscope.fetching import Fetched
from local.oss.errors import OssError
from local.oss.models import ObjectStore
from local.tablestore.errors import TableStoreError
from local.tablestore.filters import SingleColumn
from local.tablestore.messages import Comparator
from local.tablestore.models import TableStore
from local.tablestore.results import Condition
from local.tablestore.values import Cell, Row, RowExistence, Special
from shared.domain.photos import Stored
from shared.errors import NotFound, Permanent, RetryLater
from shared.workflow.ports import Listed
from tests.simulation.dashscope_end import DASHSCOPE as DASHSCOPE
from tests.simulation.gate import Gate, Transport
from tests.simulation.kernel import Run

INSTANCE = "facechain"
BUCKET = "photos"
SIGNATURE = "x-oss-signature=deadbeef"
API_KEY = "sk-simulated-key"

_EXISTENCE = {
    tablestore.RowExistenceExpectation.IGNORE: RowExistence.IGNORE,
    tablestore.RowExistenceExpectation.EXPECT_EXIST: RowExistence.EXPECT_EXIST,
    tablestore.RowExistenceExpectation.EXPECT_NOT_EXIST: RowExistence.EXPECT_NOT_EXIST,
}
_BOUNDS = {id(tablestore.INF_MIN): Special.INF_MIN, id(tablestore.INF_MAX): Special.INF_MAX}


def _ots_error(code: str, status: int) -> Callable[[], Exception]:
    return lambda: tablestore.OTSServiceError(status, code, "simulated", "")


class Remembered:
    """Answers by question, for as long as the state behind them has not changed."""

    def __init__(self, state: ObjectStore | TableStore) -> None:
        self._connection = state._database._connection
        self._changes = -1
        self._answers: dict[Hashable, Any] = {}

    def __call__(self, question: Hashable, ask: Callable[[], Any]) -> Any:
        """Return the answer to ``question``, by ``ask`` unless it is remembered."""
        if self._connection.total_changes != self._changes:
            self._changes = self._connection.total_changes
            self._answers.clear()
        if question not in self._answers:
            self._answers[question] = ask()
        return self._answers[question]


class RememberedRows:
    """The same for one table that is written here and nowhere else: a write to another changes nothing.

    A lagging index changes by itself for ``lag`` milliseconds after a write, so nothing is kept until then.
    """

    def __init__(self, now: Callable[[], int], lag: int) -> None:
        self._now = now
        self._lag = lag
        self._steady_at = 0
        self._answers: dict[Hashable, Any] = {}

    def __call__(self, question: Hashable, ask: Callable[[], Any], *, lags: bool = False) -> Any:
        if lags and self._now() <= self._steady_at:
            return ask()
        if question not in self._answers:
            self._answers[question] = ask()
        return self._answers[question]

    def forget(self) -> None:
        """The table has been written."""
        self._answers.clear()
        self._steady_at = self._now() + self._lag


OTS = Transport(
    no_answer=lambda: urllib3.exceptions.ReadTimeoutError(None, "/", "simulated"),  # type: ignore[arg-type]
    unreachable=lambda: urllib3.exceptions.ProtocolError("simulated"),
    busy=_ots_error("OTSServerBusy", 503),
    error=_ots_error("OTSTimeout", 503),
)


class SimulatedOtsClient:
    """What the production code uses of an ``OTSClient``; ``watch`` sees every row that was written."""

    def __init__(
        self,
        store: TableStore,
        gate: Gate,
        watch: Callable[[str, dict[str, Any] | None, dict[str, Any]], None],
    ) -> None:
        self._store = store
        self._gate = gate
        self._watch = watch
        lag = round(store._lag)
        self._remembered = {
            table: RememberedRows(lambda: gate.kernel.now, lag) for table in ("jobs", "control")
        }
        self.writer: Run | None = None

    def get_row(self, table: str, key: Any, **_: object) -> tuple[None, Any, None]:
        return self._gate("ots", "GetRow", lambda: (None, self._read(table, key), None), OTS)

    def batch_get_row(self, request: Any) -> Any:
        (item,) = request.items.values()
        rows = self._gate(
            "ots",
            "BatchGetRow",
            lambda: [self._read(item.table_name, key) for key in item.primary_keys],
            OTS,
        )
        return _Batch([_Item(row) for row in rows])

    def get_range(
        self,
        table: str,
        direction: str,
        start: Any,
        end: Any,
        columns_to_get: Any = None,
        limit: Any = None,
        **_: Any,
    ) -> tuple[None, Any, list[Any], None]:
        first, last = _key(start), _key(end)
        backward = direction == tablestore.Direction.BACKWARD

        def read() -> tuple[Any, list[Any]]:
            page = self._store.get_range(INSTANCE, table, first, last, backward=backward, limit=limit)
            return page.next_start, [_sdk_row(row) for row in page.rows]

        def recall() -> tuple[None, Any, list[Any], None]:
            question = (table, tuple(first), tuple(last), limit)
            of_jobs = table != "control"
            following, rows = self._remembered["jobs" if of_jobs else table](question, read, lags=of_jobs)
            return None, following, list(rows), None

        return self._gate("ots", f"GetRange {table}", recall, OTS)

    def put_row(self, table: str, row: Any, condition: Any) -> None:
        expected = condition.get_column_condition()
        column = None
        if expected is not None:
            column = SingleColumn(
                expected.get_column_name(), Comparator.EQUAL, expected.get_column_value(), False, True
            )
        wanted = Condition(_EXISTENCE[condition.get_row_existence_expectation()], column)
        cells = [Cell(name, value) for name, value in row.attribute_columns]
        writer = self._gate.kernel.current

        def write() -> None:
            before = self._read(table, row.primary_key)
            self._remembered[table].forget()
            try:
                self._store.put_row(INSTANCE, table, Row(_key(row.primary_key), cells), wanted)
            except TableStoreError as error:
                raise tablestore.OTSServiceError(error.status, error.code, error.message, "") from None
            key = dict(row.primary_key)
            old = None if before is None else key | {cell[0]: cell[1] for cell in before.attribute_columns}
            self.writer = writer
            self._watch(table, old, key | dict(row.attribute_columns))

        self._gate("ots", f"PutRow {table}", write, OTS)

    def _read(self, table: str, key: Any) -> Any:
        def read() -> Any:
            found = self._store.get_row(INSTANCE, table, wanted)
            return None if found.row is None else _sdk_row(found.row)

        wanted = _key(key)
        return self._remembered[table]((table, tuple(wanted)), read)


def _key(key: Any) -> list[tuple[str, Any]]:
    return [(name, _BOUNDS.get(id(value), value)) for name, value in key]


def _sdk_row(row: Row) -> Any:
    return tablestore.Row(list(row.primary_key), [(cell.name, cell.value, 0) for cell in row.cells])


class _Item:
    is_ok = True

    def __init__(self, row: Any) -> None:
        self.row = row


class _Batch:
    def __init__(self, items: list[_Item]) -> None:
        self._items = items

    def get_result_by_table(self, _: str) -> list[_Item]:
        return self._items


OSS = Transport(
    no_answer=lambda: RetryLater("oss_unreachable", "simulated", delay=5),
    unreachable=lambda: RetryLater("oss_unreachable", "simulated", delay=5),
    busy=lambda: RetryLater("QpsLimitExceeded", "simulated", delay=5),
    error=lambda: RetryLater("InternalError", "simulated", delay=5),
)


class SimulatedBucket:
    """The bucket's port. A photo's content begins with ``FACE``, ``VIEW`` (no face) or anything else."""

    name = BUCKET

    def __init__(
        self,
        store: ObjectStore,
        gate: Gate,
        watch: Callable[[str, str], None],
        uploaded: Callable[[str, bytes], None],
    ) -> None:
        """``watch`` sees every document written, and ``uploaded`` stores what is taken out of a zip."""
        self._store = store
        self._gate = gate
        self._watch = watch
        self._uploaded = uploaded
        self._remembered = Remembered(store)

    def _call(self, operation: str, do: Callable[[], Any]) -> Any:
        def translated() -> Any:
            try:
                return do()
            except OssError as error:
                kind = NotFound if error.status == 404 else Permanent
                raise kind(error.code, "simulated") from None

        return self._gate("oss", operation, translated, OSS)

    def stored(self, key: str) -> Stored | None:
        try:
            found = self._call("HeadObject", lambda: self._store.head(BUCKET, key))
        except NotFound:
            return None
        return Stored(etag=found.etag, size=found.size, modified_at=int(found.modified) * 1000)

    def prepare(self, key: str, snapshot: str) -> int:
        def write() -> int:
            assert snapshot.startswith("submissions/"), snapshot
            content = self._store.get(BUCKET, key)[1]
            if not content.startswith((b"FACE", b"VIEW")):
                raise Permanent("InvalidArgument", "not an image")
            try:
                self._store.head(BUCKET, snapshot)
            except OssError:
                self._store.put(BUCKET, snapshot, content)
            else:
                raise AssertionError(f"{snapshot} is rewritten")
            return len(content)

        return self._call("PostObject saveas", write)

    def copy(self, key: str, target: str) -> None:
        def write() -> None:
            assert target.startswith("submissions/"), target
            self._store.put(BUCKET, target, self._store.get(BUCKET, key)[1])

        self._call("CopyObject", write)

    def list_page(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        def recall() -> tuple[list[Listed], str]:
            listed, following = self._remembered((prefix, after, count), read)
            return list(listed), following

        def read() -> tuple[list[Listed], str]:
            page = self._store.list_objects(BUCKET, prefix=prefix, marker=after, limit=count)
            listed = [
                Listed(
                    found.key,
                    Stored(etag=found.etag, size=found.size, modified_at=int(found.modified) * 1000),
                )
                for found in page.rows
            ]
            return listed, page.next_marker

        return self._call("ListObjects", recall)

    def signed_url(self, key: str) -> str:
        return f"https://{BUCKET}.oss-cn-beijing.aliyuncs.com/{key}?{SIGNATURE}"

    def read(self, key: str) -> bytes:
        return self._call("GetObject", lambda: self._store.get(BUCKET, key)[1])

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        def read() -> bytes:
            found, content = self._store.get(BUCKET, key)
            if etag and found.etag != etag:
                raise NotFound("PreconditionFailed", "simulated")
            return content[start : start + count]

        return self._call("GetObject range", read)

    def write(self, key: str, content: bytes) -> None:
        assert key.startswith("people/"), key
        self._call("PutObject upload", lambda: self._uploaded(key, content))

    def write_json(self, key: str, text: str) -> None:
        self._watch(key, text)
        self._call("PutObject", lambda: self._store.put(BUCKET, key, text.encode()))

    def fetch(self, url: str) -> Fetched:
        """What DashScope gets when it downloads ``url``; of others' buckets nothing is known but faces."""
        if not url.startswith(f"https://{BUCKET}."):
            return Fetched(content=b"FACE", content_type="image/jpeg")
        assert SIGNATURE in url, url
        content = self._store.get(BUCKET, unquote(urlsplit(url).path).lstrip("/"))[1]
        return Fetched(content=content, content_type="image/jpeg")
