"""The HTTP call by which OSS reports an upload to a server; :mod:`aliyun_local.oss.http.callbacks` makes it.

OSS, "Callback" and "Upload callback errors and troubleshooting". Two things differ from the real service. The
server has to be on this machine, which the real one refuses, and must not be the local cloud itself: an
uploader, who may be a stranger with a signed form, chooses the URL and the body of the call. Calls are not
signed, because the real ones are signed with a private key of the real service.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.http.callback_parameters import JSON, Callback, CallbackUrl, split_url
from aliyun_local.serving.destinations import Listeners, Place, connect, places_of, services_at

MAX_CALL_SECONDS = 5.0
MAX_REPLY_BYTES = 1024 * 1024
_PORTS = {"http": 80, "https": 443}
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_UNREACHABLE = "Error status : -1.OSS can not connect to your callbackUrl, please check it."


class CallbackFailed(OssError):
    """203: the object is stored, but no server confirmed the callback."""

    def __init__(self, message: str, ec: str = "") -> None:
        """Hold the reason."""
        super().__init__(203, "CallbackFailed", message, ec)


def send(
    callback: Callback, values: Mapping[str, str | int], headers: Mapping[str, str], listeners: Listeners
) -> bytes:
    """Call the servers of ``callback`` in order until one confirms, and return its reply.

    Args:
        callback: the callback that the upload asked for.
        values: the values of OSS's own variables.
        headers: the headers by which OSS describes the upload.
        listeners: the addresses of this cloud, which are never called.

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
            return _post(url, body, sent, listeners)
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


def _post(url: str, body: bytes, headers: Mapping[str, str], listeners: Listeners) -> bytes:
    parts = split_url(url)
    port = parts.port or _PORTS[parts.scheme]
    is_late = threading.Event()
    connect_by = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect_by(parts.host, port)
    # A socket's timeout starts again with every byte, so the whole call needs an alarm against slow servers.
    alarm = threading.Timer(MAX_CALL_SECONDS, _hang_up, (connection, is_late))
    alarm.daemon = True
    alarm.start()
    try:
        connection.sock = _connected(parts, _callable_places(parts.host, port, listeners))
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


def _callable_places(host: str, port: int, listeners: Listeners) -> list[Place]:
    """Return the addresses of ``host`` if all of them are on this machine and none is of this cloud.

    Raises:
        OSError: ``host`` is not an address, nor ``localhost``.
        CallbackFailed: an address is not for callbacks.
    """
    if host != "localhost":
        # Other names are not looked up: a look-up would tell a foreign name server of the upload.
        socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    places = places_of(host, port)
    if not all(place.address.is_loopback and not services_at(place, listeners()) for place in places):
        raise CallbackFailed(_UNREACHABLE)
    return places


def _connected(parts: CallbackUrl, places: list[Place]) -> socket.socket:
    plain = connect(places, MAX_CALL_SECONDS)
    if parts.scheme == "http":
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=parts.host)


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
