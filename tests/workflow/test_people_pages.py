"""Pages of people before the emulated Tablestore: who is on them, and what a page costs."""

from __future__ import annotations

import pytest

from shared.clients import people_index
from shared.domain.job_summary import JobSummary, PeoplePage
from shared.domain.object_keys import search_name
from shared.domain.states import JobState
from tests.unit.support import NOW, job_in
from tests.workflow.test_tables import Tables, tables

__all__ = ["tables"]
S = JobState


def names(page: PeoplePage) -> list[tuple[str, int]]:
    return [(one.person_id, one.revision) for one in page.people if isinstance(one, JobSummary)]


def save(tables: Tables, person: str, *states: JobState) -> None:
    """Save a person's revisions, oldest first."""
    for revision, state in enumerate(states, start=1):
        tables.save(job_in(state, person, revision=revision, opened_at=NOW + revision))


def all_of(tables: Tables, beginning: str, state: JobState | None, limit: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    after = None
    for _ in range(100):
        page = tables.jobs.people_by_name(beginning, state, limit, after)
        found += names(page)
        if page.following is None:
            return found
        after = (str(page.following[0]), str(page.following[1]))
    raise AssertionError("the pages do not end")


def test_people_stand_in_the_order_of_their_names_by_their_newest_revisions(tables: Tables) -> None:
    save(tables, "wu", S.SUCCEEDED)
    save(tables, "Li", S.SUCCEEDED, S.QUEUED)
    save(tables, "Zoë", S.FAILED)
    save(tables, "zoe", S.FAILED)
    save(tables, "李雷", S.COLLECTING)
    assert names(tables.jobs.people_by_name("", None, 10, None))[0] == ("Li", 2)
    assert {name for name, _ in names(tables.jobs.people_by_name("ZOE", None, 10, None))} == {"Zoë", "zoe"}
    assert names(tables.jobs.people_by_name("李", None, 10, None)) == [("李雷", 1)]
    assert names(tables.jobs.people_by_name("l", S.SUCCEEDED, 10, None)) == [], "the newest counts"
    assert names(tables.jobs.people_by_name("l", S.QUEUED, 10, None)) == [("Li", 2)]


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("state", [None, S.SUCCEEDED])
def test_following_the_pages_meets_each_person_once(
    tables: Tables, limit: int, state: JobState | None
) -> None:
    for number in range(9):
        save(tables, f"p{number}", *[S.SUCCEEDED] * (1 + number % 3))
    found = all_of(tables, "", state, limit)
    assert found == [(f"p{number}", 1 + number % 3) for number in range(9)]


def test_a_person_with_more_revisions_than_a_range_holds_breaks_no_page(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people_index, "ROWS_BEYOND", -4)
    save(tables, "a", S.SUCCEEDED)
    save(tables, "b", *[S.SUCCEEDED] * 11)
    save(tables, "c", S.SUCCEEDED, S.QUEUED)
    found = all_of(tables, "", None, 2)
    assert [name for name, _ in found] == ["a", "b", "c"]
    assert found[-1] == ("c", 2)


def test_people_in_a_state_are_those_whose_newest_revision_stands_in_it(tables: Tables) -> None:
    save(tables, "li", S.SUCCEEDED, S.QUEUED)
    save(tables, "wu", S.SUCCEEDED, S.SUCCEEDED)
    save(tables, "zhao", S.FAILED)
    assert names(tables.jobs.people_by_state(S.SUCCEEDED, 10, None)) == [("wu", 2)]
    assert names(tables.jobs.people_by_state(S.QUEUED, 10, None)) == [("li", 2)]
    first = tables.jobs.people_by_state(S.SUCCEEDED, 1, None)
    assert first.following is not None
    found = names(first)
    while first.following is not None:
        opened_at, key, revision = first.following  # type: ignore[misc]
        first = tables.jobs.people_by_state(S.SUCCEEDED, 1, (int(opened_at), str(key), int(revision)))
        found += names(first)
    assert found == [("wu", 2)]


@pytest.mark.parametrize("people", [3, 60])
def test_a_page_of_people_is_two_calls_however_many_there_are(tables: Tables, people: int) -> None:
    for number in range(people):
        save(tables, f"p{number:03}", S.SUCCEEDED)
    tables.calls = 0
    tables.jobs.people_by_name("", None, 20, None)
    assert tables.calls == 2
    tables.calls = 0
    tables.jobs.people_by_state(S.SUCCEEDED, 20, None)
    assert tables.calls == 2


@pytest.mark.parametrize(
    ("name", "found_by"), [("Zoë", "zoe"), ("STRASSE", "strasse"), ("ﬁona", "fiona"), ("李雷", "李雷")]
)
def test_letter_case_and_accents_do_not_count_in_a_search(name: str, found_by: str) -> None:
    assert search_name(name) == found_by


def test_a_name_of_nothing_but_accents_is_found_by_itself() -> None:
    assert search_name("\u0301") == "\u0301"
