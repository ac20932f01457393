"""Recording uploads: where they belong, what is remembered of them, and what stands in the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.job import Job
from shared.domain.object_keys import Upload
from shared.domain.photo_set import MAX_RECORDED, ClosedBy
from shared.domain.photos import Photo, Stored, Verdict
from shared.domain.rules import MAX_PHOTOS, Rules
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.upload_memory import entries_of
from shared.errors import Conflict, Permanent, RetryLater, Trouble
from shared.workflow.closing import look_through
from shared.workflow.opening import SetCrowded
from shared.workflow.recognizing import Found, unrecorded
from shared.workflow.recording import APPENDABLE_RESTS_MS, MAX_TRIES, record_photo
from shared.workflow.recording_found import SAVED_TOGETHER, record_found
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, job_in, photo
from tests.uploads.media_files import film

S = JobState
REFUSED = Permanent("AccessDenied", "not for you", kind=Kind.UNKNOWN, api=Api.READING)


def found(memory: Memory, *names: str) -> list[Found]:
    """Uploads, as a listing shows them."""
    uploads = [memory.upload(name) for name in names]
    return [Found(upload, memory.objects[upload.key]) for upload in uploads]


# -- the set that a photo belongs to --------------------------------------------------------------


def test_the_first_photo_of_a_person_opens_the_first_set() -> None:
    memory = Memory()
    recorded = record_photo(memory.world(), memory.upload("a.jpg"), None)
    assert recorded.job is not None
    assert (recorded.outcome, recorded.job.revision, recorded.job.is_proved_new) == ("usable", 1, True)
    assert list(memory.rows) == [recorded.job.job_id]


def test_a_photo_joins_a_set_that_is_queued_which_opens_again_and_keeps_its_place() -> None:
    memory = Memory(job := job_in(S.QUEUED, due_at=NOW - MINUTE_MS, closed_first_at=NOW - MINUTE_MS))
    recorded = record_photo(memory.world(), memory.upload("b.jpg"), memory[job])
    assert recorded.job is not None
    assert (recorded.job.revision, recorded.job.state) == (1, S.COLLECTING)
    assert recorded.job.closed_first_at == NOW - MINUTE_MS
    assert [one.name for one in recorded.job.photo_set.usable] == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("state", [S.TRAINING, S.SUCCEEDED])
@pytest.mark.parametrize("from_a_listing", [True, False])
@pytest.mark.parametrize(
    ("name", "content", "revision"),
    [("a.AAE", b"<plist/>", 1), ("a.MOV", film(b"qt  "), 1), ("b.MOV", film(), 2)],
)
def test_what_comes_along_with_photos_opens_no_set_behind_the_one_that_is_trained(
    name: str, content: bytes, revision: int, from_a_listing: bool, state: JobState
) -> None:
    memory = Memory(job := job_in(state))
    memory.troubles["prepare"] = Permanent("BadRequest", "no", kind=Kind.PICTURE, api=Api.PROCESSING)
    upload = memory.upload(name)
    memory.contents[upload.key] = content
    if from_a_listing:
        latest, _ = record_found(memory.world(), [Found(upload, memory.objects[upload.key])], memory[job])
    else:
        latest = record_photo(memory.world(), upload, memory[job]).job
    assert latest is not None
    assert (latest.revision, len(memory.rows)) == (revision, revision)
    assert latest.photo_set.photos[-1].name == name
    assert memory[job].state is state
    assert unrecorded(memory.world(), [Found(upload, memory.objects[upload.key])], latest) == []


def test_a_photo_that_cannot_be_used_does_not_open_a_queued_set() -> None:
    memory = Memory(job := job_in(S.QUEUED))
    memory.faces = (False, "")
    recorded = record_photo(memory.world(), memory.upload("wall.jpg"), memory[job])
    assert (recorded.outcome, memory[job].state) == ("no_face", S.QUEUED)
    assert memory[job].due_at == job.due_at


@pytest.mark.parametrize("state", [S.SUBMITTING, S.TRAINING, S.SUCCEEDED, S.FAILED, S.CANCELED])
def test_a_photo_that_comes_after_the_submit_opens_the_next_revision(state: JobState) -> None:
    memory = Memory(job := job_in(state))
    recorded = record_photo(memory.world(), memory.upload("b.jpg"), memory[job])
    assert recorded.job is not None
    assert (recorded.job.revision, recorded.job.state) == (2, S.COLLECTING)
    assert memory[job].state is state


def test_a_photo_that_comes_while_a_failed_attempt_is_queued_again_opens_the_next_revision() -> None:
    memory = Memory(job := job_in(S.QUEUED, attempt=1))
    recorded = record_photo(memory.world(), memory.upload("b.jpg"), memory[job])
    assert recorded.job is not None
    assert recorded.job.revision == 2


def test_a_late_photo_under_a_used_name_leaves_the_record_of_the_trained_one() -> None:
    job = collecting(*(photo(f"{number}") for number in range(MAX_PHOTOS))).closed(ClosedBy.COUNT, NOW)
    memory = Memory(job := job.attempting(NOW, expires_at=NOW + MINUTE_MS))
    upload = memory.upload("3", at=NOW - 1)
    memory.objects[upload.key] = replace(memory.objects[upload.key], etag="overwritten")
    assert record_photo(memory.world(), upload, memory[job]).outcome == "over_limit"
    *trained, newer = memory[job].photo_set.photos
    assert tuple(trained) == job.photo_set.photos
    assert (newer.name, newer.etag, newer.verdict) == ("3", "overwritten", Verdict.OVER_LIMIT)
    assert record_photo(memory.world(), upload, memory[job]).outcome == "known"


# -- what is known already ------------------------------------------------------------------------


def test_a_repeated_event_records_nothing() -> None:
    memory = Memory(job := collecting(photo("a.jpg")))
    assert record_photo(memory.world(), memory.upload("a.jpg", at=NOW - 1000), memory[job]).outcome == "known"
    assert memory[job].version == 1


def test_an_object_that_is_gone_again_records_nothing() -> None:
    memory = Memory(job := collecting(photo("a.jpg")))
    upload = memory.upload("b.jpg")
    del memory.objects[upload.key]
    assert record_photo(memory.world(), upload, memory[job]).outcome == "gone"
    assert memory[job].version == 1


@pytest.mark.parametrize(
    ("before", "outcome"),
    [
        (photo("a.jpg", Verdict.NO_FACE), "usable"),
        (photo("a.jpg", Verdict.UNREADABLE), "usable"),
        (photo("a.jpg", Verdict.USABLE), "known"),
        (photo("a.jpg", Verdict.EMPTY), "known"),
    ],
    ids=lambda value: value.verdict.value if isinstance(value, Photo) else value,
)
def test_the_same_bytes_that_are_sent_again_are_judged_again_if_they_were_refused(
    before: Photo, outcome: str
) -> None:
    memory = Memory(job := collecting(before))
    upload = memory.upload("a.jpg", at=NOW + MINUTE_MS)
    assert record_photo(memory.world(), upload, memory[job]).outcome == outcome


def test_the_memory_beside_the_rows_is_asked_for_the_names_that_the_row_does_not_know() -> None:
    job = collecting(photo("in the row"))
    job = replace(job, photo_set=replace(job.photo_set, has_history=True))
    memory = Memory(job)
    memory.seen[job.person_key, "long ago"] = "E-long ago"
    memory.seen[job.person_key, "changed"] = "E-before"
    uploads = found(memory, "in the row", "long ago", "changed", "new")
    news = unrecorded(memory.world(), uploads, memory[job])
    # That in the row is an upload later than the record, of the same bytes.
    assert [one.upload.name for one in news] == ["changed", "new"]
    assert memory.calls == ["etags"]


def test_a_person_without_history_costs_no_look_into_the_memory() -> None:
    memory = Memory(job := collecting(photo("a.jpg")))
    assert len(unrecorded(memory.world(), found(memory, "b.jpg"), memory[job])) == 1
    assert len(unrecorded(memory.world(), found(memory, "b.jpg"), None)) == 1
    assert memory.calls == []


def test_what_the_row_has_no_room_for_any_more_is_remembered_before_the_row_is_saved() -> None:
    memory = Memory(job := job_in(S.TRAINING))
    remembered: list[bool] = []
    memory.before_save = lambda _: remembered.append(bool(memory.seen))
    recorded = record_photo(memory.world(), memory.upload("b.jpg"), memory[job])
    assert recorded.job is not None
    assert remembered == [True]
    assert memory.seen == {(job.person_key, name): entry for name, entry in entries_of(photo()).items()}
    assert recorded.job.photo_set.dropped == ()


def test_what_cannot_be_remembered_is_not_dropped() -> None:
    memory = Memory(job := job_in(S.TRAINING))
    memory.troubles["remember"] = RetryLater("OTSServerBusy", "…", delay_seconds=1)
    with pytest.raises(RetryLater, match="OTSServerBusy"):
        record_photo(memory.world(), memory.upload("b.jpg"), memory[job])
    assert list(memory.rows) == [job.job_id]


# -- a bucket that says little --------------------------------------------------------------------


@pytest.mark.parametrize("problem", [REFUSED, KeyError("Last-Modified")], ids=["refused", "unforeseen"])
def test_an_object_that_the_bucket_will_not_describe_is_recorded_as_its_event_describes_it(
    problem: Exception,
) -> None:
    memory = Memory()
    upload = memory.upload("a.jpg")
    memory.troubles[f"stored {upload.key}"] = problem
    memory.objects[upload.key] = hint = Stored(etag="E-event", size=7, modified_at=NOW - 5)
    recorded = record_photo(memory.world(), upload, None, hint)
    assert recorded.job is not None
    (only,) = recorded.job.photo_set.photos
    assert (only.etag, only.size, only.uploaded_at, only.verdict) == ("E-event", 7, NOW - 5, Verdict.USABLE)


@pytest.mark.parametrize(("later_ms", "is_believed"), [(-5000, False), (0, False), (5000, True)])
def test_what_an_old_event_says_of_an_object_that_was_replaced_since_is_not_believed(
    later_ms: int, is_believed: bool
) -> None:
    memory = Memory(job := collecting(photo("a.jpg", etag="E-new", uploaded_at=NOW)))
    upload = memory.upload("a.jpg")
    memory.troubles[f"stored {upload.key}"] = REFUSED
    memory.objects[upload.key] = hint = Stored(etag="E-event", size=7, modified_at=NOW + later_ms)
    if is_believed:
        assert record_photo(memory.world(), upload, memory[job], hint).outcome == "usable"
    else:
        with pytest.raises(Trouble, match="AccessDenied"):
            record_photo(memory.world(), upload, memory[job], hint)
        assert memory[job].photo_set.photos == job.photo_set.photos


def test_an_object_of_which_nobody_tells_anything_is_left_to_a_later_try() -> None:
    memory = Memory()
    upload = memory.upload("a.jpg")
    memory.troubles["stored"] = REFUSED
    with pytest.raises(Trouble, match="AccessDenied"):
        record_photo(memory.world(), upload, None)
    assert memory.rows == {}


def test_a_link_is_never_followed() -> None:
    memory = Memory()
    upload = memory.upload("a.jpg")
    memory.objects[upload.key] = replace(memory.objects[upload.key], is_link=True)
    assert record_photo(memory.world(), upload, None).outcome == "link"
    assert memory.prepared == []


def test_trouble_with_the_photo_is_recorded_with_it_and_raises_nothing() -> None:
    memory = Memory()
    memory.troubles["prepare"] = Permanent("InvalidObjectState", "archived", api=Api.PROCESSING)
    recorded = record_photo(memory.world(), memory.upload("a.jpg"), None)
    assert recorded.job is not None
    (only,) = recorded.job.photo_set.photos
    assert (recorded.outcome, only.verdict) == ("unprepared", Verdict.UNPREPARED)
    assert only.retry is not None
    assert recorded.job.trouble == only.retry
    assert recorded.job.due_at == only.retry.next_try_at


# -- a person of whom the tables know nothing -----------------------------------------------------


def test_a_person_whose_earlier_results_cannot_be_looked_for_is_recorded_all_the_same() -> None:
    memory = Memory()
    memory.troubles["list_page results/li/"] = RetryLater(
        "AccessDenied", "…", delay_seconds=1, kind=Kind.ACCOUNT, api=Api.LISTING
    )
    recorded = record_photo(memory.world(), memory.upload("a.jpg"), None)
    assert recorded.job is not None
    assert (recorded.outcome, recorded.job.revision, recorded.job.is_proved_new) == ("usable", 1, False)
    assert memory.well_being.is_open(Api.LISTING)


def test_the_bucket_is_asked_for_earlier_results_only_of_a_person_without_a_row() -> None:
    memory = Memory(job := collecting(photo("a.jpg")))
    record_photo(memory.world(), memory.upload("b.jpg"), memory[job])
    assert memory.calls == []
    record_photo(memory.world(), memory.upload("a.jpg", person_id="wu"), None)
    assert memory.calls == ["list results/wu/"]


# -- races ----------------------------------------------------------------------------------------


def test_a_job_that_was_read_too_early_is_read_again_after_the_save_that_another_run_won() -> None:
    job = collecting(photo("a"))
    memory = Memory(job)
    stale = memory[job]
    memory.save(stale, stale.with_photo(photo("b"), RULES, NOW))
    recorded = record_photo(memory.world(), memory.upload("c"), stale)
    assert recorded.outcome == "usable"
    assert [one.name for one in memory[job].photo_set.photos] == ["a", "b", "c"]
    # Beside another run's photo there may be more: the folder is listed, and once more when all is recorded.
    assert memory.calls == ["latest", "list people/li/", "list people/li/"]
    assert len(memory.checked) == 1, "the verdict of the first try counts for the second"


def test_a_photo_is_judged_again_for_another_set_since_its_snapshot_belongs_to_one_job() -> None:
    memory = Memory(job := collecting(photo("a")))
    stale = memory[job]
    memory.rows[job.job_id] = replace(job_in(S.TRAINING), version=9)
    recorded = record_photo(memory.world(), memory.upload("c"), stale)
    assert recorded.job is not None
    snapshot = recorded.job.photo_set.photo("c")
    assert snapshot is not None
    assert snapshot.snapshot.startswith(f"submissions/{recorded.job.job_id}/")
    assert len(memory.checked) == 2


def test_whoever_loses_the_row_again_and_again_gives_way_with_growing_pauses() -> None:
    memory = Memory(job := collecting(photo("a")))
    memory.troubles["save"] = Conflict("another run was faster")
    with pytest.raises(RetryLater, match="busy_person"):
        record_photo(memory.world(), memory.upload("b"), memory[job])
    assert memory.calls == ["latest"] * (MAX_TRIES - 1)
    # Half of 500 ms, and of twice as long each time, up to 2 s.
    assert memory.time == NOW + 250 + 500 + 1000 * (MAX_TRIES - 3) < NOW + 10_000


# -- a crowded set --------------------------------------------------------------------------------


def crowded() -> Job:
    """A set that is full of photos which still wait for their verdicts."""
    waiting = tuple(photo(f"u-{number:03}", Verdict.UNCHECKED) for number in range(MAX_RECORDED))
    return replace(job := collecting(photo()), photo_set=replace(job.photo_set, photos=waiting))


def test_a_photo_that_would_push_out_an_unchecked_one_has_to_wait_and_loses_nothing() -> None:
    memory = Memory(job := crowded())
    with pytest.raises(SetCrowded):
        record_photo(memory.world(), memory.upload("one-more"), memory[job])
    assert memory[job].photo_set == job.photo_set


def test_a_refused_photo_that_a_full_set_has_no_room_to_show_is_said_to_be_not_shown() -> None:
    memory = Memory(job := collecting(photo()))
    full = tuple(photo(f"{number:03}", etag=str(number)) for number in range(MAX_RECORDED))
    memory.rows[job.job_id] = replace(memory[job], photo_set=replace(job.photo_set, photos=full))
    memory.faces = (False, "")
    recorded = record_photo(memory.world(Rules(close_at=0)), memory.upload("bad"), memory[job])
    assert recorded.outcome == "not_shown"
    assert memory[job].photo_set.photo("bad") is None


def test_a_crowded_set_that_is_at_dashscope_does_not_keep_the_next_one_waiting() -> None:
    full = tuple(photo(f"{number:03}") for number in range(MAX_RECORDED))
    memory = Memory(job := job_in(S.TRAINING))
    memory.rows[job.job_id] = replace(memory[job], photo_set=replace(job.photo_set, photos=full))
    recorded = record_photo(memory.world(), memory.upload("later", at=NOW + 1), memory[job])
    assert recorded.job is not None
    assert (recorded.outcome, recorded.job.revision) == ("usable", 2)


# -- what a listing shows -------------------------------------------------------------------------


def test_photos_of_a_listing_are_saved_several_at_a_time_and_none_is_asked_about_by_itself() -> None:
    memory = Memory()
    saves: list[int] = []
    memory.before_save = lambda job: saves.append(len(job.photo_set.photos))
    memory.troubles["stored"] = REFUSED
    names = [f"{number:02}.jpg" for number in range(2 * SAVED_TOGETHER + 1)]
    latest, left = record_found(memory.world(), found(memory, *names), None)
    assert latest is not None
    assert left == []
    assert saves == [SAVED_TOGETHER, 2 * SAVED_TOGETHER, 2 * SAVED_TOGETHER + 1]
    assert [one.name for one in latest.photo_set.photos] == names
    assert memory.calls == ["list results/li/"]


def test_a_listing_of_more_than_a_set_has_room_for_leaves_the_rest_to_the_next_look() -> None:
    memory = Memory(job := crowded())
    news = found(memory, "one-more", "another")
    assert record_found(memory.world(), news, memory[job]) == (memory[job], news)
    assert memory[job].version == 1


def test_of_a_listing_that_a_set_has_room_for_in_part_that_part_is_saved() -> None:
    memory = Memory(job := collecting(photo("a")))
    memory.troubles["detect_faces"] = REFUSED
    news = found(memory, *(f"{number:03}" for number in range(MAX_RECORDED)))
    latest, left = record_found(memory.world(), news, memory[job])
    assert latest == memory[job]
    recorded = [one for one in news if memory[job].photo_set.photo(one.upload.name)]
    assert len(recorded) % SAVED_TOGETHER
    assert [*recorded, *left] == news


def test_no_photo_leaves_the_job_as_it_is() -> None:
    memory = Memory(job := collecting(photo("a")))
    assert record_found(memory.world(), [], memory[job]) == (memory[job], [])
    assert record_found(memory.world(), [], None) == (None, [])


# -- half-written objects -------------------------------------------------------------------------


def appended(memory: Memory, *, at: int, etag: str = "E-1") -> Upload:
    return memory.upload("a.jpg", at=at, etag=etag, is_appendable=True)


def test_an_appendable_object_is_looked_at_once_nothing_has_been_added_for_half_a_minute() -> None:
    memory = Memory()
    recorded = record_photo(memory.world(), appended(memory, at=NOW - 10_000), None)
    assert recorded.job is not None
    (waiting,) = recorded.job.photo_set.photos
    assert waiting.retry is not None
    assert (waiting.verdict, waiting.retry.cause.code) == (Verdict.UNPREPARED, "still_written")
    assert recorded.job.due_at == waiting.retry.next_try_at == NOW - 10_000 + APPENDABLE_RESTS_MS
    assert memory.prepared == []
    memory.time += APPENDABLE_RESTS_MS
    after = look_through(memory.world(), "li", memory.latest("li"))
    assert after is not None
    assert [one.verdict for one in after.photo_set.photos] == [Verdict.USABLE]


def test_an_appendable_object_that_grows_is_waited_for_again() -> None:
    memory = Memory()
    record_photo(memory.world(), appended(memory, at=NOW), None)
    memory.time += APPENDABLE_RESTS_MS
    appended(memory, at=memory.time - 5_000, etag="E-2")
    after = look_through(memory.world(), "li", memory.latest("li"))
    assert after is not None
    (waiting,) = after.photo_set.photos
    assert (waiting.etag, after.due_at) == ("E-2", memory.time - 5_000 + APPENDABLE_RESTS_MS)
    assert memory.prepared == []


@pytest.mark.parametrize("at", [NOW - APPENDABLE_RESTS_MS, NOW + 24 * 60 * MINUTE_MS])
def test_an_appendable_object_that_has_rested_or_is_of_a_clock_that_is_ahead_is_looked_at(at: int) -> None:
    memory = Memory()
    assert record_photo(memory.world(), appended(memory, at=at), None).outcome == "usable"


def test_a_photo_that_is_replaced_while_its_snapshot_is_made_is_looked_at_again_at_once() -> None:
    memory = Memory()
    upload = memory.upload("a.jpg")

    def replace_it(key: str) -> None:
        memory.upload("a.jpg", etag="E-newer")

    memory.while_preparing = replace_it
    recorded = record_photo(memory.world(), upload, None)
    assert recorded.outcome == "usable"
    assert recorded.job is not None
    assert [(one.name, one.etag) for one in recorded.job.photo_set.photos] == [("a.jpg", "E-newer")]


def test_a_photo_that_is_replaced_again_and_again_is_left_to_its_next_try() -> None:
    memory = Memory()
    upload = memory.upload("a.jpg")
    numbers = iter(range(100))

    def replace_it(key: str) -> None:
        memory.upload("a.jpg", etag=f"E {next(numbers)}")

    memory.while_preparing = replace_it
    recorded = record_photo(memory.world(), upload, None)
    assert recorded.outcome == "unprepared"
    assert next(numbers) == 2
