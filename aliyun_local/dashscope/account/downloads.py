"""Signed places for what the account may download: its uploaded files and the images of its tasks.

The real service keeps both in OSS buckets of its own and hands out URLs with a signature of OSS's first
version, good for a day. Here they lead back to the service itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote, unquote

ACCESS_KEY_ID = "LTAIlocal"
FILE_FOLDER = "/api-fs/"
RESULT_FOLDER = "/portraits/"


class DownloadError(Exception):
    """A download that is refused, in the words of OSS."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Take the HTTP ``status``, OSS's ``code`` and its ``message``."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def is_download(raw_path: str) -> bool:
    """Return whether ``raw_path`` is a place of downloads and not an operation."""
    return raw_path.startswith((FILE_FOLDER, RESULT_FOLDER))


def missing() -> DownloadError:
    """Nothing is there, or nothing any more."""
    return DownloadError(404, "NoSuchKey", "The specified key does not exist.")


class Downloads:
    """Signs places and checks what comes back."""

    def __init__(self, secret: str) -> None:
        """Sign with ``secret``."""
        self._secret = secret.encode()

    def signed(self, raw_path: str, expires: float) -> str:
        """Return ``raw_path`` with a signature that is good until ``expires``."""
        until = int(expires)
        signature = quote(self._signature(raw_path, str(until)), safe="")
        return f"{raw_path}?Expires={until}&OSSAccessKeyId={ACCESS_KEY_ID}&Signature={signature}"

    def check(self, raw_path: str, query: Mapping[str, str], now: float) -> list[str]:
        """Return the decoded segments of ``raw_path``, if its signature is good.

        Raises:
            DownloadError: it is missing, wrong or too old.
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
