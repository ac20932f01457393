"""What the documents about all people cost: calls of the tables, through the real SDK, counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from aliyun_local.mocking import mock_aliyun
from local.deployment import REQUIRED_PARAMETERS, TEMPLATE
from shared.domain.control_rows import Document
from shared.domain.health import Health
from shared.domain.money import beijing_day
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.spending import Reserved, Spending
from shared.domain.states import JobState as S
from shared.domain.totals import ROW, Totals
from shared.http_api.authentication import Tokens
from shared.http_api.messages import HttpResponse, from_event
from shared.http_api.reader import Reader
from shared.http_api.routes import answer
from tests.described import check
from tests.http_events import http_event
from tests.unit.support import NOW, job_in
from tests.workflow.test_tables import Tables

TOKEN = "a-token-of-sixteen-or-more"


@pytest.fixture
def tables() -> Iterator[Tables]:
    with mock_aliyun() as cloud:
        cloud.create_stores(TEMPLATE, **REQUIRED_PARAMETERS)
        yield Tables()


def call(tables: Tables, path: str, **query: str) -> HttpResponse:
    reader = Reader(
        jobs=tables.jobs,
        control=tables.control,
        requests=lambda: tables.requests,
        rules=Rules(),
        photo_access=None,
        now=lambda: NOW,
        token=lambda: "0123456789abcdef",
        bucket=lambda: pytest.fail("no document needs the bucket"),
    )
    event = http_event("GET", path, headers={"Authorization": f"Bearer {TOKEN}"}, query=query)
    tables.calls = 0
    response = answer(from_event(json.dumps(event).encode()), lambda: reader, Tokens(TOKEN, ""))
    assert response.status == 200, response.body
    check("GET", path, response.status, response.headers, response.body)
    return response


def fill(tables: Tables, people: int) -> None:
    """People of whom some train, many wait and the others have a model."""
    ended = {"submitted_at": NOW, "ended_at": NOW + 9000, "usage": 1, "finetuned_output": "model"}
    tables.save(job_in(S.TRAINING, "aaa"))
    for number in range(people):
        name = f"person-{number:05}"
        if number % 2:
            tables.save(job_in(S.QUEUED, name))
        else:
            tables.save(job_in(S.SUCCEEDED, name, delivered=True, opened_at=NOW + number, **ended))
    if people < 100:
        totals = Totals().with_job(job_in(S.SUCCEEDED, "zoe", **ended))
        tables.control.save_json(ROW, Document(), totals.as_value())
        ledger = (
            Spending().with_billed(1, 250, beijing_day(NOW)).with_reserved("x-1", Reserved(at=NOW, fen=250))
        )
        tables.control.save_slot(Slot(), Slot(holders=("x-1",), kept=17, spending=ledger))
        tables.control.save_health(Health(), replace(Health(), beat_at=NOW, errors={"Throttled": 3}))


PATHS = {"/": 6, "/people": 2, "/queue": 3, "/models": 4, "/metrics": 4, "/costs": 1}


def test_the_documents_cost_as_many_reads_among_ten_people_as_among_six_hundred(tables: Tables) -> None:
    fill(tables, 10)
    few = {path: (call(tables, path), tables.calls)[1] for path in PATHS}
    for number in range(10, 600):
        state, name = S.QUEUED if number % 2 else S.SUCCEEDED, f"person-{number:05}"
        tables.save(job_in(state, name, delivered=state is S.SUCCEEDED))
    many = {path: (call(tables, path), tables.calls)[1] for path in PATHS}
    for path, most in PATHS.items():
        assert max(few[path], many[path]) <= most, path


def test_a_person_with_hundreds_of_revisions_does_not_make_the_overview_dearer(tables: Tables) -> None:
    for revision in range(1, 200):
        tables.save(job_in(S.SUCCEEDED, "many", revision=revision, delivered=True))
    fill(tables, 10)
    document = json.loads(call(tables, "/").body)
    assert tables.calls <= 6
    assert document["people"]["next"] is not None


def test_the_overview_tells_what_the_tables_say(tables: Tables) -> None:
    fill(tables, 10)
    shown = json.loads(call(tables, "/").body)
    assert [job["person_id"] for job in shown["slot"]["running"]] == ["aaa"]
    assert (shown["queue"]["length"], shown["queue"]["is_more"]) == (5, False)
    assert [job["position"] for job in shown["queue"]["jobs"]] == [1, 2, 3, 4, 5]
    assert len(shown["people"]["people"]) == 11
    assert shown["recent"][0]["person_id"] == "zoe"
    assert shown["recent"][0]["took_seconds"] == 9
    assert shown["spend"] == {
        "today_cny": 2.5,
        "pictures_billed": 0,
        "month_cny": 2.5,
        "total_cny": 2.5,
        "reserved_cny": 2.5,
        "trainings_billed": 1,
        "caps": [],
    }
    assert shown["account"] == {"fine_tunes_kept": 17, "fine_tunes_allowed": 20, "is_nearly_full": True}
    assert shown["readiness"]["status"] == "ready"


def test_the_metrics_are_text_that_prometheus_reads_and_name_nobody(tables: Tables) -> None:
    fill(tables, 10)
    response = call(tables, "/metrics")
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = response.body.splitlines()
    assert "facechain_autotrain_queue_length 5" in lines
    assert 'facechain_autotrain_trainings_total{result="SUCCEEDED"} 1' in lines
    assert 'facechain_autotrain_dashscope_errors_total{code="Throttled"} 3' in lines
    assert "facechain_autotrain_spend_cny_total 2.5" in lines
    assert "person-" not in response.body
    assert "zoe" not in response.body


def test_every_page_of_people_follows_from_the_cursor_of_the_one_before(tables: Tables) -> None:
    fill(tables, 10)
    queries: list[tuple[dict[str, str], int]] = [
        ({}, 11),
        ({"state": "queued"}, 5),
        ({"query": "PERSON"}, 10),
        ({"query": "p", "state": "QUEUED"}, 5),
    ]
    for query, count in queries:
        found: list[str] = []
        cursor: dict[str, str] = {}
        for _ in range(40):
            page = json.loads(call(tables, "/people", limit="2", **query, **cursor).body)
            found += [one["person_id"] for one in page["people"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        whole = json.loads(call(tables, "/people", limit="100", **query).body)
        assert found == [one["person_id"] for one in whole["people"]]
        assert len(found) == count
