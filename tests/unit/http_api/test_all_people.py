"""The documents about all people: what they say, and what they refuse."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.control_rows import Document
from shared.domain.health import Health
from shared.domain.photo_set import ClosedBy
from shared.domain.photos import Verdict
from shared.domain.slot import Slot
from shared.domain.states import JobState as S
from shared.domain.sweeping import SweepProgress
from shared.domain.totals import HOUR_MS, Totals
from shared.domain.unread import Unread
from shared.errors import RetryLater
from shared.http_api.metrics import escaped
from tests.unit.http_api.support import BOTH, CHINESE, Api, assert_problem, at, document
from tests.unit.support import NOW, RULES, collecting, job_in, photo

PATHS = ("/", "/people", "/queue", "/events", "/models", "/metrics")


def cursor_of(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@BOTH
@pytest.mark.parametrize("path", PATHS)
def test_nobody_reads_about_people_without_a_token(wsgi: bool, path: str) -> None:
    api = Api(job_in(S.QUEUED), wsgi=wsgi)
    assert_problem(api.call(path, {"person": "li"}, token=None), 401, "unauthorized")
    assert api.connections == 0


@pytest.mark.parametrize("path", PATHS)
def test_tables_that_do_not_answer_are_told_with_a_time_to_come_again(path: str) -> None:
    api = Api(job_in(S.QUEUED))
    api.trouble = api.jobs.trouble = RetryLater("OTSServerBusy", "…", delay_seconds=7)
    response = api.call(path, {"person": "li"} if path == "/events" else None)
    assert_problem(response, 503, "unavailable")
    assert response.headers["Retry-After"] == "7"


@pytest.mark.parametrize("path", ["/people", "/events", "/models"])
def test_a_parameter_that_is_not_known_is_refused(path: str) -> None:
    assert_problem(Api().call(path, {"sort": "x"}), 400, "unknown_parameter")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        cursor_of(5),
        cursor_of(["li"]),
        cursor_of(["li", "no key"]),
        cursor_of([1, "0" * 20, 1]),
        cursor_of(["\ud800", "0" * 20]),
        cursor_of(["x" * 9000, "0" * 20]),
        "W" * 9000,
    ],
)
def test_a_cursor_that_this_api_has_not_made_is_refused(cursor: str) -> None:
    assert_problem(Api().call("/people", {"cursor": cursor}), 400, "invalid_cursor")


def test_a_cursor_of_another_order_is_refused() -> None:
    by_name = cursor_of(["li", "0" * 20])
    assert Api().call("/people", {"cursor": by_name}).status == 200
    assert_problem(Api().call("/people", {"cursor": by_name, "state": "QUEUED"}), 400, "invalid_cursor")
    for bad in ([True, "0" * 20, 1], [-1, "0" * 20, 1], [2**62, "0" * 20, 1]):
        response = Api().call("/people", {"cursor": cursor_of(bad), "state": "QUEUED"})
        assert_problem(response, 400, "invalid_cursor")


def test_a_persons_row_that_cannot_be_read_hides_nobody_else() -> None:
    bad, good = job_in(S.QUEUED, "anna"), job_in(S.QUEUED, "boris")
    api = Api(bad, good)
    api.jobs.unread[bad.job_id] = Unread(bad.job_id, "unreadable_row", "…")
    shown = document(api.call("/people"))
    assert [one["person_id"] for one in shown["people"]] == ["boris"]
    assert [one["job_id"] for one in shown["unreadable"]] == [bad.job_id]
    assert len(document(api.call("/"))["queue"]["jobs"]) == 1


# -- the queue ------------------------------------------------------------------------------------------


def test_a_long_queue_is_counted_to_200_and_shown_to_50() -> None:
    api = Api(*(job_in(S.QUEUED, f"p{number:03}") for number in range(230)))
    queue = document(api.call("/queue"))["queue"]
    assert (queue["length"], queue["is_more"], len(queue["jobs"])) == (200, True, 50)
    assert [job["position"] for job in queue["jobs"]] == [*range(1, 51)]


def test_each_place_in_the_queue_is_later_than_the_one_before() -> None:
    api = Api(job_in(S.TRAINING, "chen"), *(job_in(S.QUEUED, f"p{number}") for number in range(5)))
    api.held = Slot(holders=(api.jobs.jobs[0].job_id,))
    latest = [job["eta"]["latest"] for job in document(api.call("/queue"))["queue"]["jobs"]]
    assert latest == sorted(set(latest))


def test_how_busy_the_slot_was_counts_what_has_ended_and_what_runs() -> None:
    ended = job_in(S.SUCCEEDED, "anna", submitted_at=NOW - 8 * HOUR_MS, ended_at=NOW - 2 * HOUR_MS)
    api = Api(job_in(S.TRAINING, "chen", submitted_at=NOW - 2 * HOUR_MS))
    assert document(api.call("/queue"))["slot"]["busy_last_24h"] is None
    api.documents["totals"] = Document(value=Totals().with_job(ended).as_value(), version=1)
    assert document(api.call("/queue"))["slot"]["busy_last_24h"] == round(8 / 24, 2)


@pytest.mark.parametrize(("kept", "is_nearly"), [(None, False), (15, False), (16, True), (20, True)])
def test_the_account_is_nearly_full_from_four_fifths_on(kept: int | None, is_nearly: bool) -> None:
    api = Api()
    api.held = Slot(kept=kept)
    for path in ("/", "/queue"):
        assert document(api.call(path))["account"]["is_nearly_full"] is is_nearly
    assert document(api.call("/models"))["is_nearly_full"] is is_nearly


def test_the_overview_tells_what_is_wrong_as_readyz_does() -> None:
    api = Api()
    api.is_ticking = False
    api.health = Health(beat_at=1)
    overview = document(api.call("/"))
    assert overview["readiness"] == document(api.call("/readyz"))
    assert overview["readiness"]["status"] == "not_ready"
    assert overview["queue"]["blocked_by"]["code"] == overview["readiness"]["reasons"][0]["code"]


def test_the_documents_stay_the_same_while_nothing_happens() -> None:
    api = Api(job_in(S.QUEUED))
    for path in ("/", "/queue", "/people", "/models"):
        first = api.call(path)
        api.now += 900
        again = api.call(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status == 304, path
        api.now = NOW


# -- events ------------------------------------------------------------------------------------------------


def test_events_tell_moves_and_photos_newest_first_in_both_languages() -> None:
    job = collecting(photo("a.jpg", Verdict.NO_FACE), photo("b.jpg"))
    job = job.closed(ClosedBy.QUIET, NOW + 5000)
    shown = document(Api(job).call("/events", {"person": "li"}))
    assert shown["is_cut"] is False
    assert shown["events"][0] == {
        "at": at(NOW + 5000),
        "kind": "move",
        "job_id": job.job_id,
        "revision": 1,
        "state": "QUEUED",
        "photo": None,
        "message": "The set is closed and waits for its turn.",
    }
    photos = {one["photo"]: one["message"] for one in shown["events"] if one["kind"] == "photo"}
    assert photos["a.jpg"] == "No face was found. Upload a photo that shows the face from the front."
    assert set(photos) == {"a.jpg", "b.jpg"}
    times = [one["at"] for one in shown["events"]]
    assert times == sorted(times, reverse=True)
    chinese = document(Api(job).call("/events", {"person": "li"}, headers=CHINESE))["events"]
    assert chinese[0]["message"] == "照片集已关闭，正在排队。"


def test_events_are_cut_to_200_and_to_five_revisions_and_say_so() -> None:
    crowd = collecting(*(photo(f"{number}.jpg") for number in range(250)))
    shown = document(Api(crowd).call("/events", {"person": "li"}))
    assert (len(shown["events"]), shown["is_cut"]) == (200, True)
    jobs = [job_in(S.SUCCEEDED, revision=number) for number in range(7, 0, -1)]
    shown = document(Api(*jobs).call("/events", {"person": "li"}))
    assert ({one["revision"] for one in shown["events"]}, shown["is_cut"]) == ({7, 6, 5, 4, 3}, True)


def test_a_revision_that_cannot_be_read_leaves_a_gap_that_is_told() -> None:
    jobs = [job_in(S.SUCCEEDED, revision=number) for number in (2, 1)]
    api = Api(*jobs)
    api.jobs.unread[jobs[0].job_id] = Unread(jobs[0].job_id, "unreadable_row", "…")
    shown = document(api.call("/events", {"person": "li"}))
    assert ({one["revision"] for one in shown["events"]}, shown["is_cut"]) == ({1}, True)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({}, 400, "invalid_person"),
        ({"person": "a/b"}, 400, "invalid_person"),
        ({"person": "nobody"}, 404, "unknown_person"),
    ],
)
def test_events_of_nobody_are_a_problem(query: dict[str, str], status: int, code: str) -> None:
    assert_problem(Api().call("/events", query), status, code)


# -- models and metrics ----------------------------------------------------------------------------------


def test_a_model_is_the_newest_of_a_person_while_no_later_revision_has_one() -> None:
    model = {"finetuned_output": "m", "fine_tune_id": "ft-1"}
    first, third = (
        job_in(S.SUCCEEDED, revision=number, opened_at=NOW + number, **model) for number in (1, 3)
    )
    failed = job_in(S.FAILED, revision=2)
    other = job_in(S.SUCCEEDED, "anna", opened_at=NOW, **model)
    shown = document(Api(third, failed, first, other, job_in(S.FAILED, "anna", revision=2)).call("/models"))
    newest = {(one["person_id"], one["revision"]): one["is_newest_of_person"] for one in shown["models"]}
    assert newest == {("li", 3): True, ("li", 1): False, ("anna", 1): True}


def test_a_label_is_escaped_whatever_a_service_calls_its_errors() -> None:
    assert escaped('a"b\\c\nd') == 'a\\"b\\\\c\\nd'
    api = Api()
    api.health = Health(errors={'x"}\n# HELP evil': 1})
    text = str(api.call("/metrics").body)
    assert 'code="x\\"}\\n# HELP evil"} 1' in text
    assert not [line for line in text.splitlines() if line.startswith("# HELP evil")]


def test_what_cannot_be_read_has_no_sample() -> None:
    api = Api()
    names = {
        line.split()[2] for line in str(api.call("/metrics").body).splitlines() if line.startswith("# TYPE")
    }
    assert "facechain_autotrain_trainings_total" not in names
    assert "facechain_autotrain_last_good_tick_timestamp_seconds" in names
    api.health, api.sweep = None, None
    text = str(api.call("/metrics").body)
    assert "dashscope_errors" not in text
    assert "sweep_lag" not in text


def test_the_metrics_tell_how_far_the_sweep_is_behind_and_how_long_the_queue_waits() -> None:
    job = job_in(S.QUEUED, closed_at=NOW - 60_000)
    api = Api(replace(job, closed_first_at=0))
    api.sweep = SweepProgress(recorded_before=NOW - 90_000)
    api.documents["ignored"] = Document(value={"entries": [{}, {}]})
    lines = str(api.call("/metrics").body).splitlines()
    assert "facechain_autotrain_sweep_lag_seconds 90" in lines
    assert "facechain_autotrain_queue_oldest_wait_seconds 60" in lines
    assert "facechain_autotrain_ignored_uploads 2" in lines
    assert RULES.concurrent_trainings == 1
