"""The table of operations, and requests that no client would send."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aliyun_local.function_compute.http.api_operations import VERSION_2016, VERSION_2023
from aliyun_local.function_compute.http.operations import ANY_METHOD, OPERATIONS
from aliyun_local.function_compute.http.responses import FunctionComputeService
from aliyun_local.function_compute.http.signatures import SignatureCheck
from aliyun_local.serving.wire import Headers, Request
from tests.emulators.function_compute.support import LocalFunctions, start


@pytest.fixture(scope="module")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFunctions]:
    with start(tmp_path_factory.mktemp("apis")) as running:
        yield running


def test_every_operation_is_found_by_its_own_path_and_by_no_other() -> None:
    for operation in OPERATIONS:
        path = (
            f"/{operation.version}{operation.path}".replace("{rest}", "/x").replace("{", "").replace("}", "")
        )
        method = "GET" if operation.method == ANY_METHOD else operation.method
        found = [other for other in OPERATIONS if other.pattern.fullmatch(path) and other.takes(method)]
        assert found == [operation]


def test_each_generation_has_each_name_once() -> None:
    for version in (VERSION_2016, VERSION_2023):
        names = [operation.name for operation in OPERATIONS if operation.version == version]
        assert len(names) == len(set(names))


def test_a_service_without_signatures_lets_everybody_in(functions: LocalFunctions) -> None:
    answer = FunctionComputeService(functions.compute).handle(
        Request(method="GET", host="h", raw_path="/2023-03-30/functions")
    )
    assert answer.status == 200


TEXT = st.text(max_size=20)
SEGMENTS = st.sampled_from(
    [
        "2016-08-15",
        "2023-03-30",
        "services",
        "functions",
        "echo",
        "web",
        "proxy",
        "s.1",
        "triggers",
        "%ff",
        "async-tasks",
        "aliases",
        "%00",
        "..",
        "",
        "图",
        "invocations",
        "concurrency",
        "�",
    ]
)
QUERIES = st.sampled_from(
    [
        "",
        "limit=0",
        "limit=x",
        "limit=" + "9" * 5000,
        "nextToken=%ff",
        "nextToken=-",
        "nextToken=YQ==",
        "qualifier=%ff",
        "qualifier=1",
        "startKey=%00",
        "&&=;",
        "prefix=" + "a" * 5000,
    ]
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "x-fc-invocation-type",
            "x-fc-log-type",
            "x-fc-async-task-id",
            "date",
            "x-acs-date",
            "host",
            "x-fc-security-token",
            "x-acs-security-token",
            "x-acs-content-sha256",
            "content-type",
        ]
    ),
    TEXT,
    max_size=4,
)
AUTHORIZATIONS = st.sampled_from(
    [
        "",
        "FC",
        "FC LTAItest:图",
        "FC LTAItest:eA==",
        "acs LTAItest:eA==",
        "acs :",
        "Bearer x",
        "ACS3-HMAC-SHA256 Credential=LTAItest,SignedHeaders=host;x,Signature=abc",
        "ACS3-HMAC-SHA256 Credential=图,SignedHeaders=;;,Signature=00",
    ]
)


PATHS = st.one_of(
    st.lists(SEGMENTS, max_size=7).map(lambda segments: "/" + "/".join(segments)),
    st.builds(
        lambda operation, names: f"/{operation.version}{operation.path}".format_map(
            defaultdict(lambda: names, rest=f"/{names}")
        ),
        st.sampled_from(OPERATIONS),
        SEGMENTS,
    ),
)


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "X"]),
    path=PATHS,
    query=QUERIES,
    headers=HEADERS,
    authorization=AUTHORIZATIONS,
    body=st.binary(max_size=20),
)
def test_a_malformed_request_gets_an_answer_in_the_services_own_shape(
    functions: LocalFunctions,
    method: str,
    path: str,
    query: str,
    headers: dict[str, str],
    authorization: str,
    body: bytes,
) -> None:
    request = Request(
        method=method,
        host="h",
        raw_path=path,
        raw_query=query,
        headers=Headers({**headers, "authorization": authorization}),
        body=body,
    )
    for authenticate in (None, SignatureCheck(functions.keys, functions.compute.clock)):
        service = FunctionComputeService(functions.compute, authenticate=authenticate)
        assert service.operation(request)
        answer = service.handle(request)
        assert answer.headers["X-Fc-Request-Id"]
        assert answer.status < 500
        if answer.status >= 400:
            told = json.loads(answer.body)
            assert told.keys() == {"ErrorCode", "ErrorMessage"} or told.keys() == {
                "Code",
                "Message",
                "RequestId",
            }
