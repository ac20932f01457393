"""Looks at all people: what they cost, and what happens when the status API does not answer."""

from __future__ import annotations

import threading
from typing import Any, cast

import requests

from local.live.journal import Journal
from local.live.standing import Pace
from local.live.status_client import StatusClient
from local.live.watch import MOST_DETAILS, Watch
from local.up import announced, headings
from shared.domain.rules import Rules
from tests.unit.status_documents import AT, NOW, job

PACE = Pace(rules=Rules(), training_seconds=20)


class StatusApi:
    """Stands in for the client: answers from a list of jobs and counts the requests."""

    def __init__(self, *jobs: dict[str, Any]) -> None:
        self.newest_first = list(jobs)
        self.asked: list[str] = []
        self.waiting: dict[str, Any] | None = None
        self.refused: list[dict[str, Any]] = []
        self.blocks: dict[str, dict[str, Any]] = {}
        self.down = False

    def jobs(self) -> list[dict[str, Any]]:
        if self.down:
            raise requests.ConnectionError("refused")
        self.asked.append("jobs")
        return list(self.newest_first)

    def person(self, person_id: str) -> dict[str, Any]:
        self.asked.append(person_id)
        current = next(one for one in self.newest_first if one["person_id"] == person_id)
        photos = [{"verdict": "no_face", "recorded_at": AT}]
        return {
            "current": {**current, "photos": photos},
            "queue": self.waiting,
            "blocked_by": self.blocks.get(person_id),
        }

    def obstacles(self) -> list[dict[str, Any]]:
        return self.refused

    def take_asked(self) -> list[str]:
        asked, self.asked = self.asked, []
        return asked


def watching(api: StatusApi) -> tuple[Watch, threading.Event]:
    stale = threading.Event()
    return Watch(cast(StatusClient, api), PACE, stale), stale


def test_a_look_reads_the_list_and_each_set_that_has_changed() -> None:
    api = StatusApi(job("bao"), job("anna"))
    watch, stale = watching(api)
    watch.look()
    assert sorted(api.take_asked()) == ["anna", "bao", "jobs"]
    assert [(one.person_id, one.refused) for one in watch.standings(NOW)] == [
        ("anna", "1 no_face"),
        ("bao", "1 no_face"),
    ]
    api.newest_first[0] = job("bao", changed_at="later")
    stale.set()
    watch.look()
    assert api.take_asked() == ["jobs", "bao"]


def test_nothing_is_read_while_nothing_can_have_changed() -> None:
    api = StatusApi(job("anna"))
    watch, _ = watching(api)
    watch.look()
    api.take_asked()
    watch.look()
    assert api.take_asked() == []


def test_a_look_at_many_is_bounded_and_the_next_ones_go_on() -> None:
    api = StatusApi(*(job(f"person {number}") for number in range(25)))
    watch, _ = watching(api)
    read = []
    for _ in range(3):
        watch.look()
        asked = api.take_asked()
        assert len(asked) <= 1 + MOST_DETAILS
        read += asked[1:]
    assert len(set(read)) == 25
    watch.look()
    assert api.take_asked() == []


def test_a_queue_that_waits_is_told_though_no_job_changes() -> None:
    api = StatusApi(job("bao", "QUEUED", closed_at="2"), job("anna", "QUEUED", closed_at="1"))
    watch, stale = watching(api)
    watch.look()
    assert watch.halted is None
    api.take_asked()
    api.waiting = {"waiting_because": {"code": "Arrearage", "message": "Pay."}, "waiting_until": AT}
    stale.set()
    watch.look()
    assert watch.halted == api.waiting
    assert api.take_asked() == ["jobs", "anna"]
    api.waiting = {"waiting_because": None, "waiting_until": None}
    stale.set()
    watch.look()
    assert watch.halted is None


def test_a_status_api_that_does_not_answer_is_trouble_and_is_asked_again() -> None:
    api = StatusApi(job("anna"))
    watch, stale = watching(api)
    watch.look()
    api.down = True
    stale.set()
    watch.look()
    assert watch.trouble == "refused"
    assert [one.person_id for one in watch.standings(NOW)] == ["anna"]
    api.down = False
    watch.look()
    assert watch.trouble == ""


def test_what_a_function_logs_makes_the_last_look_stale_but_not_what_looking_causes() -> None:
    journal = Journal()
    journal.on_log("facechain-autotrain-status", "FC Invoke End RequestId: 1")
    assert not journal.stale.is_set()
    assert not journal.has_ticked
    journal.on_log("facechain-autotrain-reconcile", "FC Invoke End RequestId: 2")
    assert journal.stale.is_set()
    assert journal.has_ticked
    journal.on_log("facechain-autotrain-reconcile", "KeyError: 'x'")
    assert journal.take() == ["reconcile: KeyError: 'x'"]
    assert journal.take() == []


def test_what_is_in_the_way_stands_above_the_people() -> None:
    api = StatusApi(job("anna", "QUEUED"))
    watch, stale = watching(api)
    assert headings(NOW, [], watch)[0].endswith("  nobody yet; upload photos as shown above")
    api.waiting = {"waiting_because": {"code": "Arrearage", "message": "Pay."}, "waiting_until": AT}
    watch.look()
    api.down = True
    stale.set()
    watch.look()
    people, trouble, halted = headings(NOW, watch.standings(NOW), watch)
    assert people.endswith("  1 person: 1 QUEUED")
    assert trouble == "the status API: refused"
    assert halted.startswith("the queue waits until ")
    assert halted.endswith(": Pay.")
    # What strikes everybody is told with its remedy, and not a second time as the queue's wait.
    api.down, api.refused = False, [{"code": "arrears", "message": "No money.", "remedy": "Pay the bill."}]
    watch.look()
    assert headings(NOW, [], watch)[1:] == ["nobody can be trained now: No money. Pay the bill."]


def test_what_comes_in_the_way_is_announced_once_and_so_is_its_end() -> None:
    told: set[str] = set()

    def said(*obstacles: str) -> list[str]:
        return [news.partition("  ")[2] for news in announced(told, obstacles, NOW)]

    assert said() == []
    assert said("no money") == ["no money"]
    assert said("no money") == []
    # For one look the status API does not answer; that is no end of the other trouble.
    assert said("no tables") == ["no tables"]
    assert said("no money") == []
    assert said() == ["nothing is in the way any more"]
    assert said("no money") == ["no money"]


def test_a_person_is_shown_blocked_by_what_is_the_persons_own() -> None:
    words = {"message": "The file is archived.", "remedy": "Restore it."}
    api = StatusApi(job("bao"), job("anna", changed_at="1"))
    api.blocks = {"anna": {**words, "scope": "object"}, "bao": {**words, "scope": "account"}}
    watch, stale = watching(api)
    watch.look()
    assert [one.blocked for one in watch.standings(NOW)] == ["The file is archived. Restore it.", ""]
    api.blocks, api.newest_first[1] = {}, job("anna", changed_at="2")
    stale.set()
    watch.look()
    assert [one.blocked for one in watch.standings(NOW)] == ["", ""]
