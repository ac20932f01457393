"""Log groups as PutLogs brings them: compressed or not, in Protocol Buffers ("Data encoding").

``responses`` reads them with this. A field that is not known is overlooked, as Protocol Buffers has it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator

from aliyun_local.log_service.entries import Entry
from aliyun_local.log_service.errors import (
    LogServiceError,
    invalid_encoding,
    parameter_invalid,
    post_body_invalid,
    post_body_too_large,
)
from aliyun_local.serving.wire import Request

MOST_ENTRIES, MOST_BYTES = 4096, 10 * 1024 * 1024
_VARINT, _FIXED_64, _LENGTH, _FIXED_32 = 0, 1, 2, 5


def content_of(request: Request) -> bytes:
    """Return the log group of a request as it was before it was compressed.

    Raises:
        LogServiceError: its kind, its digest or its size is not what the headers say.
    """
    headers, body = request.headers, request.body
    if headers.get("content-type", "") != "application/x-protobuf":
        raise LogServiceError(400, "InvalidContentType", "Content-Type must be application/x-protobuf")
    if headers.get("content-md5", "") != hashlib.md5(body, usedforsecurity=False).hexdigest().upper():
        raise LogServiceError(400, "InvalidContentMD5", "Content-MD5 is not that of the body")
    compression = headers.get("x-log-compresstype", "")
    if compression == "deflate":
        try:
            body = zlib.decompressobj().decompress(body, MOST_BYTES + 1)
        except zlib.error:
            raise LogServiceError(400, "PostBodyUncompressError", "Failed to decompress logs") from None
    elif compression:
        raise parameter_invalid(
            f"the local cloud does not decompress {compression}; send deflate, or nothing"
        )
    if len(body) > MOST_BYTES:
        raise post_body_too_large(f"Logs must be less than {MOST_BYTES} bytes")
    if headers.get("x-log-bodyrawsize", "") != str(len(body)):
        raise LogServiceError(400, "InvalidBodyRawSize", "x-log-bodyrawsize is not the size of the logs")
    return body


def log_group(content: bytes) -> list[Entry]:
    """Return the entries of a log group.

    Raises:
        LogServiceError: it is none, or has more entries than the service takes.
    """
    topic, logs = "", []
    for number, value in _fields(content):
        if number == 1:
            logs.append(_bytes(value))
        elif number == 3:
            topic = _text(value)
    if len(logs) > MOST_ENTRIES:
        raise post_body_too_large(f"Logs must be less than {MOST_ENTRIES} lines")
    return [_entry(log, topic) for log in logs]


def _entry(content: bytes, topic: str) -> Entry:
    logged_at, contents = None, {}
    for number, value in _fields(content):
        if number == 1 and isinstance(value, int):
            logged_at = value
        elif number == 2:
            parts = dict(_fields(_bytes(value)))
            if 1 not in parts or 2 not in parts:
                raise post_body_invalid("a content needs its key and its value")
            contents[_text(parts[1])] = _text(parts[2])
    if logged_at is None:
        raise post_body_invalid("a log needs its time")
    return Entry(logged_at=logged_at, topic=topic, contents=contents)


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(content):
        key, at = _varint(content, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(content, at)
            yield key >> 3, value
            continue
        length, at = _varint(content, at) if kind == _LENGTH else ({_FIXED_64: 8, _FIXED_32: 4}.get(kind), at)
        if length is None or at + length > len(content):
            raise post_body_invalid("Protobuffer content cannot be parsed.")
        yield key >> 3, content[at : at + length]
        at += length


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(content):
            break
        byte, at = content[at], at + 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise post_body_invalid("Protobuffer content cannot be parsed.")


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise post_body_invalid("Protobuffer content cannot be parsed.")
    return value


def _text(value: int | bytes) -> str:
    try:
        return _bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        raise invalid_encoding() from None
