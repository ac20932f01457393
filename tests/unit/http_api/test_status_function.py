"""The function ``status`` itself: its settings, its tables and its answers, as an HTTP event meets them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions import status
from shared.clients.control_table import ControlTable
from shared.clients.job_table import JobTable
from shared.clients.request_table import RequestTable
from shared.http_api.messages import MAX_EVENT_BYTES
from tests.described import check
from tests.http_events import http_event
from tests.unit.http_api.support import ADMIN_TOKEN, TOKEN
from tests.unit.support import NOW

ENVIRONMENT = {
    "OTS_ENDPOINT": "http://t",
    "OTS_INSTANCE": "i",
    "STATUS_TOKEN": TOKEN,
    "ADMIN_TOKEN": ADMIN_TOKEN,
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "k",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s",
}


class NoRows:
    """Rows of tables in which nothing has been written yet, and what is written to them."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def get(self, key: list[tuple[str, Any]]) -> None:
        return None

    def find_in_tables(self, wanted: list[Any], **_: object) -> list[None]:
        return [None] * len(wanted)

    def find_each(self, keys: list[Any], **_: object) -> list[None]:
        return [None] * len(keys)

    def range(self, *_: object, **__: object) -> list[Any]:
        return []

    def put(
        self, key: list[tuple[str, Any]], columns: dict[str, Any], *, expected: int | None, first: int = 1
    ) -> int:
        self.written.append(key[0][1])
        return 1


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> NoRows:
    made: Any = NoRows()
    monkeypatch.setattr("functions.status.os.environ", ENVIRONMENT)
    monkeypatch.setattr("functions.status.tables", lambda *_: (JobTable(made), ControlTable(made)))
    monkeypatch.setattr("functions.status.request_table", lambda *_: RequestTable(made))
    monkeypatch.setattr("functions.status.time", SimpleNamespace(time_ns=lambda: NOW * 1_000_000))
    found: NoRows = made
    return found


def call(method: str, path: str, token: str | None = None) -> tuple[int, dict[str, Any]]:
    event = http_event(method, path, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer: Any = status.handler(json.dumps(event).encode(), None)
    check(method, path, answer["statusCode"], answer["headers"], answer["body"])
    return answer["statusCode"], json.loads(answer["body"])


def test_a_new_deployment_is_not_ready_before_its_first_tick(rows: NoRows) -> None:
    code, found = call("GET", "/readyz", TOKEN)
    assert (code, [one["code"] for one in found["reasons"]]) == (503, ["no_good_tick"])


def test_a_new_deployment_has_ignored_nothing(rows: NoRows) -> None:
    assert call("GET", "/ignored", TOKEN) == (200, {"ignored": [], "shown": 0, "dropped": False})


def test_an_administrators_request_is_the_only_thing_that_is_ever_written(rows: NoRows) -> None:
    for path in ("/people/li", "/jobs", "/ignored", "/readyz", "/healthz", "/requests/1"):
        call("GET", path, ADMIN_TOKEN)
    assert rows.written == []
    code, accepted = call("POST", "/queue/probe", ADMIN_TOKEN)
    assert (code, accepted["status"]) == (202, "pending")
    assert rows.written == [f"request/{accepted['request_id']}", "doorbell"]


@pytest.mark.parametrize("token", [None, TOKEN, "wrong"])
def test_nothing_is_written_for_anybody_else(rows: NoRows, token: str | None) -> None:
    assert call("POST", "/queue/probe", token)[0] in (401, 403)
    assert rows.written == []


def test_an_event_that_is_too_large_is_refused_unread(rows: NoRows) -> None:
    answer: Any = status.handler(b" " * (MAX_EVENT_BYTES + 1), None)
    check("GET", "/", answer["statusCode"], answer["headers"], answer["body"])
    assert answer["statusCode"] == 413
    assert json.loads(answer["body"])["code"] == "content_too_large"
