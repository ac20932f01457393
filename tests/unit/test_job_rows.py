"""Jobs become rows and come back the same; rows of other versions of the code are read all the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clients.job_rows import from_columns, to_columns
from shared.domain.job import COLLECTING_LANE, DELIVERY_LANE, QUEUE_LANE, RUNNING_LANE, Job, Reason
from shared.domain.photo_set import PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.states import JobState
from tests.unit.support import NOW, few_examples, job_in, photo, photo_set

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
MILLISECONDS = st.integers(0, 2**62)
COUNT = st.integers(0, 1000)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
PHOTOS = st.builds(
    Photo,
    name=TEXT,
    etag=TEXT,
    size=st.integers(0, 10**9),
    verdict=st.sampled_from(Verdict),
    detail=TEXT,
    snapshot=TEXT,
    uploaded_at=MILLISECONDS,
    recorded_at=MILLISECONDS,
)
PHOTO_SETS = st.builds(
    PhotoSet,
    photos=st.lists(PHOTOS, max_size=3).map(tuple),
    earlier=st.dictionaries(TEXT, TEXT, max_size=3),
    last_photo_at=MILLISECONDS,
    ready_at=MILLISECONDS,
)
JOBS = st.builds(
    Job,
    person_id=TEXT,
    revision=st.integers(1, 10**6),
    state=st.sampled_from(JobState),
    opened_at=MILLISECONDS,
    changed_at=MILLISECONDS,
    version=st.integers(1, 10**6),
    photo_set=PHOTO_SETS,
    closed_at=MILLISECONDS,
    closed_by=TEXT,
    due_at=MILLISECONDS,
    files=TEXTS,
    file_ids=TEXTS,
    attempt=COUNT,
    failures=COUNT,
    attempt_expires_at=MILLISECONDS,
    submitted_at=MILLISECONDS,
    ended_at=MILLISECONDS,
    fine_tune_id=TEXT,
    fine_tune_status=TEXT,
    finetuned_output=TEXT,
    earlier_fine_tunes=TEXTS,
    usage=COUNT,
    reason=st.none() | st.builds(Reason, code=TEXT, message=TEXT),
    delivered=st.booleans(),
)


def stored(job: Job, **more: Any) -> dict[str, Any]:
    """The row as it is read back: its columns, its key, and what the rows' layer adds."""
    key = {"person_key": job.person_key, "revision": job.revision}
    return {**key, **to_columns(job), "version": job.version, "write_token": "t", **more}


@few_examples
@given(JOBS)
def test_a_job_comes_back_from_its_row_as_it_was(job: Job) -> None:
    assert from_columns(stored(job)) == job


@few_examples
@given(JOBS)
def test_a_row_holds_only_what_tablestore_can_store(job: Job) -> None:
    for name, value in to_columns(job).items():
        assert type(value) in (str, int, bool), name
        if type(value) is int:
            assert -(2**63) <= value < 2**63, name


@pytest.mark.parametrize(
    ("state", "delivered", "lane"),
    [
        (JobState.COLLECTING, False, COLLECTING_LANE),
        (JobState.REJECTED, False, None),
        (JobState.QUEUED, False, QUEUE_LANE),
        (JobState.SUBMITTING, False, RUNNING_LANE),
        (JobState.TRAINING, False, RUNNING_LANE),
        (JobState.SUCCEEDED, False, DELIVERY_LANE),
        (JobState.SUCCEEDED, True, None),
        (JobState.CANCELED, True, None),
    ],
)
def test_a_row_stands_in_the_index_exactly_while_there_is_work_in_hand(
    state: JobState, delivered: bool, lane: int | None
) -> None:
    columns = to_columns(job_in(state, delivered=delivered))
    assert columns.get("lane") == lane
    assert ("lane" in columns) == (lane is not None)


def test_the_key_and_the_version_are_not_repeated_among_the_columns() -> None:
    assert not {"person_key", "revision", "version", "write_token"} & set(to_columns(job_in(JobState.QUEUED)))


def test_a_photo_set_is_spread_over_columns_of_its_job_under_the_names_that_stored_rows_have() -> None:
    photos = photo_set(photo(verdict=Verdict.UNCHECKED)).with_marker(NOW + 1)
    columns = to_columns(replace(job_in(JobState.COLLECTING), photo_set=photos))
    assert (columns["ready"], columns["last_photo_at"], columns["earlier"]) == (NOW + 1, NOW, "{}")
    assert [one["verdict"] for one in json.loads(columns["photos"])] == ["unchecked"]
    assert not {"photo_set", "ready_at"} & set(columns)


def test_the_index_columns_have_the_types_of_the_template() -> None:
    columns = to_columns(job_in(JobState.QUEUED))
    assert {name: type(columns[name]) for name in ("lane", "due_at", "state", "opened_at")} == {
        "lane": int,
        "due_at": int,
        "state": str,
        "opened_at": int,
    }


def test_names_are_stored_readable_for_people() -> None:
    job = replace(job_in(JobState.COLLECTING, "李雷"), photo_set=photo_set(photo("照片.jpg")))
    columns = to_columns(job)
    assert columns["person_id"] == "李雷"
    assert "照片.jpg" in columns["photos"]


def test_columns_and_photo_fields_of_a_later_version_are_ignored() -> None:
    job = job_in(JobState.TRAINING)
    row = stored(job, colour="green", number=5)
    photos = json.loads(row["photos"])
    row["photos"] = json.dumps([{**one, "sharpness": 0.9} for one in photos])
    assert from_columns(row) == job


def test_a_row_of_an_earlier_version_takes_the_defaults_for_what_it_lacks() -> None:
    row = {"person_id": "li", "revision": 2, "state": "QUEUED", "opened_at": NOW, "changed_at": NOW}
    assert from_columns(row) == Job(
        person_id="li", revision=2, state=JobState.QUEUED, opened_at=NOW, changed_at=NOW
    )


def test_a_photo_of_an_earlier_version_takes_the_defaults_for_what_it_lacks() -> None:
    bare = {"name": "a", "etag": "E", "size": 1, "verdict": "usable"}
    job = from_columns(stored(job_in(JobState.QUEUED), photos=json.dumps([bare])))
    assert job.photo_set.photos == (Photo(name="a", etag="E", size=1, verdict=Verdict.USABLE),)


def test_fields_of_a_later_version_inside_the_reason_are_ignored() -> None:
    row = stored(job_in(JobState.QUEUED), reason='{"code":"c","message":"m","link":"https://…"}')
    assert from_columns(row).reason == Reason("c", "m")
