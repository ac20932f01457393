"""People, the queue, what happened, and the models: what is shown, and what it costs to read."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from shared.domain.job import Job
from shared.domain.job_summary import summary_of
from shared.domain.photo_set import ClosedBy
from shared.domain.photos import Verdict
from shared.domain.slot import Pause, Slot
from shared.domain.states import JobState
from shared.domain.timeline import KEPT_FIRST, KEPT_LAST, Move, with_move
from shared.domain.unread import Unread
from shared.http_api.events import MOVES
from shared.http_api.queue_documents import COUNTED
from tests.unit.http_api.support import CHINESE, TOKEN, Api, assert_problem, at, document
from tests.unit.support import MINUTE_MS, NOW, collecting, job_in, photo

S = JobState


def people(*names: str, state: JobState = S.SUCCEEDED) -> list[Job]:
    return [job_in(state, name, opened_at=NOW + number) for number, name in enumerate(names)][::-1]


def shown(api: Api, path: str, **query: str) -> dict[str, Any]:
    return document(api.call(path, query))


# -- as CSV ----------------------------------------------------------------------------------------------


def table_of(api: Api, path: str, **query: str) -> tuple[list[dict[str, str]], str]:
    """Return the rows of a list, and the address of the next page."""
    response = api.call(path, {"format": "csv", **query})
    assert response.headers["Content-Type"].startswith("text/csv; charset=utf-8")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{path[1:]}.csv"'
    text = str(response.body)
    assert text.startswith("\ufeff"), "Excel reads Chinese names by this mark"
    return list(csv.DictReader(io.StringIO(text[1:], newline=""))), response.headers.get("Link", "")


@pytest.mark.parametrize("path", ["/people", "/jobs"])
def test_a_list_is_told_as_csv_over_all_its_pages(path: str) -> None:
    api = Api(*people(*(f"p{number:03}" for number in range(120)), "王小明"))
    rows, following = table_of(api, path)
    assert (len({row["person_id"] for row in rows}), following) == (121, "")
    (one,) = (row for row in rows if row["person_id"] == "王小明")
    assert (one["state"], one["revision"]) == ("SUCCEEDED", "1")
    assert set(one) == set(shown(api, path)[path[1:]][0]), "the columns are the fields of the document"


@pytest.mark.parametrize("path", ["/people", "/jobs"])
def test_csv_ends_somewhere_and_names_what_follows(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.http_api.csv_lists.MAX_ROWS", 20)
    api = Api(*people(*(f"p{number:03}" for number in range(130))))
    seen: list[str] = []
    query: dict[str, str] = {}
    while True:
        rows, following = table_of(api, path, **query)
        seen += [row["person_id"] for row in rows]
        if not following:
            break
        target, _, relation = following.partition("; ")
        assert relation == 'rel="next"'
        address = urlsplit(target.strip("<>"))
        assert address.path == path
        query = dict(parse_qsl(address.query))
    assert len(seen) == len(set(seen)) == 130


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", 'a"b,c', "<b>", "\u202egnp"])
def test_a_name_is_no_formula_and_breaks_no_line(name: str) -> None:
    (row,), _ = table_of(Api(job_in(S.SUCCEEDED, name)), "/people")
    assert row["person_id"] == (f"'{name}" if name[0] in "=+-@" else name)
    assert row["state"] == "SUCCEEDED"


def test_a_browser_that_asks_for_csv_gets_it() -> None:
    api = Api(*people("anna"))
    response = api.call("/people", {"format": "csv"}, headers={"Accept": "text/html"})
    assert response.headers["Content-Type"].startswith("text/csv")
    assert_problem(api.call("/people", {"format": "xml"}), 400, "invalid_format")
    assert shown(api, "/people", format="json") == shown(api, "/people")


# -- people ----------------------------------------------------------------------------------------------


def test_people_are_shown_by_their_newest_revision() -> None:
    old = job_in(S.SUCCEEDED, finetuned_output="old")
    api = Api(job_in(S.QUEUED, revision=2), old)
    (li,) = shown(api, "/people")["people"]
    assert li["photo_count"] == len(api.jobs.jobs[0].photo_set.photos)
    assert (li["person_id"], li["state"], li["revision"]) == ("li", "QUEUED", 2)
    assert shown(api, "/people", state="succeeded")["people"] == [], "the newest revision counts"


@pytest.mark.parametrize(
    ("query", "names"),
    [("", ["anna", "Anton", "Zoë"]), ("AN", ["anna", "Anton"]), ("zoe", ["Zoë"]), ("zz", [])],
)
def test_people_are_found_by_the_beginning_of_their_names(query: str, names: list[str]) -> None:
    api = Api(*people("Anton", "Zoë", "anna"))
    assert [one["person_id"] for one in shown(api, "/people", query=query)["people"]] == names


@pytest.mark.parametrize("query", [{}, {"query": "p"}, {"state": "SUCCEEDED"}])
def test_following_the_cursor_shows_each_person_once(query: dict[str, str]) -> None:
    api = Api(*people(*(f"p{number:02}" for number in range(11))))
    seen, page = [], shown(api, "/people", limit="3", **query)
    while page["next"]:
        seen += [one["person_id"] for one in page["people"]]
        page = shown(api, "/people", limit="3", cursor=page["next"], **query)
    seen += [one["person_id"] for one in page["people"]]
    assert sorted(seen) == [f"p{number:02}" for number in range(11)]


@pytest.mark.parametrize(
    "cursor", ["", "x", "W10", "WzFd", "é", "W1siYSJdLCJiIl0", "WyJcdWQ4MDAiLCJiIl0", "A" * 9999]
)
@pytest.mark.parametrize("query", [{}, {"state": "QUEUED"}])
def test_a_cursor_that_was_not_given_is_refused(cursor: str, query: dict[str, str]) -> None:
    assert_problem(Api().call("/people", {"cursor": cursor, **query}), 400, "invalid_cursor")


def test_the_cursor_of_one_kind_of_page_is_refused_by_the_other() -> None:
    api = Api(*people(*"abc"))
    by_name = shown(api, "/people", limit="1")["next"]
    by_state = shown(api, "/people", limit="1", state="SUCCEEDED")["next"]
    assert_problem(api.call("/people", {"cursor": by_name, "state": "SUCCEEDED"}), 400, "invalid_cursor")
    assert_problem(api.call("/people", {"cursor": by_state}), 400, "invalid_cursor")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"name": "li"}, "unknown_parameter"),
        ({"state": "x"}, "invalid_state"),
        ({"limit": "0"}, "invalid_limit"),
        ({"query": "x" * 129}, "invalid_query"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(query: dict[str, str], code: str) -> None:
    assert_problem(Api().call("/people", query), 400, code)


def test_a_person_whose_row_cannot_be_read_leaves_the_page_to_the_others() -> None:
    api = Api(*people("anna", "li"))
    api.jobs.unread[api.jobs.jobs[0].job_id] = Unread(api.jobs.jobs[0].job_id, "unreadable_row", "…")
    page = shown(api, "/people")
    assert ([one["person_id"] for one in page["people"]], len(page["unreadable"])) == (["anna"], 1)


# -- the queue -------------------------------------------------------------------------------------------


def queue_of(*names: str) -> list[Job]:
    return [
        replace(job_in(S.QUEUED, name), closed_at=NOW + n, closed_first_at=NOW + n, due_at=NOW + n)
        for n, name in enumerate(names)
    ]


def test_the_queue_shows_who_trains_and_who_waits_in_their_order() -> None:
    training = job_in(S.TRAINING, "anna", submitted_at=NOW)
    api = Api(training, *queue_of("li", "wu"))
    api.held = Slot(holders=(training.job_id,), durations_ms=(4 * MINUTE_MS,))
    line = shown(api, "/queue")
    (running,) = line["slot"]["running"]
    assert (running["person_id"], running["since"], running["eta"]["latest"]) == (
        "anna",
        at(NOW),
        at(NOW + 4 * MINUTE_MS),
    )
    assert [(one["position"], one["person_id"]) for one in line["queue"]["jobs"]] == [(1, "li"), (2, "wu")]
    assert line["queue"]["oldest_since"] == at(NOW)
    first, second = (one["eta"]["latest"] for one in line["queue"]["jobs"])
    assert first < second
    assert api.jobs.asked == [("in_hand", COUNTED + 1), ("summaries", *(job.job_id for job in api.jobs.jobs))]
    assert api.reads == 1


def test_a_paused_queue_says_who_why_and_since_when_and_promises_no_time() -> None:
    api = Api(*queue_of("li"))
    api.held = Slot(paused=Pause("moving house", "admin", NOW))
    queue = shown(api, "/queue")["queue"]
    assert queue["paused"] == {"because": "moving house", "by": "admin", "since": at(NOW)}
    assert (queue["blocked_by"]["code"], queue["blocked_by"]["detail"]) == ("queue_paused", "moving house")
    assert queue["jobs"][0]["eta"] is None
    person = shown(api, "/people/li")
    assert (person["blocked_by"]["code"], person["waiting_for"]) == ("queue_paused", None)
    assert document(api.call("/readyz"))["reasons"][0]["code"] == "queue_paused"
    assert "暂停" in document(api.call("/people/li", headers=CHINESE))["blocked_by"]["message"]


def test_an_empty_queue_is_shown_as_such() -> None:
    line = shown(Api(), "/queue")
    assert line["slot"] == {"places": 1, "running": [], "busy_last_24h": None}
    assert (line["queue"]["length"], line["queue"]["jobs"], line["queue"]["oldest_since"]) == (0, [], None)
    assert line["queue"]["blocked_by"] is None


def test_a_job_that_has_left_the_queue_since_the_index_was_read_is_not_shown() -> None:
    api = Api(*queue_of("li"))
    api.jobs.summaries = lambda ids: [summary_of(job_in(S.TRAINING)) for _ in ids]  # type: ignore[method-assign]
    assert shown(api, "/queue")["queue"]["jobs"] == []


def test_a_job_that_is_being_cancelled_says_so() -> None:
    api = Api(job_in(S.TRAINING, cancel_asked_at=NOW))
    assert shown(api, "/people/li")["waiting_for"]["code"] == "canceling"


# -- what happened ---------------------------------------------------------------------------------------


def lived() -> Job:
    return collecting(photo("a.jpg", Verdict.NO_FACE), photo("b.jpg")).closed(ClosedBy.QUIET, NOW + 10**6)


def test_events_take_no_other_parameter() -> None:
    assert_problem(Api(lived()).call("/events", {"person": "li", "x": ""}), 400, "unknown_parameter")


def test_events_of_a_job_with_very_many_moves_are_said_to_be_cut() -> None:
    moved = replace(lived(), moves=tuple(Move("QUEUED", NOW + n) for n in range(KEPT_FIRST + KEPT_LAST)))
    assert shown(Api(moved), "/events", person="li")["is_cut"] is True


def test_each_state_has_its_words() -> None:
    assert set(MOVES) == set(S)


def test_a_job_shows_the_states_that_it_has_come_to() -> None:
    job = lived()
    states = [one["state"] for one in shown(Api(job), f"/jobs/{job.job_id}")["timeline"]]
    assert states[-1] == "QUEUED"


def test_of_very_many_moves_the_first_and_the_latest_are_kept() -> None:
    moves: tuple[Move, ...] = ()
    for number in range(200):
        moves = with_move(moves, Move(f"S{number}", number))
    assert len(moves) == KEPT_FIRST + KEPT_LAST
    assert [move.at for move in moves[: KEPT_FIRST + 1]] == [0, 1, 2, 3, 164]
    assert moves[-1] == Move("S199", 199)


# -- models ----------------------------------------------------------------------------------------------


def test_models_are_listed_with_what_the_account_keeps() -> None:
    made = job_in(S.SUCCEEDED, finetuned_output="m", fine_tune_id="ft-1", model_released_at=NOW)
    api = Api(made, *people("wu"))
    api.held = Slot(kept=16)
    told = shown(api, "/models", limit="1")
    assert (told["kept"], told["allowed"], told["is_nearly_full"]) == (16, 20, True)
    (model,) = told["models"]
    assert (model["finetuned_output"], model["released_at"]) == ("m", at(NOW))
    assert told["next"]
    assert document(api.call("/people/li"))["finetuned_output"] is None, "it makes no portraits any more"


# -- methods and origins ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/people", "GET, HEAD, OPTIONS"),
        ("/people/li/photos/a.jpg", "DELETE, PUT, OPTIONS"),
        ("/queue/pause", "POST, OPTIONS"),
    ],
)
def test_options_says_which_methods_a_path_takes_without_a_token(path: str, allowed: str) -> None:
    api = Api()
    response = api.call(path, method="OPTIONS", token=None)
    assert (response.status, response.headers["Allow"], response.body) == (204, allowed, "")
    assert api.connections == 0


APP, OTHER = "https://app.example.com", "https://evil.example.com"


def test_a_page_of_an_origin_that_is_named_may_read_and_ask() -> None:
    api = Api(origins=(APP,))
    response = api.call("/people", headers={"Origin": APP})
    assert response.headers["Access-Control-Allow-Origin"] == APP
    assert response.headers["Vary"].endswith(", Origin")
    asked = {"Origin": APP, "Access-Control-Request-Method": "POST"}
    preflight = api.call("/queue/pause", method="OPTIONS", token=None, headers=asked)
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    problem = api.call("/people", token="wrong", headers={"Origin": APP})
    assert (problem.status, problem.headers["Access-Control-Allow-Origin"]) == (401, APP)


@pytest.mark.parametrize("origin", [OTHER, "null", f"{APP}.evil.example", APP.upper()])
def test_pages_of_other_origins_may_not(origin: str) -> None:
    for api in (Api(origins=(APP,)), Api()):
        response = api.call("/people", headers={"Origin": origin})
        assert not [name for name in response.headers if name.startswith("Access-Control")]


def test_without_origins_nothing_is_said_of_them() -> None:
    assert "Origin" not in Api().call("/people", token=TOKEN).headers["Vary"]
