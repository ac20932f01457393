"""HTTP requests and responses as values, and the two ways Function Compute passes them.

Called by ``functions/status.py`` at the start and at the end of an invocation.

Function Compute 3.0, "Use an HTTP trigger": an event of version ``v1``, answered with ``statusCode``,
``headers``, ``isBase64Encoded`` and ``body``. Function Compute 2.0, "HTTP functions": a WSGI call.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

_NOTHING: Mapping[str, str] = MappingProxyType({})


MAX_EVENT_BYTES = 128 * 1024
"""A request with its headers has a few kilobytes; nothing larger is even parsed."""


class UnreadableRequest(ValueError):
    """The event or the path cannot be read; the message says why."""


class OversizedRequest(ValueError):
    """The event is larger than any request to this API."""


class HttpRequest(NamedTuple):
    """A request. ``path`` is as it was sent, percent-encoded; header names are lower case.

    ``content`` is as it was sent. ``content_bytes`` is its length, also where it was too long to be read.
    """

    method: str
    path: str
    query: Mapping[str, str] = _NOTHING
    headers: Mapping[str, str] = _NOTHING
    content: bytes = b""
    content_bytes: int = 0

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
    """A response with a text body."""

    status: int
    headers: Mapping[str, str] = _NOTHING
    body: str = ""

    def as_event(self) -> dict[str, Any]:
        """Return it in the shape that Function Compute 3.0 expects."""
        return {
            "statusCode": self.status,
            "headers": dict(self.headers),
            "isBase64Encoded": False,
            "body": self.body,
        }

    def as_wsgi(self, start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
        """Return it in the shape that a WSGI server expects."""
        # Only Function Compute 2.0 calls this: the others do not pay for the import at their cold starts.
        from http import HTTPStatus

        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", list(self.headers.items()))
        return [self.body.encode("utf-8")]


def from_event(event: bytes | str) -> HttpRequest:
    """Read an HTTP event.

    Raises:
        UnreadableRequest: the event is not an HTTP request.
        OversizedRequest: it is too large.
    """
    if len(event) > MAX_EVENT_BYTES:
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
    path, content = document.get("rawPath"), _content(document)
    return HttpRequest(
        method=str(http.get("method", "")).upper(),
        path=path if isinstance(path, str) else "/",
        query={str(name): str(value) for name, value in _mapping(document.get("queryParameters")).items()},
        headers={str(name).lower(): str(value) for name, value in _mapping(document.get("headers")).items()},
        content=content,
        content_bytes=len(content),
    )


def from_wsgi(environ: Mapping[str, Any]) -> HttpRequest:
    """Read a WSGI call; ``fc.request_uri`` holds the path as it was sent."""
    raw = environ.get("fc.request_uri")
    if not raw:
        # PEP 3333: PATH_INFO is percent-decoded, and each of its bytes is one Latin-1 character.
        raw = quote(str(environ.get("PATH_INFO") or "/").encode("latin-1", "replace"))
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    content_bytes = _number(environ.get("CONTENT_LENGTH"))
    stream = environ.get("wsgi.input")
    content = b""
    if stream is not None and 0 < content_bytes <= MAX_EVENT_BYTES:
        content = bytes(stream.read(content_bytes))
    if "CONTENT_TYPE" in environ:
        headers["content-type"] = str(environ["CONTENT_TYPE"])
    return HttpRequest(
        method=str(environ.get("REQUEST_METHOD", "GET")).upper(),
        path=str(raw).partition("?")[0],
        query=dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)),
        headers=headers,
        content=content,
        content_bytes=content_bytes,
    )


def _content(document: Mapping[str, Any]) -> bytes:
    """Return an event's content; binary content is in base64."""
    body = document.get("body")
    if not isinstance(body, str):
        return b""
    if document.get("isBase64Encoded") is not True:
        return body.encode("utf-8", "replace")
    try:
        return binascii.a2b_base64(body)
    except ValueError as error:
        raise UnreadableRequest("the content is not base64") from error


def _number(text: object) -> int:
    """Return a number as WSGI gives it; 0 for anything else."""
    is_number = isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 16
    return int(str(text)) if is_number else 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
