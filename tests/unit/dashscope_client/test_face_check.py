"""The face check: only a plain true or false for each picture, or a documented finding, is a verdict."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import responses

from shared.clients.dashscope import LONGEST_REASON, DashScope
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, OutcomeUnknown, Permanent, RetryLater, Trouble
from tests.unit.dashscope_client.support import FACE_CHECK, SIGNED, answer, error_body


@pytest.mark.parametrize(
    ("failed_reason", "reasons"),
    [
        (None, ["", ""]),
        (["", "no face detected"], ["", "no face detected"]),
        (["", "cannot read https://b/x.jpg?Signature=s"], ["", "cannot read https://b/x.jpg?…"]),
        (["", "see b.oss/x.jpg?x-oss-signature=5ec7e7"], ["", "see b.oss/x.jpg?x-oss-signature=…"]),
        ([None, 5], ["", "5"]),
        (["only one"], ["only one", ""]),
        (["", "", "extra"], ["", ""]),
        (5, ["", ""]),
        ("no face detected", ["", ""]),
        ({"0": "x"}, ["", ""]),
    ],
)
def test_an_odd_reason_costs_the_reason_and_not_the_verdict(
    wire: responses.RequestsMock, client: DashScope, failed_reason: Any, reasons: list[str]
) -> None:
    wire.post(FACE_CHECK, json=answer({"is_face": [True, False], "failed_reason": failed_reason}))
    assert client.detect_faces([SIGNED, SIGNED]) == [(True, reasons[0]), (False, reasons[1])]


def test_a_reason_is_kept_to_two_hundred_characters(wire: responses.RequestsMock, client: DashScope) -> None:
    wire.post(FACE_CHECK, json=answer({"is_face": [False], "failed_reason": ["x" * 10_000]}))
    assert client.detect_faces([SIGNED]) == [(False, "x" * LONGEST_REASON)]
    assert LONGEST_REASON == 200


@pytest.mark.parametrize(
    "output",
    [
        {},
        None,
        [],
        "ok",
        {"is_face": None},
        {"is_face": True},
        {"is_face": "true"},
        {"is_face": {"0": True}},
        {"is_face": []},
        {"is_face": [True]},
        {"is_face": [True, False, True]},
        {"is_face": ["true", True]},
        {"is_face": [True, "false"]},
        {"is_face": [1, 0]},
        {"is_face": [False, None]},
        {"is_face": [[True], [False]]},
        {"is_face": [False, {"face": True}]},
    ],
    ids=str,
)
def test_an_answer_that_is_not_true_or_false_for_each_picture_is_no_verdict(
    wire: responses.RequestsMock, client: DashScope, output: Any
) -> None:
    wire.post(FACE_CHECK, json=answer(output))
    with pytest.raises(RetryLater) as raised:
        client.detect_faces([SIGNED, SIGNED])
    trouble = raised.value
    assert (trouble.code, trouble.kind, trouble.api) == ("unreadable_answer", Kind.PASSING, Api.FACE_CHECK)
    assert len(wire.calls) == 1


NO_VERDICTS = [
    (400, "InvalidParameter", "Model not exist.", AccountTrouble, Kind.API),
    (404, "ModelNotFound", "Model can not be found.", AccountTrouble, Kind.API),
    (404, "NotFound", "Not Found!", AccountTrouble, Kind.API),
    (404, "SomethingNew", "", RetryLater, Kind.UNKNOWN),
    (404, "", "<html>", RetryLater, Kind.UNKNOWN),
    (403, "", "<html>", RetryLater, Kind.UNKNOWN),
    (403, "AccessDenied", "Access denied.", AccountTrouble, Kind.API),
    (403, "AccessDenied.Unpurchased", "Access to model denied.", AccountTrouble, Kind.ACCOUNT),
    (400, "Arrearage", "Access denied", AccountTrouble, Kind.ACCOUNT),
    (401, "InvalidApiKey", "Invalid API-key provided.", AccountTrouble, Kind.ACCOUNT),
    (401, "", "NOT AUTHORIZED", AccountTrouble, Kind.ACCOUNT),
    (409, "Conflict", "…", RetryLater, Kind.UNKNOWN),
    (409, "", "", RetryLater, Kind.UNKNOWN),
    (400, "InvalidParameter", "Required parameter(s) missing or invalid", RetryLater, Kind.UNKNOWN),
    (400, "InvalidParameter", "File not found.", RetryLater, Kind.UNKNOWN),
    (400, "UnsupportedOperation", "…", RetryLater, Kind.UNKNOWN),
    (400, "InvalidURL", "Required URL is missing or invalid", RetryLater, Kind.UNKNOWN),
    (400, "InvalidFile.DownloadFailed", "…", RetryLater, Kind.UNKNOWN),
    (400, "InvalidFile.SomethingNew", "…", RetryLater, Kind.UNKNOWN),
    (413, "BadRequest.TooLarge", "Payload Too Large.", RetryLater, Kind.UNKNOWN),
    (429, "Throttling.RateQuota", "…", RetryLater, Kind.PASSING),
    (500, "InternalError.Algo", "…", RetryLater, Kind.PASSING),
    (503, "", "", RetryLater, Kind.PASSING),
]


@pytest.mark.parametrize(("status", "code", "message", "error", "kind"), NO_VERDICTS)
def test_what_is_not_about_the_picture_is_never_a_verdict(
    wire: responses.RequestsMock,
    client: DashScope,
    status: int,
    code: str,
    message: str,
    error: type[Trouble],
    kind: Kind,
) -> None:
    wire.post(FACE_CHECK, status=status, json=error_body(code, message))
    with pytest.raises(error) as raised:
        client.detect_faces([SIGNED])
    assert (raised.value.kind, raised.value.api) == (kind, Api.FACE_CHECK)
    assert isinstance(raised.value, RetryLater)
    # A face check has no effect that could be unknown.
    assert not isinstance(raised.value, OutcomeUnknown)


@pytest.mark.parametrize(
    "code",
    ["InvalidFile.NoHuman", "InvalidImageResolution", "DataInspectionFailed", "InvalidImage.NoHumanFace"],
)
def test_a_documented_finding_about_the_picture_is_one(
    wire: responses.RequestsMock, client: DashScope, code: str
) -> None:
    wire.post(FACE_CHECK, status=400, json=error_body(code, "…"))
    with pytest.raises(Permanent) as raised:
        client.detect_faces([SIGNED])
    assert (raised.value.kind, raised.value.api) == (Kind.PICTURE, Api.FACE_CHECK)


@pytest.mark.parametrize(
    "silence", [requests.exceptions.ReadTimeout("x"), requests.exceptions.ConnectTimeout("x")], ids=str
)
def test_silence_is_no_verdict(wire: responses.RequestsMock, client: DashScope, silence: Exception) -> None:
    wire.post(FACE_CHECK, body=silence)
    with pytest.raises(RetryLater) as raised:
        client.detect_faces([SIGNED])
    assert (raised.value.kind, raised.value.api) == (Kind.PASSING, Api.FACE_CHECK)
    assert not isinstance(raised.value, OutcomeUnknown)
    assert len(wire.calls) == 1
