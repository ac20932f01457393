"""Requests that no official client sends: each gets the right error and changes nothing."""

from __future__ import annotations

import http.client
import socket

import pytest

from aliyun_local.oss.state.models import ObjectStore
from tests.emulators.direct_requests import direct_request
from tests.emulators.oss.support import BUCKET, Ask, LocalOss

BILLION_LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<Delete><Object><Key>&b;</Key></Object></Delete>"
)


@pytest.fixture(autouse=True)
def _open_bucket(store: ObjectStore) -> None:
    store.set_bucket_acl(BUCKET, "public-read-write")


@pytest.mark.parametrize(
    ("method", "target", "status", "code"),
    [
        ("PUT", f"/{BUCKET}/" + "a" * 1024, 400, "InvalidObjectName"),
        ("PUT", f"/{BUCKET}/" + "%E5%BC%A0" * 342, 400, "InvalidObjectName"),
        ("PUT", f"/{BUCKET}//a", 400, "InvalidObjectName"),
        ("PUT", f"/{BUCKET}/%2Fa", 400, "InvalidObjectName"),
        ("PUT", f"/{BUCKET}/%5Ca", 400, "InvalidObjectName"),
        ("PUT", f"/{BUCKET}/%FF%FE", 400, "InvalidObjectName"),
        ("PUT", f"/{BUCKET}/%ED%A0%80", 400, "InvalidObjectName"),
        ("GET", "/No_Bucket/a", 400, "InvalidBucketName"),
        ("GET", "/" + "b" * 64 + "/a", 400, "InvalidBucketName"),
        ("GET", "/absent-bucket/a", 404, "NoSuchBucket"),
        ("PATCH", f"/{BUCKET}/a", 405, "MethodNotAllowed"),
        ("HEAD", f"/{BUCKET}", 405, ""),
        ("POST", "/", 405, "MethodNotAllowed"),
        ("DELETE", f"/{BUCKET}?inventory", 501, "NotImplemented"),
        ("PUT", f"/{BUCKET}/a?partNumber=1", 501, "NotImplemented"),
        ("PUT", f"/{BUCKET}/a?uploadId=x&partNumber=y", 400, "InvalidArgument"),
        ("PUT", f"/{BUCKET}/a?uploadId=x&partNumber=1", 404, "NoSuchUpload"),
        ("POST", f"/{BUCKET}/a?append", 400, "MissingArgument"),
        ("POST", f"/{BUCKET}/a?append&position=-1", 400, "InvalidArgument"),
        ("POST", f"/{BUCKET}/a?append&position=9", 409, "PositionNotEqualToLength"),
        ("GET", f"/{BUCKET}?uploads", 403, "AccessDenied"),
        ("GET", "/", 403, "AccessDenied"),
    ],
)
def test_what_cannot_be_is_refused(
    ask: Ask, store: ObjectStore, method: str, target: str, status: int, code: str
) -> None:
    answer = ask(method, target, body=b"x")
    assert (answer.status, code in answer.body.decode()) == (status, True)
    assert len(store.list_objects(BUCKET)) == 0


def test_the_longest_key_is_taken(ask: Ask) -> None:
    assert ask("PUT", f"/{BUCKET}/" + "%E5%BC%A0" * 341).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<Delete>",
        b"<Delete/>",
        b"<Other><Object><Key>a</Key></Object></Other>",
        b"<Delete><Object></Object></Delete>",
        b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1001 + b"</Delete>",
        b"\xff\xfe\x00",
        BILLION_LAUGHS,
        b"<a>" * 100_000,
    ],
)
def test_a_broken_document_deletes_nothing(ask: Ask, store: ObjectStore, body: bytes) -> None:
    store.put(BUCKET, "a", b"x")
    answer = ask("POST", f"/{BUCKET}?delete", body=body)
    assert (answer.status, b"MalformedXML" in answer.body) == (400, True)
    assert len(store.list_objects(BUCKET)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"x-oss-meta-a": "1\r\n Set-Cookie: b"},
        {"x-oss-meta-a": "x" * 8193},
        {"x-oss-object-acl": "everybody"},
        {"x-oss-storage-class": "Fast"},
        {"x-oss-copy-source": "nonsense"},
        {"x-oss-copy-source": f"/{BUCKET}/"},
        {"x-oss-copy-source": f"/{BUCKET}/%FF"},
        {"Content-MD5": "é"},
    ],
)
def test_a_broken_header_writes_nothing(ask: Ask, store: ObjectStore, headers: dict[str, str]) -> None:
    answer = ask("PUT", f"/{BUCKET}/a", headers, b"x")
    assert 400 <= answer.status < 500
    assert b"<Error>" in answer.body
    assert len(store.list_objects(BUCKET)) == 0
    assert store.pending_notifications() == []


def test_a_folded_header_is_refused_wherever_it_is(ask: Ask, store: ObjectStore) -> None:
    store.put(BUCKET, "a", b"x")
    assert ask("GET", f"/{BUCKET}/a", {"if-match": "*\r\n x"}).status == 400


def test_a_stranger_cannot_copy_what_he_may_not_read(ask: Ask, store: ObjectStore) -> None:
    store.create_bucket("private-bucket")
    store.put("private-bucket", "face", b"x")
    answer = ask("PUT", f"/{BUCKET}/a", {"x-oss-copy-source": "/private-bucket/face"})
    assert (answer.status, b"AccessDenied" in answer.body) == (403, True)


def test_an_error_of_a_head_request_is_in_a_header(ask: Ask) -> None:
    answer = ask("HEAD", f"/{BUCKET}/missing")
    assert (answer.status, answer.body) == (404, b"")
    assert answer.headers["x-oss-err"]
    assert len(answer.headers["x-oss-request-id"]) == 24


def test_a_fault_inside_is_an_internal_error_and_no_traceback(
    ask: Ask, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(store, "head", fail)
    answer = ask("HEAD", f"/{BUCKET}/a")
    assert (answer.status, "disk full" in str(answer)) == (500, False)


@pytest.mark.parametrize(
    ("method", "target", "operation"),
    [
        ("PUT", "/bucket/a", "PutObject"),
        ("PUT", "/bucket/a?uploadId=1&partNumber=1", "UploadPart"),
        ("POST", "/bucket/a?x-oss-process", "PostProcessTask"),
        ("GET", "/bucket?list-type=2", "ListObjectsV2"),
        ("GET", "/bucket/%FF", "Unknown"),
        ("X", "/", "Unknown"),
    ],
)
def test_the_operation_of_any_request_has_a_name(
    local_oss: LocalOss, method: str, target: str, operation: str
) -> None:
    assert local_oss.service.operation(direct_request(method, target)) == operation


def test_a_connection_lives_through_errors_and_raw_bytes(local_oss: LocalOss) -> None:
    local_oss.store.set_bucket_acl(BUCKET, "public-read-write")
    connection = http.client.HTTPConnection("127.0.0.1", local_oss.server.port, timeout=10)
    for method, path, status in [
        ("HEAD", f"/{BUCKET}/missing", 404),
        ("GET", f"/{BUCKET}/missing", 404),
        ("PUT", f"/{BUCKET}/%E5%BC%A0", 200),
        ("HEAD", f"/{BUCKET}/%E5%BC%A0", 200),
        ("DELETE", f"/{BUCKET}/%E5%BC%A0", 204),
        ("GET", f"/{BUCKET}?delimiter=%2F", 200),
    ]:
        connection.request(method, path, b"body" if method == "PUT" else None)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()
    with socket.create_connection(("127.0.0.1", local_oss.server.port), timeout=10) as raw:
        raw.sendall(f"GET /{BUCKET}/\xff HTTP/1.1\r\nHost: x\r\nx-oss-meta: \xfe\r\n\r\n".encode("latin-1"))
        assert raw.recv(100).startswith(b"HTTP/1.1 4")
