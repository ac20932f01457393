"""Compression on the way: texts go out as gzip to whoever takes that (OSS, "GetObject", Accept-Encoding)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.call import Call

MIN_BYTES = 1024
_PIECE_BYTES = 64 * 1024
_TYPES = (
    *("text/html", "text/css", "text/plain", "text/xml", "text/javascript"),
    *("application/javascript", "application/x-javascript", "application/json", "application/xml"),
)


def compressed(call: Call, response: Response) -> Response:
    """Return a whole object's ``response``, compressed where OSS does so; its length is not known then."""
    headers = response.headers
    takes = (item.partition(";")[0].strip().lower() for item in call.header("accept-encoding").split(","))
    kind = headers["Content-Type"].partition(";")[0].strip().lower()
    if len(response.body) < MIN_BYTES or kind not in _TYPES or "Content-Encoding" in headers:
        return response
    if "gzip" not in takes:
        return response
    kept = {name: value for name, value in headers.items() if name not in ("Content-MD5", "Accept-Ranges")}
    more = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(status=response.status, headers=kept | more, stream=_pieces(response.body))


def _pieces(content: bytes) -> Iterator[bytes]:
    gzip = zlib.compressobj(wbits=31)
    for start in range(0, len(content), _PIECE_BYTES):
        yield gzip.compress(content[start : start + _PIECE_BYTES])
    yield gzip.flush()
