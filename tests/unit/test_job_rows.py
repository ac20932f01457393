"""Jobs become rows and come back the same; rows of other versions of the code are read all the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clients.job_rows import (
    SUMMARY_COLUMNS,
    from_columns,
    has_summary,
    summary_from_columns,
    to_columns,
)
from shared.domain.formats import JOBS as JOBS_FORMAT
from shared.domain.job import Job, Reason
from shared.domain.job_summary import summary_of
from shared.domain.lanes import COLLECTING_LANE, DELIVERY_LANE, QUEUE_LANE, RUNNING_LANE
from shared.domain.photo_set import MAX_RECORDED, PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.retry_state import Cause, RetryState
from shared.domain.row_size import MAX_DETAIL_CHARACTERS, MAX_PHOTOS_BYTES, MAX_ROW_BYTES, bytes_of
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Permanent
from tests.unit.support import NOW, few_examples, job_in, photo, photo_set

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
MILLISECONDS = st.integers(0, 2**62)
COUNT = st.integers(0, 1000)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
CAUSES = st.builds(
    Cause,
    code=TEXT,
    message=TEXT,
    kind=st.sampled_from(Kind),
    api=st.none() | st.sampled_from(Api),
)
RETRIES = st.builds(RetryState, tries=COUNT, since=MILLISECONDS, next_try_at=MILLISECONDS, cause=CAUSES)
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
    retry=st.none() | RETRIES,
)
PHOTO_SETS = st.builds(
    PhotoSet,
    photos=st.lists(PHOTOS, max_size=3).map(tuple),
    has_history=st.booleans(),
    marker_used_at=MILLISECONDS,
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
    retry=st.none() | RETRIES,
    closed_first_at=MILLISECONDS,
    earlier_files=TEXTS,
    trainings_at=st.lists(MILLISECONDS, max_size=3).map(tuple),
    key_id=TEXT,
    account=TEXT,
    running_since=MILLISECONDS,
    is_proved_new=st.booleans(),
    folders=TEXTS,
    result_at=MILLISECONDS,
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
    photos = photo_set(photo(verdict=Verdict.UNCHECKED)).with_marker(NOW + 1, NOW)
    photos = replace(photos, has_history=True, dropped=(photo("b.jpg"),))
    columns = to_columns(replace(job_in(JobState.COLLECTING), photo_set=photos))
    assert (columns["ready"], columns["last_photo_at"]) == (NOW + 1, NOW)
    assert columns["has_history"] is True
    assert [one["verdict"] for one in json.loads(columns["photos"])] == ["unchecked"]
    assert not {"photo_set", "ready_at", "dropped"} & set(columns)


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


def test_columns_and_photo_fields_of_a_later_version_are_kept_through_a_change() -> None:
    job = job_in(JobState.TRAINING)
    row = stored(job, colour="green", number=5)
    photos = json.loads(row["photos"])
    row["photos"] = json.dumps([{**one, "sharpness": 0.9, "eyes": [1, 2]} for one in photos])
    read = from_columns(row)
    assert replace(read, unknown={}, photo_set=job.photo_set) == job
    written = to_columns(replace(read, attempt=5))
    assert (written["colour"], written["number"], written["attempt"]) == ("green", 5, 5)
    assert json.loads(written["photos"]) == [{**one, "sharpness": 0.9, "eyes": [1, 2]} for one in photos]


def test_a_row_of_this_version_holds_nothing_that_is_unknown() -> None:
    read = from_columns(stored(job_in(JobState.REJECTED)))
    assert (read.unknown, {one.unknown for one in read.photo_set.photos}) == ({}, {""})


def test_the_next_revision_takes_over_no_unknown_column() -> None:
    job = from_columns(stored(job_in(JobState.SUCCEEDED), colour="green"))
    assert job.next_revision(Rules(), NOW).unknown == {}


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


# -- rows of other versions --------------------------------------------------------------------------


def test_a_row_says_in_which_format_it_is_and_one_that_does_not_is_of_the_first() -> None:
    job = job_in(JobState.QUEUED)
    row = stored(job)
    assert row["format"] == JOBS_FORMAT.number
    del row["format"]
    assert from_columns(row) == job
    assert from_columns({**row, "format": 1}) == job


UNREADABLE: list[tuple[str, Any]] = [
    ("format", JOBS_FORMAT.number + 1),
    ("format", 0),
    ("format", "1"),
    ("format", True),
    ("state", "DREAMING"),
    ("state", 5),
    ("state", None),
    ("attempt", "3"),
    ("attempt", True),
    ("delivered", 1),
    ("person_id", 5),
    ("ready", "now"),
    ("photos", "[{"),
    ("photos", "{}"),
    ("photos", "null"),
    ("photos", "[5]"),
    ("photos", "[" * 100_000),
    ("photos", 5),
    ("photos", '[{"name":"a","etag":"E","size":1}]'),
    ("photos", '[{"name":"a","etag":"E","size":1,"verdict":"too_good"}]'),
    ("photos", '[{"name":"a","etag":"E","size":"1","verdict":"usable"}]'),
    ("photos", '[{"name":"a","etag":"E","size":1,"verdict":"usable","tries":null}]'),
    ("retry", "[]"),
    ("retry", '{"tries":1}'),
    ("files", '"a.jpg"'),
    ("reason", "5"),
    ("reason", '{"code":"c"}'),
]


@pytest.mark.parametrize(("column", "value"), UNREADABLE, ids=lambda value: repr(value)[:60])
def test_a_row_that_this_version_does_not_understand_is_not_read_at_all(column: str, value: Any) -> None:
    row = stored(job_in(JobState.QUEUED), **{column: value})
    with pytest.raises(Permanent) as raised:
        from_columns(row)
    assert (raised.value.code, raised.value.kind) == ("unreadable_row", Kind.OBJECT)
    assert "deploy newer code" in raised.value.message


@pytest.mark.parametrize("name", ["state", "person_id", "revision", "opened_at", "changed_at"])
def test_a_row_without_what_every_job_has_is_not_read(name: str) -> None:
    row = stored(job_in(JobState.QUEUED))
    del row[name]
    with pytest.raises(Permanent, match="unreadable_row"):
        from_columns(row)


# -- summaries ---------------------------------------------------------------------------------------


@few_examples
@given(JOBS)
def test_a_summary_is_read_without_the_photos(job: Job) -> None:
    row = {name: value for name, value in stored(job).items() if name in (*SUMMARY_COLUMNS, "revision")}
    assert not {"photos", "files"} & set(row)
    assert summary_from_columns(row) == summary_of(job)


def test_a_row_from_before_there_were_summaries_has_one_by_its_photos() -> None:
    job = job_in(JobState.REJECTED)
    row = stored(job)
    assert has_summary(row)
    for name in ("photo_count", "usable_count", "verdicts"):
        del row[name]
    assert not has_summary(row)
    assert summary_from_columns(row) == summary_of(job)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("format", JOBS_FORMAT.number + 1),
        ("state", "DREAMING"),
        ("verdicts", '["too_good"]'),
        ("photo_count", "3"),
    ],
)
def test_a_summary_that_this_version_does_not_understand_is_not_read(column: str, value: Any) -> None:
    with pytest.raises(Permanent, match="unreadable_row"):
        summary_from_columns(stored(job_in(JobState.REJECTED), **{column: value}))


# -- the size of a row -------------------------------------------------------------------------------


def test_the_photos_take_as_many_bytes_as_is_said() -> None:
    photos = (photo('"' * 50 + "照片😀.jpg", detail="…"), photo("b.jpg", Verdict.UNPACKED, tries=2))
    columns = to_columns(replace(job_in(JobState.COLLECTING), photo_set=PhotoSet(photos=photos)))
    assert len(columns["photos"].encode()) == bytes_of(photos)
    assert bytes_of(()) == 2


def test_a_detail_is_stored_cut_and_what_is_empty_not_at_all() -> None:
    long = photo("a", Verdict.UNFIT, detail="x" * 1000)
    columns = to_columns(replace(job_in(JobState.COLLECTING), photo_set=photo_set(long)))
    (one,) = json.loads(columns["photos"])
    assert one["detail"] == "x" * MAX_DETAIL_CHARACTERS
    assert set(one) == {"name", "etag", "size", "verdict", "detail", "uploaded_at", "recorded_at"}


def test_300_ordinary_photos_fit_into_a_row() -> None:
    ordinary = [
        photo(f"IMG_{number:04}.JPG", etag="0" * 32, snapshot=f"submissions/{'0' * 20}-1/{'0' * 16}.jpg")
        for number in range(MAX_RECORDED)
    ]
    assert bytes_of(ordinary) < MAX_PHOTOS_BYTES


def test_a_row_stays_small_when_its_photos_do_whatever_else_is_in_it() -> None:
    name = "😀" * 250
    photos = [photo(name, detail='"' * 500, archive=name, snapshot="s" * 70)] * 100
    while bytes_of(photos) > MAX_PHOTOS_BYTES:
        photos.pop()
    assert bytes_of(photos) > MAX_PHOTOS_BYTES - 4000
    key = f"submissions/{'0' * 20}-{10**8}/{'0' * 16}.jpg"
    job = job_in(
        JobState.FAILED,
        "李" * 42,
        photo_set=PhotoSet(photos=tuple(photos), ready_at=NOW, last_photo_at=NOW),
        files=(key,) * 10,
        file_ids=("f" * 64,) * 10,
        earlier_fine_tunes=("ft-202601010800-0001",) * 5,
        finetuned_output="o" * 100,
        reason=Reason("some_code", "原" * 100_000),
    )
    size = sum(len(column) + len(str(value).encode()) for column, value in stored(job).items())
    assert size < MAX_ROW_BYTES
