"""The Range header of a request, resolved against the size of the object.

GetObject and UploadPartCopy call this. OSS ignores a range that does not lie within the object. In standard
behaviour (the request header ``x-oss-range-behavior: standard``) it cuts the range at the object's end
instead. Of several ranges it takes the first (OSS, "How to obtain OSS resources by segmenting HTTP range
requests").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aliyun_local.oss.errors import OssError

if TYPE_CHECKING:
    from aliyun_local.oss.http.request import OssRequest
    from aliyun_local.oss.state.objects import StoredObject

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*(?:,.*)?", re.ASCII)


def requested_range(request: OssRequest, stored: StoredObject) -> tuple[int, int] | None:
    """Return start and stop of the part that a request reads, or None for the whole object.

    Raises:
        OssError: as :func:`parse_range`.
    """
    header = request.header("range")
    if not header:
        return None
    standard = request.header("x-oss-range-behavior").lower() == "standard"
    return parse_range(header, stored.size, standard=standard)


def parse_range(header: str, size: int, *, standard: bool) -> tuple[int, int] | None:
    """Return start and stop of a Range header, or None for the whole object of ``size`` bytes.

    Raises:
        OssError: 416 InvalidRange, in standard behaviour, for a range that begins beyond the object.
    """
    match = _RANGE.fullmatch(header)
    first, last = match.groups() if match else ("", "")
    if not first and not last:
        return None
    if first:
        start, stop = int(first), int(last) + 1 if last else size
        if last and stop <= start:
            return None
    else:
        start, stop = size - int(last), size
    if 0 <= start < size and stop <= size:
        return start, stop
    if not standard:
        return None
    if start >= size:
        message = "The requested range cannot be satisfied."
        raise OssError(416, "InvalidRange", message, ActualObjectSize=str(size))
    return max(start, 0), min(stop, size)
