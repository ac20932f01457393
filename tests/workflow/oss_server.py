"""An OSS on loopback that answers what a test says, byte for byte, and the client that talks to it.

For what no honest service answers: bodies that end early or never, pages that are no XML, missing headers.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.clients.photo_bucket import PhotoBucket

SECRET = "secret-of-the-key"
TOKEN = "token-of-the-role"
NAME = "photos"

Answer = bytes | Iterable[bytes]

OBJECT = {
    "x-oss-request-id": "R1",
    "x-oss-object-type": "Normal",
    "ETag": '"E1"',
    "Last-Modified": "Fri, 24 Feb 2012 06:07:48 GMT",
}


def answer(status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """An answer as it stands on the wire; a header that is given empty is left out."""
    headers = {"Content-Length": str(len(body))} | (headers or {})
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items() if value)]
    return "\r\n".join([*lines, "", ""]).encode() + body


def found(body: bytes, headers: dict[str, str] | None = None, *, status: int = 200) -> bytes:
    """The answer to a GET of an object."""
    return answer(status, body, OBJECT | (headers or {}))


def refused(status: int, code: str, message: str = "simulated", ec: str = "") -> bytes:
    """An error answer, as OSS writes it."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message><EC>{ec}</EC></Error>"
    return answer(status, body.encode(), {"x-oss-request-id": "R1"})


@dataclass
class OssServer:
    """Gives its answers one by one; the last one again and again.

    Attributes:
        connections: how many were opened.
        asked: the heads of the requests.
        hung_up: set once the client has closed a connection in the middle of an answer.
    """

    answers: list[Answer]
    port: int = 0
    connections: int = 0
    asked: list[str] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)

    def next(self) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def oss_server(*answers: Answer) -> Iterator[OssServer]:
    """Serve ``answers``; an empty one closes the connection."""
    script = OssServer(list(answers))

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            script.connections += 1
            while head := self._head():
                script.asked.append(head)
                try:
                    if not self._send(script.next()):
                        return
                except OSError:
                    script.hung_up.set()
                    return

        def _head(self) -> str:
            lines: list[str] = []
            while (line := self.rfile.readline().decode("latin-1")) not in ("\r\n", ""):
                lines.append(line)
            length = next((line[15:] for line in lines if line.lower().startswith("content-length:")), "0")
            self.rfile.read(int(length))
            return "".join(lines)

        def _send(self, wanted: Answer) -> bool:
            pieces = [wanted] if isinstance(wanted, bytes) else wanted
            sent = 0
            for piece in pieces:
                self.wfile.write(piece)
                sent += len(piece)
            return sent > 0 and isinstance(wanted, bytes)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        script.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()


class Seconds:
    """A clock that goes on by ``step`` with every look at it."""

    def __init__(self, step: float = 0.0) -> None:
        self.step = step
        self.looks = 0

    def __call__(self) -> float:
        self.looks += 1
        return self.looks * self.step


def client(endpoint: str, *, now: Any = None) -> PhotoBucket:
    """The product's bucket at ``endpoint``; its retries do not wait."""
    from shared.clients.credentials import Credentials
    from shared.clients.photo_bucket import PhotoBucket
    from shared.clients.retries import Retries

    return PhotoBucket(
        endpoint=endpoint,
        public_endpoint=endpoint,
        name=NAME,
        region="cn-beijing",
        credentials=Credentials(access_key_id="LTAIkey", access_key_secret=SECRET, security_token=TOKEN),
        retries=Retries(sleep=lambda _: None, now=now or Seconds()),
    )


@contextmanager
def oss_that_says(*answers: Answer, now: Any = None) -> Iterator[tuple[PhotoBucket, OssServer]]:
    """The product's bucket at a server that gives ``answers``."""
    with oss_server(*answers) as server:
        bucket = client(f"http://127.0.0.1:{server.port}", now=now)
        with _closed_at_the_end(bucket._bucket.session):
            yield bucket, server


@contextmanager
def _closed_at_the_end(session: Any) -> Iterator[None]:
    """Close the connections, also those of answers that an error has left unread."""
    got: list[Any] = []
    send = session.do_request

    def remember(request: Any, timeout: Any) -> Any:
        got.append(send(request, timeout))
        return got[-1]

    session.do_request = remember
    try:
        yield
    finally:
        for one in got:
            one.response.close()
        session._session.session.close()
