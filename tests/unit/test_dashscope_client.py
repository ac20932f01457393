"""The DashScope client against every odd answer, field by field, and against silence."""

from __future__ import annotations

import contextlib
import json
import logging
import random
import socket
from collections.abc import Callable, Iterator
from http.client import RemoteDisconnected
from typing import Any

import pytest
import requests
import responses
import urllib3.connection
import urllib3.exceptions
from responses import matchers

from shared.clients.dashscope import LIST_TRIES, PAGE_SIZE, TIMEOUT_SECONDS, DashScope
from shared.clients.retries import TRIES, Retries
from shared.domain.fine_tunes import FineTune
from shared.errors import (
    AccountTrouble,
    NotFound,
    OutcomeUnknown,
    Permanent,
    RequestTrouble,
    RetryLater,
    Trouble,
)

BASE = "https://dashscope.aliyuncs.com/api/v1"
POOL = urllib3.HTTPSConnectionPool("dashscope.aliyuncs.com")
CONNECTION = urllib3.connection.HTTPSConnection("dashscope.aliyuncs.com")
API_KEY = "sk-0123456789abcdef0123456789abcdef"
SIGNED = "https://b.oss-cn-beijing.aliyuncs.com/submissions/x/a.jpg?x-oss-signature=5ec7e7&Expires=9"
UNSIGNED = "https://b.oss-cn-beijing.aliyuncs.com/submissions/x/a.jpg"
ID = "ft-202509020951-f8bf"

PENDING: dict[str, Any] = {
    "job_id": ID,
    "job_name": ID,
    "status": "PENDING",
    "finetuned_output": f"facechain-finetune-{ID}",
    "model": "facechain-finetune",
    "base_model": "facechain-finetune",
    "training_file_ids": [SIGNED],
    "validation_file_ids": [],
    "hyper_parameters": {},
    "training_type": "sft",
    "create_time": "2025-09-02 09:51:02",
    "workspace_id": "llm-dmt509ikxxxxxx",
    "user_identity": "12402258xxxxxx",
    "modifier": "12402258xxxxxx",
    "creator": "12402258xxxxxx",
    "group": "facechain",
    "model_name": ID,
    "max_output_cnt": 1,
}
SUCCEEDED = {**PENDING, "status": "SUCCEEDED", "end_time": "2025-09-02 09:56:04", "usage": 1, "output_cnt": 1}
REFUSAL = {"request_id": "r", "code": "InvalidParameter", "message": "Missing training files."}


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def client() -> DashScope:
    return DashScope(BASE, API_KEY, retries=Retries(sleep=lambda _: None))


def answer(output: Any, **more: Any) -> dict[str, Any]:
    return {"request_id": "b6c9e77d-02a1-4a70-b127-000000000000", "output": output, **more}


def sent(wire: responses.RequestsMock, number: int = 0) -> requests.PreparedRequest:
    request = wire.calls[number].request
    assert isinstance(request, requests.PreparedRequest)
    return request


# -- requests as documented -----------------------------------------------------------------------


def test_a_create_sends_the_model_the_files_and_nothing_else(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.post(f"{BASE}/fine-tunes", json=answer(PENDING))
    created = client.create_fine_tune([SIGNED, "file-id"])
    request = sent(wire)
    assert json.loads(request.body or "") == {
        "model": "facechain-finetune",
        "training_file_ids": [SIGNED, "file-id"],
    }
    assert request.headers["Authorization"] == f"Bearer {API_KEY}"
    assert request.headers["Content-Type"] == "application/json"
    assert created == FineTune(
        fine_tune_id=ID,
        status="PENDING",
        files=(UNSIGNED,),
        finetuned_output=f"facechain-finetune-{ID}",
        created_at=1_756_777_862_000,
    )


def test_a_get_asks_for_the_id_and_reads_beijing_time(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer(SUCCEEDED))
    fine_tune = client.fine_tune(ID)
    assert sent(wire).headers["Authorization"] == f"Bearer {API_KEY}"
    assert sent(wire).body is None
    # 09:51:02 and 09:56:04 at +08:00.
    assert (fine_tune.created_at, fine_tune.ended_at) == (1_756_777_862_000, 1_756_778_164_000)
    assert (fine_tune.status, fine_tune.usage) == ("SUCCEEDED", 1)


def test_a_list_asks_for_pages_from_one(wire: responses.RequestsMock, client: DashScope) -> None:
    wire.get(
        f"{BASE}/fine-tunes",
        json=answer({"page_no": 1, "page_size": PAGE_SIZE, "total": 1, "jobs": [PENDING]}),
        match=[matchers.query_param_matcher({"page_no": 1, "page_size": 100})],
    )
    assert [one.fine_tune_id for one in client.fine_tunes()] == [ID]


@pytest.mark.parametrize(
    ("call", "method", "path"),
    [
        (lambda client: client.cancel_fine_tune(ID), "POST", f"/fine-tunes/{ID}/cancel"),
        (lambda client: client.delete_fine_tune(ID), "DELETE", f"/fine-tunes/{ID}"),
        (lambda client: client.delete_file("f1"), "DELETE", "/files/f1"),
    ],
)
def test_cancel_and_delete_are_sent_without_a_body(
    wire: responses.RequestsMock, client: DashScope, call: Callable[[DashScope], None], method: str, path: str
) -> None:
    wire.add(method, BASE + path, json=answer({"status": "success"}))
    call(client)
    assert sent(wire).method == method
    assert not sent(wire).body


def test_a_file_is_uploaded_as_a_form_with_its_description(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    stored = {"name": "a.jpg", "file_id": "ed5a313b"}
    wire.post(f"{BASE}/files", json={"data": {"uploaded_files": [stored], "failed_uploads": []}})
    assert client.upload_file("a.jpg", b"\xff\xd8bytes") == "ed5a313b"
    body = sent(wire).body
    assert isinstance(body, bytes)
    assert b'name="files"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8bytes' in body
    assert b'name="descriptions"\r\n\r\na.jpg' in body
    assert str(sent(wire).headers["Content-Type"]).startswith("multipart/form-data; boundary=")


def test_files_are_listed_page_by_page(wire: responses.RequestsMock, client: DashScope) -> None:
    stored = {"id": 1, "name": "a.jpg", "file_id": "f1", "size": 7}
    page = [{"name": f"{number}.jpg", "file_id": f"g{number}"} for number in range(100)]
    for page_no, files in ((1, page), (2, [stored])):
        wire.get(
            f"{BASE}/files",
            json={"data": {"total": 101, "page_size": 100, "page_no": page_no, "files": files}},
            match=[matchers.query_param_matcher({"page_no": page_no, "page_size": 100})],
        )
    assert client.files() == {**{f"{number}.jpg": f"g{number}" for number in range(100)}, "a.jpg": "f1"}


def test_the_face_check_sends_urls_and_empty_parameters(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.post(
        f"{BASE}/services/vision/facedetection/detect",
        json=answer({"is_face": [True, False], "failed_reason": ["", "no face detected"]}, usage={}),
    )
    assert client.detect_faces([SIGNED, UNSIGNED]) == [(True, ""), (False, "no face detected")]
    assert json.loads(sent(wire).body or "") == {
        "model": "facechain-facedetect",
        "input": {"images": [SIGNED, UNSIGNED]},
        "parameters": {},
    }
    assert "X-DashScope-Async" not in sent(wire).headers


def test_every_request_is_bounded_in_time_and_follows_no_redirect(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", status=302, headers={"Location": "https://elsewhere.example/"})
    wire.get("https://elsewhere.example/", json=answer(SUCCEEDED))
    with pytest.raises(RetryLater):
        client.fine_tune(ID)
    assert all((call.request.url or "").startswith(BASE) for call in wire.calls)
    # ``responses`` keeps the options of a request beside it.
    assert vars(sent(wire))["req_kwargs"]["timeout"] == TIMEOUT_SECONDS


def test_a_base_url_may_end_in_a_slash(wire: responses.RequestsMock) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer(PENDING))
    assert DashScope(f"{BASE}/", API_KEY).fine_tune(ID).fine_tune_id == ID


# -- answers, field by field ----------------------------------------------------------------------

FIELD_BY_FIELD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    # (what is odd about the documented answer, what becomes of it)
    ({"status": None}, {"status": ""}),
    ({"status": "SOMETHING_NEW"}, {"status": "SOMETHING_NEW"}),
    ({"status": 7}, {"status": "7"}),
    ({"finetuned_output": None}, {"finetuned_output": ""}),
    ({"training_file_ids": None}, {"files": ()}),
    ({"training_file_ids": []}, {"files": ()}),
    ({"training_file_ids": "a.jpg"}, {"files": ()}),
    ({"training_file_ids": {"a": 1}}, {"files": ()}),
    ({"training_file_ids": [None, 5, "f1"]}, {"files": ("None", "5", "f1")}),
    ({"create_time": None}, {"created_at": None}),
    ({"create_time": ""}, {"created_at": None}),
    ({"create_time": 1756777862}, {"created_at": None}),
    ({"create_time": "2025-13-40 09:51:02"}, {"created_at": None}),
    ({"create_time": "2025-09-02 09:51:02.123"}, {"created_at": 1_756_777_862_000}),
    ({"end_time": None}, {"ended_at": None}),
    ({"usage": None}, {"usage": 0}),
    ({"usage": "1"}, {"usage": 0}),
    ({"usage": True}, {"usage": 0}),
    ({"usage": {"total_tokens": 1}}, {"usage": 0}),
    ({"usage": 2}, {"usage": 2}),
    ({"code": "1", "message": "canceled"}, {"code": "1", "message": "canceled"}),
    ({"code": 1, "message": None}, {"code": "1", "message": ""}),
    ({"code": None, "message": ["x"]}, {"code": "", "message": "['x']"}),
    ({"message": f"cannot fetch {SIGNED}"}, {"message": f"cannot fetch {UNSIGNED}?…"}),
    ({"error_msg": "x", "unheard_of": {"deep": [1]}}, {}),
]


@pytest.mark.parametrize(
    ("odd", "expected"), FIELD_BY_FIELD, ids=[str(row[0])[:50] for row in FIELD_BY_FIELD]
)
def test_an_odd_field_costs_that_field_and_nothing_else(
    wire: responses.RequestsMock, client: DashScope, odd: dict[str, Any], expected: dict[str, Any]
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer({**PENDING, **odd}))
    read = client.fine_tune(ID)
    assert read.fine_tune_id == ID
    assert {name: getattr(read, name) for name in expected} == expected


@pytest.mark.parametrize("missing", [name for name in PENDING if name != "job_id"])
def test_a_missing_field_costs_that_field_and_nothing_else(
    wire: responses.RequestsMock, client: DashScope, missing: str
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer({k: v for k, v in PENDING.items() if k != missing}))
    assert client.fine_tune(ID).fine_tune_id == ID


UNREADABLE = {
    "no output": json.dumps({"request_id": "r"}),
    "output null": json.dumps({"request_id": "r", "output": None}),
    "output a list": json.dumps(answer([PENDING])),
    "output a text": json.dumps(answer("ok")),
    "no job_id": json.dumps(answer({"status": "PENDING"})),
    "job_id null": json.dumps(answer({**PENDING, "job_id": None})),
    "job_id empty": json.dumps(answer({**PENDING, "job_id": ""})),
    "job_id a number": json.dumps(answer({**PENDING, "job_id": 7})),
    "truncated": json.dumps(answer(PENDING))[:-40],
    "empty": "",
    "null": "null",
    "a list": "[]",
    "a text": '"ok"',
    "html": "<html><body>OK</body></html>",
    "not utf-8": "\udcff\udcfe",
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_success_that_cannot_be_read_leaves_a_create_unknown(
    wire: responses.RequestsMock, client: DashScope, body: str
) -> None:
    wire.post(f"{BASE}/fine-tunes", body=body.encode("utf-8", "surrogateescape"))
    with pytest.raises(OutcomeUnknown):
        client.create_fine_tune([SIGNED])
    assert len(wire.calls) == 1


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_success_that_cannot_be_read_makes_a_get_come_again_later(
    wire: responses.RequestsMock, client: DashScope, body: str
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", body=body.encode("utf-8", "surrogateescape"))
    with pytest.raises(RetryLater):
        client.fine_tune(ID)
    assert len(wire.calls) <= 2


# -- errors ---------------------------------------------------------------------------------------

ERRORS: list[tuple[int, str, str, type[Trouble]]] = [
    (400, "InvalidParameter", "Missing training files.", Permanent),
    (400, "Arrearage", "Access denied, please make sure your account is in good standing.", AccountTrouble),
    (400, "InvalidParameter.DataInspection", "Unable to download the media resource.", RequestTrouble),
    (400, "InvalidURL.Timeout", "Download timeout.", RequestTrouble),
    (400, "BadRequest.InputDownloadFailed", "…", RequestTrouble),
    (400, "DataInspectionFailed", "Input data may contain inappropriate content.", Permanent),
    (400, "InvalidImage.NoHumanFace", "…", Permanent),
    (400, "SomethingNew", "", Permanent),
    (401, "InvalidApiKey", "Invalid API-key provided.", AccountTrouble),
    (401, "", "NOT AUTHORIZED", AccountTrouble),
    (403, "AccessDenied", "Access denied.", AccountTrouble),
    (403, "Model.AccessDenied", "…", AccountTrouble),
    (404, "ModelNotFound", "Model can not be found.", AccountTrouble),
    (404, "NotFound", "Not Found!", NotFound),
    (409, "Conflict", "Model instance xxxxx already exists", Permanent),
    (429, "Throttling", "Too many fine-tune job in running, please retry later", RetryLater),
    (429, "Throttling.RateQuota", "You have exceeded your request limit.", RetryLater),
    (429, "Throttling", "Only 20 fine-tune job in running or succeeded allowed per user.", AccountTrouble),
    (429, "PostpaidBillOverdue", "…", AccountTrouble),
    (429, "", "", RetryLater),
    (500, "InternalError", "Internal server error!", OutcomeUnknown),
    (500, "InternalError.Timeout", "…", OutcomeUnknown),
    (500, "", "", OutcomeUnknown),
    (503, "ModelUnavailable", "…", OutcomeUnknown),
    (504, "", "", OutcomeUnknown),
    (200, "InternalError", "…", OutcomeUnknown),
    (200, "InvalidApiKey", "…", AccountTrouble),
    (200, "SomethingNew", "…", OutcomeUnknown),
    (500, "InvalidParameter", "Missing training files.", Permanent),
]


def error_body(code: str, message: str) -> dict[str, str]:
    return {"request_id": "r", **({"code": code} if code else {}), "message": message}


@pytest.mark.parametrize(("status", "code", "message", "expected"), ERRORS)
def test_each_error_of_a_create_is_raised_as_what_it_means_and_sent_once(
    wire: responses.RequestsMock,
    client: DashScope,
    status: int,
    code: str,
    message: str,
    expected: type[Trouble],
) -> None:
    if status == 200:
        wire.post(f"{BASE}/fine-tunes", json={**answer(PENDING), **error_body(code, message)})
    else:
        wire.post(f"{BASE}/fine-tunes", status=status, json=error_body(code, message))
    with pytest.raises(Trouble) as raised:
        client.create_fine_tune([SIGNED])
    assert type(raised.value) is expected
    assert raised.value.code == (code or f"http_{status}")
    assert raised.value.message == (message or f"HTTP {status} without a reason")
    assert len(wire.calls) == 1


@pytest.mark.parametrize(("status", "code", "message", "expected"), ERRORS)
def test_a_read_is_tried_again_only_when_nothing_is_known(
    wire: responses.RequestsMock,
    client: DashScope,
    status: int,
    code: str,
    message: str,
    expected: type[Trouble],
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", status=status, json={**answer(PENDING), **error_body(code, message)})
    with pytest.raises(Trouble) as raised:
        client.fine_tune(ID)
    # Of a read it is always known that it had no effect.
    assert type(raised.value) is (RetryLater if expected is OutcomeUnknown else expected)
    assert len(wire.calls) == (TRIES if expected is OutcomeUnknown else 1)


ERROR_PAGES = {
    "an HTML page": ("<html><head><title>502 Bad Gateway</title></head></html>", "text/html"),
    "nothing": ("", "text/plain"),
    "a list": ("[1]", "application/json"),
    "truncated JSON": ('{"code": "InvalidParam', "application/json"),
    "code null": ('{"code": null, "message": null}', "application/json"),
}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("page", ERROR_PAGES)
def test_a_gateways_error_page_leaves_a_create_unknown(
    wire: responses.RequestsMock, client: DashScope, status: int, page: str
) -> None:
    body, content_type = ERROR_PAGES[page]
    wire.post(f"{BASE}/fine-tunes", status=status, body=body, content_type=content_type)
    with pytest.raises(OutcomeUnknown) as raised:
        client.create_fine_tune([SIGNED])
    assert raised.value.code == f"http_{status}"
    assert "<html>" not in raised.value.message
    assert len(wire.calls) == 1


def test_a_file_that_is_not_there_is_not_found_although_the_code_says_otherwise(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    gone = {"request_id": "r", "code": "InvalidParameter", "message": "File not found."}
    wire.delete(f"{BASE}/files/f1", status=400, json=gone)
    with pytest.raises(NotFound):
        client.delete_file("f1")


def test_a_cancel_that_comes_too_late_is_permanent(wire: responses.RequestsMock, client: DashScope) -> None:
    refusal = {"code": "UnsupportedOperation", "message": "The fine-tune job can not be deleted …"}
    wire.post(f"{BASE}/fine-tunes/{ID}/cancel", status=400, json=refusal)
    with pytest.raises(Permanent):
        client.cancel_fine_tune(ID)


# -- silence --------------------------------------------------------------------------------------


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
        lambda client: client.detect_faces([SIGNED]),
    ],
)
def test_a_request_that_changes_something_is_sent_once(
    wire: responses.RequestsMock, client: DashScope, call: Callable[[DashScope], object]
) -> None:
    for method in ("POST", "DELETE"):
        for path in (f"/fine-tunes/{ID}", f"/fine-tunes/{ID}/cancel", "/files", "/files/f1"):
            wire.add(method, BASE + path, status=500, json=error_body("InternalError", "…"))
    wire.post(f"{BASE}/services/vision/facedetection/detect", status=500)
    with pytest.raises(OutcomeUnknown):
        call(client)
    assert len(wire.calls) == 1


# -- the list -------------------------------------------------------------------------------------


class Ledger:
    """A list of fine-tunes that is served in pages and may change before any of them."""

    def __init__(self, wire: responses.RequestsMock, count: int) -> None:
        self.ids = [f"ft-{number:04}" for number in range(count)]
        self.before_call: Callable[[int], object] = str
        self.pages: list[int] = []
        self.total: Callable[[], Any] = lambda: len(self.ids)
        wire.add_callback(responses.GET, f"{BASE}/fine-tunes", callback=self._serve)

    def _serve(self, request: Any) -> tuple[int, dict[str, str], str]:
        self.before_call(len(self.pages))
        page_no, size = int(request.params["page_no"]), int(request.params["page_size"])
        self.pages.append(page_no)
        shown = self.ids[(page_no - 1) * size : page_no * size]
        output: dict[str, Any] = {"page_no": page_no, "page_size": size, "total": self.total()}
        output["jobs"] = [{"job_id": name, "status": "SUCCEEDED"} for name in shown]
        return 200, {}, json.dumps(answer(output))


@pytest.mark.parametrize(
    ("count", "pages"), [(0, [1]), (1, [1]), (99, [1]), (100, [1]), (101, [1, 2]), (250, [1, 2, 3])]
)
def test_the_list_is_read_to_its_last_page_and_no_further(
    wire: responses.RequestsMock, client: DashScope, count: int, pages: list[int]
) -> None:
    ledger = Ledger(wire, count)
    assert [one.fine_tune_id for one in client.fine_tunes()] == ledger.ids
    assert ledger.pages == pages


def test_fine_tunes_that_appear_while_the_list_is_read_hide_none(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 250)

    def one_more(number: int) -> None:
        if number in (1, 2):
            ledger.ids.insert(0, f"ft-new-{number}")

    ledger.before_call = one_more
    assert {one.fine_tune_id for one in client.fine_tunes()} >= {f"ft-{number:04}" for number in range(250)}


def test_a_list_that_is_reshuffled_between_pages_is_read_again(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 250)

    def reverse(number: int) -> None:
        if number == 1:
            ledger.ids.reverse()

    ledger.before_call = reverse
    assert {one.fine_tune_id for one in client.fine_tunes()} == set(ledger.ids)
    assert len(ledger.pages) == 6


def test_a_list_that_is_never_complete_is_never_taken_for_complete(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 30)
    ledger.total = lambda: 31
    with pytest.raises(RetryLater) as raised:
        client.fine_tunes()
    assert raised.value.code == "list_incomplete"
    assert len(ledger.pages) == LIST_TRIES


def test_a_server_that_gives_smaller_pages_than_asked_for_is_not_believed_to_be_complete(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.get(f"{BASE}/fine-tunes", json=answer({"total": 25, "page_size": 10, "jobs": [PENDING]}))
    with pytest.raises(RetryLater):
        client.fine_tunes()


@pytest.mark.parametrize(
    "output",
    [
        {"total": 3},
        {"total": 3, "jobs": None},
        {"total": 3, "jobs": []},
        {"total": 1, "jobs": [{"status": "RUNNING"}]},
        {"total": 1, "jobs": [None]},
        {"total": 1, "jobs": ["ft-1"]},
        {"total": 1, "jobs": {"job_id": "ft-1"}},
        {"total": 1, "jobs": "none"},
        None,
        [],
    ],
    ids=str,
)
def test_a_list_of_an_odd_shape_is_no_list(
    wire: responses.RequestsMock, client: DashScope, output: Any
) -> None:
    wire.get(f"{BASE}/fine-tunes", json=answer(output))
    with pytest.raises(RetryLater):
        client.fine_tunes()


def test_a_page_that_keeps_failing_fails_the_list(wire: responses.RequestsMock, client: DashScope) -> None:
    first = {"total": 150, "jobs": [{"job_id": f"ft-{number}"} for number in range(PAGE_SIZE)]}
    wire.get(f"{BASE}/fine-tunes", json=answer(first))
    wire.get(f"{BASE}/fine-tunes", status=500)
    with pytest.raises(RetryLater):
        client.fine_tunes()
    assert len(wire.calls) == 1 + TRIES


@pytest.mark.parametrize("count", [0, 1, 250])
@pytest.mark.parametrize("total", [None, "250", 250.0, True, [250]])
def test_a_list_that_does_not_say_how_many_there_are_is_not_read(
    wire: responses.RequestsMock, client: DashScope, count: int, total: Any
) -> None:
    ledger = Ledger(wire, count)
    ledger.total = lambda: total
    with pytest.raises(RetryLater) as raised:
        client.fine_tunes()
    assert raised.value.code == "unreadable_answer"
    assert ledger.pages == [1]


@pytest.mark.parametrize(
    ("count", "total"),
    # Fewer than are shown, more than are shown, none although some are shown, and nonsense.
    [(30, 29), (30, 31), (30, 0), (0, 1), (250, 150), (100, 101), (0, -1)],
)
def test_a_list_that_contradicts_its_own_total_is_not_believed(
    wire: responses.RequestsMock, client: DashScope, count: int, total: int
) -> None:
    ledger = Ledger(wire, count)
    ledger.total = lambda: total
    with pytest.raises(RetryLater) as raised:
        client.fine_tunes()
    assert raised.value.code == "list_incomplete"


def test_a_round_whose_pages_disagree_about_the_total_is_read_again(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 250)
    totals = iter([249, 250, 250])
    ledger.total = lambda: next(totals, 250)
    assert [one.fine_tune_id for one in client.fine_tunes()] == ledger.ids
    assert ledger.pages == [1, 2, 3, 1, 2, 3]


def test_a_list_whose_total_changes_in_every_round_is_never_taken_for_complete(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 150)
    ledger.before_call = lambda number: ledger.ids.insert(0, f"ft-new-{number}")
    with pytest.raises(RetryLater) as raised:
        client.fine_tunes()
    assert raised.value.code == "list_incomplete"
    assert ledger.pages == [1, 2] * LIST_TRIES


@pytest.mark.parametrize(
    "output",
    [
        {},
        {"jobs": None},
        {"jobs": []},
        {"total": None},
        {"total": 0},
        {"total": 0, "jobs": None},
        {"page_no": 1},
    ],
    ids=str,
)
def test_an_answer_without_jobs_and_total_is_not_an_empty_list(
    wire: responses.RequestsMock, client: DashScope, output: dict[str, Any]
) -> None:
    wire.get(f"{BASE}/fine-tunes", json=answer(output))
    with pytest.raises(RetryLater):
        client.fine_tunes()


def test_a_fine_tune_that_slips_past_because_another_was_deleted_is_read_after_all(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    ledger = Ledger(wire, 250)

    def delete(number: int) -> None:
        if number == 1:
            del ledger.ids[5]

    ledger.before_call = delete
    assert {one.fine_tune_id for one in client.fine_tunes()} >= set(ledger.ids)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_appears_and_goes_while_the_list_is_read_what_stays_is_in_it(
    wire: responses.RequestsMock, client: DashScope, seed: int
) -> None:
    random_ = random.Random(seed)
    ledger = Ledger(wire, random_.randrange(90, 320))
    stayed = set(ledger.ids)

    def change(number: int) -> None:
        # The list is shown newest first; anything may be deleted.
        for _ in range(random_.choice([0, 0, 0, 1, 2])):
            ledger.ids.insert(0, f"ft-new-{number}-{random_.randrange(10**9)}")
        for _ in range(random_.choice([0, 0, 0, 1, 2])):
            stayed.discard(ledger.ids.pop(random_.randrange(len(ledger.ids))))

    ledger.before_call = change
    try:
        listed = {one.fine_tune_id for one in client.fine_tunes()}
    except RetryLater:
        return
    assert listed >= stayed


# -- files and faces, oddly answered --------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected", "code"),
    [
        (
            {"failed_uploads": [{"code": "BadRequest.TooMany", "message": "Out of number, <10> of <10>"}]},
            Permanent,
            "BadRequest.TooMany",
        ),
        (
            {"failed_uploads": [{"code": "BadRequest.TooLarge", "message": "Out of space, <839> B"}]},
            Permanent,
            "BadRequest.TooLarge",
        ),
        ({"failed_uploads": [{"code": "BadRequest.X", "message": "no"}]}, Permanent, "BadRequest.X"),
        ({"failed_uploads": [{}]}, Permanent, "upload_failed"),
        ({"uploaded_files": [], "failed_uploads": []}, Permanent, "upload_failed"),
        ({"uploaded_files": [{"name": "a.jpg"}]}, Permanent, "upload_failed"),
        ({"uploaded_files": [{"name": "a.jpg", "file_id": None}]}, Permanent, "upload_failed"),
        ({"uploaded_files": None, "failed_uploads": None}, Permanent, "upload_failed"),
        ({}, Permanent, "upload_failed"),
        (None, RetryLater, "unreadable_answer"),
    ],
)
def test_an_upload_that_stored_nothing_is_never_a_success(
    wire: responses.RequestsMock, client: DashScope, data: Any, expected: type[Trouble], code: str
) -> None:
    wire.post(f"{BASE}/files", json={"request_id": "r", "data": data})
    with pytest.raises(Trouble) as raised:
        client.upload_file("a.jpg", b"x")
    assert (type(raised.value), raised.value.code) == (expected, code)


@pytest.mark.parametrize(
    ("output", "verdicts"),
    [
        ({"is_face": [True, False]}, [(True, ""), (False, "")]),
        ({"is_face": [True, False], "failed_reason": None}, [(True, ""), (False, "")]),
        (
            {"is_face": [True, False], "failed_reason": ["", "cannot read https://b/x.jpg?Signature=s"]},
            [(True, ""), (False, "cannot read https://b/x.jpg?…")],
        ),
        ({"is_face": [True, False], "failed_reason": [None, 5]}, [(True, ""), (False, "5")]),
        ({"is_face": [True, False], "failed_reason": ["only one"]}, [(True, "only one"), (False, "")]),
        ({"is_face": [True, False], "failed_reason": ["", "", "extra"]}, [(True, ""), (False, "")]),
        # Only a true is a face.
        ({"is_face": ["true", 1]}, [(False, ""), (False, "")]),
        ({"is_face": [None, "false"]}, [(False, ""), (False, "")]),
    ],
)
def test_an_odd_face_check_still_gives_a_verdict_for_each_picture(
    wire: responses.RequestsMock, client: DashScope, output: Any, verdicts: list[tuple[bool, str]]
) -> None:
    wire.post(f"{BASE}/services/vision/facedetection/detect", json=answer(output))
    assert client.detect_faces([SIGNED, SIGNED]) == verdicts


@pytest.mark.parametrize(
    "output", [{}, {"is_face": None}, {"is_face": []}, {"is_face": [True]}, {"is_face": True}]
)
def test_a_face_check_that_does_not_fit_the_question_is_no_verdict(
    wire: responses.RequestsMock, client: DashScope, output: Any
) -> None:
    wire.post(f"{BASE}/services/vision/facedetection/detect", json=answer(output))
    with pytest.raises(RetryLater):
        client.detect_faces([SIGNED, SIGNED])


ODD_LISTS: list[tuple[str, str, dict[str, Any], Callable[[DashScope], object]]] = [
    ("GET", "/fine-tunes", {"output": {"total": 1, "jobs": 5}}, lambda client: client.fine_tunes()),
    ("GET", "/files", {"data": {"files": 5}}, lambda client: client.files()),
    ("POST", "/files", {"data": {"uploaded_files": ["f1"]}}, lambda client: client.upload_file("a", b"x")),
    ("POST", "/files", {"data": {"failed_uploads": ["no"]}}, lambda client: client.upload_file("a", b"x")),
    (
        "POST",
        "/services/vision/facedetection/detect",
        {"output": {"is_face": [True], "failed_reason": 5}},
        lambda client: client.detect_faces([SIGNED]),
    ),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "call"), ODD_LISTS, ids=[str(row[2]) for row in ODD_LISTS]
)
def test_a_list_of_the_wrong_type_is_a_trouble_of_our_own_words(
    wire: responses.RequestsMock,
    client: DashScope,
    method: str,
    path: str,
    body: dict[str, Any],
    call: Callable[[DashScope], object],
) -> None:
    wire.add(method, BASE + path, json=body)
    with contextlib.suppress(Trouble):
        call(client)


@pytest.mark.parametrize(
    "output", [{}, {"jobs": None}, {"jobs": 5}, {"jobs": "one"}, {"jobs": {"0": "one"}}], ids=str
)
def test_a_page_without_a_list_is_no_page_of_fine_tunes(
    wire: responses.RequestsMock, client: DashScope, output: dict[str, Any]
) -> None:
    wire.get(f"{BASE}/fine-tunes", json=answer({"total": 0, **output}))
    with pytest.raises(RetryLater) as raised:
        client.fine_tunes()
    assert raised.value.code == "unreadable_answer"


def test_odd_entries_of_a_list_do_not_hide_the_good_ones(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    stored = {"name": "a.jpg", "file_id": "f1"}
    wire.post(f"{BASE}/files", json={"data": {"uploaded_files": [None, "f0", {}, stored]}})
    wire.get(f"{BASE}/files", json={"data": {"total": 3, "files": [None, "f0", stored]}})
    assert client.upload_file("a.jpg", b"x") == "f1"
    assert client.files() == {"a.jpg": "f1"}


@pytest.mark.parametrize("code", [None, ""])
def test_a_success_with_an_empty_code_is_a_success(
    wire: responses.RequestsMock, client: DashScope, code: str | None
) -> None:
    wire.get(f"{BASE}/fine-tunes/{ID}", json=answer(SUCCEEDED, code=code, message=""))
    wire.post(f"{BASE}/fine-tunes", json=answer(PENDING, code=code, message=""))
    assert client.fine_tune(ID).status == "SUCCEEDED"
    assert client.create_fine_tune([SIGNED]).fine_tune_id == ID


# -- secrets --------------------------------------------------------------------------------------


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
