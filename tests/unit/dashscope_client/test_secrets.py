"""Neither the key nor a signature leaves the client by an error, a log line or a repr."""

from __future__ import annotations

import hashlib
import logging
import re
from typing import Any
from urllib.parse import quote

import pytest
import requests
import responses

from shared.clients.dashscope import DashScope
from shared.errors import Trouble
from tests.unit.dashscope_client.support import API_KEY, BASE, FACE_CHECK, ID, PENDING, SIGNED, answer


@pytest.mark.parametrize(
    "reply",
    [
        {"body": requests.exceptions.ReadTimeout(f"timed out with {API_KEY} at {SIGNED}")},
        {"body": requests.exceptions.ConnectTimeout(f"timed out with {API_KEY} at {SIGNED}")},
        {"body": requests.exceptions.ConnectionError(f"refused {API_KEY} {SIGNED}")},
        {"status": 400, "json": {"code": "InvalidURL", "message": f"cannot download {SIGNED}"}},
        {"status": 401, "json": {"code": "InvalidApiKey", "message": f"Invalid API-key {API_KEY}."}},
        {"status": 500, "json": {"code": "InternalError", "message": f"{API_KEY} {SIGNED}"}},
        {"status": 502, "body": f"<html>{API_KEY} {SIGNED}</html>"},
        {"status": 200, "body": f"{API_KEY} {SIGNED}"},
    ],
    ids=lambda reply: str(reply.get("status", type(reply.get("body")).__name__)),
)
def test_neither_the_key_nor_a_signature_is_in_any_error_or_log(
    wire: responses.RequestsMock,
    client: DashScope,
    reply: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    wire.post(f"{BASE}/fine-tunes", **reply)
    with pytest.raises(Trouble) as raised:
        client.create_fine_tune([SIGNED])
    error = raised.value
    out, err = capfd.readouterr()
    written = [str(error), repr(error), error.message, error.code, caplog.text, out, err]
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    for text in written:
        assert API_KEY not in text
        assert "5ec7e7" not in text


def test_the_key_does_not_show_in_the_clients_repr(client: DashScope) -> None:
    assert API_KEY not in repr(client)


def test_a_fine_tune_keeps_no_signature(wire: responses.RequestsMock, client: DashScope) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer({**PENDING, "message": SIGNED}))
    assert "5ec7e7" not in repr(client.fine_tune(ID))


LEAKS = {
    "a URL": SIGNED,
    "a URL without a scheme": SIGNED.removeprefix("https://"),
    "a percent-encoded URL": quote(SIGNED, safe=""),
    "a URL that is broken over lines": SIGNED.replace("?", "?\n").replace("&", " \n&"),
    "the key": API_KEY,
    "a header": f"Authorization: Bearer {API_KEY}",
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_whatever_dashscope_says_comes_in_without_secrets(
    wire: responses.RequestsMock, client: DashScope, leak: str
) -> None:
    said = {"code": leak, "message": leak, "status": leak}
    listed = {**PENDING, **said, "model": leak}
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer(listed))
    wire.get(f"{BASE}/fine-tunes", json=answer({"total": 1, "jobs": [listed]}))
    wire.post(FACE_CHECK, json=answer({"is_face": [False], "failed_reason": [leak]}))
    wire.post(f"{BASE}/files", json={"data": {"failed_uploads": [said]}})
    wire.post(f"{BASE}/fine-tunes", status=400, json=said)
    with pytest.raises(Trouble) as not_stored:
        client.upload_file("a.jpg", b"x")
    with pytest.raises(Trouble) as refused:
        client.create_fine_tune([SIGNED])
    troubles = [value for trouble in (not_stored.value, refused.value) for value in vars(trouble).values()]
    kept = repr([client.fine_tune(ID), [*client.fine_tunes()], client.detect_faces([SIGNED]), troubles])
    assert API_KEY not in kept
    assert "5ec7e7" not in kept


def test_a_key_is_told_from_another_by_twelve_digits_that_are_no_plain_hash_of_it() -> None:
    first, second = DashScope(BASE, API_KEY), DashScope("https://another.example/api/v1", API_KEY)
    assert first.key_id == second.key_id != DashScope(BASE, f"{API_KEY}0").key_id
    assert re.fullmatch("[0-9a-f]{12}", first.key_id)
    assert first.key_id not in hashlib.sha256(API_KEY.encode()).hexdigest()
