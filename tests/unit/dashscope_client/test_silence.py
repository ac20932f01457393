"""No answer: what may have left is unknown and never repeated, what cannot have left is tried later."""

from __future__ import annotations

import socket
from collections.abc import Callable
from http.client import RemoteDisconnected

import pytest
import requests
import responses
import urllib3.connection
import urllib3.exceptions

from shared.clients.dashscope import DashScope
from shared.clients.retries import TRIES
from shared.errors import OutcomeUnknown, RetryLater
from tests.unit.dashscope_client.support import BASE, ID, SIGNED, SUCCEEDED, answer, error_body

POOL = urllib3.HTTPSConnectionPool("dashscope.aliyuncs.com")
CONNECTION = urllib3.connection.HTTPSConnection("dashscope.aliyuncs.com")


def wrapped(reason: Exception) -> urllib3.exceptions.MaxRetryError:
    return urllib3.exceptions.MaxRetryError(POOL, "/api/v1/fine-tunes", reason)


BEFORE_SENDING = {
    "connect time-out": requests.exceptions.ConnectTimeout("timed out"),
    "connection refused": requests.exceptions.ConnectionError(
        wrapped(urllib3.exceptions.NewConnectionError(CONNECTION, "refused"))
    ),
    "unknown host": requests.exceptions.ConnectionError(
        wrapped(urllib3.exceptions.NameResolutionError("h", CONNECTION, socket.gaierror("unknown")))
    ),
    "connect time-out inside": requests.exceptions.ConnectionError(
        wrapped(urllib3.exceptions.ConnectTimeoutError("slow"))
    ),
}
MAYBE_AFTER_SENDING = {
    "read time-out": requests.exceptions.ReadTimeout("read timed out"),
    "closed without an answer": requests.exceptions.ConnectionError(
        urllib3.exceptions.ProtocolError("Connection aborted.", RemoteDisconnected("no response"))
    ),
    "reset": requests.exceptions.ConnectionError(
        urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))
    ),
    "broken off in the middle": requests.exceptions.ChunkedEncodingError("IncompleteRead"),
    "undecodable": requests.exceptions.ContentDecodingError("not gzip"),
    "TLS": requests.exceptions.SSLError("bad record"),
    "proxy": requests.exceptions.ProxyError("no proxy"),
    "nothing said": requests.exceptions.ConnectionError(),
}


@pytest.mark.parametrize("error", BEFORE_SENDING.values(), ids=BEFORE_SENDING)
def test_a_create_that_cannot_have_left_is_simply_tried_later(
    wire: responses.RequestsMock, client: DashScope, error: Exception
) -> None:
    wire.post(f"{BASE}/fine-tunes", body=error)
    with pytest.raises(RetryLater) as raised:
        client.create_fine_tune([SIGNED])
    assert type(raised.value) is RetryLater
    assert len(wire.calls) == 1


@pytest.mark.parametrize("error", MAYBE_AFTER_SENDING.values(), ids=MAYBE_AFTER_SENDING)
def test_a_create_that_may_have_left_is_unknown_and_never_repeated(
    wire: responses.RequestsMock, client: DashScope, error: Exception
) -> None:
    wire.post(f"{BASE}/fine-tunes", body=error)
    with pytest.raises(OutcomeUnknown):
        client.create_fine_tune([SIGNED])
    assert len(wire.calls) == 1


@pytest.mark.parametrize("error", MAYBE_AFTER_SENDING.values(), ids=MAYBE_AFTER_SENDING)
def test_a_read_without_an_answer_is_tried_a_few_times_and_no_more(
    wire: responses.RequestsMock, client: DashScope, error: Exception
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", body=error)
    with pytest.raises(RetryLater) as raised:
        client.fine_tune(ID)
    assert not isinstance(raised.value, OutcomeUnknown)
    assert len(wire.calls) == TRIES


def test_a_read_whose_second_try_is_answered_is_answered(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", body=requests.exceptions.ReadTimeout())
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer(SUCCEEDED))
    assert client.fine_tune(ID).status == "SUCCEEDED"


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.cancel_fine_tune(ID),
        lambda client: client.delete_fine_tune(ID),
        lambda client: client.upload_file("a.jpg", b"x"),
        lambda client: client.delete_file("f1"),
    ],
)
def test_a_request_that_changes_something_is_sent_once(
    wire: responses.RequestsMock, client: DashScope, call: Callable[[DashScope], object]
) -> None:
    for method in ("POST", "DELETE"):
        for path in (f"/fine-tunes/{ID}", f"/fine-tunes/{ID}/cancel", "/files", "/files/f1"):
            wire.add(method, BASE + path, status=500, json=error_body("InternalError", "…"))
    with pytest.raises(OutcomeUnknown):
        call(client)
    assert len(wire.calls) == 1
