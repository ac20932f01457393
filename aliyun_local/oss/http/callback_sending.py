"""The HTTP call by which OSS reports an upload to a server; :mod:`aliyun_local.oss.http.callbacks` makes it.

OSS, "Callback" and "Upload callback errors and troubleshooting". Two things differ from the real service. The
server has to be on this machine, which the real one refuses. Calls are not signed, because the real ones are
signed with a private key of the real service.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.http.callback_parameters import JSON, Callback, split_url

MAX_CALL_SECONDS = 5.0
MAX_REPLY_BYTES = 1024 * 1024
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_UNREACHABLE = "Error status : -1.OSS can not connect to your callbackUrl, please check it."


class CallbackFailed(OssError):
    """203: the object is stored, but no server confirmed the callback."""

    def __init__(self, message: str, ec: str = "") -> None:
        """Hold the reason."""
        super().__init__(203, "CallbackFailed", message, ec)


def send(callback: Callback, values: Mapping[str, str | int], headers: Mapping[str, str]) -> bytes:
    """Call the servers of ``callback`` in order until one confirms, and return its reply.

    Args:
        callback: the callback that the upload asked for.
        values: the values of OSS's own variables.
        headers: the headers by which OSS describes the upload.

    Raises:
        CallbackFailed: no server confirmed; says why the last one did not.
    """
    body = _filled_in(callback, {**values, **callback.variables}).encode()
    sent = {
        "User-Agent": "aliyun-oss-callback",
        "Content-Type": callback.body_type,
        "Connection": "close",
        **headers,
        **callback.headers,
        **({"Host": callback.host} if callback.host else {}),
    }
    failure = CallbackFailed(_UNREACHABLE)
    for url in callback.urls:
        try:
            return _post(url, body, sent)
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


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    parts = split_url(url)
    if not _is_loopback(parts.host):
        raise CallbackFailed(_UNREACHABLE)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.host, parts.port, timeout=MAX_CALL_SECONDS)
    is_late = threading.Event()
    # A socket's timeout starts again with every byte, so the whole call needs an alarm against slow servers.
    alarm = threading.Timer(MAX_CALL_SECONDS, _hang_up, (connection, is_late))
    alarm.daemon = True
    alarm.start()
    try:
        connection.request("POST", parts.target, body, dict(headers))
        return _reply(connection.getresponse())
    except CallbackFailed:
        raise
    except (OSError, http.client.HTTPException, ValueError) as problem:
        if is_late.is_set() or isinstance(problem, TimeoutError):
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


def _hang_up(connection: http.client.HTTPConnection, is_late: threading.Event) -> None:
    is_late.set()
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
