"""``GET /costs`` and wherever else sums are shown: one ledger, to the fen, in Beijing's days and months."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.control_rows import Document
from shared.domain.job import Job
from shared.domain.object_keys import job_id
from shared.domain.rules import Rules, Trainings
from shared.domain.slot import Slot
from shared.domain.spending import Reserved, Spending
from shared.domain.states import JobState
from shared.domain.totals import Totals
from shared.domain.unread import Unread
from shared.http_api.costs import MAX_PAGES
from shared.http_api.limits import MAX_REVISIONS
from tests.unit.http_api.support import Api, document
from tests.unit.support import NOW, job_in

LEDGER = (
    Spending(taken_at=NOW)
    .with_billed(1, 333, "2025-12-31")
    .with_billed(2, 666, "2026-01-01")
    .with_reserved(job_id("li", 1), Reserved(at=NOW, fen=333))
)
RULES = Rules(
    training_price_fen=333,
    max_fen_per_day=1000,
    max_fen_per_month=1332,
    max_fen_per_person=999,
    max_fen_in_all=5001,
    trainings=Trainings.APPROVE,
)


def api(*jobs: Job, ledger: Spending | None = LEDGER) -> Api:
    made = Api(*jobs)
    made.held, made.rules = Slot(taken_at=NOW, spending=ledger), RULES
    return made


def test_costs_are_told_to_the_fen_with_what_is_left_under_each_cap() -> None:
    told = document(api().call("/costs"))
    caps = told.pop("caps")
    assert told == {
        "currency": "CNY",
        "list_price_cny": 3.33,
        "picture_price_cny": 0.18,
        "pictures_billed": 0,
        "trainings": "approve",
        "today_cny": 6.66,
        "month_cny": 6.66,
        "total_cny": 9.99,
        "reserved_cny": 3.33,
        "trainings_billed": 3,
        "days": [{"day": "2026-01-01", "cost_cny": 6.66}, {"day": "2025-12-31", "cost_cny": 3.33}],
        "months": [{"month": "2026-01", "cost_cny": 6.66}, {"month": "2025-12", "cost_cny": 3.33}],
        "most_per_person_cny": 9.99,
    }
    assert [(cap["code"], cap["committed_cny"], cap["left_cny"], cap["is_reached"]) for cap in caps] == [
        ("total_cap", 13.32, 36.69, False),
        ("month_cap", 9.99, 3.33, False),
        ("day_cap", 9.99, 0.01, True),
    ]
    assert [cap["until"] for cap in caps] == [None, "2026-01-31T16:00:00.000Z", "2026-01-01T16:00:00.000Z"]


def test_the_overview_metrics_and_the_csv_say_the_same_as_the_document() -> None:
    made = api()
    told: dict[str, Any] = document(made.call("/costs"))
    spend = document(made.call("/"))["spend"]
    assert spend == {name: told[name] for name in spend}
    lines = str(made.call("/metrics").body).splitlines()
    metrics = {name: value for name, _, value in (line.rpartition(" ") for line in lines)}
    prefix = "facechain_autotrain_"
    assert metrics[f"{prefix}spend_cny_total"] == "9.99"
    assert metrics[f"{prefix}trainings_billed_total"] == "3"
    assert metrics[f'{prefix}spend_cny{{period="day"}}'] == "6.66"
    assert metrics[f'{prefix}spend_cny{{period="month"}}'] == "6.66"
    assert metrics[f"{prefix}spend_reserved_cny"] == "3.33"
    assert metrics[f'{prefix}cap_left_cny{{cap="day_cap"}}'] == "0.01"
    answer = made.call("/costs", {"format": "csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(str(answer.body)))) == [
        ["period", "name", "cost_cny"],
        ["day", "2026-01-01", "6.66"],
        ["day", "2025-12-31", "3.33"],
        ["month", "2026-01", "6.66"],
        ["month", "2025-12", "3.33"],
        ["all", "", "9.99"],
        ["reserved", "", "3.33"],
    ]


def test_before_there_is_a_ledger_the_totals_tell() -> None:
    made = api(ledger=None)
    ended = replace(job_in(JobState.SUCCEEDED), usage=2, ended_at=NOW)
    made.documents["totals"] = Document(value=Totals().with_job(ended).as_value(), version=1)
    told = document(made.call("/costs"))
    assert (told["total_cny"], told["today_cny"], told["trainings_billed"]) == (5.0, 5.0, 2)


@pytest.mark.parametrize("query", [{"format": "xml"}, {"colour": "green"}])
def test_what_cannot_be_asked_is_refused(query: dict[str, str]) -> None:
    assert api().call("/costs", query).status == 400


def revision(number: int, **changes: Any) -> Job:
    made = replace(job_in(JobState.SUCCEEDED), revision=number, usage=1, price_fen=333)
    return replace(made, **changes)


def test_a_person_has_cost_what_all_the_revisions_have_cost() -> None:
    jobs = [revision(3), revision(2, price_fen=0), revision(1, usage=0)]
    assert document(api(*jobs).call("/people/li"))["cost_cny"] == 5.83
    assert document(api(revision(1)).call("/people/li"))["cost_cny"] == 3.33


def test_revisions_that_no_page_shows_are_counted_as_well() -> None:
    jobs = [revision(number) for number in range(60, 0, -1)]
    assert document(api(*jobs).call("/people/li"))["cost_cny"] == 199.8
    summed = [replace(jobs[0], spent_before_fen=1, spent_through=59), *jobs[1:]]
    assert document(api(*summed).call("/people/li"))["cost_cny"] == 3.34


def test_the_cost_of_a_person_with_too_many_revisions_to_be_read_is_not_told_too_low() -> None:
    most = 1 + (MAX_REVISIONS - 1) + (MAX_PAGES - 1) * MAX_REVISIONS
    jobs = [revision(number) for number in range(most + 1, 0, -1)]
    assert document(api(*jobs[1:]).call("/people/li"))["cost_cny"] == round(3.33 * most, 2)
    assert document(api(*jobs).call("/people/li"))["cost_cny"] is None


def test_nobody_can_tell_the_cost_of_a_person_with_a_revision_that_cannot_be_read() -> None:
    made = api(revision(2), revision(1))
    made.jobs.unread[job_id("li", 1)] = Unread(job_id("li", 1), "unreadable_row", "…")
    assert document(made.call("/people/li"))["cost_cny"] is None


def test_a_page_names_the_price_that_is_set() -> None:
    made = api(job_in(JobState.FAILED))
    page = made.call("/people/li", token=made.admin_token, headers={"Accept": "text/html"})
    assert "3.33 CNY" in str(page.body)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        (replace(RULES, trainings=Trainings.ON), "day_cap"),
        (replace(RULES, trainings=Trainings.OFF), "trainings_off"),
    ],
)
def test_the_queue_and_a_job_in_it_say_why_nothing_is_paid_for_now(rules: Rules, code: str) -> None:
    job = job_in(JobState.QUEUED, "wu", closed_at=NOW)
    made = api(job)
    made.rules = rules
    queue = document(made.call("/queue"))["queue"]
    assert queue["blocked_by"]["code"] == code
    assert queue["jobs"][0]["eta"] is None
    blocked = document(made.call(f"/jobs/{job.job_id}"))["blocked_by"]
    assert (blocked["code"], blocked["scope"]) == (code, "account")
    assert made.call("/readyz").status == 200, "it is meant, and no trouble"
