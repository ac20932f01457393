"""Jobs by id: a row that cannot be read concerns itself alone."""

from __future__ import annotations

import pytest

from shared.clients.job_rows import to_columns
from shared.clients.job_table import JobTable
from shared.clients.rows import VERSION, WRITE_TOKEN
from shared.domain.job import Job
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Kind
from shared.domain.unread import Unread
from shared.errors import Permanent, RetryLater
from tests.unit.support import job_in
from tests.unit.table import Bench

ANNA, BORIS, CHEN = (job_in(JobState.QUEUED, person, version=1) for person in ("anna", "boris", "chen"))
IDS = [ANNA.job_id, BORIS.job_id, CHEN.job_id]


def key_of(job: Job) -> tuple[tuple[str, object], ...]:
    return ("person_key", job.person_key), ("revision", job.revision)


@pytest.fixture
def bench() -> Bench:
    """Three people with a job each."""
    bench = Bench()
    for job in (ANNA, BORIS, CHEN):
        bench.client.rows[key_of(job)] = {**to_columns(job), VERSION: 1, WRITE_TOKEN: "t"}
    return bench


def test_a_job_is_found_by_its_id_and_one_that_is_not_there_is_none(bench: Bench) -> None:
    found = JobTable(bench.rows).find_each([*IDS, "0" * 20 + "-1", "no id"])
    assert found == {**dict(zip(IDS, [ANNA, BORIS, CHEN], strict=True)), "0" * 20 + "-1": None, "no id": None}
    assert bench.client.batches == [4]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "DREAMING"),
        ("photos", '[{"name":"a","etag":"E","size":1,"verdict":"too_good"}]'),
        ("photos", "[{"),
        ("reason", "5"),
    ],
)
def test_a_row_that_cannot_be_read_does_not_keep_back_the_others(
    bench: Bench, column: str, value: object
) -> None:
    bench.client.rows[key_of(BORIS)][column] = value
    found = JobTable(bench.rows).find_each(IDS)
    assert (found[ANNA.job_id], found[CHEN.job_id]) == (ANNA, CHEN)
    unread = found[BORIS.job_id]
    assert isinstance(unread, Unread)
    assert (unread.job_id, unread.code, unread.kind) == (BORIS.job_id, "unreadable_row", Kind.OBJECT)
    assert "deploy newer code" in unread.message


def test_a_throttled_partition_does_not_keep_back_the_others(bench: Bench) -> None:
    bench.client.refusals[key_of(BORIS)] = ["OTSPartitionUnavailable"] * 9
    found = JobTable(bench.rows).find_each(IDS)
    assert (found[ANNA.job_id], found[CHEN.job_id]) == (ANNA, CHEN)
    unread = found[BORIS.job_id]
    assert isinstance(unread, Unread)
    assert (unread.job_id, unread.code) == (BORIS.job_id, "OTSPartitionUnavailable")


def test_what_is_said_of_the_table_about_one_row_alone_does_not_keep_back_the_others(
    bench: Bench,
) -> None:
    bench.client.refusals[key_of(BORIS)] = ["OTSObjectNotExist"]
    found = JobTable(bench.rows).find_each(IDS)
    assert (found[ANNA.job_id], found[CHEN.job_id]) == (ANNA, CHEN)
    assert isinstance(found[BORIS.job_id], Unread)


@pytest.mark.parametrize("refused", [(ANNA, BORIS, CHEN), (BORIS,)])
def test_what_is_said_of_the_table_about_a_row_is_that_rows_trouble(
    bench: Bench, refused: tuple[Job, ...]
) -> None:
    """Whoever asks has read the table's index: the one row that is left may not end every tick."""
    for job in refused:
        bench.client.refusals[key_of(job)] = ["OTSObjectNotExist"] * 9
    names = [job.job_id for job in refused]
    found = JobTable(bench.rows).find_each(names)
    assert [type(found[name]) for name in names] == [Unread] * len(names)


def test_whoever_asks_for_jobs_alone_is_told_of_one_that_was_not_read(bench: Bench) -> None:
    table = JobTable(bench.rows)
    bench.client.refusals[key_of(BORIS)] = ["OTSPartitionUnavailable"] * 2
    with pytest.raises(RetryLater):
        table.find(IDS)
    bench.client.rows[key_of(BORIS)]["state"] = "DREAMING"
    with pytest.raises(Permanent, match="unreadable_row"):
        table.find(IDS)
    assert table.find([ANNA.job_id, "no id"]) == {ANNA.job_id: ANNA, "no id": None}
