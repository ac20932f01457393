"""What the bucket's client makes of OSS's answers: each error a trouble of its kind, and without secrets."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable
from typing import Any

import oss2
import pytest
import requests

from shared.clients.oss_errors import trouble_of
from shared.clients.photo_bucket import NO_TRY_AFTER_SECONDS, TIMEOUT_SECONDS, PhotoBucket
from shared.clients.retries import TRIES
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, NotFound, Permanent, RequestTrouble, RetryLater, Trouble
from tests.workflow.oss_server import (
    OBJECT,
    SECRET,
    TOKEN,
    Seconds,
    answer,
    client,
    found,
    oss_that_says,
    refused,
)

Call = Callable[[PhotoBucket], Any]

CALLS: dict[str, tuple[Api, Call]] = {
    "stored": (Api.READING, lambda bucket: bucket.stored("a")),
    "read": (Api.READING, lambda bucket: bucket.read("a")),
    "read_range": (Api.READING, lambda bucket: bucket.read_range("a", 0, 10, etag="E1")),
    "prepare": (Api.PROCESSING, lambda bucket: bucket.prepare("a", "s")),
    "bitmap": (Api.PROCESSING, lambda bucket: bucket.bitmap("a", 9, 8)),
    "copy": (Api.WRITING, lambda bucket: bucket.copy("a", "b")),
    "list_page": (Api.LISTING, lambda bucket: bucket.list_page("people/", "", 10)),
    "list_folders": (Api.LISTING, lambda bucket: bucket.list_folders("people/", "", 10)),
    "write": (Api.WRITING, lambda bucket: bucket.write("a", b"content")),
    "write_json": (Api.WRITING, lambda bucket: bucket.write_json("a", "{}")),
}
WITH_A_BODY = [name for name in CALLS if name != "stored"]


def trouble(call: str, *answers: bytes) -> Trouble:
    """The trouble that a call ends with when OSS answers so."""
    with oss_that_says(*answers) as (bucket, _), pytest.raises(Trouble) as raised:
        CALLS[call][1](bucket)
    return raised.value


@pytest.mark.parametrize("call", WITH_A_BODY)
def test_every_call_names_its_api(call: str) -> None:
    found = trouble(call, refused(403, "InvalidObjectState"))
    assert (type(found), found.kind, found.api) == (Permanent, Kind.OBJECT, CALLS[call][0])
    assert found.code == "InvalidObjectState"


@pytest.mark.parametrize("call", CALLS)
def test_a_service_that_is_busy_is_asked_again_and_then_passes(call: str) -> None:
    for status in (429, 500, 502, 503, 504):
        with oss_that_says(refused(status, "")) as (bucket, server), pytest.raises(RetryLater) as raised:
            CALLS[call][1](bucket)
        assert (type(raised.value), raised.value.kind) == (RetryLater, Kind.PASSING)
        assert raised.value.api is CALLS[call][0]
        assert len(server.asked) == TRIES


@pytest.mark.parametrize("call", CALLS)
def test_nobody_at_the_address_is_a_trouble_that_passes(call: str) -> None:
    with oss_that_says(answer(200)) as (_, server):
        closed = server.port
    with pytest.raises(RetryLater) as raised:
        CALLS[call][1](client(f"http://127.0.0.1:{closed}"))
    assert (raised.value.code, raised.value.kind) == ("oss_unreachable", Kind.PASSING)
    assert raised.value.api is CALLS[call][0]


@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_hangs_up_is_asked_as_often_as_our_retries_say_and_no_layer_adds_any(call: str) -> None:
    with oss_that_says(b"") as (bucket, server), pytest.raises(RetryLater) as raised:
        CALLS[call][1](bucket)
    assert raised.value.code == "oss_unreachable"
    assert len(server.asked) == TRIES


def test_no_try_begins_once_a_call_has_taken_long() -> None:
    assert NO_TRY_AFTER_SECONDS < 5
    now = Seconds(step=5.0)
    with oss_that_says(refused(503, "ServiceUnavailable"), now=now) as (bucket, server):
        with pytest.raises(RetryLater):
            bucket.write("a", b"content")
        assert len(server.asked) == 1


def test_a_json_document_is_stored_as_one_that_a_browser_shows() -> None:
    with oss_that_says(found(b"")) as (bucket, server):
        bucket.write_json("a", "{}")
    assert "content-type: application/json; charset=utf-8" in str(server.asked[0]).lower()


@pytest.mark.parametrize("call", CALLS)
def test_every_call_has_time_outs_to_connect_and_to_read(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[object] = []

    def too_slow(*_: object, timeout: object, **__: object) -> None:
        times.append(timeout)
        raise requests.ReadTimeout("simulated")

    monkeypatch.setattr(requests.Session, "request", too_slow)
    with pytest.raises(RequestTrouble) as raised:
        CALLS[call][1](client("http://127.0.0.1:1"))
    assert times == [TIMEOUT_SECONDS] == [(3, 15)]
    assert (raised.value.code, raised.value.kind) == ("oss_no_answer", Kind.UNKNOWN)
    assert raised.value.api is CALLS[call][0]


def test_the_bucket_that_signs_urls_has_the_time_outs_too() -> None:
    bucket = client("http://127.0.0.1:1")
    assert bucket._bucket.timeout == bucket._public.timeout == TIMEOUT_SECONDS


@pytest.mark.parametrize("status", [400, 403])
def test_a_damaged_picture_is_one_whatever_the_status(status: int) -> None:
    found = trouble("prepare", refused(status, "ImageDamage", "The image file may be damaged."))
    assert (type(found), found.kind) == (Permanent, Kind.PICTURE)


@pytest.mark.parametrize("call", WITH_A_BODY)
def test_a_request_that_timed_out_at_oss_says_nothing_of_the_object(call: str) -> None:
    found = trouble(call, refused(400, "RequestTimeout", "Your socket connection was idle."))
    assert (type(found), found.kind) == (RetryLater, Kind.PASSING)


def test_the_message_has_what_an_operator_looks_up() -> None:
    said = "This image format is not supported."
    found = trouble("prepare", refused(400, "BadRequest", said, "0040-00000005"))
    assert found.message == f"OSS: {said} (EC 0040-00000005)"
    denied = trouble("read", refused(403, "AccessDenied", "You have no right to access this object."))
    assert "role" in denied.message


def test_a_code_is_recognized_with_blanks_around_it() -> None:
    body = b"<Error>\n<Code>\n  NoSuchBucket\n</Code></Error>"
    found = trouble("read", answer(404, body, {"x-oss-request-id": "R1"}))
    assert (type(found), found.code) == (AccountTrouble, "NoSuchBucket")


# -- answers to HEAD, which have no body ------------------------------------------------------------------


def head_error(status: int, code: str = "", request_id: str = "R1") -> bytes:
    document = f"<Error><Code>{code}</Code><Message>simulated</Message></Error>"
    told = {"x-oss-err": base64.b64encode(document.encode()).decode(), "x-oss-ec": "0015-00000101"}
    return answer(status, b"", {"x-oss-request-id": request_id} | (told if code else {}))


@pytest.mark.parametrize("code", ["", "NoSuchKey"])
def test_a_look_at_nothing_finds_nothing_with_and_without_a_code(code: str) -> None:
    with oss_that_says(head_error(404, code)) as (bucket, _):
        assert bucket.stored("a") is None


@pytest.mark.parametrize(
    ("answered", "kind"),
    [
        (head_error(404, request_id=""), Kind.UNKNOWN),
        (head_error(403), Kind.UNKNOWN),
        (head_error(400), Kind.UNKNOWN),
        (head_error(401), Kind.ACCOUNT),
        (head_error(500), Kind.PASSING),
        (head_error(503), Kind.PASSING),
        (head_error(404, "NoSuchBucket"), Kind.ACCOUNT),
        (head_error(404, "SymlinkTargetNotExist"), Kind.OBJECT),
        (head_error(400, "InvalidTargetType"), Kind.OBJECT),
        (head_error(403, "UserDisable"), Kind.ACCOUNT),
    ],
)
def test_a_refused_look_is_known_by_its_code_and_without_one_by_little(answered: bytes, kind: Kind) -> None:
    found = trouble("stored", answered)
    assert (found.kind, found.api) == (kind, Api.READING)


@pytest.mark.parametrize(
    "headers",
    [
        {"Last-Modified": ""},
        {"Last-Modified": "yesterday"},
        {"Last-Modified": "Fri, 99 Foo 2012 06:07:48 GMT"},
        {"ETag": ""},
        {"Content-Length": ""},
        {"x-oss-hash-crc64ecma": "none"},
    ],
    ids=str,
)
def test_a_look_that_tells_nonsense_is_this_objects_trouble(headers: dict[str, str]) -> None:
    found = trouble("stored", answer(200, b"", OBJECT | {"Content-Length": "7"} | headers))
    assert (type(found), found.kind, found.api) == (RequestTrouble, Kind.UNKNOWN, Api.READING)
    assert found.code == "oss_answer_unreadable"


# -- answers that are not what they should be ---------------------------------------------------------------

PAGE = b"<ListBucketResult><EncodingType>url</EncodingType>%s</ListBucketResult>"
LAST = PAGE % b"<IsTruncated>false</IsTruncated>%s"
ENTRY = b"""<Contents><Key>a</Key><LastModified>%s</LastModified><ETag>E</ETag><Type>Normal</Type>
<Size>%s</Size><StorageClass>Standard</StorageClass></Contents>"""
NONSENSE: dict[str, list[bytes]] = {
    "prepare": [
        b"",
        b"<xml/>",
        b"[]",
        b"{}",
        b"7",
        b"null",
        b'{"fileSize": "x"}',
        b'{"fileSize": 0}',
        b'{"fileSize": null}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
    "list_page": [
        b"",
        b"not XML",
        b"<html>Sign in</html>",
        b"{}",
        b"\xff\xfe",
        PAGE % b"",
        PAGE % b"<IsTruncated>perhaps</IsTruncated>",
        PAGE % b"<IsTruncated>true</IsTruncated>",
        PAGE % b"<IsTruncated>true</IsTruncated><NextMarker></NextMarker>",
        LAST % b"<Contents><Key>a\x01b</Key></Contents>",
        LAST % b"<Contents><Key>a</Key></Contents>",
        LAST % (ENTRY % (b"today", b"1")),
        LAST % (ENTRY % (b"2012-02-24T06:07:48.000Z", b"many")),
    ],
}
NONSENSE["list_folders"] = NONSENSE["list_page"][:10]


@pytest.mark.parametrize(("call", "body"), [(call, body) for call in NONSENSE for body in NONSENSE[call]])
def test_an_answer_that_cannot_be_read_is_a_trouble_of_unknown_kind(call: str, body: bytes) -> None:
    found = trouble(call, answer(200, body))
    assert (type(found), found.kind, found.api) == (RequestTrouble, Kind.UNKNOWN, CALLS[call][0])
    assert found.code == "oss_answer_unreadable"


@pytest.mark.parametrize(
    "headers",
    [{"Content-Length": "x"}, {"Content-Range": "nonsense"}, {"x-oss-hash-crc64ecma": "none"}],
    ids=str,
)
@pytest.mark.parametrize("call", ["read", "read_range"])
def test_an_object_with_nonsense_in_its_headers_is_a_trouble_of_unknown_kind(
    call: str, headers: dict[str, str]
) -> None:
    found = trouble(call, answer(200, b"x", OBJECT | headers))
    assert (type(found), found.kind, found.api) == (RequestTrouble, Kind.UNKNOWN, Api.READING)


@pytest.mark.parametrize("body", ["网关错误".encode("gbk"), b"\xff" * 5000, b"<Error><Code>", b"\x00"])
def test_a_page_of_a_gateway_does_not_hide_its_status(body: bytes) -> None:
    assert trouble("list_page", answer(502, body)).kind is Kind.PASSING
    assert trouble("read", answer(404, body)).kind is Kind.UNKNOWN


@pytest.mark.parametrize("call", ["write", "write_json"])
def test_an_object_that_arrived_as_other_bytes_is_written_again(call: str) -> None:
    wrong = answer(200, b"", {"x-oss-hash-crc64ecma": "1"})
    with oss_that_says(wrong) as (bucket, server), pytest.raises(RetryLater) as raised:
        CALLS[call][1](bucket)
    assert (raised.value.code, raised.value.kind, raised.value.api) == (
        "oss_inconsistent",
        Kind.PASSING,
        Api.WRITING,
    )
    assert len(server.asked) == TRIES


def test_a_redirect_without_end_and_a_header_that_cannot_be_sent_are_troubles() -> None:
    around = answer(301, b"", {"Location": "/photos/a"})
    assert trouble("read", around).code == "oss_not_asked"
    with pytest.raises(RequestTrouble) as raised:
        client("http://127.0.0.1:1").read_range("a", 0, 10, etag="E\r\nX: 1")
    assert raised.value.code == "oss_not_asked"


@pytest.mark.parametrize(
    "answered",
    [
        b"",
        answer(200, b"nonsense"),
        answer(502, b"https://a/b?x-oss-signature=0123456789"),
        refused(403, "SignatureDoesNotMatch", "see https://a/b?x-oss-signature=0123456789"),
        refused(403, "AccessDenied"),
    ],
)
def test_no_trouble_and_no_traceback_of_one_holds_a_secret(
    answered: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for call in ("prepare", "list_page"):
        with oss_that_says(answered) as (bucket, _), pytest.raises(Trouble) as raised:
            CALLS[call][1](bucket)
        told = "".join(traceback.format_exception(raised.value)) + caplog.text
        assert raised.value.__suppress_context__
        for secret in (SECRET, TOKEN, "0123456789", "Signature="):
            assert secret not in told


@pytest.mark.parametrize(
    "error",
    [
        ValueError(f"https://a/b?x-oss-signature={SECRET}"),
        KeyError(SECRET),
        oss2.exceptions.ClientError(SECRET),
        oss2.exceptions.InconsistentError(SECRET),
        *map(
            oss2.exceptions.RequestError,
            [
                requests.ConnectionError(SECRET),
                requests.ReadTimeout(SECRET),
                requests.TooManyRedirects(SECRET),
            ],
        ),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_text_of_an_error_of_the_sdk_is_not_told(error: Exception) -> None:
    found = trouble_of(Api.READING, error)
    assert SECRET not in f"{found!r} {found} {found.message} {found.code}"
    assert found.api is Api.READING


def test_what_is_gone_is_not_found_by_every_reader() -> None:
    for call in ("read", "read_range", "prepare", "copy"):
        found = trouble(call, refused(404, "NoSuchKey"))
        assert (type(found), found.kind, found.api) == (NotFound, Kind.GONE, CALLS[call][0])
    assert type(trouble("read_range", refused(412, "PreconditionFailed"))) is NotFound
    assert type(trouble("read_range", refused(416, "InvalidRange"))) is NotFound
