"""The loopback server: streams, framing, the address that it listens on, closing."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator

import pytest

from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Response
from local.options import OptionError, Options, read_options
from tests.emulators.raw_http.support import PATIENCE_SECONDS, connect, exchange


def connection_to(server: LoopbackServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(server.address, server.port, timeout=PATIENCE_SECONDS)


def test_a_stream_is_sent_piece_by_piece_as_it_comes() -> None:
    go_on = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"first"
        yield b""
        assert go_on.wait(PATIENCE_SECONDS)
        yield b"second"

    with LoopbackServer(lambda _: Response(status=200, stream=pieces())) as server:
        connection = connection_to(server)
        connection.request("GET", "/")
        response = connection.getresponse()
        assert response.getheader("Transfer-Encoding") == "chunked"
        assert response.read1() == b"first"
        go_on.set()
        assert response.read() == b"second"
        # The connection can be used again.
        go_on.set()
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"firstsecond"
        connection.close()


def test_a_stream_that_breaks_ends_without_its_end() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"first"
        raise RuntimeError

    with LoopbackServer(lambda _: Response(status=200, stream=pieces())) as server:
        connection = connection_to(server)
        connection.request("GET", "/")
        with pytest.raises(http.client.IncompleteRead):
            connection.getresponse().read()
        connection.close()


def test_a_stream_that_nobody_reads_any_more_is_closed() -> None:
    closed = threading.Event()

    def pieces() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
        finally:
            closed.set()

    with LoopbackServer(lambda _: Response(status=200, stream=pieces())) as server:
        with connect(server) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            connection.recv(100)
        assert closed.wait(PATIENCE_SECONDS)


def test_an_old_client_gets_a_stream_that_ends_with_the_connection() -> None:
    with LoopbackServer(lambda _: Response(status=200, stream=iter([b"a", b"b"]))) as server:
        head, _, body = exchange(server, b"GET / HTTP/1.0\r\nHost: a\r\n\r\n").partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert body == b"ab"


def test_a_body_that_is_said_to_be_chunked_is_and_has_no_length() -> None:
    answer = Response(status=200, headers={"transfer-encoding": "chunked"}, body=b"whole")
    with LoopbackServer(lambda _: answer) as server:
        connection = connection_to(server)
        connection.request("GET", "/")
        response = connection.getresponse()
        assert response.getheader("Content-Length") is None
        assert response.read() == b"whole"
        connection.close()


def test_a_length_of_the_answers_own_is_kept_whatever_its_case() -> None:
    with LoopbackServer(lambda _: Response(status=200, headers={"content-length": "7"})) as server:
        head = exchange(server, b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert head.lower().count(b"content-length") == 1
    assert b"content-length: 7" in head


def test_closing_ends_the_connections_that_clients_keep() -> None:
    server = LoopbackServer(lambda _: Response(status=200, body=b"x")).start()
    connection = connection_to(server)
    connection.request("GET", "/")
    connection.getresponse().read()
    kept = connection.sock
    assert kept is not None
    server.close()
    assert kept.recv(1) == b""
    connection.close()


def test_a_server_listens_on_loopback_unless_told_otherwise() -> None:
    with LoopbackServer(lambda _: Response(status=200)) as server:
        assert server.address == "127.0.0.1"
        assert server.url == f"http://127.0.0.1:{server.port}"
    everywhere = "0.0.0.0"
    with LoopbackServer(lambda _: Response(status=200), address=everywhere) as server:
        assert server.url == f"http://127.0.0.1:{server.port}"


def test_the_address_of_all_endpoints_is_an_option() -> None:
    assert read_options({}, Options()).host == "127.0.0.1"
    assert read_options({"LOCAL_HOST": " 192.168.1.7 "}, Options()).host == "192.168.1.7"
    for wrong in ("everywhere", "1.2.3", "::1"):
        with pytest.raises(OptionError, match=r"LOCAL_HOST is .* an IPv4 address"):
            read_options({"LOCAL_HOST": wrong}, Options())
