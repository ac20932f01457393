"""Random requests of anonymous callers, and random documents of the owner: no internal error answers them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aliyun_local.oss.http.configuration_responses import CONFIGURATIONS
from aliyun_local.oss.http.operations import OPERATIONS, Operation
from aliyun_local.oss.state.models import ObjectStore
from aliyun_local.oss.state.objects import Attributes
from aliyun_local.serving.wire import Request
from tests.emulators.direct_requests import direct_request
from tests.emulators.oss.support import BUCKET, Ask

WITH_DOCUMENT = [one for one in OPERATIONS if one.method in ("PUT", "POST") and one.parameter]
ROOTS = {
    "DeleteMultipleObjects": "Delete",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
    "PutObjectTagging": "Tagging",
    "PutBucketVersioning": "VersioningConfiguration",
    "RestoreObject": "RestoreRequest",
} | {f"PutBucket{one.title}": one.root for one in CONFIGURATIONS}
TAGS = [
    *("Object", "Key", "VersionId", "Part", "PartNumber", "ETag", "TagSet", "Tag", "Value", "Days", "Status"),
    *("Grant", "AccessControlList", "Rule", "ID", "Prefix", "Quiet", "x:y", "CORSRule", "AllowedOrigin"),
    *("Expiration", "LoggingEnabled", "IndexDocument"),
]
PARAMETERS = [
    *sorted({operation.parameter for operation in OPERATIONS}),
    *("Signature", "x-oss-signature", "x-oss-process", "prefix", "marker", "max-keys"),
]
HEADERS = [
    *("authorization", "range", "if-match", "if-modified-since", "x-oss-copy-source", "content-type", "date"),
]

NODES = st.recursive(
    st.text(st.sampled_from("a1-张 :/"), max_size=6)
    | st.sampled_from(["Enabled", "true", "0", "9" * 30, "private"]),
    lambda inner: st.lists(
        st.builds(lambda tag, content: f"<{tag}>{content}</{tag}>", st.sampled_from(TAGS), inner), max_size=3
    ).map("".join),
    max_leaves=8,
)
CONTENTS = st.tuples(NODES, st.sampled_from(["", "<", "&a;", "\x00", "<!-- -->", "]]>"])).map("".join)
PATHS = st.text(st.sampled_from("ab/%2F.\\\0é"), max_size=12) | st.sampled_from(
    [f"/{BUCKET}", f"/{BUCKET}/a", f"/{BUCKET}/%", f"/{BUCKET}/%zz"]
)
QUERIES = st.lists(
    st.tuples(st.sampled_from(PARAMETERS), st.text(st.sampled_from("a1=%2Fé|,_"), max_size=8)).map("=".join),
    max_size=3,
).map("&".join)
REQUESTS = st.builds(
    direct_request,
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "X"]),
    target=st.tuples(PATHS, QUERIES).map("?".join),
    headers=st.dictionaries(
        st.sampled_from(HEADERS), st.text(st.sampled_from("OS 4-HMAC:bytes=19,é"), max_size=30), max_size=3
    ),
    host=st.sampled_from(["127.0.0.1", "", "[::1]:9", "x.y", f"{BUCKET}.oss.aliyuncs.com", "::", "é"]),
    body=st.binary(max_size=20),
)
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _open_bucket(store: ObjectStore) -> None:
    store.set_bucket_acl(BUCKET, "public-read-write")


@pytest.fixture
def _owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aliyun_local.oss.http.responses.authenticate", lambda _: "owner")


@MANY
@given(random_request=REQUESTS)
def test_any_request_gets_an_answer(
    ask: Ask, caplog: pytest.LogCaptureFixture, random_request: Request
) -> None:
    answer = ask.send(random_request)
    assert 200 <= answer.status < 600
    assert answer.status != 500, caplog.text


@pytest.mark.usefixtures("_owner")
@MANY
@given(
    operation=st.sampled_from(WITH_DOCUMENT),
    content=CONTENTS,
    extra=st.sampled_from(["", "&partNumber=1", "&position=0", "&versionId=null", "&encoding-type=url"]),
)
def test_any_document_by_the_owner_gets_an_answer(
    ask: Ask,
    store: ObjectStore,
    caplog: pytest.LogCaptureFixture,
    operation: Operation,
    content: str,
    extra: str,
) -> None:
    store.put(BUCKET, "a", b"x")
    upload = store.uploads.start(BUCKET, "a", Attributes()).id
    parameter = operation.parameter if operation.parameter != "uploadId" else f"uploadId={upload}"
    root = ROOTS.get(operation.name, "Other")
    path = f"/{BUCKET}" if operation.scope == "bucket" else f"/{BUCKET}/a"
    answer = ask(
        operation.method,
        f"{path}?{parameter}{extra}",
        body=f'<?xml version="1.0" encoding="UTF-8"?><{root}>{content}</{root}>'.encode(),
    )
    assert answer.status != 500, caplog.text
    assert answer.status < 400 or b"<Error>" in answer.body
