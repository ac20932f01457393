"""Whether a photo has lost its zip is asked of the object itself; one that never tells holds nobody up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.job import Job
from shared.domain.object_keys import Kind as UploadKind
from shared.domain.object_keys import Upload
from shared.domain.photos import UNKNOWN_MARK, Photo, Verdict
from shared.domain.retry_state import TRIES_BESIDE_OTHERS
from shared.domain.states import JobState
from shared.domain.taken_out import mark_of
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Permanent, RetryLater, Trouble
from shared.workflow.closing import look_through
from shared.workflow.leaving_out import leave_out
from shared.workflow.recognizing import Found
from shared.workflow.recording_found import TIME_FOR_A_BATCH_MS, record_found
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.support import NOW, RULES, collecting, photo, photo_set, stored, trouble

FIRST, SECOND = "AAAA", "BBBB"
OUT = photo("a.zip/1.jpg", taken_from=mark_of(FIRST))
ZIP = photo("a.zip", Verdict.UNPACKED, etag=SECOND)
KEY = "people/li/a.zip/1.jpg"
BUSY = RetryLater("busy", "simulated", delay_seconds=1, api=Api.READING)
CLOSED_TO_ALL = RetryLater("refused", "simulated", delay_seconds=1, kind=Kind.API, api=Api.READING)
ARCHIVED = Permanent("archived", "simulated", kind=Kind.OBJECT, api=Api.READING)


def folder_of(job: Job, taken_from: str | None) -> Memory:
    memory = Memory(job)
    for one in job.photo_set.photos:
        memory.upload(one.name, at=one.uploaded_at)
        memory.objects[f"people/li/{one.name}"] = replace(
            memory.objects[f"people/li/{one.name}"], etag=one.etag
        )
    memory.objects[KEY] = replace(memory.objects[KEY], taken_from=taken_from)
    return memory


def left(job: Job, memory: Memory) -> Photo:
    etags = {key.removeprefix("people/li/"): stored.etag for key, stored in memory.objects.items()}
    found = leave_out(memory.world(), job, etags).photo(OUT.name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("told", "verdict", "mark"),
    [
        (mark_of(FIRST), Verdict.LEFT_OUT, mark_of(FIRST)),
        # The same bytes out of the second zip, or put there by hand.
        (mark_of(SECOND), Verdict.USABLE, mark_of(SECOND)),
        ("", Verdict.USABLE, ""),
        (None, Verdict.LEFT_OUT, mark_of(FIRST)),
    ],
)
def test_the_object_says_which_zip_it_is_out_of_and_only_what_is_left_out_is_logged(
    told: str | None, verdict: Verdict, mark: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    job = collecting(ZIP, OUT)
    found = left(job, folder_of(job, told))
    assert (found.verdict, found.taken_from) == (verdict, mark)
    assert ("photos_left_out" in caplog.text) == (verdict is Verdict.LEFT_OUT)


def test_an_object_that_is_gone_is_left_out_until_the_next_look_forgets_it() -> None:
    job = collecting(ZIP, OUT)
    memory = folder_of(job, mark_of(FIRST))
    del memory.objects[KEY]
    assert left(job, memory).verdict is Verdict.LEFT_OUT


@pytest.mark.parametrize(
    ("problem", "tries", "is_raised"),
    [
        (BUSY, 0, True),
        (BUSY, TRIES_BESIDE_OTHERS - 1, True),
        (BUSY, TRIES_BESIDE_OTHERS, False),
        (CLOSED_TO_ALL, TRIES_BESIDE_OTHERS, True),
        (ARCHIVED, 0, False),
    ],
)
def test_an_object_that_does_not_tell_holds_the_set_for_a_while_and_not_for_ever(
    problem: Trouble, tries: int, is_raised: bool
) -> None:
    job = collecting(ZIP, OUT)
    job = replace(job, retry=trouble(api=Api.READING, tries=tries)) if tries else job
    memory = folder_of(job, mark_of(SECOND))
    memory.troubles[f"stored {KEY}"] = problem
    if is_raised:
        with pytest.raises(type(problem)):
            left(job, memory)
    else:
        assert left(job, memory).verdict is Verdict.LEFT_OUT


def test_a_look_asks_each_object_once_and_a_set_without_photos_of_zips_costs_no_question() -> None:
    job = collecting(ZIP, OUT, photo("2.jpg"))
    memory = folder_of(job, mark_of(FIRST))
    asked: list[str] = []
    memory.stored = lambda key: asked.append(key) or memory.objects.get(key)  # type: ignore[method-assign,func-returns-value]  # counts
    for _ in range(3):
        look_through(memory.world(RULES), "li", memory.latest("li"))
    assert asked == [KEY]
    plain = collecting(photo("2.jpg"))
    memory = Memory(plain)
    memory.upload("2.jpg", at=NOW - 1000)
    memory.troubles["stored"] = BUSY
    memory.time = NOW + RULES.quiet_ms
    after = look_through(memory.world(RULES), "li", memory.latest("li"))
    assert after is not None
    assert after.state is JobState.QUEUED


@pytest.mark.parametrize("left_ms", [LIFE_MS, TIME_FOR_A_BATCH_MS + 1])
def test_an_upload_that_a_listing_shows_is_asked_for_its_mark_however_little_time_is_left(
    left_ms: int,
) -> None:
    memory = folder_of(collecting(OUT), "mark")
    memory.rows.clear()
    world = memory.world(dead_at=NOW + left_ms)
    found = Found(Upload("li", OUT.name, UploadKind.PHOTO), replace(memory.objects[KEY], taken_from=None))
    job, _ = record_found(world, [found], None)
    assert job is not None
    (only,) = job.photo_set.photos
    assert only.taken_from == "mark"


@pytest.mark.parametrize(
    ("told", "is_there", "verdict"),
    [
        (mark_of(FIRST), False, Verdict.LEFT_OUT),
        (mark_of(FIRST), True, Verdict.LEFT_OUT),
        (mark_of(SECOND), True, Verdict.USABLE),
        ("", False, Verdict.USABLE),
        ("", True, Verdict.USABLE),
    ],
)
def test_what_was_recorded_without_a_mark_is_asked_for_it_by_the_look(
    told: str, is_there: bool, verdict: Verdict
) -> None:
    job = collecting(ZIP, replace(OUT, taken_from=UNKNOWN_MARK))
    memory = folder_of(job, told)
    if not is_there:
        del memory.objects["people/li/a.zip"]
    found = left(job, memory)
    assert (found.verdict, found.taken_from) == (
        verdict,
        UNKNOWN_MARK if verdict is Verdict.LEFT_OUT else told,
    )
    memory.troubles["stored"] = ARCHIVED
    assert (left(job, memory).verdict, left(job, memory).taken_from) == (Verdict.USABLE, "")


def test_an_upload_that_does_not_tell_is_to_be_asked_later() -> None:
    memory = folder_of(collecting(OUT), "mark")
    memory.rows.clear()
    memory.troubles["stored"] = BUSY
    found = Found(Upload("li", OUT.name, UploadKind.PHOTO), replace(memory.objects[KEY], taken_from=None))
    job, _ = record_found(memory.world(), [found], None)
    assert job is not None
    assert [one.taken_from for one in job.photo_set.photos] == [UNKNOWN_MARK]


def test_the_same_bytes_that_are_sent_again_by_hand_are_of_no_zip() -> None:
    resent = replace(stored(OUT), etag="other", crc64="7", taken_from="")
    (only,) = photo_set(replace(OUT, crc64="7")).with_resent(OUT.name, resent).photos
    assert (only.etag, only.taken_from) == ("other", "")
