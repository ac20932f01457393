"""Who may call, and what a caller can trust of an answer."""

from __future__ import annotations

import http.client
import logging
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from tablestore import OTSClientError, StaticCredentialsProvider
from tablestore import utils as client_utils
from tablestore.auth import RequestContext
from tablestore.protobuf import table_store_pb2

from aliyun_local.clock import ManualClock
from aliyun_local.serving.wire import Fault, Front, Headers, Request, Response
from aliyun_local.tablestore.http.responses import TablestoreService


def signed_request(client, operation="ListTable", body=b"", change=None):
    """What ``client`` would send, with headers changed after signing."""
    context = RequestContext(client.credentials_provider.get_credentials())
    headers = client.protocol._make_request_headers(body, f"/{operation}", client._signer, context)
    for name, value in (change or {}).items():
        if value is None:
            del headers[name]
        else:
            headers[name] = value
    return Request(method="POST", host="local", raw_path=f"/{operation}", headers=Headers(headers), body=body)


def error_of(response):
    error = table_store_pb2.Error()
    error.ParseFromString(response.body)
    return response.status, error.code, error.message


@pytest.mark.parametrize("region", [None, "cn-beijing"])
def test_both_signature_versions_are_accepted_and_the_answer_is_signed_in_kind(local, region):
    local.create()
    client = local.connect(region=region)
    assert client.list_table() == ("jobs",)


@pytest.mark.parametrize("region", [None, "cn-beijing"])
def test_a_wrong_secret_is_refused(local, refused, region):
    client = local.connect(secret="not-the-secret", region=region)
    assert refused(client.list_table) == (403, "OTSAuthFailed", "Signature mismatch.")


def test_an_unknown_key_and_an_unknown_instance_are_refused(local, refused):
    client = local.connect(key="LTAInobody")
    assert refused(client.list_table) == (403, "OTSAuthFailed", "The AccessKeyID does not exist.")
    client = local.connect(instance="elsewhere")
    assert refused(client.list_table) == (403, "OTSAuthFailed", "The instance is not found.")


def test_temporary_credentials_need_their_token_and_end(local, refused):
    granted = local.keys.issue_sts(900)
    key, secret, token = granted.access_key_id, granted.access_key_secret, granted.security_token
    provider = StaticCredentialsProvider(key, secret, token)
    assert local.connect(credentials_provider=provider).list_table() == ()
    assert local.connect(key, secret, sts_token=token, region="cn-beijing").list_table() == ()

    assert refused(local.connect(key, secret).list_table)[2] == "The AccessKeyID does not exist."
    assert (
        refused(local.connect(key, secret, sts_token=token + "0").list_table)[2]
        == "The STS token is invalid."
    )
    ended = local.keys.issue_sts(1)
    request = signed_request(
        local.connect(ended.access_key_id, ended.access_key_secret, sts_token=ended.security_token)
    )
    local.service._clock = ManualClock(ended.expires_at)
    assert error_of(local.service.handle(request)) == (403, "OTSAuthFailed", "The STS token is expired.")


def test_the_endpoint_may_have_a_path(local):
    local.create()
    assert local.connect(path="/ots").list_table() == ("jobs",)


def test_a_date_over_15_minutes_off_is_refused(local, refused, monkeypatch):
    real = client_utils.get_now_utc_datetime
    for minutes, accepted in ((-16, False), (-14, True), (14, True), (16, False)):
        monkeypatch.setattr(
            client_utils, "get_now_utc_datetime", lambda m=minutes: real() + timedelta(minutes=m)
        )
        request = signed_request(local.client)
        monkeypatch.undo()
        response = local.service.handle(request)
        if accepted:
            assert response.status == 200
        else:
            message = f"Mismatch between system time and x-ots-date: {request.headers['x-ots-date']}."
            assert error_of(response) == (403, "OTSAuthFailed", message)


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
def test_headers_that_are_missing_or_changed_after_signing_are_refused(local, change, status, message):
    response = local.service.handle(signed_request(local.client, change=change))
    assert error_of(response)[::2] == (status, message)
    assert (error_of(response)[1] == "OTSMissingHeader") is message.startswith("Missing header")
    assert "Authorization" not in response.headers


def test_a_signature_of_one_operation_serves_no_other(local):
    request = signed_request(local.client)
    stolen = Request(method="POST", host="local", raw_path="/DeleteTable", headers=request.headers)
    assert error_of(local.service.handle(stolen))[2] == "Signature mismatch."


def test_a_client_notices_an_answer_that_was_tampered_with(local):
    honest = local.service.handle(signed_request(local.client))
    for name, value in (
        ("x-ots-requestid", "other"),
        ("Authorization", honest.headers["Authorization"] + "="),
    ):
        forged = Response(status=200, headers={**honest.headers, name: value}, body=honest.body)
        local.server._server.answer = lambda _request, forged=forged: forged
        with pytest.raises(OTSClientError, match="Invalid signature"):
            local.client.list_table()


def test_anything_but_a_post_is_refused(local):
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        connection = http.client.HTTPConnection(local.server.address, local.server.port)
        connection.request(method, "/ListTable")
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        error = table_store_pb2.Error.FromString(body)
        assert (answer.status, error.code) == (405, "OTSMethodNotAllowed")


def test_a_body_over_5_mb_is_refused(local):
    response = local.service.handle(signed_request(local.client, "PutRow", b"\x00" * (5 * 1024 * 1024 + 1)))
    assert error_of(response) == (413, "OTSRequestBodyTooLarge", "The size of POST data is too large.")


def test_an_operation_is_named_for_faults_whatever_the_path(local):
    front = Front(local.service)
    front.inject(Fault(operation="ListTable", answer=Response(status=503)))
    for path, status in (
        ("/ots/ListTable", 503),
        ("/ots/ListTable", 400),
        ("/", 400),
        ("", 400),
        ("//%00", 400),
    ):
        assert front(Request(method="POST", host="local", raw_path=path)).status == status


def test_a_defect_answers_as_an_internal_error_of_the_service(local, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(local.store, "list_tables", broken)
    with caplog.at_level(logging.CRITICAL + 1):
        response = local.service.handle(signed_request(local.client))
    assert error_of(response) == (500, "OTSInternalServerError", "Internal server error.")
    assert "Authorization" in response.headers


def test_answers_are_dated_by_the_clock(local):
    response = local.service.handle(signed_request(local.client))
    sent = datetime.strptime(response.headers["x-ots-date"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(
        tzinfo=timezone.utc
    )
    assert abs((sent - datetime.now(timezone.utc)).total_seconds()) < 60


def test_every_answer_has_an_id_of_its_own_and_the_time_of_the_services_clock(local):
    clock = ManualClock(1_767_225_600.25)
    services = [TablestoreService(local.store, local.keys, clock) for _ in range(2)]
    headers = [service.handle(signed_request(local.client)).headers for service in services for _ in range(3)]
    ids = [UUID(one["x-ots-requestid"]) for one in headers]
    assert len(set(ids)) == 6
    assert {(str(one), one.version) for one in ids} == {(one["x-ots-requestid"], 4) for one in headers}
    assert {one["x-ots-date"] for one in headers} == {"2026-01-01T00:00:00.250000Z"}
