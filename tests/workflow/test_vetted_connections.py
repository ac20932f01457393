"""One request to an address that somebody has set: where it may go, and how long it may take."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from shared.clients.vetted_connections import MAX_ANSWER_BYTES, Poster, Refused, Unreached
from tests.workflow.receivers import LoopbackReceiver, receiver, says

LONG = 5.0
SHORT = 0.3


@pytest.fixture
def there() -> Iterator[LoopbackReceiver]:
    with receiver() as made:
        yield made


class Names:
    """A name server with an answer for each look-up, the last one for all that follow."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


class Connections:
    """Stands for the network: remembers what is connected to, and connects to loopback in its place."""

    def __init__(self) -> None:
        self.to: list[tuple[str, int]] = []

    def __call__(self, address: tuple[str, int], timeout: float) -> socket.socket:
        self.to.append(address)
        return socket.create_connection(("127.0.0.1", address[1]), timeout)


def test_a_request_arrives_as_it_was_sent(there: LoopbackReceiver) -> None:
    answered = Poster(allow_private=True).post(there.url(path="/a?b=c"), b"body", {"webhook-id": "1"}, LONG)
    assert answered.status == 204
    (received,) = there.received
    assert (received.path, received.body, received.headers["webhook-id"]) == ("/a?b=c", b"body", "1")
    assert received.headers["host"] == f"127.0.0.1:{there.port}"


def test_nothing_private_is_reached_unless_it_is_allowed(there: LoopbackReceiver) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"):
        with pytest.raises(Refused):
            Poster().post(there.url(host), b"", {}, LONG)
    assert not there.received


@pytest.mark.parametrize("allow_private", [False, True])
def test_metadata_is_never_reached(allow_private: bool) -> None:
    connections = Connections()
    for host in ("169.254.169.254", "100.100.100.200", "[::ffff:169.254.169.254]"):
        with pytest.raises(Refused):
            Poster(allow_private=allow_private, connect=connections).post(
                f"http://{host}/latest", b"", {}, LONG
            )
    assert not connections.to


def test_a_name_that_has_one_forbidden_address_among_others_is_refused_as_a_whole() -> None:
    connections = Connections()
    names = Names(["8.8.8.8", "169.254.169.254"])
    with pytest.raises(Refused):
        Poster(resolve=names, connect=connections).post("http://a.example/", b"", {}, LONG)
    assert not connections.to


def test_the_address_that_was_looked_at_is_the_one_that_is_reached(there: LoopbackReceiver) -> None:
    names, connections = Names(["8.8.8.8"], ["127.0.0.1"]), Connections()
    poster = Poster(resolve=names, connect=connections)
    assert poster.post(there.url("a.example"), b"", {}, LONG).status == 204
    # Nothing was looked up again between the look and the connection.
    assert (names.asked, connections.to) == (1, [("8.8.8.8", there.port)])
    assert there.received[0].headers["host"] == f"a.example:{there.port}"
    # The next message is another request: now the name says loopback, and nothing is sent.
    with pytest.raises(Refused):
        poster.post(there.url("a.example"), b"", {}, LONG)
    assert len(there.received) == len(connections.to) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_answers_and_are_not_followed(there: LoopbackReceiver, status: int) -> None:
    there.answer = says(status, Location=there.url(path="/elsewhere"))
    assert Poster(allow_private=True).post(there.url(), b"", {}, LONG).status == status
    assert [one.path for one in there.received] == ["/hook"]


def test_proxies_of_the_environment_are_not_asked(
    there: LoopbackReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert Poster(allow_private=True).post(there.url(), b"", {}, LONG).status == 204


def test_of_a_long_answer_the_beginning_is_read(there: LoopbackReceiver) -> None:
    there.answer = says(200, b"x" * 1_000_000)
    assert len(Poster(allow_private=True).post(there.url(), b"", {}, LONG).body) == MAX_ANSWER_BYTES


def _silent(handler: BaseHTTPRequestHandler) -> None:
    _until_gone(handler, b"")


def _drips_a_header(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    _until_gone(handler, b"a")


def _says_continue_for_ever(handler: BaseHTTPRequestHandler) -> None:
    _until_gone(handler, b"HTTP/1.1 100 Continue\r\n\r\n")


def _until_gone(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    """Write a little at a time until the other end has gone; bounded, should it never go."""
    handler.connection.settimeout(0.02)
    for _ in range(500):
        try:
            if handler.connection.recv(1) == b"":
                return
        except TimeoutError:
            handler.wfile.write(content)


@pytest.mark.parametrize("answer", [_silent, _drips_a_header, _says_continue_for_ever])
def test_whoever_answers_slowly_holds_nobody_beyond_the_time(there: LoopbackReceiver, answer: Any) -> None:
    there.answer = answer
    began = time.monotonic()
    with pytest.raises(Unreached) as caught:
        Poster(allow_private=True).post(there.url(), b"", {}, SHORT)
    assert caught.value.code == "timed_out"
    assert time.monotonic() - began < 10 * SHORT


def test_a_body_that_never_ends_does_not_take_the_status_back(there: LoopbackReceiver) -> None:
    def drips(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        _until_gone(handler, b"a")

    there.answer = drips
    assert Poster(allow_private=True).post(there.url(), b"", {}, SHORT).status == 200


def test_a_name_server_that_does_not_answer_is_not_waited_for() -> None:
    done = threading.Event()

    def never(host: str, port: int) -> list[str]:
        done.wait(5)
        return ["8.8.8.8"]

    with pytest.raises(Unreached) as caught:
        Poster(resolve=never).post("https://a.example/", b"", {}, SHORT)
    done.set()
    assert caught.value.code in ("name_not_looked_up", "timed_out")


@pytest.mark.parametrize("answer", [[], OSError("no such host secret-token")])
def test_a_name_without_an_address_is_told_without_its_words(answer: Any) -> None:
    def names(host: str, port: int) -> list[str]:
        if isinstance(answer, Exception):
            raise answer
        return list(answer)

    with pytest.raises(Unreached) as caught:
        Poster(resolve=names).post("https://a.example/", b"", {}, LONG)
    assert caught.value.code == "name_unknown"
    assert "secret" not in str(caught.value)


def test_a_connection_that_is_refused_is_told_as_such() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(Unreached) as caught:
            Poster(allow_private=True).post(f"http://127.0.0.1:{port}/token", b"", {}, LONG)
    assert caught.value.code == "not_reached"
    assert "token" not in str(caught.value)


def test_tls_is_made_for_the_name_and_its_certificate_checked(tmp_path: Any) -> None:
    certificate = _certificate(tmp_path, "a.example")
    with _Encrypted(certificate) as (port, names):
        here: dict[str, Any] = {"resolve": Names(["127.0.0.1"]), "allow_private": True}
        trusting = Poster(**here, ca_certs=str(certificate))
        assert trusting.post(f"https://a.example:{port}/", b"x", {}, LONG).status == 200
        assert names == ["a.example"]
        for poster, host in ((trusting, "b.example"), (Poster(**here), "a.example")):
            with pytest.raises(Unreached) as caught:
                poster.post(f"https://{host}:{port}/", b"x", {}, LONG)
            assert caught.value.code == "tls_failed"


def _certificate(folder: Any, name: str) -> Any:
    """A certificate with its key, signed by itself, in one file."""
    subprocess = pytest.importorskip("subprocess")
    made, key = folder / "made.pem", folder / "key.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(key), "-out", str(made), "-days", "2", "-subj", f"/CN={name}"]
    command += ["-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text(made.read_text() + key.read_text())
    return both


class _Encrypted:
    """A receiver over TLS; says its port, and notes the names that it is called by."""

    def __init__(self, certificate: Any) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._names: list[str] = []
        self._context.sni_callback = lambda _, name, __: self._names.append(name)

    def __enter__(self) -> tuple[int, list[str]]:
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        return self._listening.getsockname()[1], self._names

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            try:
                with self._context.wrap_socket(line, server_side=True) as talking:
                    asked = b""
                    while not asked.endswith(b"\r\n\r\nx"):
                        asked += talking.recv(65536)
                    talking.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                continue
