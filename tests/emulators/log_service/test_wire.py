"""GetLogs on the wire: who may ask, both forms of the call, and the lines of functions in the answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from urllib.parse import urlencode

import pytest

from aliyun_local.clock import ManualClock
from aliyun_local.credentials import AccessKeys
from aliyun_local.log_service.entries import LogEntries
from aliyun_local.log_service.http.responses import LogService
from aliyun_local.serving.wire import Headers, Refusal, Request

NOW = 1_780_000_000
KEY, SECRET = "LTAIlocal", "the-secret"
SPAN = {"from": str(NOW - 60), "to": str(NOW + 60)}


@pytest.fixture
def service() -> Iterator[LogService]:
    clock = ManualClock(NOW)
    keys = AccessKeys(clock)
    keys.add(KEY, SECRET)
    entries = LogEntries(None, clock)
    entries.create_logstore("project", "functions")
    for number in range(3):
        entries.append("project", "functions", "FCLogs:collect", {"message": f"line {number} 王小明"})
    yield LogService(entries, keys, clock)
    entries.close()


def signed(
    method: str,
    path: str,
    query: Mapping[str, str] | None = None,
    body: bytes = b"",
    *,
    at: float = NOW,
    key: str = KEY,
    secret: str = SECRET,
    token: str = "",
    host: str = "project.cn-beijing.log.aliyuncs.com",
) -> Request:
    """A request, signed as "Request signatures" has it, and not by the code under test."""
    headers = {
        "date": formatdate(at, usegmt=True),
        "x-log-apiversion": "0.6.0",
        "x-log-bodyrawsize": str(len(body)),
        "x-log-signaturemethod": "hmac-sha1",
    }
    if token:
        headers["x-acs-security-token"] = token
    md5 = ""
    if body:
        md5 = hashlib.md5(body).hexdigest().upper()
        headers |= {"content-md5": md5, "content-type": "application/json"}
    canonical = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name.startswith("x-"))
    resource = path + ("?" + "&".join(f"{n}={v}" for n, v in sorted(query.items())) if query else "")
    kind = headers.get("content-type", "")
    text = f"{method}\n{md5}\n{kind}\n{headers['date']}\n{canonical}{resource}"
    digest = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
    headers["authorization"] = f"LOG {key}:{digest}"
    return Request(
        method=method,
        host=host,
        raw_path=path,
        raw_query=urlencode(query or {}),
        headers=Headers(headers),
        body=body,
    )


def search(**changed: str) -> Request:
    return signed("GET", "/logstores/functions", {"type": "log", **SPAN, **changed})


def error_of(service: LogService, request: Request) -> tuple[int, str]:
    answer = service.handle(request)
    return answer.status, json.loads(answer.body)["errorCode"]


def messages(service: LogService, request: Request) -> list[str]:
    answer = service.handle(request)
    assert answer.status == 200, answer.body
    document = json.loads(answer.body)
    entries = document if isinstance(document, list) else document["data"]
    return [entry["message"] for entry in entries]


def test_a_search_by_query_answers_entries_and_whether_it_is_complete(service: LogService) -> None:
    answer = service.handle(search(query='"王小明"', line="2"))
    [first, second] = json.loads(answer.body)
    assert first == {
        "__time__": str(NOW),
        "__source__": "",
        "__topic__": "FCLogs:collect",
        "message": "line 0 王小明",
    }
    assert second["message"] == "line 1 王小明"
    assert (answer.headers["x-log-progress"], answer.headers["x-log-count"]) == ("Complete", "2")


def test_a_search_by_body_answers_the_same(service: LogService) -> None:
    asked = {"from": NOW - 60, "to": NOW + 60, "query": "小明", "line": 2, "offset": 1, "reverse": True}
    request = signed("POST", "/logstores/functions/logs", body=json.dumps(asked).encode())
    document = json.loads(service.handle(request).body)
    assert document["meta"] == {"progress": "Complete", "count": 2}
    assert [entry["message"] for entry in document["data"]] == ["line 1 王小明", "line 0 王小明"]


def test_pages_follow_one_another_by_offset(service: LogService) -> None:
    assert [messages(service, search(line="2", offset=offset)) for offset in ("0", "2", "4")] == [
        ["line 0 王小明", "line 1 王小明"],
        ["line 2 王小明"],
        [],
    ]


def test_an_answer_has_a_hundred_lines_at_most_and_by_default(service: LogService) -> None:
    for number in range(3, 101):
        service._entries.append("project", "functions", "FCLogs:collect", {"message": str(number)})
    asked = [{}, {"line": "100"}, {"line": "1"}, {"line": "0"}]
    assert [len(messages(service, search(**one))) for one in asked] == [100, 100, 1, 0]


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (search(line="101"), (400, "ParameterInvalid")),
        (search(line="-1"), (400, "ParameterInvalid")),
        (search(offset=str(2**63)), (400, "ParameterInvalid")),
        ({"to": str(2**63)}, (400, "ParameterInvalid")),
        ({"from": "yesterday"}, (400, "ParameterInvalid")),
        (search(query="* | SELECT 1"), (400, "ParameterInvalid")),
        (search(type="histogram"), (405, "MethodNotAllowed")),
        (signed("DELETE", "/logstores/functions"), (405, "MethodNotAllowed")),
        (signed("POST", "/logstores/functions/logs", body=b"{"), (400, "ParameterInvalid")),
        (signed("POST", "/logstores/functions/logs", body=b"[]"), (400, "ParameterInvalid")),
        (signed("GET", "/logstores/other", {"type": "log", **SPAN}), (404, "LogStoreNotExist")),
        (
            signed("GET", "/logstores/functions", {"type": "log", **SPAN}, host="other.log.aliyuncs.com"),
            (404, "ProjectNotExist"),
        ),
        (
            signed("GET", "/logstores/functions", {"type": "log", **SPAN}, host="host"),
            (404, "ProjectNotExist"),
        ),
        (signed("GET", "/logstores/functions", {"type": "log"}), (400, "ParameterInvalid")),
    ],
)
def test_a_wrong_search_is_refused_by_its_code(
    service: LogService, request_: Request | dict[str, str], error: tuple[int, str]
) -> None:
    request = search(**request_) if isinstance(request_, dict) else request_
    assert error_of(service, request) == error


def test_only_the_owner_of_a_key_may_search(service: LogService) -> None:
    path, query = "/logstores/functions", {"type": "log", **SPAN}
    assert error_of(service, signed("GET", path, query, secret="wrong")) == (401, "SignatureNotMatch")
    assert error_of(service, signed("GET", path, query, key="LTAInobody")) == (401, "Unauthorized")
    assert error_of(service, signed("GET", path, query, token="CAISwrong.1")) == (401, "Unauthorized")
    assert error_of(service, signed("GET", path, query, at=NOW - 901)) == (400, "RequestTimeExpired")
    unsigned = Request(method="GET", host="project.x", raw_path=path, raw_query=urlencode(query))
    assert error_of(service, unsigned) == (401, "Unauthorized")


def test_the_signature_covers_the_query(service: LogService) -> None:
    request = search(query="王小明")
    changed = Request(
        method="GET",
        host=request.host,
        raw_path=request.raw_path,
        raw_query=urlencode({"type": "log", **SPAN, "query": "*"}),
        headers=request.headers,
    )
    assert error_of(service, changed) == (401, "SignatureNotMatch")


def test_an_injected_refusal_has_the_form_of_the_services_errors(service: LogService) -> None:
    refusal = Refusal(status=403, code="ReadQuotaExceed", message="read quota is exceeded")
    answer = service.refuse(search(), refusal)
    assert (answer.status, json.loads(answer.body)["errorCode"]) == (403, "ReadQuotaExceed")
