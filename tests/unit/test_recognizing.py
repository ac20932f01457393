"""Bytes that are on record: under their own name or another, in the row or in the memory beside it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.job import Job
from shared.domain.object_keys import Kind, Upload
from shared.domain.photo_set import ClosedBy
from shared.domain.photos import Photo, Stored, Verdict
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api
from shared.domain.trouble_kinds import Kind as TroubleKind
from shared.domain.upload_memory import entries_of
from shared.errors import Permanent, RetryLater
from shared.workflow.closing import look_through
from shared.workflow.describing import WAITS_FOR_CHECKSUM_MS
from shared.workflow.recognizing import Found, unrecorded
from shared.workflow.recording import record_photo
from shared.workflow.recording_found import TIME_FOR_A_BATCH_MS, record_found
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, job_in, photo

S = JobState
CRC = "11051210869376104954"
PICTURE = photo("a.jpg", crc64=CRC)
IN_PARTS: dict[str, Any] = {"etag": "E-of-parts-3", "crc64": CRC}
"""The bytes of ``PICTURE``, sent in parts."""
AFTER_THE_SUBMIT = [S.SUBMITTING, S.TRAINING, S.SUCCEEDED, S.FAILED, S.CANCELED]


def with_photos(job: Job, *photos: Photo, **changes: Any) -> Job:
    return replace(job, photo_set=replace(job.photo_set, photos=photos, **changes))


def later_revision(*remembered: Photo, state: JobState = S.COLLECTING) -> Memory:
    """A person in a later revision, whose earlier photos stand in the memory alone."""
    memory = Memory(job := with_photos(job_in(state), photo("other.jpg"), has_history=True))
    for one in remembered:
        memory.seen |= {(job.person_key, name): entry for name, entry in entries_of(one).items()}
    return memory


def the(memory: Memory) -> Job:
    job = memory.latest("li")
    assert job is not None
    return job


def send(memory: Memory, name: str, *, at: int = NOW, **changes: Any) -> Upload:
    return memory.upload(name, at=at, **changes)


def verdict_of(memory: Memory, name: str) -> tuple[Verdict, str]:
    found = the(memory).photo_set.photo(name)
    assert found is not None
    return found.verdict, found.detail


def tablestore_calls(memory: Memory) -> Counter[str]:
    return Counter(call for call in memory.calls if call in ("etags", "remember"))


# -- in the row -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [S.COLLECTING, S.QUEUED, *AFTER_THE_SUBMIT])
def test_the_same_bytes_sent_in_parts_under_their_name_are_known_and_change_the_etag_alone(
    state: JobState,
) -> None:
    memory = Memory(job := with_photos(job_in(state), PICTURE))
    recorded = record_photo(memory.world(), send(memory, "a.jpg", **IN_PARTS), memory[job])
    assert recorded.outcome == "known"
    assert len(memory.rows) == 1
    assert (the(memory).state, the(memory).due_at) == (job.state, job.due_at)
    assert the(memory).photo_set.photos == (replace(PICTURE, etag="E-of-parts-3"),)
    assert memory.prepared == []
    # A listing, which tells no CRC-64, shows it as known from now on.
    listed = Found(Upload("li", "a.jpg", Kind.PHOTO), replace(memory.objects["people/li/a.jpg"], crc64=""))
    assert unrecorded(memory.world(), [listed], the(memory)) == []


def test_other_bytes_of_the_same_size_or_of_the_same_checksum_are_another_picture() -> None:
    differences: tuple[dict[str, Any], ...] = ({"crc64": "1"}, {"crc64": CRC, "size": 999}, {"crc64": ""})
    for changes in differences:
        memory = Memory(job := with_photos(job_in(S.COLLECTING), PICTURE))
        upload = send(memory, "a.jpg", etag="E-other", **changes)
        assert record_photo(memory.world(), upload, memory[job]).outcome == "usable"


def test_a_photo_without_a_checksum_is_believed_by_its_etag() -> None:
    memory = Memory(job := with_photos(job_in(S.SUCCEEDED), photo("a.jpg")))
    upload = send(memory, "a.jpg", crc64=CRC)
    assert record_photo(memory.world(), upload, memory[job]).outcome == "known"
    assert the(memory) == memory[job] == replace(job, version=1)


@pytest.mark.parametrize("changes", [{"etag": PICTURE.etag}, IN_PARTS], ids=["in one piece", "in parts"])
def test_a_copy_in_an_open_set_is_a_duplicate_that_names_the_photo(changes: dict[str, Any]) -> None:
    memory = Memory(job := with_photos(job_in(S.COLLECTING), PICTURE))
    recorded = record_photo(memory.world(), send(memory, "copy.jpg", **changes), memory[job])
    assert recorded.outcome == "duplicate"
    assert verdict_of(memory, "copy.jpg") == (Verdict.DUPLICATE, "a.jpg")
    assert memory.prepared == []


@pytest.mark.parametrize("changes", [{"etag": PICTURE.etag}, IN_PARTS], ids=["in one piece", "in parts"])
@pytest.mark.parametrize("state", AFTER_THE_SUBMIT)
def test_a_copy_that_comes_after_the_submit_is_on_record_and_opens_no_revision(
    state: JobState, changes: dict[str, Any]
) -> None:
    memory = Memory(job := with_photos(job_in(state), PICTURE))
    recorded = record_photo(memory.world(), send(memory, "copy.jpg", **changes), memory[job])
    assert (recorded.outcome, len(memory.rows)) == ("duplicate", 1)
    assert (the(memory).state, the(memory).files) == (job.state, job.files)
    assert verdict_of(memory, "copy.jpg") == (Verdict.DUPLICATE, "a.jpg")
    # And again, as an event may.
    again = record_photo(memory.world(), Upload("li", "copy.jpg", Kind.PHOTO), the(memory))
    assert (again.outcome, the(memory)) == ("known", recorded.job)


def test_a_copy_of_a_photo_that_was_one_too_many_is_news() -> None:
    late = photo("late.jpg", Verdict.OVER_LIMIT)
    memory = Memory(job := with_photos(job_in(S.TRAINING), PICTURE, late))
    upload = send(memory, "copy.jpg", etag=late.etag)
    assert record_photo(memory.world(), upload, memory[job]).outcome == "usable"


def test_a_copy_of_a_refused_picture_is_judged_for_itself() -> None:
    refused = photo("no face.jpg", Verdict.NO_FACE)
    for memory in (
        Memory(with_photos(job_in(S.SUCCEEDED), PICTURE, refused)),
        later_revision(refused, state=S.SUCCEEDED),
    ):
        upload = send(memory, "copy.jpg", etag=refused.etag)
        assert record_photo(memory.world(), upload, the(memory)).outcome == "usable"


def test_where_the_original_is_deleted_its_copy_in_parts_takes_its_place() -> None:
    memory = Memory(job := with_photos(job_in(S.COLLECTING), PICTURE, photo("b.jpg")))
    record_photo(memory.world(), send(memory, "copy.jpg", **IN_PARTS), memory[job])
    memory.upload("b.jpg")
    after = look_through(memory.world(), "li", the(memory))
    assert after is not None
    assert {one.name for one in after.photo_set.usable} == {"b.jpg", "copy.jpg"}


# -- in the memory --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [S.COLLECTING, S.SUCCEEDED])
@pytest.mark.parametrize("changes", [{"etag": PICTURE.etag}, IN_PARTS], ids=["in one piece", "in parts"])
def test_a_copy_of_an_earlier_revisions_photo_is_a_duplicate_of_it(
    state: JobState, changes: dict[str, Any]
) -> None:
    memory = later_revision(PICTURE, state=state)
    recorded = record_photo(memory.world(), send(memory, "copy.jpg", **changes), the(memory))
    assert (recorded.outcome, len(memory.rows), the(memory).state) == ("duplicate", 1, state)
    assert verdict_of(memory, "copy.jpg") == (Verdict.DUPLICATE, "a.jpg")
    # The second look asks whether the original still has the content.
    assert tablestore_calls(memory) == {"etags": 2}


def test_a_photo_of_a_later_revision_costs_one_look_into_the_memory() -> None:
    memory = later_revision(PICTURE)
    record_photo(memory.world(), send(memory, "new.jpg", crc64="1"), the(memory))
    assert tablestore_calls(memory) == {"etags": 1}


def test_an_earlier_photo_sent_again_in_parts_is_known_and_remembered_with_its_other_etag() -> None:
    memory = later_revision(PICTURE, state=S.SUCCEEDED)
    before = the(memory)
    upload = send(memory, "a.jpg", **IN_PARTS)
    assert record_photo(memory.world(), upload, before).outcome == "known"
    assert (the(memory), len(memory.rows)) == (before, 1)
    listed = Found(upload, replace(memory.objects[upload.key], crc64=""))
    assert unrecorded(memory.world(), [listed], before) == []
    # A copy of it is found as before.
    copied = record_photo(memory.world(), send(memory, "copy.jpg", etag="E-9", crc64=CRC), before)
    assert copied.outcome == "duplicate"


def test_a_picture_that_was_changed_and_changed_back_is_news() -> None:
    memory = later_revision(PICTURE, replace(PICTURE, etag="E-changed", crc64="1"), state=S.SUCCEEDED)
    upload = send(memory, "a.jpg", crc64=CRC)
    assert record_photo(memory.world(), upload, the(memory)).outcome == "usable"


def test_a_copy_of_what_a_name_had_before_is_news() -> None:
    memory = later_revision(PICTURE, replace(PICTURE, etag="E-changed", crc64="1"), state=S.SUCCEEDED)
    upload = send(memory, "copy.jpg", crc64=CRC)
    assert record_photo(memory.world(), upload, the(memory)).outcome == "usable"


def test_a_row_of_an_earlier_version_knows_photos_by_name_and_etag() -> None:
    memory = later_revision(state=S.SUCCEEDED)
    memory.seen[the(memory).person_key, "a.jpg"] = PICTURE.etag
    known = record_photo(memory.world(), send(memory, "a.jpg", crc64=CRC), the(memory))
    news = record_photo(memory.world(), send(memory, "a.jpg", **IN_PARTS), the(memory))
    assert (known.outcome, news.outcome) == ("known", "usable")


def test_a_zip_sent_again_in_parts_is_known() -> None:
    zipped = photo("all.zip", Verdict.UNPACKED, crc64=CRC)
    from shared.workflow.recording import record_upload

    for memory in (
        later_revision(zipped, state=S.SUCCEEDED),
        Memory(with_photos(job_in(S.SUCCEEDED), PICTURE, zipped)),
    ):
        upload = send(memory, "all.zip", kind=Kind.ARCHIVE, **IN_PARTS)
        assert record_upload(memory.world(), upload, the(memory)).outcome == "known"
        assert (the(memory).state, len(memory.rows)) == (S.SUCCEEDED, 1)
        listed = Found(upload, replace(memory.objects[upload.key], crc64=""))
        assert unrecorded(memory.world(), [listed], the(memory)) == []


# -- in a listing ---------------------------------------------------------------------------------


def listed(memory: Memory, *uploads: Upload) -> list[Found]:
    return [Found(upload, replace(memory.objects[upload.key], crc64="")) for upload in uploads]


def test_what_a_listing_shows_is_asked_about_for_its_checksum_once_when_it_is_recorded() -> None:
    memory = Memory(job := with_photos(job_in(S.SUCCEEDED), PICTURE))
    found = listed(memory, send(memory, "a.jpg", **IN_PARTS), send(memory, "copy.jpg", etag="E-1", crc64=CRC))
    assert unrecorded(memory.world(), found, memory[job]) == found
    after, left = record_found(memory.world(), found, memory[job])
    assert (left, len(memory.rows)) == ([], 1)
    assert after == the(memory)
    assert [(one.name, one.etag, one.verdict) for one in the(memory).photo_set.photos] == [
        ("a.jpg", "E-of-parts-3", Verdict.USABLE),
        ("copy.jpg", "E-1", Verdict.DUPLICATE),
    ]
    assert unrecorded(memory.world(), found, the(memory)) == []


def test_a_copy_that_is_listed_before_a_new_photo_is_on_record_in_the_row_that_it_was_closed_with() -> None:
    memory = Memory(job := with_photos(job_in(S.SUCCEEDED), PICTURE))
    found = listed(memory, send(memory, "copy.jpg", **IN_PARTS), send(memory, "new.jpg"))
    after, _ = record_found(memory.world(), found, memory[job])
    assert after is not None
    assert after.revision == 2
    assert [one.name for one in memory[job].photo_set.photos] == ["a.jpg", "copy.jpg"]
    assert [one.name for one in after.photo_set.photos] == ["a.jpg", "new.jpg"]


def test_an_object_that_does_not_tell_its_checksum_is_recorded_all_the_same() -> None:
    memory = Memory(job := with_photos(job_in(S.COLLECTING), PICTURE))
    found = listed(memory, send(memory, "b.jpg", crc64="1"))
    memory.troubles["stored"] = RetryLater("InternalError", "…", delay_seconds=1, api=Api.READING)
    record_found(memory.world(), found, memory[job])
    assert verdict_of(memory, "b.jpg") == (Verdict.USABLE, "")


def test_an_object_that_was_replaced_since_the_listing_lends_its_checksum_to_nobody() -> None:
    memory = Memory(job := collecting(photo("b.jpg")))
    found = listed(memory, send(memory, "a.jpg"))
    send(memory, "a.jpg", etag="E-later", crc64=CRC)
    memory.troubles["prepare"] = RetryLater("InternalError", "…", delay_seconds=1)
    record_found(memory.world(), found, memory[job])
    recorded = the(memory).photo_set.photo("a.jpg")
    assert recorded is not None
    assert (recorded.etag, recorded.crc64) == ("E-a.jpg", "")


def test_a_link_is_nobodys_copy() -> None:
    memory = Memory(job := with_photos(job_in(S.COLLECTING), PICTURE))
    (found,) = listed(memory, send(memory, "link.jpg", etag=PICTURE.etag, is_link=True))
    record_found(memory.world(), [found], memory[job])
    assert verdict_of(memory, "link.jpg")[0] is Verdict.LINK


def test_a_set_that_was_closed_by_its_number_says_of_a_copy_that_it_is_one() -> None:
    job = replace(
        with_photos(job_in(S.TRAINING), PICTURE),
        closed_by=ClosedBy.COUNT.value,
        closed_at=NOW + MINUTE_MS,
        files=("f",) * RULES.close_at,
    )
    memory = Memory(job)
    record_photo(memory.world(), send(memory, "copy.jpg", **IN_PARTS), memory[job])
    record_photo(memory.world(), send(memory, "late.jpg", crc64="1"), the(memory))
    assert [verdict_of(memory, name)[0] for name in ("copy.jpg", "late.jpg")] == [
        Verdict.DUPLICATE,
        Verdict.OVER_LIMIT,
    ]


# -- an object that the bucket does not describe --------------------------------------------------

NO_ANSWER = RetryLater("InternalError", "…", delay_seconds=1, api=Api.READING)


def hint_of(memory: Memory, upload: Upload) -> Stored:
    """What the event tells of the object: no CRC-64."""
    return replace(memory.objects[upload.key], crc64="")


def test_what_may_be_a_copy_of_a_trained_photo_is_asked_about_again_before_it_opens_a_set() -> None:
    for memory in (
        Memory(with_photos(job_in(S.SUCCEEDED), PICTURE)),
        later_revision(PICTURE, state=S.SUCCEEDED),
    ):
        upload = send(memory, "copy.jpg", **IN_PARTS)
        memory.troubles["stored"] = NO_ANSWER
        with pytest.raises(RetryLater, match="InternalError"):
            record_photo(memory.world(), upload, the(memory), hint_of(memory, upload))
        before = the(memory)
        assert record_found(memory.world(), listed(memory, upload), before) == (
            before,
            listed(memory, upload),
        )
        memory.troubles.clear()
        recorded = record_photo(memory.world(), upload, the(memory), hint_of(memory, upload))
        assert (recorded.outcome, len(memory.rows)) == ("duplicate", 1)


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("the set is open", "usable"),
        ("no photo of that size is on record", "usable"),
        ("the person is new", "usable"),
        ("the bucket will never tell", "usable"),
        ("an hour has passed", "usable"),
        ("its ETag is known", "known"),
    ],
)
def test_any_other_upload_is_recorded_as_its_event_tells_although_the_bucket_does_not(
    case: str, outcome: str
) -> None:
    state = S.COLLECTING if case == "the set is open" else S.SUCCEEDED
    memory = Memory(*([] if case == "the person is new" else [with_photos(job_in(state), PICTURE)]))
    changes: dict[str, Any] = {"size": 999} if case == "no photo of that size is on record" else {}
    changes |= {"etag": PICTURE.etag} if case == "its ETag is known" else {}
    name = "a.jpg" if case == "its ETag is known" else "b.jpg"
    upload = send(memory, name, crc64="1", **changes)
    if case == "an hour has passed":
        memory.time += WAITS_FOR_CHECKSUM_MS
    never = Permanent("AccessDenied", "…", kind=TroubleKind.OBJECT, api=Api.READING)
    memory.troubles["stored"] = never if case == "the bucket will never tell" else NO_ANSWER
    recorded = record_photo(memory.world(), upload, memory.latest("li"), hint_of(memory, upload))
    assert recorded.outcome == outcome


def test_what_there_is_no_time_to_ask_about_opens_no_set() -> None:
    for state, recorded in ((S.COLLECTING, True), (S.SUCCEEDED, False)):
        memory = Memory(job := with_photos(job_in(state), PICTURE))
        found = listed(memory, send(memory, "copy.jpg", **IN_PARTS))
        world = replace(memory.world(), dead_at=memory.time + TIME_FOR_A_BATCH_MS + 1)
        _, left = record_found(world, found, memory[job])
        assert left == ([] if recorded else found)
        assert len(memory.rows) == 1
