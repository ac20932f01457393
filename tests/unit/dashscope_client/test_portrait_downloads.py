"""Downloads of portraits: without the key, bounded in size and time, and told of without their URLs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import responses

from shared.clients.dashscope import DashScope
from shared.clients.dashscope_http import TIMEOUT_SECONDS
from shared.clients.dashscope_portraits import (
    DOWNLOAD_SECONDS,
    DOWNLOAD_WITHIN_SECONDS,
    MAX_PICTURE_BYTES,
    PIECE_BYTES,
)
from shared.clients.retries import Retries
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Permanent, RetryLater, Trouble
from tests.unit.dashscope_client.support import API_KEY, BASE, sent

URL = "https://dashscope-result.oss-cn-beijing.aliyuncs.com/a/1.jpg?Expires=9&Signature=5ec7e7"


def test_a_picture_is_fetched_without_the_key_bounded_in_time_and_on_a_connection_of_its_own(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.get(URL, body=b"picture")
    assert client.portraits.download(URL) == b"picture"
    request = sent(wire)
    assert "Authorization" not in request.headers
    assert API_KEY not in str(dict(request.headers))
    options = vars(request)["req_kwargs"]
    assert (options["timeout"], options["stream"]) == (DOWNLOAD_SECONDS, True)
    assert options["verify"]
    assert DOWNLOAD_SECONDS < TIMEOUT_SECONDS


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "portrait_gone"), (404, "portrait_gone"), (410, "portrait_gone"), (500, ""), (302, ""), (206, "")],
)
def test_what_is_not_there_any_more_is_gone_and_anything_else_is_tried_again(
    wire: responses.RequestsMock, client: DashScope, status: int, code: str
) -> None:
    wire.get(URL, status=status, headers={"Location": "https://elsewhere.example/"}, body=URL)
    with pytest.raises(Permanent if code else RetryLater) as raised:
        client.portraits.download(URL)
    assert raised.value.code == (code or "portrait_not_downloaded")
    assert raised.value.api is Api.PORTRAITS
    assert len(wire.calls) == 1, "no redirect is followed, and nothing is repeated"


@pytest.mark.parametrize("size", [MAX_PICTURE_BYTES, MAX_PICTURE_BYTES + 1])
def test_a_picture_is_bounded_in_size(wire: responses.RequestsMock, client: DashScope, size: int) -> None:
    wire.get(URL, body=bytes(size))
    if size <= MAX_PICTURE_BYTES:
        assert len(client.portraits.download(URL)) == size
        return
    with pytest.raises(Permanent) as raised:
        client.portraits.download(URL)
    assert (raised.value.code, raised.value.kind, raised.value.api) == (
        "portrait_too_large",
        Kind.OBJECT,
        Api.PORTRAITS,
    )


class Dripping(requests.Session):
    """A connection that gives a body in pieces, each after a while."""

    def __init__(self, pieces: int, headers: dict[str, str], give: Callable[[], bytes]) -> None:
        super().__init__()
        self._pieces, self._headers, self._give = pieces, headers, give

    def get(self, url: str | bytes, **options: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code = 200
        answer.headers.update(self._headers)

        def pieces(size: int | None = 1, decode_unicode: bool = False) -> Iterator[bytes]:
            assert size == PIECE_BYTES
            for _ in range(self._pieces):
                yield self._give()

        answer.iter_content = pieces  # type: ignore[assignment, method-assign]  # in the place of a socket
        return answer


def dripping(pieces: int, *, each_takes: float = 0, headers: dict[str, str] | None = None) -> DashScope:
    seconds = [100.0]

    def give() -> bytes:
        seconds[0] += each_takes
        return b"piece"

    return DashScope(
        BASE,
        API_KEY,
        new_session=lambda: Dripping(pieces, headers or {}, give),
        retries=Retries(sleep=lambda _: None, now=lambda: seconds[0]),
    )


@pytest.mark.parametrize(("each_takes", "is_in_time"), [(DOWNLOAD_WITHIN_SECONDS / 5, True), (6, False)])
def test_a_picture_is_bounded_in_time(each_takes: float, is_in_time: bool) -> None:
    client = dripping(5, each_takes=each_takes)
    if is_in_time:
        assert client.portraits.download(URL) == 5 * b"piece"
        return
    with pytest.raises(RetryLater, match="in time"):
        client.portraits.download(URL)


@pytest.mark.parametrize(
    ("headers", "is_whole"),
    [
        ({"Content-Length": "10"}, True),
        ({"Content-Length": "11"}, False),
        ({"Content-Length": "9"}, False),
        ({"Content-Length": "some"}, True),
        ({"Content-Length": "7", "Content-Encoding": "gzip"}, True),
        ({}, True),
    ],
)
def test_a_picture_that_is_cut_short_is_none(headers: dict[str, str], is_whole: bool) -> None:
    client = dripping(2, headers=headers)
    if is_whole:
        assert client.portraits.download(URL) == 2 * b"piece"
        return
    with pytest.raises(RetryLater, match="as a whole") as raised:
        client.portraits.download(URL)
    assert raised.value.code == "portrait_not_downloaded"


@pytest.mark.parametrize(
    "reply",
    [
        {"body": requests.exceptions.ReadTimeout(f"timed out at {URL}")},
        {"body": requests.exceptions.ConnectionError(f"refused {URL}")},
        {"body": requests.exceptions.InvalidURL(f"no URL: {URL}")},
        {"body": requests.exceptions.ChunkedEncodingError(f"cut {URL}")},
        {"status": 403, "body": URL},
        {"status": 500, "body": URL},
    ],
    ids=lambda reply: str(reply.get("status", type(reply.get("body")).__name__)),
)
def test_no_url_of_a_picture_is_in_any_error_or_log(
    wire: responses.RequestsMock,
    client: DashScope,
    reply: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG, "facechain_autotrain")
    wire.get(URL, **reply)
    with pytest.raises(Trouble) as raised:
        client.portraits.download(URL)
    error = raised.value
    out, err = capfd.readouterr()
    for text in (str(error), repr(error), error.message, caplog.text, out, err):
        assert "5ec7e7" not in text
        assert "dashscope-result" not in text
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


@pytest.mark.parametrize("url", ["", "no url", "http://", "https://[", "file:///etc/passwd"])
def test_what_is_no_url_is_no_picture(client: DashScope, url: str) -> None:
    with pytest.raises(RetryLater) as raised:
        client.portraits.download(url)
    assert raised.value.code == "portrait_not_downloaded"
