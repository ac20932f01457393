"""Answers that many operations give: pages of lists, and documents with an ETag.

Paging follows the lists of both API references: names in order, ``prefix``, ``startKey``, and a ``nextToken``
that goes before ``startKey``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from aliyun_local.function_compute.http.api_requests import ApiRequest
from aliyun_local.function_compute.http.errors import invalid_argument
from aliyun_local.serving.wire import Response

MAX_LIMIT = 100
DEFAULT_LIMIT = 20
T = TypeVar("T")


def page_of(request: ApiRequest, items: Sequence[T], name: Callable[[T], str]) -> tuple[list[T], str | None]:
    """Return the items of the page that the query asks for, and a token for the next; names are in order."""
    query = request.http.query
    begin = _read_token(query["nextToken"]) if query.get("nextToken") else query.get("startKey", "")
    wanted = [
        item for item in items if name(item) >= begin and name(item).startswith(query.get("prefix", ""))
    ]
    limit = request.number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    return wanted[:limit], _write_token(name(wanted[limit])) if len(wanted) > limit else None


def _write_token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _read_token(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid_argument("nextToken was not given out here") from None


def listed(request: ApiRequest, name: str, shown: list[dict[str, Any]], token: str | None) -> Response:
    """Return a page of a list."""
    return request.json_response({name: shown, **({"nextToken": token} if token else {})})


def tagged(request: ApiRequest, document: Mapping[str, Any], *, status: int = 200) -> Response:
    """Return a document with its ETag."""
    etag = hashlib.md5(json.dumps(document, sort_keys=True).encode(), usedforsecurity=False).hexdigest()
    return request.json_response(document, {"Etag": etag}, status=status)


def nothing(request: ApiRequest) -> Response:
    """Return the answer to a deletion."""
    return Response(status=204, headers={"X-Fc-Request-Id": request.request_id})
