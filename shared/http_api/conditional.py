"""Documents as responses that a client may ask for again: ETag, 304 and Retry-After (RFC 9110).

Called by ``routes``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from shared.domain.words import Language
from shared.http_api.messages import HttpRequest, HttpResponse


class Answer(NamedTuple):
    """A document, and after how many seconds another look is worth while; None: nothing changes by itself."""

    document: Mapping[str, object]
    retry_after_seconds: int | None = None
    status: int = 200
    location: str = ""
    """The path of what has been made."""
    headers: Mapping[str, str] = MappingProxyType({})
    """Further headers, in the place of others of the same names."""
    text: str = ""
    """In the place of the document: what is no JSON."""
    content: bytes = b""
    """In the place of both: a file."""


def respond(request: HttpRequest, answer: Answer, language: Language) -> HttpResponse:
    """Return ``answer`` as a response: 304 without a body when the client has this very document."""
    body = answer.content or answer.text or json.dumps(answer.document, ensure_ascii=False, indent=2) + "\n"
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Language": language.value,
        "Vary": "Accept-Language",
    }
    if answer.retry_after_seconds is not None:
        headers["Retry-After"] = str(answer.retry_after_seconds)
    if answer.location:
        headers["Location"] = answer.location
    headers.update(answer.headers)
    if answer.status != 200:
        return HttpResponse(answer.status, {**headers, "Cache-Control": "no-store"}, body)
    sent = body if isinstance(body, bytes) else body.encode("utf-8")
    tag = f'"{hashlib.sha256(sent).hexdigest()[:32]}"'
    headers = {**headers, "Cache-Control": "private, no-cache", "ETag": tag, **answer.headers}
    tag = headers["ETag"]
    if has_already(request, tag):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(status=200, headers=headers, body=body)


def has_already(request: HttpRequest, tag: str) -> bool:
    """Whether a request says that its sender has what ``tag`` stands for."""
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return tag in known or known == ["*"]
