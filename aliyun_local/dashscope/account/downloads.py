"""Signed URLs for the account's downloads: its uploaded files and the images of its tasks.

The real service keeps both in OSS buckets of its own and hands out URLs with a signature of OSS's first
version, valid for a day. Here the URLs lead back to the service itself: ``http/file_responses`` and
``http/task_responses`` have them signed, and ``http/download_responses`` has them checked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import quote, unquote

from aliyun_local.dashscope.errors import ServiceError
from aliyun_local.database import Database

SCHEMA = "CREATE TABLE IF NOT EXISTS account (secret TEXT NOT NULL);"
ACCESS_KEY_ID = "LTAIlocal"
FILE_FOLDER = "/api-fs/"
RESULT_FOLDER = "/portraits/"


class DownloadError(ServiceError):
    """A refused download: status, code and message are those of OSS."""


def is_download(raw_path: str) -> bool:
    """Return whether ``raw_path`` is the place of a download and not of an operation."""
    return raw_path.startswith((FILE_FOLDER, RESULT_FOLDER))


def missing() -> DownloadError:
    """The place is empty."""
    return DownloadError(404, "NoSuchKey", "The specified key does not exist.")


def secret(database: Database, random_seed: int | None) -> str:
    """Return the account's secret for signatures. It is made once, so that URLs outlive a restart."""
    with database.transaction() as connection:
        row = connection.execute("SELECT secret FROM account").fetchone()
        if row is not None:
            return str(row[0])
        made = secrets.token_hex(16) if random_seed is None else f"secret {random_seed}"
        connection.execute("INSERT INTO account VALUES (?)", (made,))
        return made


class Downloads:
    """Signs places and checks signatures."""

    def __init__(self, secret: str) -> None:
        """Sign with ``secret``."""
        self._secret = secret.encode()

    def signed(self, raw_path: str, expires_at: float) -> str:
        """Return ``raw_path`` with a signature that is valid until ``expires_at``."""
        until = int(expires_at)
        signature = quote(self._signature(raw_path, str(until)), safe="")
        return f"{raw_path}?Expires={until}&OSSAccessKeyId={ACCESS_KEY_ID}&Signature={signature}"

    def check(self, raw_path: str, query: Mapping[str, str], now: float) -> list[str]:
        """Return the decoded segments of ``raw_path``, if its signature is valid.

        Raises:
            DownloadError: the signature is missing, wrong or too old.
        """
        expires, signature = query.get("Expires", ""), query.get("Signature", "")
        if not signature or query.get("OSSAccessKeyId") != ACCESS_KEY_ID:
            raise DownloadError(403, "AccessDenied", "You have no right to access this object.")
        if not expires.isascii() or not expires.isdigit() or len(expires) > 12 or int(expires) <= now:
            raise DownloadError(403, "AccessDenied", "Request has expired.")
        expected = self._signature(raw_path, expires)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise DownloadError(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided."
                " Check your key and signing method.",
            )
        return [unquote(segment) for segment in raw_path.split("/")[1:]]

    def _signature(self, raw_path: str, expires: str) -> str:
        text = f"GET\n\n\n{expires}\n{raw_path}".encode("utf-8", "replace")
        return base64.b64encode(hmac.new(self._secret, text, hashlib.sha1).digest()).decode()
