"""The clients of the tables before the emulator, through the real SDK: what they read, and how many bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from aliyun_local.mocking import mock_aliyun
from local.deployment import REQUIRED_PARAMETERS, TEMPLATE
from shared.clients.credentials import Credentials
from shared.clients.job_table import JobTable
from shared.clients.rows import Rows, connect
from shared.domain.job import Job
from shared.domain.job_summary import JobSummary, summary_of
from shared.domain.lanes import Work
from shared.domain.photo_set import PhotoSet
from shared.domain.row_size import MAX_PHOTOS_BYTES, bytes_of
from shared.domain.states import JobState
from shared.domain.unread import Unread
from shared.http_api.limits import MAX_LIMIT, MAX_REVISIONS
from tests.unit.support import NOW, job_in, photo


class Tables:
    """The tables of the template, and how many bytes came back from the service in how many calls."""

    def __init__(self) -> None:
        keys = Credentials(access_key_id="id", access_key_secret="secret")
        self._client = connect("https://facechain.cn-beijing.ots.aliyuncs.com", "facechain", keys)
        self._tokens = iter(f"{number:016x}" for number in range(100_000))
        self.bytes_read, self.calls = 0, 0
        send = self._client.connection.send_receive

        def counted(*request: object) -> tuple[object, object, object, bytes]:
            answer: tuple[object, object, object, bytes] = send(*request)
            self.calls += 1
            self.bytes_read += len(answer[3])
            return answer

        self._client.connection.send_receive = counted
        self.jobs = JobTable(self.rows("jobs"))

    def rows(self, table: str) -> Rows:
        return Rows(self._client, table, lambda: next(self._tokens))

    def save(self, job: Job, **columns: object) -> Job:
        """Save a new job, with ``columns`` as another version of the code may write them; None: without."""
        saved = self.jobs.save(None, job)
        if columns:
            rows, key = self.rows("jobs"), [("person_key", job.person_key), ("revision", job.revision)]
            stored = rows.get(key) or {}
            changed = {**stored, **columns}
            keep = {name for name, value in changed.items() if value is not None}
            left = {
                name: changed[name] for name in keep - {"person_key", "revision", "version", "write_token"}
            }
            rows.put(key, left, expected=saved.version)
        return saved


@pytest.fixture
def tables() -> Iterator[Tables]:
    with mock_aliyun() as cloud:
        cloud.create_stores(TEMPLATE, **REQUIRED_PARAMETERS)
        yield Tables()


def fat_set() -> PhotoSet:
    """A set whose photos take as much of a row as they may."""
    photos = [photo(f"{number:03}" + "照" * 200, detail="d" * 200) for number in range(100)]
    while bytes_of(photos) > MAX_PHOTOS_BYTES:
        photos.pop()
    return PhotoSet(photos=tuple(photos), last_photo_at=NOW)


def test_a_page_of_a_hundred_jobs_is_read_without_their_photos(tables: Tables) -> None:
    crowd = fat_set()
    saved = [
        tables.save(job_in(JobState.SUCCEEDED, f"p{number}", photo_set=crowd, opened_at=NOW + number))
        for number in range(MAX_LIMIT + 1)
    ]
    assert len(saved) * bytes_of(crowd.photos) > 7_500_000
    tables.bytes_read = 0
    page = tables.jobs.page(None, MAX_LIMIT, None)
    assert tables.bytes_read < 200_000
    assert page.jobs == [summary_of(job) for job in reversed(saved[1:])]
    assert page.following == (saved[1].opened_at, saved[1].person_key, 1)
    rest = tables.jobs.page(None, MAX_LIMIT, page.following)
    assert (rest.jobs, rest.following) == ([summary_of(saved[0])], None)


def test_a_persons_history_is_read_without_the_photos(tables: Tables) -> None:
    crowd = fat_set()
    for number in range(1, 31):
        tables.save(job_in(JobState.SUCCEEDED, revision=number, photo_set=crowd))
    tables.bytes_read = 0
    newest = tables.jobs.latest("li")
    assert newest is not None
    of_the_newest, tables.bytes_read = tables.bytes_read, 0
    earlier = tables.jobs.history("li", newest.revision, MAX_REVISIONS - 1)
    assert of_the_newest > MAX_PHOTOS_BYTES - 2000
    assert tables.bytes_read < 30_000
    assert [one.revision for one in earlier if isinstance(one, JobSummary)] == [*range(29, 10, -1)]


def test_a_row_of_an_early_version_is_summed_up_by_its_photos(tables: Tables) -> None:
    photos = PhotoSet(photos=(photo("a"), photo("b"), photo("c")), last_photo_at=NOW)
    without = {"photo_count": None, "usable_count": None, "format": None}
    old = tables.save(job_in(JobState.SUCCEEDED, "old", photo_set=photos), **without)
    new = tables.save(job_in(JobState.SUCCEEDED, "new", opened_at=NOW - 1))
    assert tables.jobs.page(None, 5, None).jobs == [summary_of(old), summary_of(new)]
    older = tables.save(job_in(JobState.REJECTED, "anna"), **without, verdicts=None)
    newer = tables.save(job_in(JobState.QUEUED, "anna", revision=2))
    assert tables.jobs.history("anna", newer.revision, 5) == [summary_of(older)]
    assert tables.jobs.history("anna", older.revision, 5) == []


def test_a_row_of_a_later_version_is_said_to_be_unreadable_and_stays_as_it_is(tables: Tables) -> None:
    fine = tables.save(job_in(JobState.QUEUED, "anna"))
    torn = tables.save(job_in(JobState.QUEUED, "boris", opened_at=NOW - 1), format=99, mood="blue")
    found = tables.jobs.find_each([fine.job_id, torn.job_id])
    assert found[fine.job_id] == fine
    assert isinstance(found[torn.job_id], Unread)
    summary, unread = tables.jobs.page(None, 5, None).jobs
    assert summary == summary_of(fine)
    assert unread == found[torn.job_id]


def test_what_an_old_row_remembers_of_earlier_uploads_is_there_for_the_asking(tables: Tables) -> None:
    earlier = {"0123456789ab": "E1234567"}
    job = tables.save(job_in(JobState.QUEUED, photo_set=PhotoSet(earlier=earlier)))
    assert tables.jobs.earlier(job.job_id) == earlier
    assert tables.jobs.earlier(f"{job.person_key}-7") == tables.jobs.earlier("no id") == {}


def test_the_work_in_hand_is_read_from_the_real_index(tables: Tables) -> None:
    running = tables.save(job_in(JobState.TRAINING, "a"))
    delivering = tables.save(job_in(JobState.SUCCEEDED, "b"))
    first = tables.save(job_in(JobState.QUEUED, "c", due_at=1))
    second = tables.save(job_in(JobState.QUEUED, "d", due_at=2))
    due = tables.save(job_in(JobState.COLLECTING, "e", due_at=NOW))
    later = tables.save(job_in(JobState.COLLECTING, "f", due_at=NOW + 1))
    tables.save(job_in(JobState.SUCCEEDED, "g", delivered=True))
    tables.save(job_in(JobState.REJECTED, "h"))
    waiting = tables.save(job_in(JobState.QUEUED, "i"), lane=6)
    aside = tables.save(job_in(JobState.COLLECTING, "j", due_at=NOW), lane=10)
    aside_later = tables.save(replace(job_in(JobState.COLLECTING, "k"), due_at=NOW + 1), lane=10)
    tables.calls = 0
    assert tables.jobs.work(NOW, 1, 50) == Work(
        running=[running.job_id],
        delivering=[delivering.job_id],
        queue=[first.job_id],
        due=[due.job_id],
        waiting={6: [waiting.job_id]},
        aside=[aside.job_id],
    )
    assert tables.calls == 2
    assert tables.jobs.work(NOW, 5, 50).queue == [first.job_id, second.job_id]
    assert tables.jobs.due_beyond(NOW + 1, 50) == [later.job_id, aside_later.job_id]
