"""PutLogs: what clients append to a Logstore is found there, all of a group or nothing of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import zlib
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.log_service.entries import LogEntries
from aliyun_local.log_service.http.responses import LogService
from aliyun_local.log_service.queries import parse
from aliyun_local.serving.wire import Headers, Request, Response

NOW = 1_780_000_000
KEY, SECRET = "LTAIlocal", "the-secret"
FIXED_32 = b"\x25\x00\x00\x00\x00"
"""``Time_ns`` of a log, which a client may send and this cloud does not keep."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def service(clock: ManualClock) -> Iterator[LogService]:
    keys = AccessKeys(clock)
    keys.add(KEY, SECRET)
    entries = LogEntries(None, clock)
    entries.create_logstore("project", "audit", days=180)
    yield LogService(entries, keys, clock)
    entries.close()


def piece(number: int, content: bytes) -> bytes:
    """A field with a length, in Protocol Buffers; written here, not by the code under test."""
    assert len(content) < 2**14
    length = (
        bytes([len(content)])
        if len(content) < 128
        else bytes([len(content) % 128 + 128, len(content) // 128])
    )
    return bytes([number * 8 + 2]) + length + content


def varint(value: int) -> bytes:
    digits = bytearray()
    while value > 127:
        digits.append(value % 128 + 128)
        value //= 128
    return bytes([*digits, value])


def group(*logs: tuple[int, dict[str, str]], topic: str = "audit") -> bytes:
    made = b""
    for at, texts in logs:
        contents = b"".join(
            piece(2, piece(1, name.encode()) + piece(2, text.encode())) for name, text in texts.items()
        )
        made += piece(1, b"\x08" + varint(at) + contents + FIXED_32)
    return made + piece(3, topic.encode()) + piece(4, b"10.0.0.1")


def put(
    service: LogService,
    body: bytes,
    *,
    path: str = "/logstores/audit/shards/lb",
    host: str = "project.cn-beijing.log.aliyuncs.com",
    compression: str = "",
    size: int | None = None,
    md5: str | None = None,
    kind: str = "application/x-protobuf",
) -> Response:
    sent = zlib.compress(body) if compression == "deflate" else body
    headers = {
        "x-log-apiversion": "0.6.0",
        "x-log-bodyrawsize": str(len(body) if size is None else size),
        "x-log-signaturemethod": "hmac-sha1",
        **({"x-log-compresstype": compression} if compression else {}),
    }
    digest = hashlib.md5(sent).hexdigest().upper() if md5 is None else md5
    date = formatdate(NOW, usegmt=True)
    canonical = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    text = f"POST\n{digest}\n{kind}\n{date}\n{canonical}{path}"
    signature = base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha1).digest()).decode()
    headers |= {"content-md5": digest, "content-type": kind, "date": date}
    headers["authorization"] = f"LOG {KEY}:{signature}"
    request = Request(
        method="POST", host=host, raw_path=path, raw_query="", headers=Headers(headers), body=sent
    )
    assert service.operation(request) == "PutLogs"
    return service.handle(request)


def found(service: LogService, since: int = 0, until: int = 2**40) -> list[dict[str, str]]:
    entries = service._entries.search(
        "project", "audit", parse("*"), since=since, until=until, newest_first=False
    )
    return [entry.as_json() for entry in entries]


def error(answer: Response) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["errorCode"]


@pytest.mark.parametrize("compression", ["", "deflate"])
@pytest.mark.parametrize("path", ["/logstores/audit/shards/lb", "/logstores/audit"])
def test_what_is_put_is_found_with_its_own_time(service: LogService, compression: str, path: str) -> None:
    body = group((NOW - 60, {"action": "cancel", "by": "王"}), (NOW - 30, {"action": "x" * 300}))
    answer = put(service, body, compression=compression, path=path)
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["x-log-requestid"]
    first, second = found(service)
    assert first == {
        "__time__": str(NOW - 60),
        "__source__": "",
        "__topic__": "audit",
        "action": "cancel",
        "by": "王",
    }
    assert second["action"] == "x" * 300


def test_what_is_put_twice_stands_there_twice(service: LogService) -> None:
    body = group((NOW, {"record_id": "1"}))
    put(service, body)
    put(service, body)
    assert [entry["record_id"] for entry in found(service)] == ["1", "1"]


@pytest.mark.parametrize("at", [NOW - 7 * 86_400 - 1, NOW + 15 * 60 + 1])
def test_one_entry_of_a_wrong_time_refuses_them_all(service: LogService, at: int) -> None:
    answer = put(service, group((NOW, {"a": "b"}), (at, {"a": "b"})))
    assert error(answer) == (400, "InvalidTimestamp")
    assert found(service) == []


@pytest.mark.parametrize("at", [NOW - 7 * 86_400, NOW + 15 * 60])
def test_the_span_of_times_that_are_taken_is_the_documented_one(service: LogService, at: int) -> None:
    assert put(service, group((at, {"a": "b"}))).status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\x0a\x7f", "PostBodyInvalid"),
        (b"\x0a", "PostBodyInvalid"),
        (b"\x0b", "PostBodyInvalid"),
        (b"\x08\x01", "PostBodyInvalid"),
        (b"\xff" * 11, "PostBodyInvalid"),
        (piece(1, piece(2, piece(1, b"a") + piece(2, b"b"))), "PostBodyInvalid"),
        (piece(1, b"\x08\x01" + piece(2, piece(1, b"a"))), "PostBodyInvalid"),
        (piece(1, b"\x08" + varint(NOW) + piece(2, piece(1, b"a") + piece(2, b"\xff"))), "InvalidEncoding"),
        (piece(1, b"\x08" + varint(NOW)) * 4097, "PostBodyTooLarge"),
    ],
)
def test_what_is_no_log_group_is_refused(service: LogService, body: bytes, code: str) -> None:
    if body == b"\x08\x01":
        body = piece(1, b"\x0d\x00\x00\x00\x00")
    assert error(put(service, body)) == (400, code)
    assert found(service) == []


def test_headers_that_do_not_fit_the_body_are_refused(service: LogService) -> None:
    body = group((NOW, {"a": "b"}))
    assert error(put(service, body, md5="0" * 32)) == (400, "InvalidContentMD5")
    assert error(put(service, body, size=1)) == (400, "InvalidBodyRawSize")
    assert error(put(service, body, kind="application/json")) == (400, "InvalidContentType")
    assert error(put(service, body, compression="lz4")) == (400, "ParameterInvalid")
    assert found(service) == []


def test_nothing_is_put_where_there_is_no_logstore(service: LogService) -> None:
    body = group((NOW, {"a": "b"}))
    other = put(service, body, path="/logstores/other/shards/lb")
    assert error(other) == (404, "LogStoreNotExist")
    assert error(put(service, body, host="other.log.aliyuncs.com")) == (404, "ProjectNotExist")


def test_each_logstore_keeps_its_entries_for_as_long_as_it_says(
    service: LogService, clock: ManualClock
) -> None:
    service._entries.create_logstore("project", "functions")
    service._entries.append("project", "functions", "", {"message": "a"})
    put(service, group((NOW, {"a": "b"})))
    clock.advance(31 * 86_400)
    assert len(found(service)) == 1
    lines = service._entries.search(
        "project", "functions", parse("*"), since=0, until=2**40, newest_first=False
    )
    assert list(lines) == []
    clock.advance(150 * 86_400)
    assert found(service) == []
