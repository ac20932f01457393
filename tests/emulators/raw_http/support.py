"""Bytes to and from a server, without an HTTP client between."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from xml.etree import ElementTree

from aliyun_local.serving.server import LoopbackServer
from aliyun_local.tablestore.codec.common_messages import Error

PATIENCE_SECONDS = 5
HURRY_SECONDS = 0.03
GOOD = {
    "oss": "/bucket/key?acl",
    "tablestore": "/GetRow",
    "dashscope": "/api/v1/files",
    "function_compute": "/2023-03-30/functions/echo",
}
"""The services, each with a path that it has an answer for."""

Servers = Mapping[str, LoopbackServer]


def connect(server: LoopbackServer) -> socket.socket:
    return socket.create_connection((server.address, server.port), timeout=PATIENCE_SECONDS)


def read_all(connection: socket.socket) -> bytes:
    """Return everything that comes until the server closes the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def exchange(server: LoopbackServer, request: bytes) -> bytes:
    """Send bytes and the end of the stream; return everything that comes back."""
    with connect(server) as connection:
        answer = b""
        # A server may hang up before everything is sent; its answer can be read all the same.
        with suppress(ConnectionError):
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while piece := connection.recv(65536):
                answer += piece
        return answer


def status_of(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1."), answer[:80]
    return int(answer.split(b" ", 2)[1])


def without_continue(answer: bytes) -> bytes:
    """Return the final answer, without a 100 before it."""
    while answer.startswith(b"HTTP/1.1 100 "):
        answer = answer.partition(b"\r\n\r\n")[2]
    return answer


def error_of(name: str, answer: bytes) -> tuple[int, str]:
    """Return the status and the code of an error, as the clients of the service read it."""
    answer = without_continue(answer)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}\r\n".encode() in head + b"\r\n"
    if name == "oss":
        root = ElementTree.fromstring(body)
        assert root.tag == "Error"
        code = root.findtext("Code")
        assert root.findtext("Message")
        assert root.findtext("RequestId", "-").encode() in head
    elif name == "tablestore":
        error = Error.decode(body)
        code = error.code
        assert error.message
        assert b"x-ots-requestid" in head
    else:
        document = json.loads(body)
        code = document.get("code") or document.get("Code") or document.get("ErrorCode")
        assert document.get("message") or document.get("Message") or document.get("ErrorMessage")
    assert code
    return status_of(answer), code


def lives(server: LoopbackServer, path: str) -> bool:
    return 400 <= status_of(exchange(server, f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())) < 500
