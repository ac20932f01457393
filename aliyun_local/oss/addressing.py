"""Which bucket and object a request is about, and which names are legal.

:mod:`aliyun_local.oss.http.responses` addresses every request here; handlers and the state check names here.
OSS, "Access OSS by using domain names": a bucket is the first label of the host (virtual-hosted style). SDKs
that talk to an IP address put it first in the path instead. Both styles are served.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from aliyun_local.oss.errors import OssError

MAX_KEY_BYTES = 1023
_BUCKET_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]", re.ASCII)
_SERVICE_HOST = re.compile(r"oss(?:-[a-z0-9-]+)?\.aliyuncs\.com", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Address:
    """The target of a request: the service (both names empty), a bucket (no key) or an object."""

    bucket: str = ""
    key: str = ""

    @property
    def scope(self) -> str:
        """``service``, ``bucket`` or ``object``."""
        return "object" if self.key else "bucket" if self.bucket else "service"


def locate(host: str, raw_path: str, bound_bucket: str = "") -> Address:
    """Return the address in a Host header and an undecoded path.

    IP addresses and single-label hosts are endpoints: the path names the bucket. With a ``bound_bucket`` the
    host is a domain that is bound to it, and the whole path is the key.

    Raises:
        OssError: the path is not UTF-8, or the key breaks a rule of OSS.
    """
    try:
        path = unquote_to_bytes(raw_path).decode("utf-8").removeprefix("/")
    except UnicodeError:
        raise invalid_object_name() from None
    name = host_name(host)
    if bound_bucket:
        bucket, key = bound_bucket, path
    elif _names_no_bucket(name):
        bucket, _, key = path.partition("/")
    else:
        bucket, key = name.partition(".")[0], path
    if key:
        check_key(key)
    return Address(bucket=bucket, key=key)


def names_no_service(host: str) -> bool:
    """Return whether a Host header is an IP address or a single label, and not a host name of OSS."""
    name = host_name(host)
    return bool(name) and not _SERVICE_HOST.fullmatch(name) and _names_no_bucket(name)


def check_key(key: str) -> None:
    """Refuse keys that OSS's "Object naming conventions" forbid.

    Raises:
        OssError: the key is empty, longer than 1,023 bytes of UTF-8, or begins with ``/`` or a backslash.
    """
    try:
        size = len(key.encode("utf-8"))
    except UnicodeError:
        raise invalid_object_name() from None
    if not 1 <= size <= MAX_KEY_BYTES or key[0] in "/\\":
        raise invalid_object_name()


def check_bucket_name(name: str) -> None:
    """Refuse names that OSS's "Bucket naming conventions" forbid.

    Raises:
        OssError: the name is not 3 to 63 lower-case letters, digits and inner hyphens.
    """
    if not _BUCKET_NAME.fullmatch(name):
        raise OssError(400, "InvalidBucketName", "The specified bucket is not valid.", BucketName=name)


def invalid_object_name() -> OssError:
    """400: no object can have this key."""
    return OssError(400, "InvalidObjectName", "The specified object is not valid.")


def host_name(host: str) -> str:
    """Return the name or the address in a Host header, without a port, in lower case."""
    if host.startswith("["):
        return host.partition("]")[0].strip("[")
    return host.partition(":")[0].lower()


@functools.lru_cache(maxsize=256)
def _names_no_bucket(name: str) -> bool:
    if "." not in name or _SERVICE_HOST.fullmatch(name):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
