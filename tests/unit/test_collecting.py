"""One upload event: each entry is handled for itself, and what cannot be done now is left to a later run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.completion import MARKER_RESTS_MS
from shared.domain.job import Job
from shared.domain.object_keys import Kind as UploadKind
from shared.domain.object_keys import Upload
from shared.domain.photos import Stored
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Conflict, Permanent, RetryLater
from shared.events import ObjectEvent
from shared.workflow.collecting import NOT_THERE_YET_MS, collect
from shared.workflow.reconciling import reconcile
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, job_in, photo

S = JobState
ONE_CLOSES = Rules(close_at=1)
PUT = "ObjectCreated:PutObject"
BUSY = RetryLater("OTSServerBusy", "…", delay_seconds=1)


def entry(upload: Upload | str, *, bucket: str = "photos", name: str = PUT) -> ObjectEvent:
    key = upload if isinstance(upload, str) else upload.key
    return ObjectEvent(key=key, bucket=bucket, name=name, stored=Stored(etag="E", size=7, modified_at=NOW))


def test_each_entry_has_an_outcome_by_its_key() -> None:
    memory = Memory()
    uploads = [memory.upload("a.jpg"), memory.upload("b.jpg", person_id="wu")]
    outcomes = collect(memory.world(), map(entry, uploads))
    assert outcomes == {"people/li/a.jpg": "usable", "people/wu/b.jpg": "usable"}


@pytest.mark.parametrize(
    "ignored",
    [
        entry("people/li/a.jpg", bucket="theirs"),
        entry("people/li/a.jpg", name="ObjectRemoved:DeleteObject"),
        entry(""),
        entry("people/li/"),
        entry("submissions/x/a.jpg"),
    ],
    ids=["another bucket", "another event", "no key", "a folder", "a snapshot"],
)
def test_what_is_no_upload_of_a_person_touches_nothing(ignored: ObjectEvent) -> None:
    memory = Memory()
    ((_, outcome),) = collect(memory.world(), [ignored]).items()
    assert outcome.startswith("ignored: ")
    assert (memory.calls, memory.rows) == ([], {})


def test_an_upload_that_belongs_to_nobody_is_noted_for_people_to_look_at() -> None:
    memory = Memory()
    collect(memory.world(), [entry("people/stray.jpg"), entry("people/stray.jpg", bucket="theirs")])
    assert list(memory.nobodys) == ["people/stray.jpg"]


def test_the_trouble_of_one_entry_keeps_no_other_from_being_handled_and_is_tried_again() -> None:
    for problem in (BUSY, KeyError("surprise")):
        memory = Memory()
        uploads = [memory.upload(f"{name}.jpg", person_id=name) for name in ("a", "b")]
        memory.troubles["latest a"] = problem
        with pytest.raises(RetryLater) as raised:
            collect(memory.world(), map(entry, uploads))
        assert raised.value.code == ("unforeseen" if isinstance(problem, KeyError) else BUSY.code)
        assert [job.person_id for job in memory.rows.values()] == ["b"]


def test_what_would_end_alike_is_not_tried_again() -> None:
    memory = Memory()
    memory.troubles["save"] = Permanent("OTSOutOfRowSizeLimit", "…", api=Api.TABLES)
    assert collect(memory.world(), [entry(memory.upload("a.jpg"))]) == {
        "people/li/a.jpg": "OTSOutOfRowSizeLimit"
    }


def test_an_upload_that_the_bucket_will_not_describe_is_recorded_as_its_event_describes_it() -> None:
    memory = Memory()
    memory.troubles["stored"] = Permanent("AccessDenied", "…", kind=Kind.UNKNOWN, api=Api.READING)
    assert collect(memory.world(), [entry("people/li/a.jpg")]) == {"people/li/a.jpg": "usable"}
    (job,) = memory.rows.values()
    assert job.photo_set.photos[0].etag == "E"


def test_an_event_for_an_object_that_is_not_there_yet_is_tried_again_within_a_minute() -> None:
    memory = Memory()
    with pytest.raises(RetryLater, match="not_there_yet"):
        collect(memory.world(), [entry("people/li/a.jpg")])
    memory.time += NOT_THERE_YET_MS
    assert collect(memory.world(), [entry("people/li/a.jpg")]) == {"people/li/a.jpg": "gone"}
    assert memory.rows == {}


# -- the set that the upload completes ------------------------------------------------------------


def test_an_upload_that_completes_its_set_closes_and_submits_it() -> None:
    memory, job, marker = marked(b'{"photos": 2}')
    collect(memory.world(), [marker])
    assert memory[job].state is S.COLLECTING
    collect(memory.world(), [entry(memory.upload("b.jpg"))])
    assert (memory[job].state, len(memory.created)) == (S.TRAINING, 1)


def test_the_last_photo_of_many_is_not_known_for_the_last_before_the_set_has_settled() -> None:
    memory = Memory()
    collect(memory.world(ONE_CLOSES), [entry(memory.upload("a.jpg"))])
    (job,) = memory.rows.values()
    assert (job.state, job.due_at, memory.created) == (S.COLLECTING, NOW + RULES.settle_ms, [])


def test_an_upload_whose_event_is_late_completes_a_set_that_has_settled() -> None:
    memory = Memory()
    collect(memory.world(ONE_CLOSES), [entry(memory.upload("a.jpg", at=NOW - RULES.settle_ms))])
    (job,) = memory.rows.values()
    assert (job.state, len(memory.created)) == (S.TRAINING, 1)


def test_an_upload_that_completes_nothing_lists_no_folder() -> None:
    memory = Memory(job := collecting(photo()))
    collect(memory.world(), [entry(memory.upload("b.jpg"))])
    assert memory[job].state is S.COLLECTING
    assert memory.calls == ["latest"]


def marked(content: bytes = b'{"names": ["a.jpg"]}') -> tuple[Memory, Job, ObjectEvent]:
    """A set of one photo, and its marker."""
    memory = Memory(job := collecting(photo()))
    memory.upload("a.jpg", at=NOW - 1000)
    marker = memory.mark(content, at=NOW - 1000)
    return memory, job, entry(marker)


def test_a_marker_whose_photos_are_all_there_closes_the_set_at_once() -> None:
    memory, job, marker = marked()
    assert collect(memory.world(), [marker]) == {marker.key: "marker"}
    assert (memory[job].state, memory[job].closed_by) == (S.TRAINING, "marker")


def test_an_empty_marker_is_noted_and_closes_the_set_in_the_next_tick() -> None:
    memory, job, marker = marked(b"")
    collect(memory.world(), [marker])
    assert (memory[job].state, memory[job].due_at) == (S.COLLECTING, NOW - 1000 + MARKER_RESTS_MS)
    memory.time += MINUTE_MS
    reconcile(memory.world())
    assert (memory[job].state, memory[job].closed_by) == (S.TRAINING, "marker")


def test_a_look_that_fails_is_the_sets_trouble_and_no_reason_to_repeat_the_event() -> None:
    memory, job, marker = marked()
    memory.troubles["list_page people/li/"] = RetryLater(
        "InternalError", "…", delay_seconds=1, api=Api.LISTING
    )
    assert collect(memory.world(), [marker]) == {marker.key: "marker"}
    held = memory[job]
    assert held.retry is not None
    assert (held.state, held.retry.cause.code, held.due_at) == (
        S.COLLECTING,
        "InternalError",
        held.retry.next_try_at,
    )


def test_a_marker_of_a_person_without_a_row_is_tried_again_when_the_folder_cannot_be_listed() -> None:
    memory = Memory()
    marker = entry(memory.upload(RULES.ready_marker, kind=UploadKind.MARKER))
    memory.troubles["list_page people/li/"] = RetryLater("InternalError", "…", delay_seconds=1)
    with pytest.raises(RetryLater, match="InternalError"):
        collect(memory.world(), [marker])


@pytest.mark.parametrize(("conflicts", "state"), [(1, S.TRAINING), (2, S.COLLECTING)])
def test_a_set_that_changes_while_it_is_closed_is_looked_at_once_more_and_then_left_to_the_event(
    conflicts: int, state: JobState
) -> None:
    memory, job, marker = marked()
    left = [Conflict("the set changed")] * conflicts

    def change(_: Job) -> None:
        if left:
            raise left.pop()

    memory.before_save = change
    if state is S.COLLECTING:
        with pytest.raises(RetryLater, match="set_changed"):
            collect(memory.world(), [marker])
    else:
        collect(memory.world(), [marker])
    assert memory[job].state is state


def test_trouble_with_the_submit_is_left_to_the_next_tick() -> None:
    memory, job, marker = marked()
    memory.troubles["fine_tunes"] = RetryLater("InternalError", "…", delay_seconds=1, api=Api.TRAINING)
    collect(memory.world(), [marker])
    assert memory[job].state is S.QUEUED


def test_a_set_that_is_closed_already_is_not_submitted_twice_by_a_repeated_marker() -> None:
    memory = Memory(job := replace(job_in(S.TRAINING), fine_tune_id="ft-1"))
    marker = entry(memory.upload(RULES.ready_marker, kind=UploadKind.MARKER))
    memory.upload("a.jpg", at=NOW - 1000)
    collect(memory.world(), [marker])
    assert (memory[job].state, memory.created) == (S.TRAINING, [])
