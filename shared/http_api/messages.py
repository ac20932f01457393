"""HTTP requests and responses as values, and the two ways Function Compute passes them.

Called by ``functions/status.py`` at the start and at the end of an invocation.

Function Compute 3.0, "Use an HTTP trigger": an event of version ``v1``, answered with ``statusCode``,
``headers``, ``isBase64Encoded`` and ``body``. Function Compute 2.0, "HTTP functions": a WSGI call.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

_NOTHING: Mapping[str, str] = MappingProxyType({})


MAX_EVENT_BYTES = 128 * 1024
"""A request with its headers has a few kilobytes; nothing larger is even parsed, uploads excepted."""
MAX_UPLOAD_BYTES = 20 * 1024 * 1024
"""What an upload may bring. Function Compute takes an event of 32 MB; base64 adds a third."""
MAX_UPLOAD_EVENT_BYTES = MAX_EVENT_BYTES + 4 * (MAX_UPLOAD_BYTES + 64 * 1024) // 3
"""An event with an upload: the content with its form, and the headers."""

_UPLOAD_PATH = re.compile(r"/+(people|own)/+[^/]+/+photos(/+[^/]+)?/*")
_RAW_PATH = re.compile(rb'"rawPath"\s*:\s*"([^"\\]{1,8192})"')
_LOOKED_THROUGH_BYTES = 64 * 1024


class UnreadableRequest(ValueError):
    """The event or the path cannot be read; the message says why."""


class OversizedRequest(ValueError):
    """The event is larger than any request to this API."""


class HttpRequest(NamedTuple):
    """A request. ``path`` is as it was sent, percent-encoded; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str] = _NOTHING
    headers: Mapping[str, str] = _NOTHING
    content: bytes = b""

    @property
    def content_bytes(self) -> int:
        """The length of the content."""
        return len(self.content)

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the path: it is cut first and each part is decoded once.

        Raises:
            UnreadableRequest: the path is not UTF-8.
        """
        try:
            return tuple(unquote(part, errors="strict") for part in self.path.split("/") if part)
        except UnicodeDecodeError as error:
            raise UnreadableRequest("the path is not UTF-8") from error


class HttpResponse(NamedTuple):
    """A response; a text goes out as UTF-8, and bytes as they are."""

    status: int
    headers: Mapping[str, str] = _NOTHING
    body: str | bytes = ""

    def as_event(self) -> dict[str, Any]:
        """Return it in the shape that Function Compute 3.0 expects."""
        is_text = isinstance(self.body, str)
        return {
            "statusCode": self.status,
            "headers": dict(self.headers),
            "isBase64Encoded": not is_text,
            "body": self.body if isinstance(self.body, str) else base64.b64encode(self.body).decode("ascii"),
        }

    def as_wsgi(self, start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
        """Return it in the shape that a WSGI server expects."""
        # Only Function Compute 2.0 calls this: the others do not pay for the import at their cold starts.
        from http import HTTPStatus

        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", list(self.headers.items()))
        return [self.body.encode("utf-8") if isinstance(self.body, str) else self.body]


def from_event(event: bytes | str) -> HttpRequest:
    """Read an HTTP event.

    Raises:
        UnreadableRequest: the event is not an HTTP request.
        OversizedRequest: it is too large.
    """
    if len(event) > MAX_EVENT_BYTES and not _may_be_upload(event):
        raise OversizedRequest(f"the event has {len(event)} bytes")
    try:
        document = json.loads(event)
    except (ValueError, RecursionError) as error:
        raise UnreadableRequest("the event is not JSON") from error
    http = _mapping(_mapping(document).get("requestContext")).get("http")
    if not isinstance(http, dict):
        raise UnreadableRequest(
            "the event is not an HTTP request; call the function through its HTTP trigger"
        )
    path = document.get("rawPath")
    return HttpRequest(
        method=str(http.get("method", "")).upper(),
        path=path if isinstance(path, str) else "/",
        query={str(name): str(value) for name, value in _mapping(document.get("queryParameters")).items()},
        headers={str(name).lower(): str(value) for name, value in _mapping(document.get("headers")).items()},
        content=_content(document.get("body"), document.get("isBase64Encoded")),
    )


def _may_be_upload(event: bytes | str) -> bool:
    """Whether a large event says near its beginning that it is for a route that takes uploads.

    Function Compute writes the path before the content ("Use an HTTP trigger"), so the rest need not be
    parsed to know. Whoever writes such a path into something else gains nothing: the route is found anew.
    """
    if len(event) > MAX_UPLOAD_EVENT_BYTES:
        return False
    start, end = event[:_LOOKED_THROUGH_BYTES], event[-_LOOKED_THROUGH_BYTES:]
    looked_through = [one.encode("utf-8", "replace") if isinstance(one, str) else one for one in (start, end)]
    found = next((path for part in looked_through if (path := _RAW_PATH.search(part))), None)
    return found is not None and takes_upload(found[1].decode("utf-8", "replace"))


def takes_upload(path: str) -> bool:
    """Whether a path, as it was sent, may be that of a route that takes uploads."""
    return _UPLOAD_PATH.fullmatch(path) is not None


def _content(body: object, is_base64: object) -> bytes:
    if not isinstance(body, str):
        return b""
    if not is_base64:
        return body.encode("utf-8", "replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableRequest("the content is not base64") from error


def from_wsgi(environ: Mapping[str, Any]) -> HttpRequest:
    """Read a WSGI call; ``fc.request_uri`` holds the path as it was sent.

    Raises:
        OversizedRequest: the content that the server announces is too large; it is not read.
    """
    raw = environ.get("fc.request_uri")
    if not raw:
        # PEP 3333: PATH_INFO is percent-decoded, and each of its bytes is one Latin-1 character.
        raw = quote(str(environ.get("PATH_INFO") or "/").encode("latin-1", "replace"))
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        # PEP 3333: these two come without the prefix.
        headers["content-type"] = str(environ["CONTENT_TYPE"])
    path, size_bytes = str(raw).partition("?")[0], _number(environ.get("CONTENT_LENGTH"))
    if size_bytes > (MAX_UPLOAD_EVENT_BYTES if takes_upload(path) else MAX_EVENT_BYTES):
        raise OversizedRequest(f"the content has {size_bytes} bytes")
    stream = environ.get("wsgi.input")
    return HttpRequest(
        method=str(environ.get("REQUEST_METHOD", "GET")).upper(),
        path=path,
        query=dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)),
        headers=headers,
        content=stream.read(size_bytes) if stream is not None and size_bytes else b"",
    )


def _number(text: object) -> int:
    """Return a number as WSGI gives it; 0 for anything else."""
    is_number = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 16
    return int(str(text)) if is_number else 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
