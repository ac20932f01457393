"""Tablestore and OSS behind the gate: the emulators' state, without sockets and SDK codecs.

``shared.clients`` runs unchanged above these: these answer like an ``OTSClient`` and an OSS bucket, errors
and lost answers in the SDKs' own classes included. Reads are remembered until the state changes: most ticks
find nothing to do and read the same again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import unquote, urlsplit

import oss2
import requests
import tablestore
import urllib3.exceptions

from aliyun_local.dashscope.account.downloads import FILE_FOLDER
from aliyun_local.dashscope.pictures.fetching import Fetched, FetchError
from aliyun_local.oss.errors import OssError
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.oss.state.objects import SYMLINK, Attributes, StoredObject
from aliyun_local.tablestore.codec.filter_messages import Comparator
from aliyun_local.tablestore.codec.values import Cell, OperationType, Row, RowExistence
from aliyun_local.tablestore.errors import TableStoreError
from aliyun_local.tablestore.store.filters import SingleColumn
from aliyun_local.tablestore.store.models import TableStore
from aliyun_local.tablestore.store.writes import Condition, Write
from aliyun_local.template import Table
from shared.clients import preparing
from shared.clients.oss_errors import trouble_of
from shared.domain.difference_hash import HEIGHT, WIDTH
from shared.domain.jpeg import with_orientation
from shared.domain.orientation import turned_as_told
from shared.domain.photos import MAX_SOURCE_BYTES, Stored
from shared.domain.trouble_kinds import Api
from shared.errors import NotFound, Permanent
from shared.workflow.ports import Listed, StartedUpload, Version
from tests.bitmaps import bitmap_of
from tests.simulation.dashscope_end import DASHSCOPE as DASHSCOPE
from tests.simulation.gate import Gate, Transport
from tests.simulation.kernel import Run, Seconds
from tests.simulation.mirror import Mirror
from tests.simulation.standing import Answer

if TYPE_CHECKING:
    from shared.clients.photo_bucket import PhotoBucket

T = TypeVar("T")

INSTANCE = "facechain"
BUCKET = "photos"
SIGNATURE = "x-oss-signature=deadbeef"
API_KEY = "sk-simulated-key"

STORED_FILE = re.compile(r"fat[0-9a-f]{10}_[a-z]+_([0-9a-f]{20}-[0-9]+)_([0-9a-f]+\.jpg)")
SNAPSHOT = re.compile(r"submissions/[^/]+/[0-9a-f]+\.jpg")

_EXISTENCE = {
    tablestore.RowExistenceExpectation.IGNORE: RowExistence.IGNORE,
    tablestore.RowExistenceExpectation.EXPECT_EXIST: RowExistence.EXPECT_EXIST,
    tablestore.RowExistenceExpectation.EXPECT_NOT_EXIST: RowExistence.EXPECT_NOT_EXIST,
}


_CONDITION_FAILED = ("OTSConditionCheckFail", "Condition check failed.")


def _ots_error(code: str, status: int) -> Callable[[], Exception]:
    return lambda: tablestore.OTSServiceError(status, code, "simulated", "")


class Remembered:
    """Answers by question, for as long as the state behind them has not changed."""

    def __init__(self, state: ObjectStore) -> None:
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


_SDK: dict[str, Any] = {"__name__": "tablestore.simulated"}
exec("def surprise(error):\n    raise error", _SDK)
_POOL = urllib3.HTTPConnectionPool("ots")
OTS = Transport(
    no_answer=lambda: urllib3.exceptions.ReadTimeoutError(_POOL, "/", "simulated"),
    unreachable=lambda: urllib3.exceptions.ProtocolError("simulated"),
    busy=_ots_error("OTSServerBusy", 503),
    error=_ots_error("OTSTimeout", 503),
    answered=lambda answer: tablestore.OTSServiceError(answer.status, answer.code, answer.message, ""),
    surprise=_SDK["surprise"],
)


class SimulatedOtsClient:
    """What the production code uses of an ``OTSClient``; ``watch`` sees every row that was written."""

    def __init__(
        self,
        store: TableStore | None,
        tables: Iterable[Table],
        gate: Gate,
        watch: Callable[[str, dict[str, Any] | None, dict[str, Any]], None],
        *,
        index_lag: float = 0.0,
    ) -> None:
        self._store = store
        self._gate = gate
        self._watch = watch
        self._tables = list(tables)
        self._lag = round(index_lag * 1000) if store is None else store._index_lag_ms
        self.writer: Run | None = None
        self.watch_deletion: Callable[[str, dict[str, Any]], None] = lambda _, __: None
        """Sees every row that was deleted, with its table."""
        self.unwritten: set[str] = set()
        """Keys of rows whose last write has failed, or is under way."""
        self.make_anew()

    def make_anew(self) -> None:
        """Make the tables, empty."""
        clock = Seconds(self._gate.kernel)
        self.mirrors = {
            table.name: Mirror(table, lambda: int(clock.now() * 1000), self._lag) for table in self._tables
        }
        # A table and its indexes by their names, as ranges are asked for.
        self._readable = dict(self.mirrors)
        for table in self._tables:
            self._readable |= {index.name: self.mirrors[table.name] for index in table.indexes}

    def get_row(self, table: str, key: Any, **_: object) -> tuple[None, Any, None]:
        return self._gate(
            "ots",
            "GetRow",
            lambda: (None, self.mirrors[table].get(key), None),
            OTS,
            about=partial(_key_text, key),
        )

    def batch_get_row(self, request: Any) -> Any:
        def read() -> dict[str, list[Any]]:
            return {table: self._found(item) for table, item in request.items.items()}

        found = self._gate("ots", f"BatchGetRow {' '.join(request.items)}", read, OTS)
        items = {
            table: [
                BatchItem(row, self._refusal(f"BatchGetRow {table}", key))
                for key, row in zip(request.items[table].primary_keys, rows, strict=True)
            ]
            for table, rows in found.items()
        }
        return Batch(items)

    def _refusal(self, call: str, key: Any) -> Answer | None:
        """Return what one row of a batch is refused with, while the others are not."""
        now, about = self._gate.kernel.now, partial(_key_text, key)
        return self._gate.standings.answer("ots", f"a row of {call}", about, now)

    def _found(self, item: Any) -> list[Any]:
        """Return the rows of one table that a BatchGetRow asks for, with the columns that it asks for."""
        rows = (self.mirrors[item.table_name].get(key) for key in item.primary_keys)
        return [chosen(row, item.columns_to_get) for row in rows]

    def batch_write_row(self, request: Any) -> Any:
        writer = self._gate.kernel.current
        ((table, item),) = request.items.items()

        def write() -> list[BatchItem]:
            return self._write_each(table, item.row_items, writer)

        about = partial(_key_text, item.row_items[0].row.primary_key)
        return Batch({table: self._gate("ots", f"BatchWriteRow {table}", write, OTS, about=about)})

    def _write_each(self, table: str, items: Sequence[Any], writer: Run) -> list[BatchItem]:
        return [self._write_item(table, one, writer) for one in items]

    def _write_item(self, table: str, item: Any, writer: Run) -> BatchItem:
        refusal = self._refusal(f"BatchWriteRow {table}", item.row.primary_key)
        if refusal is None and isinstance(item, tablestore.DeleteRowItem):
            self._delete(table, item.row, item.condition)
        elif refusal is None:
            self._write(table, item.row, item.condition, writer)
        return BatchItem(None, refusal)

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
        backward = direction == tablestore.Direction.BACKWARD

        def read() -> tuple[None, Any, list[Any], None]:
            following, rows = self._readable[table].range(table, start, end, backward=backward, limit=limit)
            return None, following, rows, None

        return self._gate("ots", f"GetRange {table}", read, OTS, about=partial(_key_text, start))

    def put_row(self, table: str, row: Any, condition: Any) -> None:
        writer = self._gate.kernel.current
        # No row is forgotten here for its age: the moment from which that counts is left out.
        row = tablestore.Row(row.primary_key, [cell[:2] for cell in row.attribute_columns])
        key = _key_text(row.primary_key)
        self.unwritten.add(key)
        self._gate(
            "ots",
            f"PutRow {table}",
            lambda: self._write(table, row, condition, writer),
            OTS,
            about=lambda: key,
        )
        self.unwritten.discard(key)

    def delete_row(self, table: str, row: Any, condition: Any) -> None:
        self._gate(
            "ots",
            f"DeleteRow {table}",
            lambda: self._delete(table, row, condition),
            OTS,
            about=partial(_key_text, row.primary_key),
        )

    def _delete(self, table: str, row: Any, condition: Any) -> None:
        mirror = self.mirrors[table]
        is_allowed = mirror.allows(row.primary_key, condition)
        if self._store is not None and is_allowed:
            self._store.write_row(
                INSTANCE, table, Write(OperationType.DELETE, Row(row.primary_key, [], delete_marker=True))
            )
        if not is_allowed:
            raise _condition_failed()
        before = mirror.columns(row.primary_key)
        mirror.deleted(row.primary_key)
        if before is not None:
            self.watch_deletion(table, before)

    def _write(self, table: str, row: Any, condition: Any, writer: Run) -> None:
        mirror = self.mirrors[table]
        is_allowed = mirror.allows(row.primary_key, condition)
        if self._store is not None:
            self._put_into_store(self._store, table, row, condition, is_allowed=is_allowed)
        if not is_allowed:
            raise _condition_failed()
        before, after = mirror.columns(row.primary_key), dict([*row.primary_key, *row.attribute_columns])
        mirror.written(row.primary_key, after)
        self.writer = writer
        self._watch(table, before, after)

    def write_beside(self, table: str, key: list[tuple[str, Any]], columns: dict[str, Any]) -> None:
        """Write a row as a function does that no run of the simulation plays."""
        cells = [Cell(name, value) for name, value in columns.items()]
        if self._store is not None:
            self._store.put_row(INSTANCE, table, Row(key, cells), Condition(RowExistence.IGNORE, None))
        self.mirrors[table].written(key, {**dict(key), **columns})

    @staticmethod
    def _put_into_store(store: TableStore, table: str, row: Any, condition: Any, *, is_allowed: bool) -> None:
        """Have the emulator write the row; it has to say the same of the condition."""
        expected = condition.column_condition
        column = None
        if expected is not None:
            column = SingleColumn(
                expected.get_column_name(), Comparator.EQUAL, expected.get_column_value(), False, True
            )
        wanted = Condition(_EXISTENCE[condition.get_row_existence_expectation()], column)
        cells = [Cell(name, value) for name, value in row.attribute_columns]
        said = None
        try:
            store.put_row(INSTANCE, table, Row(row.primary_key, cells), wanted)
        except TableStoreError as error:
            said = (error.code, error.message)
        own = None if is_allowed else _CONDITION_FAILED
        assert said == own, f"the emulator says {said} of a row of {table}, and not {own}"


def _key_text(key: Any) -> str:
    """A primary key as one text, for troubles that strike one partition."""
    return " ".join(str(value) for _, value in key)


def _condition_failed() -> tablestore.OTSServiceError:
    # Made where it is raised: one that a variable has holds its frame, and that all of the run's work.
    return tablestore.OTSServiceError(403, *_CONDITION_FAILED, "")


def chosen(row: Any, names: Sequence[str] | None) -> Any:
    """Return a row of the SDK's with these columns alone; one without any of them is not there."""
    if row is None or not names:
        return row
    cells = [cell for cell in row.attribute_columns if cell[0] in names]
    return tablestore.Row(row.primary_key, cells) if cells else None


A_ROW_OF_JOBS = "a row of BatchGetRow jobs"
"""What troubles call one row of a batch, which may be refused while the others are not."""


class BatchItem:
    """A row of a batch's answer, as far as the production code reads it."""

    def __init__(self, row: Any, refusal: Answer | None = None) -> None:
        self.row = row
        self.is_ok = refusal is None
        self.error_code = refusal.code if refusal else ""
        self.error_message = refusal.message if refusal else ""


class Batch:
    """The answer of a batch, by table."""

    def __init__(self, items: dict[str, list[BatchItem]]) -> None:
        self._items = items

    def get_result_by_table(self, table: str) -> list[BatchItem]:
        return self._items[table]

    get_put_by_table = get_delete_by_table = get_result_by_table


def _oss_error(status: int, code: str, message: str) -> Exception:
    """An error answer, as the SDK raises it."""
    details = {"Code": code, "Message": message}
    error: Exception = oss2.exceptions.ServerError(status, {"x-oss-request-id": "simulated"}, b"", details)
    return error


OSS = Transport(
    no_answer=lambda: oss2.exceptions.RequestError(requests.ReadTimeout("simulated")),
    unreachable=lambda: oss2.exceptions.RequestError(requests.ConnectionError("simulated")),
    busy=lambda: _oss_error(429, "QpsLimitExceeded", "simulated"),
    error=lambda: _oss_error(500, "InternalError", "simulated"),
    answered=lambda answer: _oss_error(answer.status, answer.code, answer.message),
)


def _stored(found: StoredObject) -> Stored:
    """An object as a listing shows it: without its CRC-64."""
    return Stored(
        etag=found.etag,
        size=found.size,
        modified_at=int(found.modified_at) * 1000,
        is_link=found.kind == SYMLINK,
        is_appendable=found.kind == "Appendable",
    )


def listed(found: StoredObject) -> Listed:
    """Return an object as an entry of a listing."""
    return Listed(found.key, _stored(found))


TAKEN_FROM = "x-oss-meta-taken-from"
METADATA = b"with a place"
"""In the content of a photo: OSS leaves in its snapshot where it was taken."""
TURNED, MIRRORED = b"held sideways", b"in a mirror"
"""In the content of a large photo, which OSS does not turn upright by itself."""
MIRRORED_ORIENTATION = 7
BURST = re.compile(rb"(?P<burst>burst [^ ]+) (?P<number>\d+)")
"""In the content of a photo: it is a frame of a burst, and looks nearly like the others of it."""
UPRIGHT_AT = re.compile(rb"upright at (?P<degrees>\d+)")
"""In the content of a photo without a face: turned by so many degrees it shows one."""
AS_STORED = "-as-stored.jpg"
"""The end of the key of a mirrored photo that is still to be turned."""
_SOI, _SOS, _EOI = b"\xff\xd8", b"\xff\xda\x00\x02", b"\xff\xd9"
_EXIF = b"\xff\xe1\x00\x08Exif\x00\x00"


def _is_turned(content: bytes) -> bool:
    return TURNED in content or MIRRORED in content


def _as_photo(content: bytes) -> bytes:
    """An upload as the file that its content stands for, where that tells anything."""
    if not _is_turned(content):
        return content
    return with_orientation(_SOI + _SOS + content + _EOI, 6 if TURNED in content else MIRRORED_ORIENTATION)


class _OnePhoto:
    """The bucket for the preparation of one photo, of which only the content with ``etag`` is meant."""

    def __init__(self, bucket: SimulatedBucket, key: str, etag: str) -> None:
        self._bucket, self._key, self._etag = bucket, key, etag
        self.read_range, self.read = bucket.read_range, bucket.read
        self.write, self.delete = bucket.write, bucket.delete

    def now(self) -> float:
        return 0

    def process(self, key: str, instructions: str, target: str) -> int:
        etag = self._etag if key == self._key else ""
        return self._bucket.process(key, instructions, target, etag=etag)


class SimulatedBucket:
    """The bucket's port. A photo's content begins with ``FACE``, ``VIEW`` (no face) or anything else."""

    name = BUCKET

    def __init__(
        self,
        store: ObjectStore,
        gate: Gate,
        watch: Callable[[str, str], None],
        uploaded: Callable[[str, bytes, str], None],
        stored_with_dashscope: Callable[[str], bytes],
    ) -> None:
        """``watch`` sees every document written, and ``uploaded`` stores what is taken out of a zip.

        ``stored_with_dashscope`` reads from DashScope's file service.
        """
        self.watch_deletion: Callable[[StoredObject, Run], None] | None = None
        self.watch_portrait: Callable[[str, bytes], None] = lambda _, __: None
        """Sees an object that a run deletes, and the run."""
        self.page_of: Callable[[str, str, int], tuple[list[Listed], str]] = self._page_of
        """Returns a page of a listing, with the key after which the next one begins."""
        self.account = "old"
        self._stored_with_dashscope = stored_with_dashscope
        self._store = store
        self._gate = gate
        self._watch = watch
        self._uploaded = uploaded
        self._remembered = Remembered(store)
        self._origins: dict[str, str] = {}
        self._cleaned: set[str] = set()
        self._oriented: set[str] = set()

    def told_of(self, text: str) -> str:
        """Return ``text`` with the uploads that its snapshots were made from: they are meant as well."""
        stored = [f"submissions/{job}/{name}" for job, name in STORED_FILE.findall(text)]
        origins = (self._origins.get(key, "") for key in [*SNAPSHOT.findall(text), *stored])
        return " ".join([text, *stored, *origins])

    def _call(self, api: Api, operation: str, about: str, do: Callable[[], T]) -> T:
        """Make a call; its errors become troubles as in production (:mod:`shared.clients.oss_errors`)."""
        try:
            return self._gate("oss", operation, do, OSS, about=partial(self.told_of, about))
        except OssError as error:
            raise trouble_of(api, _oss_error(error.status, error.code, error.message)) from None
        except Exception as error:
            raise trouble_of(api, error) from None

    def stored(self, key: str) -> Stored | None:
        try:
            found = self._call(Api.READING, "HeadObject", key, lambda: self._store.head(BUCKET, key))
        except NotFound:
            return None
        # A listing has neither its CRC-64 nor its metadata.
        return replace(
            _stored(found),
            crc64="" if found.kind == SYMLINK else str(found.crc),
            taken_from=found.attributes.headers.get(TAKEN_FROM, ""),
        )

    def prepare(self, key: str, snapshot: str, etag: str = "") -> int:
        # The way of the product itself, over the calls below.
        return preparing.prepare(cast("PhotoBucket", _OnePhoto(self, key, etag)), key, snapshot, etag)

    def process(self, key: str, instructions: str, target: str, *, etag: str = "") -> int:
        def write() -> int:
            assert target.startswith("submissions/"), target
            found, content = self._store.get(BUCKET, key)
            if etag and (found.kind == SYMLINK or found.etag != etag):
                raise OssError(412, "PreconditionFailed", "simulated")
            if not content.startswith((b"FACE", b"VIEW")):
                raise OssError(400, "BadRequest", "This image format is not supported.")
            if key.startswith("people/") and _is_turned(content) and instructions == preparing.PREPARE:
                message = "Picture exceed the maximum allowable rotation range"
                raise OssError(400, "BadRequest", message)
            is_small = key.endswith(AS_STORED)
            assert not is_small or key in self._oriented, f"{key} does not say how it is turned"
            try:
                self._store.head(BUCKET, target)
            except OssError:
                self._store.put(BUCKET, target, content)
                self._origins[target] = key
            else:
                raise AssertionError(f"{target} is rewritten")
            return len(content)

        return self._call(Api.PROCESSING, "PostObject saveas", key, write)

    def turn(self, key: str, degrees: int, target: str) -> None:
        def write() -> None:
            assert target.startswith("submissions/"), target
            content = self._read(key)[1]
            found = UPRIGHT_AT.search(content)
            is_upright = found is not None and int(found["degrees"]) == degrees
            self._store.put(BUCKET, target, b"FACE" + content[4:] if is_upright else content)
            self._origins[target] = self._origins.get(key, "")
            if key in self._cleaned:
                self._cleaned.add(target)

        self._call(Api.PROCESSING, "PostObject turn", key, write)

    def bitmap(self, key: str, width: int, height: int) -> bytes:
        def read() -> bytes:
            assert (width, height) == (WIDTH, HEIGHT)
            content = self._read(key)[1]
            frame = BURST.search(content)
            return bitmap_of(frame["burst"], int(frame["number"])) if frame else bitmap_of(content)

        return self._call(Api.PROCESSING, "GetObject bitmap", key, read)

    def processed(self, key: str, instructions: str, most_bytes: int) -> bytes:
        def read() -> bytes:
            assert instructions.startswith("image/watermark,"), instructions
            content = self._read(key)[1]
            assert len(content) <= most_bytes, key
            return content

        return self._call(Api.PROCESSING, "GetObject labelled", key, read)

    def copy(self, key: str, target: str) -> None:
        def write() -> None:
            assert target.startswith("submissions/"), target
            self._store.put(BUCKET, target, self._read(key)[1])
            self._origins[target] = self._origins.get(key, "")
            if key in self._cleaned:
                self._cleaned.add(target)

        self._call(Api.WRITING, "CopyObject", key, write)

    def list_page(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        def recall() -> tuple[list[Listed], str]:
            entries, following = self._remembered(
                (prefix, after, count), lambda: self.page_of(prefix, after, count)
            )
            return list(entries), following

        return self._call(Api.LISTING, "ListObjects", prefix, recall)

    def _page_of(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        page = self._store.list_objects(BUCKET, prefix=prefix, marker=after, limit=count)
        return [listed(found) for found in page.rows], page.next_marker

    def list_folders(self, prefix: str, after: str, count: int) -> tuple[list[str], str]:
        def read() -> tuple[list[str], str]:
            page = self._store.list_objects(BUCKET, prefix=prefix, delimiter="/", marker=after, limit=count)
            return [name for name in page.common_prefixes if name > after], page.next_marker

        return self._call(Api.LISTING, "ListObjects folders", prefix, read)

    def signed_url(self, key: str) -> str:
        host = self.door if self.account == "domain" else f"{BUCKET}.{self.door}"
        return f"https://{host}/{key}?{SIGNATURE}"

    @property
    def door(self) -> str:
        """The host that signed URLs lead to, without the bucket."""
        return "photos.example.com" if self.account == "domain" else "oss-cn-beijing.aliyuncs.com"

    def read(self, key: str, max_bytes: int = MAX_SOURCE_BYTES) -> bytes:
        content = self._call(Api.READING, "GetObject", key, lambda: self._read(key)[1])
        if self._carries_metadata(key, content) or key.endswith(AS_STORED):
            content = self._as_jpeg(key, content)
        if len(content) > max_bytes:
            raise Permanent("object_too_large", "simulated", api=Api.READING)
        return content

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        def read() -> bytes:
            found, content = self._read(key)
            if etag and found.etag != etag:
                raise OssError(412, "PreconditionFailed", "simulated")
            if key.startswith("people/"):
                # Who asks for as much as was listed copies it.
                whole = content if etag and count == len(content) else _as_photo(content)
            else:
                whole = content if etag else self._as_jpeg(key, content)
            return whole[start : start + count]

        return self._call(Api.READING, "GetObject range", key, read)

    def write(self, key: str, content: bytes, *, taken_from: str = "") -> None:
        if key.endswith(AS_STORED):
            self._call(Api.WRITING, "PutObject snapshot", key, lambda: self._put_oriented(key, content))
            return
        if ".portrait." in key:
            self._call(Api.WRITING, "PutObject picture", key, lambda: self._store.put(BUCKET, key, content))
            return
        if key.startswith("submissions/") and not key.startswith("submissions/probe/"):
            self._call(Api.WRITING, "PutObject snapshot", key, lambda: self._put_cleaned(key, content))
            return
        if key.startswith("exports/"):
            self._watch(key, content.decode("utf-8"))
            self._call(Api.WRITING, "PutObject progress", key, lambda: self._store.put(BUCKET, key, content))
            return
        if key.startswith("submissions/probe/"):
            self._call(Api.WRITING, "PutObject", key, lambda: self._store.put(BUCKET, key, b"VIEW probe"))
            return
        if key.startswith("results/"):
            self.watch_portrait(key, content)
            self._call(Api.WRITING, "PutObject portrait", key, lambda: self._store.put(BUCKET, key, content))
            return
        assert key.startswith("people/"), key
        self._call(Api.WRITING, "PutObject upload", key, lambda: self._uploaded(key, content, taken_from))

    def delete(self, key: str) -> None:
        run = self._gate.kernel.current

        def remove() -> None:
            found = self._store.list_objects(BUCKET, prefix=key, limit=1).rows
            if self.watch_deletion is not None and found and found[0].key == key:
                self.watch_deletion(found[0], run)
            self._store.delete(BUCKET, key)

        self._call(Api.WRITING, "DeleteObject", key, remove)

    def is_versioned(self) -> bool:
        return self._call(Api.LISTING, "GetBucketVersioning", "", lambda: False)

    def versions_page(self, prefix: str, after: Version | None) -> tuple[list[Version], Version | None]:
        raise AssertionError("the bucket keeps no versions")

    def delete_version(self, version: Version) -> None:
        raise AssertionError("the bucket keeps no versions")

    def begin_upload(self, key: str, content_type: str) -> str:
        assert key.startswith("exports/"), key
        attributes = Attributes(headers={"content-type": content_type})

        def begin() -> str:
            return self._store.uploads.start(BUCKET, key, attributes).id

        return self._call(Api.WRITING, "InitiateMultipartUpload", key, begin)

    def upload_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        def put() -> str:
            upload = self._store.uploads.find(BUCKET, key, upload_id)
            return self._store.uploads.put_part(upload, number, content).etag

        return self._call(Api.WRITING, "UploadPart", key, put)

    def complete_upload(self, key: str, upload_id: str, etags: Sequence[str]) -> None:
        def complete() -> None:
            upload = self._store.uploads.find(BUCKET, key, upload_id)
            self._store.uploads.complete(upload, [*enumerate(etags, 1)])

        self._call(Api.WRITING, "CompleteMultipartUpload", key, complete)

    def abort_upload(self, key: str, upload_id: str) -> None:
        def abort() -> None:
            with suppress(OssError):
                self._store.uploads.abort(self._store.uploads.find(BUCKET, key, upload_id))

        self._call(Api.WRITING, "AbortMultipartUpload", key, abort)

    def uploads_page(
        self, prefix: str, after: StartedUpload | None
    ) -> tuple[list[StartedUpload], StartedUpload | None]:
        def read() -> list[StartedUpload]:
            page = self._store.uploads.list_uploads(BUCKET, prefix=prefix)
            return [StartedUpload(one.key, one.id, int(one.started_at) * 1000) for one in page.rows]

        return self._call(Api.LISTING, "ListMultipartUploads", prefix, read), None

    def _carries_metadata(self, key: str, content: bytes) -> bool:
        return key in self._origins and METADATA in content and key not in self._cleaned

    def _as_jpeg(self, key: str, content: bytes) -> bytes:
        """A snapshot as the JPEG that its content stands for; anything else as it is."""
        if key not in self._origins:
            return content
        return _SOI + (_EXIF if self._carries_metadata(key, content) else b"") + _SOS + content + _EOI

    def _put_oriented(self, key: str, content: bytes) -> None:
        told = turned_as_told(content)
        assert told is not None, key
        assert told.orientation == MIRRORED_ORIENTATION, key
        self._oriented.add(key)

    def _put_cleaned(self, key: str, content: bytes) -> None:
        assert _EXIF not in content, key
        self._store.put(BUCKET, key, content[len(_SOI + _SOS) : -len(_EOI)])
        self._cleaned.add(key)
        self._origins[key] = ""

    def write_json(self, key: str, text: str) -> None:
        self._watch(key, text)
        self._call(Api.WRITING, "PutObject", key, lambda: self._store.put(BUCKET, key, text.encode()))

    def _read(self, key: str) -> tuple[StoredObject, bytes]:
        """An object with its bytes; a link is none, as in production."""
        found, content = self._store.get(BUCKET, key)
        if found.kind == SYMLINK:
            raise OssError(412, "PreconditionFailed", "simulated")
        return found, content

    def fetch(self, url: str) -> Fetched:
        """What DashScope gets when it downloads ``url``; of others' buckets nothing is known but faces."""
        place = urlsplit(url)
        if place.path.startswith(FILE_FOLDER):
            content = self._stored_with_dashscope(place.path.split("/")[-2])
            return Fetched(content=content, content_type="image/jpeg")
        if place.hostname not in (self.door, f"{BUCKET}.oss-cn-beijing.aliyuncs.com"):
            return Fetched(content=b"FACE", content_type="image/jpeg")
        assert SIGNATURE in url, url
        if self.account == "today":
            raise FetchError("answered 400")
        key = unquote(urlsplit(url).path).lstrip("/")
        content = self._store.get(BUCKET, key)[1]
        assert not self._carries_metadata(key, content), f"{key} leaves the account with its metadata"
        return Fetched(content=content, content_type="image/jpeg")
