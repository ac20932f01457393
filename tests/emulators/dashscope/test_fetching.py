"""Real downloads, from a server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from aliyun_local.dashscope.pictures import fetching
from aliyun_local.dashscope.pictures.fetching import FetchError, InvalidUrlError, NotAuthorizedError, fetch
from aliyun_local.serving import destinations
from aliyun_local.serving.destinations import Listener, Place
from aliyun_local.serving.server import LoopbackServer
from aliyun_local.serving.wire import Request, Response

PAGES = {
    "/photo.jpg": Response(status=200, headers={"Content-Type": "image/jpeg"}, body=b"pixels"),
    "/moved": Response(status=302, headers={"Location": "/photo.jpg"}),
    "/circle": Response(status=302, headers={"Location": "/circle"}),
    "/nowhere": Response(status=302),
    "/expired": Response(status=403, body=b"<Error/>"),
    "/private": Response(status=401),
    "/large": Response(status=200, headers={"Content-Length": str(fetching.MAX_BYTES + 1)}),
    "/short": Response(status=200, headers={"Content-Length": "100"}, body=b"only this"),
    "/untyped": Response(status=200, body=b"x"),
}


def answer(request: Request) -> Response:
    if request.raw_path == "/signed" and request.raw_query != "Signature=a%2Fb%3D&Expires=1":
        return Response(status=403)
    page = PAGES.get("/photo.jpg" if request.raw_path == "/signed" else request.raw_path)
    return page or Response(status=404)


@pytest.fixture
def url() -> Iterator[str]:
    with LoopbackServer(answer) as server:
        yield server.url


def test_a_download_gives_bytes_and_type(url: str) -> None:
    assert fetch(f"{url}/photo.jpg") == fetching.Fetched(content=b"pixels", content_type="image/jpeg")
    assert fetch(f"{url}/moved", private_addresses=True).content == b"pixels"
    assert fetch(f"{url}/untyped").content_type == ""


def test_a_signature_in_the_query_arrives_as_it_was(url: str) -> None:
    assert fetch(f"{url}/signed?Signature=a%2Fb%3D&Expires=1").content == b"pixels"


@pytest.mark.parametrize("path", ["/expired", "/private"])
def test_a_refusal_is_told_from_other_failures(url: str, path: str) -> None:
    with pytest.raises(NotAuthorizedError):
        fetch(url + path)


@pytest.mark.parametrize("path", ["/none", "/circle", "/nowhere", "/large"])
def test_a_file_that_cannot_be_had_is_an_error(url: str, path: str) -> None:
    with pytest.raises(FetchError):
        fetch(url + path, private_addresses=True)


def test_redirects_are_followed_three_times_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []

    def redirect(request: Request) -> Response:
        asked.append(request)
        return Response(status=302, headers={"Location": "/on"})

    with LoopbackServer(redirect) as server, pytest.raises(FetchError, match="too many redirects"):
        fetch(f"{server.url}/", private_addresses=True)
    assert len(asked) == 4


REDIRECTS = [
    "http://127.0.0.1:{port}/secret",
    "http://localhost:{port}/secret",
    "http://[::ffff:127.0.0.1]:{port}/secret",
    "http://0.0.0.0:{port}/secret",
    "/secret",
]


@pytest.mark.parametrize("location", REDIRECTS)
def test_a_redirect_to_a_server_on_loopback_is_not_followed(location: str) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.raw_path)
        return Response(status=302, headers={"Location": location.format(port=server.port)})

    with LoopbackServer(answer) as server, pytest.raises(FetchError, match="private address"):
        fetch(f"{server.url}/moved")
    assert asked == ["/moved"]


@pytest.mark.parametrize(
    ("service", "is_followed"), [("oss_public", True), ("oss", False), ("dashscope", False), ("fc", False)]
)
def test_of_this_cloud_a_redirect_may_lead_to_the_public_door_of_oss_alone(
    url: str, service: str, is_followed: bool
) -> None:
    moved = Response(status=307, headers={"Location": f"{url}/photo.jpg"})
    listener = Listener(service=service, address="127.0.0.1", port=int(url.rpartition(":")[2]))
    with LoopbackServer(lambda _: moved) as server:
        if is_followed:
            assert fetch(server.url, listeners=lambda: [listener]).content == b"pixels"
        else:
            with pytest.raises(FetchError, match="private address"):
                fetch(server.url, listeners=lambda: [listener])


@pytest.mark.parametrize(
    ("service", "is_reached"), [("oss_public", True), ("oss", False), ("dashscope", True)]
)
def test_a_url_at_the_internal_door_of_oss_is_in_a_private_network(
    url: str, service: str, is_reached: bool
) -> None:
    listener = Listener(service=service, address="127.0.0.1", port=int(url.rpartition(":")[2]))
    if not is_reached:
        with pytest.raises(FetchError, match="private address"):
            fetch(f"{url}/photo.jpg", listeners=lambda: [listener])
    friendly = fetch(f"{url}/photo.jpg", listeners=lambda: [listener], private_addresses=not is_reached)
    assert friendly.content == b"pixels"


@pytest.mark.parametrize("host", ["photos.localhost", "A.Photos.LOCALHOST.", "localhost"])
@pytest.mark.parametrize("known", [[], ["192.0.2.7"]])
def test_every_name_below_localhost_is_this_machine_whatever_the_resolver_says(
    url: str, host: str, known: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = socket.getaddrinfo

    def resolver(name: str, *arguments: object, **options: object) -> list[object]:
        if name == "127.0.0.1":
            return look_up(name, *arguments, **options)  # type: ignore[arg-type,return-value]
        if not known:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return look_up(known[0], *arguments, **options)  # type: ignore[arg-type,return-value]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    port = url.rpartition(":")[2]
    assert fetch(f"http://{host}:{port}/photo.jpg").content == b"pixels"
    assert [str(place.address) for place in destinations.places_of(host, int(port))] == ["127.0.0.1"]


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "100.100.100.200",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[::ffff:169.254.169.254]",
    ],
)
def test_a_private_address_is_reached_neither_at_once_nor_by_a_redirect(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[object] = []

    def connect(places: list[Place], _: float) -> socket.socket:
        connected.extend(place.address for place in places)
        return destinations.connect(places, 1)

    monkeypatch.setattr(fetching, "connect", connect)
    moved = Response(status=302, headers={"Location": f"http://{host}/latest/meta-data/"})
    with LoopbackServer(lambda _: moved) as server:
        for url in (f"http://{host}/", server.url):
            with pytest.raises(FetchError, match="private address"):
                fetch(url)
    assert [str(address) for address in connected] == ["127.0.0.1"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "photo.jpg",
        "file:///etc/passwd",
        "ftp://host/a",
        "http://",
        "http://host:99999/a",
        "http://host:x/",
        "http://[::1",
        "http://user:word@host/a",
        "http://host/照片.jpg",
        "http://host/a b",
        "http://host/a\r\nX: y",
        "http://host/a\n",
    ],
)
def test_what_is_no_public_url_is_refused_without_a_connection(text: str) -> None:
    with pytest.raises(InvalidUrlError):
        fetch(text)


def test_an_internal_endpoint_is_not_even_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object, **__: object) -> socket.socket:
        pytest.fail("a connection was tried")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(FetchError, match="internal endpoint"):
        fetch("http://bucket.oss-cn-beijing-internal.aliyuncs.com/a.jpg")


def test_a_host_that_refuses_connections_is_an_error() -> None:
    with pytest.raises(FetchError) as raised:
        fetch("http://127.0.0.1:1/")
    assert not isinstance(raised.value, InvalidUrlError)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\n\r\nno length",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        b"no http at all\r\n\r\n",
        b"",
    ],
)
def test_an_answer_without_a_true_length_is_an_error(raw: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(raw)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(FetchError):
            fetch(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join(5)


def test_a_server_that_drips_is_left_after_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_SECONDS", 0.2)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n")
                for _ in range(20):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return
                    if stop.wait(0.05):
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(FetchError):
            fetch(f"http://127.0.0.1:{server.getsockname()[1]}/")
        stop.set()
        thread.join(5)
