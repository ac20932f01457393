"""Compressed answers to GetObject: OSS sends texts as gzip to clients that accept it.

OSS, "GetObject", request header Accept-Encoding.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aliyun_local.serving.wire import Response

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest

MIN_BYTES = 1024
_PIECE_BYTES = 64 * 1024
_GZIP_WINDOW_BITS = 31
_TYPES = (
    *("text/html", "text/css", "text/plain", "text/xml", "text/javascript"),
    *("application/javascript", "application/x-javascript", "application/json", "application/xml"),
)


def compressed(request: OssRequest, response: Response) -> Response:
    """Return the ``response`` with a whole object, compressed where OSS does so and then without a length."""
    headers = response.headers
    accepted = request.header("accept-encoding").split(",")
    takes_gzip = any(item.partition(";")[0].strip().lower() == "gzip" for item in accepted)
    media_type = headers["Content-Type"].partition(";")[0].strip().lower()
    if len(response.body) < MIN_BYTES or media_type not in _TYPES or "Content-Encoding" in headers:
        return response
    if not takes_gzip:
        return response
    stripped = {
        name: value for name, value in headers.items() if name not in ("Content-MD5", "Accept-Ranges")
    }
    added = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(status=response.status, headers=stripped | added, stream=_pieces(response.body))


def _pieces(content: bytes) -> Iterator[bytes]:
    gzip = zlib.compressobj(wbits=_GZIP_WINDOW_BITS)
    for start in range(0, len(content), _PIECE_BYTES):
        yield gzip.compress(content[start : start + _PIECE_BYTES])
    yield gzip.flush()
