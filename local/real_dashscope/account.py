"""The real account that a local run pays with, from the environment: only when it is asked for by name.

A shell that has read ``.local/endpoints.env`` has the local cloud's own key and address in the very
variables that name a real account. So these variables alone never mean one, and an address on this machine
never is one.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MODE_VARIABLE = "LOCAL_DASHSCOPE"
LOCAL, REAL = "local", "real"
KEY_VARIABLE = "DASHSCOPE_API_KEY"
URL_VARIABLE = "DASHSCOPE_HTTP_BASE_URL"
LIMIT_VARIABLE = "PAY_UP_TO"
DEFAULT_URL = "https://dashscope.aliyuncs.com/api/v1"
LOCAL_KEY_PREFIX = "local-"
_AMOUNT = re.compile(r"[0-9]{1,6}(\.[0-9]{1,2})?")
_READ_FROM_A_FILE = "a shell that has read .local/endpoints.env has the local cloud's own"


class RealAccountError(ValueError):
    """The environment names no usable account; the message says what to set."""


@dataclass(frozen=True, kw_only=True)
class RealAccount:
    """A DashScope account that is paid for.

    Attributes:
        api_key: its key. Nobody but the forwarder has it.
        base_url: where it answers, ending in ``/api/v1``.
        limit_fen: what may be paid in one run, in hundredths of a CNY; None: no limit has been named.
    """

    api_key: str = field(repr=False)
    base_url: str = DEFAULT_URL
    limit_fen: int | None = None

    @property
    def local_key(self) -> str:
        """The key that the functions are given: good at the forwarder alone.

        Another real key gives another one, so that the product notices that the account's key was changed.
        It cannot be turned back: a key is drawn from at least 2^128.
        """
        digest = hmac.new(self.api_key.encode(), b"facechain-autotrain, the forwarder's key", hashlib.sha256)
        return f"{LOCAL_KEY_PREFIX}{digest.hexdigest()[:32]}"


def read_real_account(environment: Mapping[str, str]) -> RealAccount | None:
    """Return the account that ``environment`` asks for by ``LOCAL_DASHSCOPE=real``, or None.

    Raises:
        RealAccountError: it asks for one and does not name it, or names the local cloud's own.
    """
    mode = environment.get(MODE_VARIABLE, "").strip().lower() or LOCAL
    if mode not in (LOCAL, REAL):
        raise RealAccountError(f"{MODE_VARIABLE} is {mode!r}; it must be {LOCAL} (nothing is paid) or {REAL}")
    if mode == LOCAL:
        return None
    key = environment.get(KEY_VARIABLE, "").strip()
    if not key:
        raise RealAccountError(f"{MODE_VARIABLE}={REAL} needs the account's key in {KEY_VARIABLE}")
    if key.startswith(LOCAL_KEY_PREFIX):
        raise RealAccountError(f"{KEY_VARIABLE} is a key of this machine; {_READ_FROM_A_FILE}")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise RealAccountError(f"{KEY_VARIABLE} holds characters that no API key has; copy it again")
    url = environment.get(URL_VARIABLE, "").strip() or DEFAULT_URL
    return RealAccount(api_key=key, base_url=_checked(url), limit_fen=read_limit(environment))


def read_limit(environment: Mapping[str, str]) -> int | None:
    """Return ``PAY_UP_TO``, in CNY with at most two decimals, as hundredths; None when it is not set."""
    text = environment.get(LIMIT_VARIABLE, "").strip()
    if not text:
        return None
    amount = fen_of(text)
    if amount is None:
        raise RealAccountError(
            f"{LIMIT_VARIABLE} is {text!r}; it must be an amount in CNY, such as 25 or 2.50"
        )
    return amount


def fen_of(text: str) -> int | None:
    """Return an amount in CNY as hundredths, or None when it is none."""
    if not _AMOUNT.fullmatch(text):
        return None
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def in_cny(fen: int) -> str:
    """Return hundredths of a CNY as text."""
    return f"{fen // 100}.{fen % 100:02} CNY"


def _checked(url: str) -> str:
    """Return a base URL that leads to another machine over TLS; raises RealAccountError for any other."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if host and _is_of_this_machine(host):
        raise RealAccountError(
            f"{URL_VARIABLE} leads to this machine, which is no real account; {_READ_FROM_A_FILE}."
            f" Give {URL_VARIABLE}={DEFAULT_URL} and the account's own {KEY_VARIABLE}"
        )
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if parts.scheme != "https" or not host or not is_plain or not parts.path.rstrip("/").endswith("/api/v1"):
        raise RealAccountError(
            f"{URL_VARIABLE} must be an https URL that ends in /api/v1, such as {DEFAULT_URL}"
        )
    return url.rstrip("/")


def _is_of_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            # The short and the numeric forms that connections understand, such as 127.1.
            address = ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return False
    return address.is_loopback or address.is_unspecified
