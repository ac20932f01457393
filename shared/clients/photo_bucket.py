"""The photo bucket, over oss2 with V4 signatures (the only kind OSS takes for buckets made today).

oss2 repeats nothing by itself. Every call here may be repeated: a few times, within short time-outs.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import oss2

from shared.clients.credentials import Credentials
from shared.clients.retries import Retries
from shared.domain.photos import PREPARED_SIDE_PIXELS, Stored
from shared.errors import NotFound, Permanent, RetryLater
from shared.workflow.ports import Listed

TIMEOUT_SECONDS = (3, 15)
NO_TRY_AFTER_SECONDS = 4
SIGNED_FOR_SECONDS = 24 * 3600
"""Long enough for a queued fine-tune to fetch its photos; temporary credentials may end it sooner."""

# Resize before turning upright: older pages allow auto-orient only below 4096 px a side.
PREPARE = f"image/resize,m_lfit,l_{PREPARED_SIDE_PIXELS}/auto-orient,1/format,jpg/quality,q_90"

_T = TypeVar("_T")


class PhotoBucket:
    """One bucket, read and written through ``endpoint``; signed URLs lead to ``public_endpoint``."""

    def __init__(
        self,
        *,
        endpoint: str,
        public_endpoint: str,
        name: str,
        region: str,
        credentials: Credentials,
        retries: Retries | None = None,
    ) -> None:
        # The SDK logs each refused call with its headers; our own log has the error without them.
        logging.getLogger("oss2").setLevel(logging.CRITICAL)
        provider = oss2.credentials.StaticCredentialsProvider(
            credentials.access_key_id, credentials.access_key_secret, credentials.security_token or None
        )
        auth = oss2.ProviderAuthV4(provider)
        self.name = name
        self._retries = retries or Retries()
        self._bucket = oss2.Bucket(auth, endpoint, name, region=region, connect_timeout=TIMEOUT_SECONDS)
        self._public = oss2.Bucket(auth, public_endpoint, name, region=region)

    def stored(self, key: str) -> Stored | None:
        """Return what the bucket has under ``key`` now, or None."""
        try:
            head = self._call(lambda: self._bucket.head_object(key))
        except NotFound:
            return None
        modified = parsedate_to_datetime(head.headers["Last-Modified"])
        return Stored(
            etag=head.etag, size=head.content_length or 0, modified_at=int(modified.timestamp() * 1000)
        )

    def prepare(self, key: str, snapshot: str) -> int:
        """Have OSS write the upright, shrunken JPEG of ``key`` to ``snapshot``; no pixel comes this way.

        Returns:
            The snapshot's size in bytes (OSS, "Save processed images").

        Raises:
            Permanent: OSS cannot process it.
        """
        target = f"|sys/saveas,o_{_url_safe(snapshot)},b_{_url_safe(self.name)}"
        return int(self._call(lambda: self._bucket.process_object(key, PREPARE + target)).fileSize)

    def copy(self, key: str, target: str) -> None:
        """Copy an object inside the bucket; raises NotFound."""
        self._call(lambda: self._bucket.copy_object(self.name, key, target))

    def list_page(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        """Return a page of objects behind the key ``after`` and the next ``after`` (empty: the end)."""
        page = self._call(lambda: self._bucket.list_objects(prefix=prefix, marker=after, max_keys=count))
        listed = [
            Listed(
                entry.key, Stored(etag=entry.etag, size=entry.size, modified_at=entry.last_modified * 1000)
            )
            for entry in page.object_list
        ]
        return listed, page.next_marker if page.is_truncated else ""

    def signed_url(self, key: str) -> str:
        """Return a URL that anyone can read ``key`` with for a while. Never log, store or show it."""
        return str(self._public.sign_url("GET", key, SIGNED_FOR_SECONDS, slash_safe=True))

    def read(self, key: str) -> bytes:
        """Return an object's bytes."""
        return bytes(self._call(lambda: self._bucket.get_object(key).read()))

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        """Return up to ``count`` bytes from ``start`` on.

        Raises:
            NotFound: there is no such object, or not with this ``etag`` any more.
        """
        headers = {"If-Match": f'"{etag}"'} if etag else {}
        return bytes(
            self._call(
                lambda: self._bucket.get_object(
                    key, byte_range=(start, start + count - 1), headers=headers
                ).read()
            )
        )

    def write(self, key: str, content: bytes) -> None:
        """Write an object."""
        self._call(lambda: self._bucket.put_object(key, content))

    def write_json(self, key: str, text: str) -> None:
        """Write a JSON document."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        self._call(lambda: self._bucket.put_object(key, text.encode("utf-8"), headers=headers))

    def _call(self, do: Callable[[], _T]) -> _T:
        """Make a call that may be repeated; turn its errors into our words."""
        return self._retries.call(lambda: _translated(do), within_seconds=NO_TRY_AFTER_SECONDS)


def _url_safe(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8")).decode("ascii").rstrip("=")


def _translated(do: Callable[[], _T]) -> _T:
    try:
        return do()
    except oss2.exceptions.NotFound as error:
        raise NotFound(error.code or "NoSuchKey", f"OSS: {error.message or 'no such object'}") from None
    except oss2.exceptions.ServerError as error:
        raise _meaning(error) from None
    except oss2.exceptions.OssError as error:
        raise RetryLater(
            "oss_unreachable", f"OSS did not answer ({type(error).__name__})", delay_seconds=2
        ) from None


def _meaning(error: Any) -> RetryLater | Permanent:
    code, message = error.code or f"http_{error.status}", f"OSS: {error.message or error.status}"
    if error.status == 412:
        return NotFound(code, f"{message} (the object has been replaced)")
    if error.status == 400:
        return Permanent(code, message)
    if error.status in (401, 403):
        return RetryLater(code, f"{message} (does the function's role allow it?)", delay_seconds=60)
    return RetryLater(code, message, delay_seconds=2)
