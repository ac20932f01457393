"""What a fault is limited to: objects, rows, fine-tunes or URLs, by their names in requests.

:mod:`aliyun_local.control.faults` arms faults for targets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

from aliyun_local.control.errors import ControlError
from aliyun_local.dashscope.http import named_things
from aliyun_local.oss.http import touched_objects
from aliyun_local.oss.http.responses import OssService
from aliyun_local.serving.wire import Request, Service
from aliyun_local.tablestore.http import touched_rows
from aliyun_local.tablestore.http.responses import TablestoreService

_FIELDS = {
    "oss": ("bucket", "key", "prefix"),
    "tablestore": ("table", "partition_key"),
    "dashscope": ("fine_tune_id", "url_part"),
}


@dataclass(frozen=True, kw_only=True)
class Target:
    """The requests that a fault is limited to; what is None limits nothing.

    Attributes:
        bucket: OSS: requests about this bucket or an object in it.
        key: OSS: requests about this object. A copy is about its source too, a processing about its result,
            a deletion of several objects and an upload by a form about each of them.
        prefix: OSS: requests about an object whose key begins so, and listings of it or a longer prefix.
        table: Tablestore: requests about this table or index.
        partition_key: Tablestore: requests about rows whose first primary key column has this value, and
            ranges that such a row may be in.
        fine_tune_id: DashScope: requests with this id in their path.
        url_part: DashScope: requests with this text in their path or query, or in a text of their body, such
            as a URL or the id of a file.
    """

    bucket: str | None = None
    key: str | None = None
    prefix: str | None = None
    table: str | None = None
    partition_key: str | int | bytes | None = None
    fine_tune_id: str | None = None
    url_part: str | None = None

    def as_json(self) -> dict[str, str | int]:
        """Return what limits; bytes as hexadecimal digits."""
        return {name: value.hex() if isinstance(value, bytes) else value for name, value in self._given()}

    def condition(self, service: str, asked: Service) -> Callable[[Request], bool]:
        """Return whether a request to ``asked``, the service of that name, is meant.

        Raises:
            ControlError: something that limits is not of this service.
        """
        known = _FIELDS.get(service, ())
        for name, _ in self._given():
            if name not in known:
                limits = f"can be limited by {', '.join(known)}" if known else "cannot be limited"
                raise ControlError(f"{service} has no {name}; its faults {limits}")

        def is_meant(request: Request) -> bool:
            try:
                return self._is_in(asked, request)
            except Exception:
                return False  # a malformed request is about nothing, and the service refuses it

        return is_meant

    def has_row(self, row: touched_rows.Touched) -> bool:
        """Return whether a row, or a range of rows, is meant."""
        return self.table in (None, row.table) and (self.partition_key is None or row.has(self.partition_key))

    def _given(self) -> Iterator[tuple[str, str | int | bytes]]:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                yield field.name, value

    def _is_in(self, asked: Service, request: Request) -> bool:
        if isinstance(asked, OssService):
            touched = touched_objects.touched_by(request, asked.address(request))
            return any(map(self._has_object, touched))
        if isinstance(asked, TablestoreService):
            return any(map(self.has_row, touched_rows.touched_by(asked.operation(request), request.body)))
        if self.fine_tune_id not in (None, named_things.fine_tune_of(request)):
            return False
        part = self.url_part
        return part is None or any(part in text for text in named_things.texts_of(request))

    def _has_object(self, touched: touched_objects.Touched) -> bool:
        if self.bucket not in (None, touched.bucket):
            return False
        if self.key is not None and (touched.is_listing or touched.key != self.key):
            return False
        return self.prefix is None or touched.key.startswith(self.prefix)
