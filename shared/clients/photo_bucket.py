"""The photo bucket, over oss2 with V4 signatures (the only kind OSS takes for buckets made today).

oss2 repeats nothing by itself. Every call here may be repeated: a few times, within short time-outs.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import oss2

from shared.clients.bounded_answers import BoundedSession
from shared.clients.bucket_answers import (
    LINK,
    TAKEN_FROM,
    folder_of,
    next_page,
    saved_bytes,
    stored_by_head,
    stored_by_listing,
)
from shared.clients.credentials import Credentials
from shared.clients.multipart_uploads import MultipartBucket
from shared.clients.object_versions import VersionedBucket
from shared.clients.oss_errors import translated
from shared.clients.preparing import prepare, rotated
from shared.clients.retries import Retries
from shared.domain.photos import MAX_SOURCE_BYTES, Stored
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import REPLACED, NotFound, Permanent
from shared.workflow.ports import Listed

TIMEOUT_SECONDS = (3, 15)
NO_TRY_AFTER_SECONDS = 4
SIGNED_FOR_SECONDS = 24 * 3600
"""Long enough for a queued fine-tune to fetch its photos; temporary credentials may end it sooner."""

_BITMAP_HEADER_BYTES = 2048
"""More than the headers of a bitmap take with a palette of 256 colours."""
_T = TypeVar("_T")


class PhotoBucket(VersionedBucket, MultipartBucket):
    """One bucket, read and written through ``endpoint``; signed URLs lead to ``public_endpoint``.

    ``is_bound_domain``: ``public_endpoint`` is a domain that is bound to the bucket (CNAME), whose name then
    stands in no URL (OSS, "Access OSS through a custom domain name").

    Every method but :meth:`signed_url` raises a :class:`shared.errors.Trouble` with its kind and API.

    A link (OSS, "PutSymlink") is never read. OSS asks whether the *reader* may read its target, and this one
    may read everybody's photos: whoever writes into one folder would get at all others through a link.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        public_endpoint: str,
        name: str,
        region: str,
        credentials: Credentials,
        is_bound_domain: bool = False,
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
        session = BoundedSession(oss2.Session(), self._retries.now)

        def bucket(address: str, *, is_bound_domain: bool = False) -> Any:
            return oss2.Bucket(
                auth,
                address,
                name,
                is_cname=is_bound_domain,
                region=region,
                session=session,
                connect_timeout=TIMEOUT_SECONDS,
            )

        self._bucket = bucket(endpoint)
        self._public = bucket(public_endpoint, is_bound_domain=is_bound_domain)

    def stored(self, key: str) -> Stored | None:
        """Return what the bucket has under ``key`` now, or None."""
        try:
            return self._call(Api.READING, lambda: stored_by_head(self._bucket.head_object(key)))
        except NotFound:
            return None

    def prepare(self, key: str, snapshot: str, etag: str = "") -> int:
        """Have OSS write the upright, shrunken JPEG of ``key`` to ``snapshot``.

        No pixel comes this way, but for a large photo that is mirrored (:mod:`shared.clients.turning`).

        With ``etag`` the object is looked at again afterwards, since OSS takes no condition with this call
        ("Error responses": a header that a call does not know is refused). An object that has been replaced,
        by a link too, is noticed. One that was replaced and put back during the call is not: its ETag is the
        same again, and the snapshot may show what the link led to.

        Returns:
            The snapshot's size in bytes (OSS, "Save processed images").

        Raises:
            NotFound: there is no such object, or not with this ``etag`` any more, or it is a link by now.
            Permanent: OSS cannot process it.
        """
        size_bytes = prepare(self, key, snapshot, etag)
        if etag:
            found = self.stored(key)
            if found is None or found.is_link or found.etag != etag:
                raise _replaced(Api.PROCESSING)
        return size_bytes

    def process(self, key: str, instructions: str, target: str) -> int:
        """Have OSS carry out ``instructions`` on ``key`` and write ``target``; returns its size in bytes."""
        saving = f"|sys/saveas,o_{_url_safe(target)},b_{_url_safe(self.name)}"
        return self._call(
            Api.PROCESSING, lambda: saved_bytes(self._bucket.process_object(key, instructions + saving))
        )

    def turn(self, key: str, degrees: int, target: str) -> None:
        """Have OSS write the picture under ``key``, turned clockwise by ``degrees``, to ``target``.

        Raises:
            NotFound: there is no such object.
            Permanent: OSS cannot process it.
        """
        self.process(key, rotated(degrees), target)

    def info(self, key: str, name: str) -> str:
        """Return what OSS's ``image/info`` says of a picture under ``name``, "" if nothing."""

        def ask() -> str:
            told = json.loads(self._bucket.get_object(key, process="image/info").read())
            return str(told[name]["value"]) if name in told else ""

        return self._call(Api.PROCESSING, ask)

    def bitmap(self, key: str, width: int, height: int) -> bytes:
        """Return the picture under ``key``, squeezed to so many pixels, as an uncompressed bitmap.

        OSS, "Resize images" (``m_fixed``), "Convert image formats" (``bmp``). The right is ``oss:GetObject``.

        Raises:
            NotFound: there is no such object, or it is a link.
            Permanent: OSS cannot process it.
        """
        instructions = f"image/resize,m_fixed,w_{width},h_{height}/format,bmp"
        return self.processed(key, instructions, _BITMAP_HEADER_BYTES + 4 * width * height)

    def thumbnail(self, key: str) -> bytes:
        """Return a small JPEG of a photo, upright and without metadata; raises as :meth:`bitmap` does."""
        from shared.clients.small_pictures import small_picture

        return small_picture(self, key)

    def processed(self, key: str, instructions: str, most_bytes: int) -> bytes:
        """Return what OSS makes of the picture under ``key``, which keeps nothing of it; bounded in size.

        Raises:
            NotFound: there is no such object, or it is a link.
            Permanent: OSS cannot process it, or makes more than ``most_bytes`` of it.
        """

        def read() -> bytes:
            got = self._get(key, process=instructions)
            content: bytes = got.resp.read(most_bytes + 1)
            if len(content) > most_bytes:
                got.resp.refuse("oss_answer_too_large", f"more than {most_bytes} bytes of a picture")
            return content

        return self._call(Api.PROCESSING, read)

    def now(self) -> float:
        """Return the seconds by which its calls are bounded."""
        return self._retries.now()

    def copy(self, key: str, target: str) -> None:
        """Copy an object inside the bucket; raises NotFound, for a link as well."""
        self._call(Api.WRITING, lambda: self._bucket.copy_object(self.name, key, target).resp.read())
        # OSS copies a link as a link (OSS, "CopyObject"), and whoever reads the copy later would follow it.
        copied = self.stored(target)
        if copied is None or copied.is_link:
            raise _replaced(Api.WRITING)

    def list_page(self, prefix: str, after: str, count: int) -> tuple[list[Listed], str]:
        """Return a page of objects behind the key ``after`` and the next ``after`` (empty: the end)."""
        page = self._page(prefix, after, count)
        listed = [Listed(entry.key, stored_by_listing(entry)) for entry in page.object_list]
        return listed, next_page(page)

    def list_folders(self, prefix: str, after: str, count: int) -> tuple[list[str], str]:
        """Return a page of folders right below ``prefix``, and the next ``after`` (empty: the end).

        A folder is named by its whole prefix, with its slash. ``after`` is a folder or a key, whose folder is
        passed over. A page may be empty though another follows.
        """
        page = self._page(prefix, folder_of(prefix, after), count, delimiter="/")
        return list(page.prefix_list), next_page(page)

    def signed_url(self, key: str) -> str:
        """Return a URL that anyone can read ``key`` with for a while. Never log, store or show it."""
        return str(self._public.sign_url("GET", key, SIGNED_FOR_SECONDS, slash_safe=True))

    def read(self, key: str, max_bytes: int = MAX_SOURCE_BYTES) -> bytes:
        """Return an object's bytes as they are stored.

        Raises:
            NotFound: there is no such object, or it is a link.
            Permanent: it is longer than ``max_bytes``.
        """

        def read() -> bytes:
            got = self._get(key)
            content: bytes = got.resp.read(max_bytes + 1)
            if len(content) <= max_bytes:
                return content
            got.close()
            message = f"the object is longer than {max_bytes} bytes"
            raise Permanent("object_too_large", message, kind=Kind.OBJECT, api=Api.READING)

        return self._call(Api.READING, read)

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        """Return up to ``count`` bytes, as they are stored, from ``start`` on.

        Raises:
            NotFound: there is no such object, or not with this ``etag`` any more, or it is a link, or it ends
                before ``start``.
        """
        # Without this header OSS sends the whole object if the range goes beyond its end (OSS, "HTTP Range").
        headers = {"x-oss-range-behavior": "standard"}
        if etag:
            headers["If-Match"] = f'"{etag}"'

        def read() -> bytes:
            got = self._get(key, byte_range=(start, start + count - 1), headers=headers)
            if start and got.status != 206:
                got.resp.refuse("oss_range_ignored", "the whole object instead of a part")
            content: bytes = got.resp.read(count + 1)
            if len(content) > count:
                got.resp.refuse("oss_answer_too_large", f"more than the {count} bytes that were asked for")
            return content

        return self._call(Api.READING, read)

    def write(self, key: str, content: bytes, *, taken_from: str = "") -> None:
        """Write an object; ``taken_from``, the mark of the zip that it was taken out of, is its metadata."""
        headers = {TAKEN_FROM: taken_from} if taken_from else None
        self._call(Api.WRITING, lambda: self._bucket.put_object(key, content, headers=headers))

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is none (OSS, "DeleteObject")."""
        self._call(Api.WRITING, lambda: self._bucket.delete_object(key))

    def write_json(self, key: str, text: str) -> None:
        """Write a JSON document."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        self._call(Api.WRITING, lambda: self._bucket.put_object(key, text.encode("utf-8"), headers=headers))

    def _page(self, prefix: str, after: str, count: int, delimiter: str = "") -> Any:
        def ask() -> Any:
            # oss2 asks for escaped keys (encoding-type), as a control character would spoil the page.
            page = self._bucket.list_objects(prefix=prefix, delimiter=delimiter, marker=after, max_keys=count)
            if page.is_truncated and page.next_marker <= after:
                raise ValueError("the next page would be this one again")
            return page

        return self._call(Api.LISTING, ask)

    def _get(self, key: str, **options: Any) -> Any:
        """Ask for an object; its bytes are left to be read, unless it is a link."""
        got = self._bucket.get_object(key, **options)
        if got.object_type == LINK:
            got.close()
            raise _replaced(Api.READING)
        return got

    def _call(self, api: Api, do: Callable[[], _T]) -> _T:
        """Make a call that may be repeated; turn its errors into our words."""
        return self._retries.call(lambda: translated(api, do), within_seconds=NO_TRY_AFTER_SECONDS)


def _replaced(api: Api) -> NotFound:
    return NotFound(REPLACED, "the object was replaced meanwhile, or it is a link", kind=Kind.GONE, api=api)


def _url_safe(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8")).decode("ascii").rstrip("=")
