"""Signatures of requests and of answers."""

from __future__ import annotations

import http.client
import logging
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from tablestore import OTSClientError, StaticCredentialsProvider
from tablestore import utils as client_utils
from tablestore.protobuf import table_store_pb2

from aliyun_local.clock import ManualClock
from aliyun_local.serving.wire import Fault, Front, Request, Response
from aliyun_local.tablestore.http.responses import TablestoreService
from tests.contracts.tablestore_client.contract.calls import refused
from tests.emulators.tablestore.support import Emulator, refusal_of, signed_request


@pytest.mark.parametrize("region", [None, "cn-beijing"])
def test_both_signature_versions_are_accepted_and_the_answer_is_signed_in_kind(
    emulator: Emulator, region: str | None
) -> None:
    emulator.create()
    client = emulator.connect(region=region)
    assert client.list_table() == ("jobs",)


@pytest.mark.parametrize("region", [None, "cn-beijing"])
def test_a_wrong_secret_is_refused(emulator: Emulator, region: str | None) -> None:
    client = emulator.connect(secret="not-the-secret", region=region)
    assert refused(client.list_table) == (403, "OTSAuthFailed", "Signature mismatch.")


def test_an_unknown_key_and_an_unknown_instance_are_refused(emulator: Emulator) -> None:
    client = emulator.connect(key_id="LTAInobody")
    assert refused(client.list_table) == (403, "OTSAuthFailed", "The AccessKeyID does not exist.")
    client = emulator.connect(instance="elsewhere")
    assert refused(client.list_table) == (403, "OTSAuthFailed", "The instance is not found.")


def test_temporary_credentials_need_their_token_and_end(emulator: Emulator) -> None:
    granted = emulator.keys.issue_sts(900)
    key, secret, token = granted.access_key_id, granted.access_key_secret, granted.security_token
    provider = StaticCredentialsProvider(key, secret, token)
    assert emulator.connect(credentials_provider=provider).list_table() == ()
    assert emulator.connect(key, secret, sts_token=token, region="cn-beijing").list_table() == ()

    assert refused(emulator.connect(key, secret).list_table)[2] == "The AccessKeyID does not exist."
    assert (
        refused(emulator.connect(key, secret, sts_token=token + "0").list_table)[2]
        == "The STS token is invalid."
    )
    ended = emulator.keys.issue_sts(1)
    request = signed_request(
        emulator.connect(ended.access_key_id, ended.access_key_secret, sts_token=ended.security_token)
    )
    emulator.service._clock = ManualClock(ended.expires_at)
    assert refusal_of(emulator.service.handle(request)) == (403, "OTSAuthFailed", "The STS token is expired.")


def test_the_endpoint_may_have_a_path(emulator: Emulator) -> None:
    emulator.create()
    assert emulator.connect(path="/ots").list_table() == ("jobs",)


def test_a_date_over_15_minutes_off_is_refused(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    real = client_utils.get_now_utc_datetime
    for minutes, accepted in ((-16, False), (-14, True), (14, True), (16, False)):
        now = real() + timedelta(minutes=minutes)
        monkeypatch.setattr(client_utils, "get_now_utc_datetime", lambda now=now: now)
        request = signed_request(emulator.client)
        monkeypatch.undo()
        response = emulator.service.handle(request)
        if accepted:
            assert response.status == 200
        else:
            message = f"Mismatch between system time and x-ots-date: {request.headers['x-ots-date']}."
            assert refusal_of(response) == (403, "OTSAuthFailed", message)


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"x-ots-date": None}, 400, "Missing header: 'x-ots-date'."),
        ({"x-ots-signature": None}, 400, "Missing header: 'x-ots-signature'."),
        ({"x-ots-contentmd5": None}, 400, "Missing header: 'x-ots-contentmd5'."),
        ({"x-ots-instancename": None}, 400, "Missing header: 'x-ots-instancename'."),
        ({"x-ots-date": "yesterday"}, 400, "Invalid date format: yesterday."),
        (
            {"x-ots-contentmd5": "AAAA"},
            403,
            "Mismatch between MD5 value of request body and x-ots-contentmd5 in header.",
        ),
        ({"x-ots-apiversion": "2014-08-08"}, 403, "Signature mismatch."),
        ({"x-ots-instancename": "other"}, 403, "Signature mismatch."),
        ({"x-ots-signature": "\udcff"}, 403, "Signature mismatch."),
        ({"x-ots-signaturev4": "AAAA"}, 400, "Missing header: 'x-ots-signdate'."),
    ],
)
def test_headers_that_are_missing_or_changed_after_signing_are_refused(
    emulator: Emulator, change: dict[str, str | None], status: int, message: str
) -> None:
    response = emulator.service.handle(signed_request(emulator.client, changed_headers=change))
    assert refusal_of(response)[::2] == (status, message)
    assert (refusal_of(response)[1] == "OTSMissingHeader") is message.startswith("Missing header")
    assert "Authorization" not in response.headers


def test_a_signature_of_one_operation_serves_no_other(emulator: Emulator) -> None:
    request = signed_request(emulator.client)
    stolen = Request(method="POST", host="local", raw_path="/DeleteTable", headers=request.headers)
    assert refusal_of(emulator.service.handle(stolen))[2] == "Signature mismatch."


def test_a_client_notices_an_answer_that_was_tampered_with(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = emulator.service.handle(signed_request(emulator.client))
    for name, value in (
        ("x-ots-requestid", "other"),
        ("Authorization", honest.headers["Authorization"] + "="),
    ):
        forged = Response(status=200, headers={**honest.headers, name: value}, body=honest.body)
        monkeypatch.setattr(emulator.server._server, "answer", lambda _request, forged=forged: forged)
        with pytest.raises(OTSClientError, match="Invalid signature"):
            emulator.client.list_table()


def test_anything_but_a_post_is_refused(emulator: Emulator) -> None:
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        connection = http.client.HTTPConnection(emulator.server.address, emulator.server.port)
        connection.request(method, "/ListTable")
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        error = table_store_pb2.Error.FromString(body)
        assert (answer.status, error.code) == (405, "OTSMethodNotAllowed")


def test_a_body_over_5_mb_is_refused(emulator: Emulator) -> None:
    response = emulator.service.handle(
        signed_request(emulator.client, "PutRow", b"\x00" * (5 * 1024 * 1024 + 1))
    )
    assert refusal_of(response) == (413, "OTSRequestBodyTooLarge", "The size of POST data is too large.")


def test_an_operation_is_named_for_faults_whatever_the_path(emulator: Emulator) -> None:
    front = Front(emulator.service)
    front.inject(Fault(operation="ListTable", answer=Response(status=503)))
    for path, status in (
        ("/ots/ListTable", 503),
        ("/ots/ListTable", 400),
        ("/", 400),
        ("", 400),
        ("//%00", 400),
    ):
        assert front(Request(method="POST", host="local", raw_path=path)).status == status


def test_a_defect_answers_as_an_internal_error_of_the_service(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(emulator.store, "list_tables", broken)
    with caplog.at_level(logging.CRITICAL + 1):
        response = emulator.service.handle(signed_request(emulator.client))
    assert refusal_of(response) == (500, "OTSInternalServerError", "Internal server error.")
    assert "Authorization" in response.headers


def test_answers_are_dated_by_the_clock(emulator: Emulator) -> None:
    response = emulator.service.handle(signed_request(emulator.client))
    sent = datetime.strptime(response.headers["x-ots-date"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(
        tzinfo=timezone.utc
    )
    assert abs((sent - datetime.now(timezone.utc)).total_seconds()) < 60


def test_every_answer_has_an_id_of_its_own_and_the_time_of_the_services_clock(emulator: Emulator) -> None:
    clock = ManualClock(1_767_225_600.25)
    services = [TablestoreService(emulator.store, emulator.keys, clock) for _ in range(2)]
    headers = [
        service.handle(signed_request(emulator.client)).headers for service in services for _ in range(3)
    ]
    ids = [UUID(one["x-ots-requestid"]) for one in headers]
    assert len(set(ids)) == 6
    assert {(str(one), one.version) for one in ids} == {(one["x-ots-requestid"], 4) for one in headers}
    assert {one["x-ots-date"] for one in headers} == {"2026-01-01T00:00:00.250000Z"}
