"""The checksums of content: the MD5 in ETags, and OSS's CRC64.

:mod:`aliyun_local.oss.state.transactions` computes both for every byte that is written, which is most of the
cost of an upload.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from aliyun_local.crc64 import fastest
from aliyun_local.payloads import Payload, pieces_of


def crc64(content: Payload, previous: int = 0) -> int:
    """Return the CRC64-ECMA of ``content``, continued from that of the content before it."""
    for piece in pieces_of(content):
        previous = fastest()(piece, previous)
    return previous


def md5_etag(content: Payload) -> str:
    """Return the ETag of an object that is written at once: its MD5 in upper-case hex."""
    digest = hashlib.md5(usedforsecurity=False)
    for piece in pieces_of(content):
        digest.update(piece)
    return digest.hexdigest().upper()


def multipart_etag(part_etags: Iterable[str]) -> str:
    """Return the ETag of an object made of parts: the MD5 of their MD5s, a hyphen, their number."""
    digests = [bytes.fromhex(etag) for etag in part_etags]
    return f"{md5_etag(b''.join(digests))}-{len(digests)}"
