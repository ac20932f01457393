"""The buckets, objects and listings that a request is about; no credentials are looked at.

Faults that are limited to objects (:mod:`aliyun_local.control.targets`) ask this.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from aliyun_local.oss.http.forms import parse_form
from aliyun_local.oss.http.processing_responses import saving_of
from aliyun_local.oss.http.xml_documents import parse, text_of

if TYPE_CHECKING:
    from aliyun_local.oss.addressing import Address
    from aliyun_local.serving.wire import Request


@dataclass(frozen=True)
class Touched:
    """An object; or, with ``is_listing``, the objects of ``bucket`` whose keys begin with ``key``."""

    bucket: str
    key: str
    is_listing: bool = False


def touched_by(request: Request, address: Address) -> Iterator[Touched]:
    """Yield what ``request`` for ``address`` reads, writes, deletes or lists.

    A multipart upload is its object.

    Raises:
        OssError: the request is malformed.
    """
    query = request.query
    if address.key:
        yield Touched(address.bucket, address.key)
    else:
        yield Touched(address.bucket, query.get("prefix", ""), is_listing=True)
    source = request.headers.get("x-oss-copy-source", "")
    if source:
        bucket, _, key = unquote(source.partition("?")[0]).removeprefix("/").partition("/")
        yield Touched(bucket, key)
    if request.method != "POST":
        return
    if "x-oss-process" in query:
        bucket, key = saving_of(request.body)[1:]
        yield Touched(bucket or address.bucket, key)
    elif "delete" in query:
        for entry in parse(request.body, "Delete").findall("Object"):
            yield Touched(address.bucket, text_of(entry, "Key"))
    elif not query and not address.key:
        form = parse_form(request.headers.get("content-type", ""), request.body)
        key = form.fields.get("key", "").replace("${filename}", form.file_name)
        yield Touched(address.bucket, key)
