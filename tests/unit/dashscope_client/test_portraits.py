"""Portraits on the wire: the order as it is documented and sent once, tasks and their list, and downloads."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from shared.clients.dashscope import DashScope
from shared.clients.dashscope_portraits import (
    MAX_PAGES,
    PAGE_SIZE,
)
from shared.clients.retries import TRIES
from shared.domain.portrait_styles import TEMPLATE_STYLE, Wanted
from shared.domain.portrait_tasks import PortraitTask
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, OutcomeUnknown, RetryLater, Trouble
from tests.unit.dashscope_client.support import API_KEY, BASE, error_body, sent

ORDERS = f"{BASE}/services/aigc/album/gen_potrait"
TASKS = f"{BASE}/tasks"
TASK = "0385dc79-5ff8-4d82-bcb6-aabbccddeeff"
URL = "https://dashscope-result.oss-cn-beijing.aliyuncs.com/a/1.jpg?Expires=9&Signature=5ec7e7"
FOUR = Wanted("f_idcard_female", 4)
NOW = 1_767_225_600_000
"""08:00 on the first of January 2026 in Beijing."""
CREATED = {"output": {"task_id": TASK, "task_status": "PENDING"}, "request_id": "r"}
DONE: dict[str, Any] = {
    "request_id": "r",
    "output": {
        "task_id": TASK,
        "task_status": "SUCCEEDED",
        "submit_time": "2026-01-01 08:00:00.123",
        "results": [{"url": URL}, {"code": "InternalError.Algo", "message": "no"}],
        "task_metrics": {"TOTAL": 2, "SUCCEEDED": 1, "FAILED": 1},
    },
    "usage": {"image_count": 1},
}


# -- the order -------------------------------------------------------------------------------------------


def test_the_order_is_the_documented_post_with_the_header_that_makes_it_a_task(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.post(ORDERS, json=CREATED)
    assert client.portraits.create("facechain-finetune-ft-1", FOUR) == TASK
    request = sent(wire)
    assert (request.method, request.url) == ("POST", ORDERS)
    assert request.headers["X-DashScope-Async"] == "enable"
    assert request.headers["Authorization"] == f"Bearer {API_KEY}"
    assert json.loads(request.body or "") == {
        "model": "facechain-generation",
        "parameters": {"style": "f_idcard_female", "size": "768*1024", "n": 4},
        "resources": [{"resource_id": "facechain-finetune-ft-1", "resource_type": "facelora"}],
    }


def test_a_template_goes_along_by_its_url(wire: responses.RequestsMock, client: DashScope) -> None:
    wire.post(ORDERS, json=CREATED)
    client.portraits.create("model", Wanted(TEMPLATE_STYLE, 1, "templates/a.jpg"), URL)
    body = json.loads(sent(wire).body or "")
    assert body["input"] == {"template_url": URL}
    assert body["parameters"] == {"style": TEMPLATE_STYLE, "size": "768*1024", "n": 1}


@pytest.mark.parametrize(
    "reply",
    [
        {"body": requests.exceptions.ReadTimeout(f"{API_KEY} {URL}")},
        {"body": requests.exceptions.ConnectionError(f"{API_KEY} {URL}")},
        {"status": 500, "json": error_body("InternalError", "no")},
        {"status": 502, "body": "<html>"},
        {"status": 504, "body": ""},
        {"status": 408, "json": error_body("RequestTimeOut", "no")},
        {"status": 200, "body": "garbage"},
        {"status": 200, "json": []},
        {"status": 200, "json": {}},
        {"status": 200, "json": {"output": {}}},
        {"status": 200, "json": {"output": {"task_id": None}}},
        {"status": 200, "json": {"output": {"task_id": ""}}},
        {"status": 200, "json": {"output": {"task_id": 7}}},
        {"status": 302, "headers": {"Location": "https://elsewhere.example/"}},
    ],
    ids=lambda reply: str(list(reply.values()))[:40],
)
def test_an_order_is_sent_once_and_without_a_certain_answer_nobody_knows(
    wire: responses.RequestsMock, client: DashScope, reply: dict[str, Any]
) -> None:
    wire.post(ORDERS, **reply)
    with pytest.raises(OutcomeUnknown) as raised:
        client.portraits.create("model", FOUR)
    assert len(wire.calls) == 1
    assert raised.value.api is Api.PORTRAITS
    # What is taken for a success and names no task; garbage does not say that it is one.
    is_success = reply.get("status") == 200
    assert not is_success or raised.value.code == "unreadable_answer"
    assert API_KEY not in str(raised.value)
    assert "5ec7e7" not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "code", "error", "kind"),
    [
        (429, "Throttling.RateQuota", RetryLater, Kind.PASSING),
        (400, "Arrearage", AccountTrouble, Kind.ACCOUNT),
        (401, "InvalidApiKey", AccountTrouble, Kind.ACCOUNT),
        (403, "Model.AccessDenied", AccountTrouble, Kind.API),
        (404, "ModelNotFound", AccountTrouble, Kind.API),
        (400, "InvalidParameter", Trouble, None),
    ],
)
def test_a_certain_refusal_is_told_as_one(
    wire: responses.RequestsMock,
    client: DashScope,
    status: int,
    code: str,
    error: type[Trouble],
    kind: Kind | None,
) -> None:
    wire.post(ORDERS, status=status, json=error_body(code, "no"))
    with pytest.raises(error) as raised:
        client.portraits.create("model", FOUR)
    assert not isinstance(raised.value, OutcomeUnknown)
    assert (raised.value.code, raised.value.api, len(wire.calls)) == (code, Api.PORTRAITS, 1)
    assert kind is None or raised.value.kind is kind


def test_an_order_for_which_no_connection_was_made_was_certainly_not_placed(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.post(ORDERS, body=requests.exceptions.ConnectTimeout("…"))
    with pytest.raises(RetryLater) as raised:
        client.portraits.create("model", FOUR)
    assert (raised.value.code, isinstance(raised.value, OutcomeUnknown)) == ("unreachable", False)


# -- a task ----------------------------------------------------------------------------------------------


def test_a_task_is_read_with_its_pictures_and_what_they_cost(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    wire.get(f"{TASKS}/{TASK}", json=DONE)
    task = client.portraits.task(TASK)
    assert task == PortraitTask(
        task_id=TASK,
        status="SUCCEEDED",
        total=2,
        urls=(URL, None),
        billed=1,
        made_at=NOW,
        why=("InternalError.Algo",),
    )
    assert sent(wire).headers["Authorization"] == f"Bearer {API_KEY}"
    assert "5ec7e7" not in repr(task)


@pytest.mark.parametrize(
    ("changes", "usage", "expected"),
    [
        ({"results": None}, None, {"urls": (), "billed": 0, "why": ()}),
        ({"results": "many"}, None, {"urls": (), "billed": 0, "why": ()}),
        (
            {"results": [None, {"url": 7}, {"url": ""}, {"url": URL}]},
            None,
            {"urls": (None, None, None, URL), "billed": 1},
        ),
        ({}, {"image_count": "1"}, {"billed": 1}),
        ({}, {"image_count": True}, {"billed": 1}),
        ({}, {"image_count": -3}, {"billed": 1}),
        ({}, {"image_count": 4}, {"billed": 4}),
        ({}, ["image_count"], {"billed": 1}),
        ({"task_metrics": None}, None, {"total": 0}),
        ({"task_metrics": {"TOTAL": "4"}}, None, {"total": 0}),
        ({"task_metrics": {"TOTAL": True}}, None, {"total": 0}),
        ({"task_status": None}, None, {"status": ""}),
        ({"task_status": "S" * 99}, None, {"status": "S" * 50}),
        ({"submit_time": "yesterday"}, None, {"made_at": None}),
        ({"code": "InternalError", "message": "m"}, None, {"code": "InternalError", "message": "m"}),
        ({"task_id": None}, None, {"task_id": ""}),
    ],
)
def test_odd_fields_are_read_as_far_as_they_make_sense(
    wire: responses.RequestsMock,
    client: DashScope,
    changes: dict[str, Any],
    usage: Any,
    expected: dict[str, Any],
) -> None:
    wire.get(f"{TASKS}/{TASK}", json={"output": {**DONE["output"], **changes}, "usage": usage})
    task = client.portraits.task(TASK)
    assert {name: getattr(task, name) for name in expected} == expected
    assert type(task.billed) is int


@pytest.mark.parametrize("body", ["garbage", "[]", "{}", '{"output": []}'])
def test_an_answer_without_a_task_is_asked_for_again_later(
    wire: responses.RequestsMock, client: DashScope, body: str
) -> None:
    wire.get(f"{TASKS}/{TASK}", body=body)
    with pytest.raises(RetryLater) as raised:
        client.portraits.task(TASK)
    assert (raised.value.code, raised.value.api) == ("unreadable_answer", Api.PORTRAITS)


def test_a_look_is_repeated_and_an_id_is_quoted(wire: responses.RequestsMock, client: DashScope) -> None:
    wire.get(f"{TASKS}/..%2Ffiles%3Fa", status=503)
    with pytest.raises(RetryLater) as raised:
        client.portraits.task("../files?a")
    assert (len(wire.calls), raised.value.api) == (TRIES, Api.PORTRAITS)
    assert sent(wire).url == f"{TASKS}/..%2Ffiles%3Fa"


# -- the list --------------------------------------------------------------------------------------------


class Listing:
    """A list of tasks in pages.

    Attributes:
        entries: the tasks, as the list shows them.
        total: what it says that there are.
        queries: what it was asked for.
    """

    def __init__(self, wire: responses.RequestsMock, count: int) -> None:
        self.entries: list[Any] = [
            {"task_id": f"task-{number}", "status": "RUNNING", "gmt_create": NOW + number}
            for number in range(count)
        ]
        self.total: Any = count
        self.queries: list[dict[str, list[str]]] = []
        wire.add_callback(responses.GET, TASKS, callback=self._serve)

    def _serve(self, request: Any) -> tuple[int, dict[str, str], str]:
        query = parse_qs(urlsplit(request.url).query)
        self.queries.append(query)
        begin = (int(query["page_no"][0]) - 1) * int(query["page_size"][0])
        page = self.entries[begin : begin + int(query["page_size"][0])]
        return 200, {}, json.dumps({"total": self.total, "data": page})


def test_the_list_is_asked_for_a_window_in_beijings_time_and_of_our_model(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    listing = Listing(wire, 2)
    tasks = client.portraits.tasks(NOW + 999, NOW + 60_000)
    assert tasks == [
        PortraitTask(task_id="task-0", status="RUNNING", made_at=NOW, total=0, billed=0),
        PortraitTask(task_id="task-1", status="RUNNING", made_at=NOW + 1, total=0, billed=0),
    ]
    wire.reset()
    wire.get(TASKS, status=503)
    with pytest.raises(RetryLater) as raised:
        client.portraits.tasks(NOW, NOW)
    assert raised.value.api is Api.PORTRAITS
    assert listing.queries == [
        {
            "start_time": ["20260101075959"],
            "end_time": ["20260101080101"],
            "model_name": ["facechain-generation"],
            "page_no": ["1"],
            "page_size": [str(PAGE_SIZE)],
        }
    ]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (PAGE_SIZE, 1), (PAGE_SIZE + 1, 2), (3 * PAGE_SIZE, 3)])
def test_the_list_is_read_over_all_its_pages(
    wire: responses.RequestsMock, client: DashScope, count: int, pages: int
) -> None:
    listing = Listing(wire, count)
    assert len(client.portraits.tasks(NOW, NOW)) == count
    assert [one["page_no"] for one in listing.queries] == [[str(number)] for number in range(1, pages + 1)]


@pytest.mark.parametrize("total", [1, 3, 0, None, "many", -1, True, [2], 10**6])
def test_a_list_that_is_not_as_long_as_it_says_proves_nothing(
    wire: responses.RequestsMock, client: DashScope, total: Any
) -> None:
    listing = Listing(wire, 2)
    listing.total = total
    with pytest.raises(RetryLater) as raised:
        client.portraits.tasks(NOW, NOW)
    assert (raised.value.code, raised.value.api) == ("unreadable_answer", Api.PORTRAITS)
    assert len(listing.queries) <= 2


def test_the_newest_tasks_are_one_page_of_the_day_before_with_the_keys_that_they_were_made_with(
    wire: responses.RequestsMock, client: DashScope
) -> None:
    listing = Listing(wire, PAGE_SIZE + 1)
    listing.entries[0]["api_key_id"] = "key-1"
    listing.entries[1]["api_key_id"] = None
    listing.total = "many"
    newest = client.portraits.newest(NOW)
    assert (len(newest), [one.key for one in newest[:3]]) == (PAGE_SIZE, ["key-1", "", ""])
    (query,) = listing.queries
    assert query == {
        "start_time": ["20251231080000"],
        "end_time": ["20260101080001"],
        "model_name": ["facechain-generation"],
        "page_no": ["1"],
        "page_size": [str(PAGE_SIZE)],
    }


@pytest.mark.parametrize("answer", [{"status": 503}, {"json": {}}, {"json": {"data": [7]}}], ids=str)
def test_newest_tasks_that_cannot_be_read_are_asked_for_again_later(
    wire: responses.RequestsMock, client: DashScope, answer: dict[str, Any]
) -> None:
    wire.get(TASKS, **answer)
    with pytest.raises(RetryLater) as raised:
        client.portraits.newest(NOW)
    assert raised.value.api is Api.PORTRAITS


def test_a_task_that_is_shown_twice_counts_once(wire: responses.RequestsMock, client: DashScope) -> None:
    listing = Listing(wire, 2)
    listing.entries.append(listing.entries[0])
    assert len(client.portraits.tasks(NOW, NOW)) == 2
    listing.total = 3
    with pytest.raises(RetryLater):
        client.portraits.tasks(NOW, NOW)


def test_a_list_of_too_many_pages_is_not_believed(wire: responses.RequestsMock, client: DashScope) -> None:
    listing = Listing(wire, MAX_PAGES * PAGE_SIZE)
    assert len(client.portraits.tasks(NOW, NOW)) == MAX_PAGES * PAGE_SIZE
    listing.entries.append({"task_id": "one more"})
    listing.total += 1
    listing.queries.clear()
    with pytest.raises(RetryLater):
        client.portraits.tasks(NOW, NOW)
    assert len(listing.queries) == MAX_PAGES


@pytest.mark.parametrize("entry", [None, 7, {}, {"task_id": None}, {"task_id": 7}])
def test_an_entry_without_an_id_makes_the_list_unreadable(
    wire: responses.RequestsMock, client: DashScope, entry: Any
) -> None:
    listing = Listing(wire, 1)
    listing.entries.append(entry)
    listing.total = 2
    with pytest.raises(RetryLater):
        client.portraits.tasks(NOW, NOW)


@pytest.mark.parametrize(
    ("times", "made_at"),
    [
        ({"gmt_create": 5, "start_time": 6}, 5),
        ({"gmt_create": None, "start_time": 6}, 6),
        ({"gmt_create": "2026", "start_time": True}, None),
        ({"gmt_create": 0, "start_time": -1}, None),
        ({}, None),
    ],
)
def test_when_a_listed_task_was_made_is_read_where_it_is_told(
    wire: responses.RequestsMock, client: DashScope, times: dict[str, Any], made_at: int | None
) -> None:
    listing = Listing(wire, 1)
    listing.entries[0] = {"task_id": "task-0", "status": None, **times}
    (task,) = client.portraits.tasks(NOW, NOW)
    assert (task.made_at, task.status) == (made_at, "")
