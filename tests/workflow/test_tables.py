"""The clients of the tables before the emulator, through the real SDK: what they read, and how many bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from aliyun_local.mocking import mock_aliyun
from aliyun_local.template import Template
from local.deployment import REQUIRED_PARAMETERS, TEMPLATE
from shared.clients.control_table import ControlTable
from shared.clients.credentials import Credentials
from shared.clients.request_table import RequestTable
from shared.clients.rows import INF_MAX, INF_MIN, Rows, connect
from shared.clients.seen_table import SeenTable
from shared.clients.work_in_hand import JobsInHand
from shared.domain.audit import OVERTAKEN, without_name
from shared.domain.control_rows import ControlRows, Document, Doorbell
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.job_summary import JobSummary, summary_of
from shared.domain.lanes import Work
from shared.domain.lingering import Lingering
from shared.domain.photo_set import PhotoSet
from shared.domain.requests import Request, request_id
from shared.domain.retry_state import Cause
from shared.domain.row_size import MAX_PHOTOS_BYTES, bytes_of
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.sweeping import SweepProgress
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.unread import Unread
from shared.errors import Conflict, Permanent
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
        self.jobs = JobsInHand(self.rows("jobs"))
        self.control = ControlTable(self.rows("control"))
        self.requests = RequestTable(self.rows("requests"))
        self.seen = SeenTable(self.rows("seen"))

    def rows(self, table: str) -> Rows:
        return Rows(self._client, table, lambda: next(self._tokens))

    def delete(self, table: str) -> None:
        self._client.delete_table(table)

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
    assert tables.bytes_read < 225_000
    assert page.jobs == [summary_of(job) for job in reversed(saved[1:])]
    assert page.following == (saved[1].opened_at, saved[1].person_key, 1)
    rest = tables.jobs.page(None, MAX_LIMIT, page.following)
    assert (rest.jobs, rest.following) == ([summary_of(saved[0])], None)
    assert tables.jobs.page(None, 1, page.following) == rest


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
    assert tables.bytes_read < 36_000
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


def test_the_work_in_hand_is_read_from_the_real_index(tables: Tables) -> None:
    running = tables.save(job_in(JobState.TRAINING, "a"))
    delivering = tables.save(job_in(JobState.SUCCEEDED, "b"))
    first = tables.save(job_in(JobState.QUEUED, "c", due_at=1, closed_first_at=1))
    second = tables.save(job_in(JobState.QUEUED, "d", due_at=2, closed_first_at=2))
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


# -- the rows that all functions share -----------------------------------------------------------------


def test_everything_that_a_tick_begins_with_comes_in_one_call(tables: Tables) -> None:
    tables.calls = 0
    assert tables.control.read_all() == ControlRows(
        Slot(), SweepProgress(), Lingering(), Health(), Doorbell(), Document()
    )
    assert tables.calls == 1
    slot = tables.control.save_slot(Slot(), Slot(holders=("a-1",), durations_ms=(1, 2)))
    sweep = tables.control.save_sweep(SweepProgress(), SweepProgress(cursor="people/a"))
    lingering = tables.control.save_lingering(Lingering(), Lingering(until=5, stayed_ms={"ft-1": 7}))
    cause = Cause("Arrearage", "欠费", Kind.ACCOUNT, Api.FACE_CHECK)
    health = tables.control.save_health(Health(), Health(deaths={"a": 1}).failed(cause, NOW))
    access = tables.control.save_json("photo_access", Document(), {"way": "file"})
    tables.requests.ring(request())
    read = tables.control.read_all()
    assert read == ControlRows(slot, sweep, lingering, health, Doorbell(is_rung=True, version=1), access)


def test_what_no_tick_needs_is_not_read_by_one(tables: Tables) -> None:
    tables.control.save_json("ignored", Document(), {"keys": ["x" * 100] * 5000})
    tables.bytes_read = 0
    tables.control.read_all()
    assert tables.bytes_read < 1000
    assert len(tables.control.read_json("ignored").value["keys"]) == 5000


UNREADABLE = ['{"format": 2}', "[]", "{", "5", "null", '{"format": "1"}', '{"format": true}']


@pytest.mark.parametrize("value", UNREADABLE)
@pytest.mark.parametrize(("name", "place"), [("sweep", 1), ("lingering", 2), ("health", 3)])
def test_a_shared_row_that_cannot_be_read_is_left_out_and_alone(
    tables: Tables, name: str, place: int, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    tables.rows("control").put([("name", name)], {"value": value}, expected=None)
    read = tables.control.read_all()
    assert [part is None for part in read] == [number == place for number in range(len(read))]
    assert "row_not_read" in caplog.text
    with pytest.raises(Permanent, match="unreadable_row"):
        tables.control.read_json(name)


@pytest.mark.parametrize("value", [*UNREADABLE, '{"holders": "a-1"}', '{"taken_at": "5"}', '{"trouble": 5}'])
def test_without_a_slot_that_can_be_read_there_is_no_tick(tables: Tables, value: str) -> None:
    tables.rows("control").put([("name", "slot")], {"value": value}, expected=None)
    for read in (tables.control.read_all, tables.control.slot):
        with pytest.raises(Permanent, match="unreadable_row"):
            read()


def test_a_tick_does_without_the_table_of_requests(tables: Tables) -> None:
    tables.delete("requests")
    assert tables.control.read_all().doorbell is None


def test_of_two_runs_that_change_a_document_one_is_told(tables: Tables) -> None:
    first = tables.control.save_json("ignored", Document(), {"a": 1})
    assert tables.control.read_json("ignored") == first == Document(value={"a": 1}, version=1)
    second = tables.control.save_json("ignored", first, {"a": 2})
    for before in (Document(), first):
        with pytest.raises(Conflict):
            tables.control.save_json("ignored", before, {"a": 3})
    assert tables.control.read_json("ignored") == second


# -- requests ------------------------------------------------------------------------------------------


def request(number: int = 0, reason: str = "") -> Request:
    return Request(
        request_id=request_id(NOW + number, f"{number:016x}"),
        kind="retry",
        subject="a-1",
        reason=reason,
        asked_at=NOW + number,
        asked_by="admin",
    )


def test_a_request_rings_is_done_and_can_be_looked_up(tables: Tables) -> None:
    asked = tables.requests.ring(request(reason="请重试"))
    assert tables.requests.find(asked.request_id) == asked
    assert tables.requests.pending(10, NOW)[:3] == ((asked,), True, 0)
    heard = tables.control.read_all().doorbell
    assert heard is not None
    assert heard.is_rung
    settled = tables.requests.settle(asked, "queued again", NOW + 5)
    assert tables.requests.find(asked.request_id) == settled
    assert (settled.outcome, settled.settled_at, settled.is_settled) == ("queued again", NOW + 5, True)
    assert tables.requests.pending(10, NOW) == ((), True, 0, (settled,))
    noted = tables.requests.note_audited(settled, NOW + 2)
    assert tables.requests.pending(10, NOW).to_audit == ()
    assert tables.requests.find(noted.request_id) == noted
    with pytest.raises(Conflict):
        tables.requests.note_audited(settled, NOW + 3)
    assert tables.requests.silence(heard) == tables.control.read_all().doorbell
    assert tables.requests.find(request_id(NOW, "stranger")) is None


def test_requests_are_done_in_the_order_in_which_they_were_made(tables: Tables) -> None:
    made = {number: tables.requests.ring(request(number)) for number in (5, 1, 3, 2)}
    assert tables.requests.pending(3, NOW)[:3] == ((made[1], made[2], made[3]), False, 0)
    tables.requests.settle(made[1], "done", NOW)
    assert tables.requests.pending(3, NOW)[:3] == ((made[2], made[3], made[5]), True, 0)


def test_an_erasure_comes_behind_all_others_and_is_left_alone_until_its_time(tables: Tables) -> None:
    erasure = tables.requests.ring(replace(request(1), kind="erase", subject="Li"))
    asked = tables.requests.ring(request(2))
    assert tables.requests.pending(10, NOW).requests == (asked, erasure)
    noted = tables.requests.note_progress(replace(erasure, due_at=NOW + 60_000, record="{}"))
    assert tables.requests.pending(10, NOW)[:3] == ((asked,), True, NOW + 60_000)
    assert tables.requests.pending(10, NOW + 60_000).requests == (asked, noted)
    with pytest.raises(Conflict):
        tables.requests.note_progress(erasure)


def test_a_bell_that_fell_silent_rings_by_itself_when_something_is_due(tables: Tables) -> None:
    tables.requests.ring(request(1))
    heard = tables.control.read_all().doorbell
    assert heard is not None
    silent = tables.requests.silence(heard, NOW + 60_000)
    assert tables.control.read_all().doorbell == silent
    assert [silent.is_heard(at) for at in (NOW, NOW + 59_999, NOW + 60_000)] == [False, False, True]
    tables.requests.ring_again()
    rung = tables.control.read_all().doorbell
    assert rung == replace(silent, is_rung=True, version=silent.version + 1)


def test_what_was_asked_about_somebody_is_forgotten_and_an_erasure_is_not(tables: Tables) -> None:
    about, later, other = (tables.requests.ring(request(number)) for number in (1, 9, 3))
    erasure = tables.requests.ring(replace(request(4), kind="erase"))
    assert tables.requests.forget_about(lambda subject: subject == "a-1", NOW + 3) == 2
    assert [tables.requests.find(one.request_id) for one in (about, other)] == [None, None]
    assert tables.requests.find(later.request_id) == later
    assert tables.requests.find(erasure.request_id) == erasure


def test_what_awaits_the_audit_when_it_is_forgotten_stays_without_the_name(tables: Tables) -> None:
    settled, open_one, audited = (tables.requests.ring(request(number)) for number in (1, 2, 3))
    settled = tables.requests.settle(settled, "canceled", NOW + 5)
    audited = tables.requests.note_audited(tables.requests.settle(audited, "done", NOW + 5), NOW + 6)
    unreadable = tables.requests.ring(request(4))
    key = [("name", f"request/{unreadable.request_id}")]
    newer = {"subject": "a-1", "kind": "x", "format": 2}
    tables.rows("requests").put(key, newer, expected=unreadable.version)

    def nameless(one: Request) -> Request:
        return without_name(one, "h" * 64, NOW + 9)

    assert tables.requests.forget_about(lambda subject: subject == "a-1", NOW + 5, nameless) == 4
    assert tables.requests.find(audited.request_id) is None
    assert tables.requests.find(unreadable.request_id) is None
    first, second = tables.requests.pending(10, NOW).to_audit
    assert (first.request_id, second.request_id) == (settled.request_id, open_one.request_id)
    assert (first.person, first.outcome, first.settled_at) == ("h" * 64, "canceled", NOW + 5)
    assert (second.person, second.outcome, second.settled_at) == ("h" * 64, OVERTAKEN, NOW + 9)
    assert "a-1" not in str((first, second))
    assert tables.requests.forget_about(lambda subject: subject == "a-1", NOW + 5, nameless) == 0


def test_rows_are_deleted_as_they_were_read_and_once_is_enough(tables: Tables) -> None:
    first = tables.jobs.save(None, job_in(JobState.QUEUED))
    second = tables.jobs.save(first, replace(first, changed_at=NOW + 1))
    with pytest.raises(Conflict):
        tables.jobs.delete_job(first)
    tables.jobs.delete_job(second)
    tables.jobs.delete_job(second)
    assert tables.jobs.latest(first.person_id) is None
    document = tables.control.save_json("links/x", tables.control.read_json("links/x"), {"links": {}})
    tables.control.delete_json("links/x", document)
    assert tables.control.read_json("links/x").version == 0


def test_the_memory_of_a_person_is_forgotten_up_to_a_moment_or_by_names(tables: Tables) -> None:
    names = {f"{number}.jpg": f"E{number}" for number in range(450)}
    tables.seen.remember("li", names, NOW)
    tables.seen.remember("li", {"new.jpg": "E"}, NOW + 5)
    tables.seen.remember("wu", {"1.jpg": "E"}, NOW)
    assert tables.seen.forget("wu", ["1.jpg", "2.jpg"], until=NOW) == 1
    assert tables.seen.forget("li", until=NOW + 4) == 450
    assert tables.seen.etags("li", [*names, "new.jpg"]) == {"new.jpg": "E"}
    assert tables.seen.forget("li", until=NOW + 4) == 0


def test_whoever_rings_while_a_tick_works_is_heard_by_the_next(tables: Tables) -> None:
    tables.requests.ring(request(1))
    heard = tables.control.read_all().doorbell
    assert heard is not None
    tables.requests.ring(request(2))
    with pytest.raises(Conflict):
        tables.requests.silence(heard)
    bell = tables.control.read_all().doorbell
    assert bell == Doorbell(is_rung=True, version=2)


def test_a_request_is_made_once_and_settled_once(tables: Tables) -> None:
    asked = tables.requests.ring(request())
    with pytest.raises(Conflict):
        tables.requests.ring(request())
    tables.requests.settle(asked, "done", NOW)
    with pytest.raises(Conflict):
        tables.requests.settle(asked, "refused", NOW)


def test_a_request_that_cannot_be_read_keeps_back_no_other(tables: Tables) -> None:
    torn, fine = tables.requests.ring(request(1)), tables.requests.ring(request(2))
    key = [("name", f"request/{torn.request_id}")]
    tables.rows("requests").put(key, {"format": 2}, expected=torn.version)
    assert tables.requests.pending(10, NOW)[:3] == ((fine,), False, 0)
    with pytest.raises(Permanent, match="unreadable_row"):
        tables.requests.find(torn.request_id)


def test_requests_expire_and_nothing_else_does() -> None:
    tables = Template.from_file(TEMPLATE).resolve({**REQUIRED_PARAMETERS, "StatusToken": "t" * 16}).tables
    assert {table.name: table.time_to_live_seconds for table in tables} == {
        "jobs": -1,
        "control": -1,
        "requests": 86_400,
        "seen": -1,
    }


# -- what has been uploaded before ---------------------------------------------------------------------


def test_what_was_uploaded_is_remembered_by_person_and_name(tables: Tables) -> None:
    etags = {f"{number}.jpg": f"{number:032X}" for number in range(450)} | {"照" * 300 + ".jpg": "E" * 40}
    tables.calls = 0
    tables.seen.remember("anna", etags, NOW)
    assert tables.calls == 3
    tables.calls = 0
    assert tables.seen.etags("anna", [*etags, "other.jpg"]) == etags
    assert tables.seen.etags("boris", etags) == {}
    assert tables.seen.etags("anna", []) == {}


@pytest.mark.parametrize(
    ("of_others", "asked", "calls"),
    [
        pytest.param(0, 100, 1, id="few are asked for by their keys"),
        pytest.param(0, 990, 1, id="many are read side by side"),
        pytest.param(0, 1_500, 2, id="page by page"),
        pytest.param(3_000, 250, 3, id="also with other rows between them"),
        pytest.param(6_000, 150, 3, id="and not with all too many of these"),
    ],
)
def test_a_folder_full_of_names_is_looked_for_in_few_calls_whatever_else_was_uploaded(
    tables: Tables, of_others: int, asked: int, calls: int
) -> None:
    names = [f"{number}.jpg" for number in range(asked)]
    known = {name: f"{number:032X}" for number, name in enumerate(names) if number % 10}
    tables.seen.remember("anna", known | {f"gone-{number}.jpg": "G" for number in range(of_others)}, NOW)
    for neighbour in ("ann", "annaa"):
        tables.seen.remember(neighbour, dict.fromkeys(names[:100], "N"), NOW)
    tables.calls = 0
    assert tables.seen.etags("anna", names) == known
    assert tables.calls == calls


def test_the_latest_content_under_a_name_is_the_one_that_is_known(tables: Tables) -> None:
    for etag in ("A" * 32, "B" * 32, "B" * 32):
        tables.seen.remember("anna", {"a.jpg": etag, "b.jpg": "C"}, NOW)
    assert tables.seen.etags("anna", ["a.jpg", "b.jpg"]) == {"a.jpg": "B" * 32, "b.jpg": "C"}


def test_what_a_person_has_uploaded_lies_in_one_partition(tables: Tables) -> None:
    tables.seen.remember("anna", {"a.jpg": "A", "b.jpg": "B"}, NOW)
    start, end = ([("person_key", "anna"), ("name", bound)] for bound in (INF_MIN, INF_MAX))
    rows = tables.rows("seen").range(start, end)
    assert {(row["etag"], row["at"], len(row["name"])) for row in rows} == {("A", NOW, 20), ("B", NOW, 20)}
