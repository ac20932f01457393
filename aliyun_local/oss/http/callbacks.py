"""Upload callbacks: an upload that asks for it is told to a server, whose reply is the upload's answer.

OSS, "Callback" and "Upload callback errors and troubleshooting". Two things differ from the real service:
what is called has to be on this machine, where the real one refuses just that, and calls are not signed,
since the key that they would be signed with is the real service's own.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import ipaddress
import json
import re
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from aliyun_local.oss.errors import OssError, invalid_argument

MAX_SECONDS = 5.0
MAX_REPLY_BYTES = 1024 * 1024
MAX_URLS = 5
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_UNREACHABLE = "Error status : -1.OSS can not connect to your callbackUrl, please check it."


@dataclass(frozen=True, kw_only=True)
class Callback:
    """What an upload asks for: whom to call, with what. ``variables`` are the caller's own."""

    urls: tuple[str, ...]
    body: str
    body_type: str = FORM
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


class CallbackFailed(OssError):
    """203: the object is there, and nobody took notice of it."""

    def __init__(self, message: str, ec: str = "") -> None:
        """Hold why."""
        super().__init__(203, "CallbackFailed", message, ec)


def policy_named(text: str) -> str:
    """Return the name of the bucket's callback policy that a ``callback`` parameter refers to, if it does.

    Raises:
        OssError: it is no JSON object in base64.
    """
    return str(_document(text, "callback").get("callbackPolicy") or "")


def parse(text: str, variables: str) -> Callback | None:
    """Read the parameters ``callback`` and ``callback-var``; None when they name nobody to call.

    Raises:
        OssError: InvalidArgument.
    """
    document = _document(text, "callback")
    urls = tuple(filter(None, (url.strip() for url in _text(document, "callbackUrl").split(";"))))
    if not urls:
        return None
    if len(urls) > MAX_URLS:
        raise _invalid("The number of callback urls is more than 5.", "0007-00000005")
    for url in urls:
        _split(url)
    body = _text(document, "callbackBody")
    if not body:
        raise _invalid("The callback body is empty.", "0007-00000011")
    body_type = _text(document, "callbackBodyType") or FORM
    if body_type not in (FORM, JSON):
        raise _invalid("The callbackBodyType is not one of those that OSS knows.")
    headers = document.get("additionalHeaders") or {}
    if not isinstance(headers, dict) or any(name.lower().startswith("x-oss-") for name in headers):
        raise _invalid("The additionalHeaders of the callback are not valid.", "0007-00000026")
    host = _text(document, "callbackHost")
    kept = {str(name): str(value) for name, value in headers.items()}
    if not all(text.isascii() and text.isprintable() for text in (host, *kept, *kept.values())):
        raise _invalid("A header of the callback is not printable ASCII.")
    return Callback(
        urls=urls, body=body, body_type=body_type, host=host, headers=kept, variables=own_variables(variables)
    )


def own_variables(text: str) -> dict[str, str]:
    """Read the parameter ``callback-var``: the caller's own variables, whose names begin with ``x:``.

    Raises:
        OssError: InvalidArgument.
    """
    variables = _document(text, "callback-var") if text else {}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in variables.items()
        if name.startswith("x:")
    }


def send(callback: Callback, facts: Mapping[str, str | int], headers: Mapping[str, str]) -> bytes:
    """Call the first of the servers that takes it and return what it replies.

    Args:
        callback: what the upload asked for.
        facts: the values of OSS's own variables.
        headers: what OSS says in headers about the upload.

    Raises:
        CallbackFailed: none took it.
    """
    body = _filled_in(callback, {**facts, **callback.variables}).encode()
    sent = {
        "User-Agent": "aliyun-oss-callback",
        "Content-Type": callback.body_type,
        "Connection": "close",
        **headers,
        **callback.headers,
    }
    failure = CallbackFailed(_UNREACHABLE)
    for url in callback.urls:
        try:
            return _post(url, callback.host, body, sent)
        except CallbackFailed as failed:
            failure = failed
    raise failure


def _filled_in(callback: Callback, values: Mapping[str, str | int]) -> str:
    def value_of(match: re.Match[str]) -> str:
        value = values.get(match[1], "")
        if callback.body_type == JSON:
            return json.dumps(value, ensure_ascii=False)
        return quote(str(value), safe="")

    return _VARIABLE.sub(value_of, callback.body)


def _post(url: str, host: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    scheme, name, port, target = _split(url)
    if not _is_here(name):
        raise CallbackFailed(_UNREACHABLE)
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    connection = kind(name, port, timeout=MAX_SECONDS)
    late = threading.Event()
    # A socket's timeout alone would let a server drip for ever.
    alarm = threading.Timer(MAX_SECONDS, _hang_up, (connection, late))
    alarm.daemon = True
    alarm.start()
    try:
        connection.request("POST", target, body, {**headers, **({"Host": host} if host else {})})
        return _reply(connection.getresponse())
    except CallbackFailed:
        raise
    except (OSError, http.client.HTTPException, ValueError) as problem:
        if late.is_set() or isinstance(problem, TimeoutError):
            raise CallbackFailed("Cost too long time.") from None
        raise CallbackFailed(_UNREACHABLE) from None
    finally:
        alarm.cancel()
        connection.close()


def _reply(response: http.client.HTTPResponse) -> bytes:
    if response.status != 200:
        raise CallbackFailed(f"Error status : {response.status}.", "0007-00000203")
    if response.length is None or response.length > MAX_REPLY_BYTES:
        raise CallbackFailed("Error Status : 400.User server return too long content-length value.")
    content = response.read()
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        raise CallbackFailed("Response body is not valid json format.", "0007-00000205") from None
    return content


def _hang_up(connection: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _split(url: str) -> tuple[str, str, int | None, str]:
    _, separator, _ = url.partition("://")
    try:
        parts = urlsplit(url if separator else f"http://{url}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port, parts = None, None, urlsplit("")
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or not name or parts.scheme not in ("http", "https"):
        raise _invalid("The callback url is not valid.", "0007-00000004")
    return parts.scheme, name, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _is_here(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _document(text: str, argument: str) -> dict[str, Any]:
    try:
        document = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        message = "The callback configuration is not json format."
        raise _invalid(message, "0007-00000002", argument=argument)
    return document


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name, "")
    if not isinstance(value, str):
        raise _invalid(f"The {name} of the callback is not a string.")
    return value


def _invalid(message: str, ec: str = "", argument: str = "callback") -> OssError:
    return invalid_argument(message, ec, ArgumentName=argument)
