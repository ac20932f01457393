"""Looking at a refused upload: when it is read, how much of it, and what a read that fails comes to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aliyun_local.samples import encoded
from shared.domain.breakers import Breaker
from shared.domain.file_facts import END_BYTES, START_BYTES
from shared.domain.job import Job
from shared.domain.photos import MAX_SOURCE_BYTES, Photo, Verdict
from shared.domain.row_size import MAX_DETAIL_CHARACTERS
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import NotFound, Permanent, RetryLater, Trouble
from shared.workflow.checking import TIME_FOR_A_PHOTO_MS, judge, judge_each
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.support import NOW, RULES, collecting, photo, trouble
from tests.uploads import media_files as m
from tests.uploads import pictures as p
from tests.uploads import raw_files as r

KEY = "people/li/new.jpg"
NEW = photo("new.jpg", Verdict.UNPREPARED)
SET = collecting(photo("a.jpg"))
REFUSAL = Permanent(
    "BadRequest", "This image format is not supported.", kind=Kind.PICTURE, api=Api.PROCESSING
)
PASSING = RetryLater("InternalError", "try again", delay_seconds=1, api=Api.READING)
TROUBLES = [
    PASSING,
    Permanent("InvalidObjectState", "it is archived", api=Api.READING),
    NotFound("replaced", "it was replaced", kind=Kind.GONE, api=Api.READING),
]


class Reads(Memory):
    """The services in memory, with one upload whose content is read; notes every read of it."""

    def __init__(self, content: bytes, *, refusal: Trouble | None = REFUSAL, name: str = "new.jpg") -> None:
        super().__init__()
        self.photo = replace(NEW, name=name, etag=f"E-{name}", size=len(content))
        self.key = f"people/li/{name}"
        self.contents[self.key] = content
        self.reads: list[tuple[int, int, str]] = []
        if refusal is not None:
            self.troubles["prepare"] = refusal

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        if key == self.key:
            self.reads.append((start, count, etag))
        return super().read_range(key, start, count, etag=etag)

    def judged(self, before: Photo | None = None, job: Job = SET) -> Photo:
        return judge(self.world(RULES), self.key, before or self.photo, job)


BEGINNING = (0, START_BYTES, "E-new.jpg")


# -- when, and how much ---------------------------------------------------------------------------


def test_a_photo_that_oss_prepares_is_not_read() -> None:
    memory = Reads(p.jpeg(), refusal=None)
    assert memory.judged().verdict is Verdict.USABLE
    assert memory.reads == []


@pytest.mark.parametrize(
    ("code", "message"),
    [("ImageTooLarge", ""), ("BadRequest", "Picture exceed the maximum allowable rotation range")],
)
def test_a_picture_of_too_many_pixels_is_not_read(code: str, message: str) -> None:
    memory = Reads(p.jpeg(), refusal=Permanent(code, message, kind=Kind.PICTURE, api=Api.PROCESSING))
    assert memory.judged().verdict is Verdict.TOO_MANY_PIXELS
    assert memory.reads == []


def test_an_empty_file_and_a_duplicate_are_not_read() -> None:
    memory = Reads(b"")
    assert memory.judged().verdict is Verdict.EMPTY
    same = collecting(photo("other.jpg", etag="E-new.jpg"))
    memory = Reads(b"x")
    assert memory.judged(job=same).verdict is Verdict.DUPLICATE
    assert memory.reads == []


def test_of_a_short_file_the_beginning_is_all_that_is_read() -> None:
    memory = Reads(b"a note")
    found = memory.judged()
    assert (found.verdict, found.detail, found.retry) == (Verdict.TEXT_FILE, "text", None)
    assert memory.reads == [BEGINNING]


def test_of_a_long_file_the_end_is_read_only_where_it_tells() -> None:
    whole = p.with_large_profile((1200, 1500))
    memory = Reads(whole)
    found = memory.judged()
    assert found.verdict is Verdict.NOT_AN_IMAGE
    assert memory.reads == [BEGINNING, (len(whole) - END_BYTES, END_BYTES, "E-new.jpg")]
    memory = Reads(b"Rar!\x1a\7\1\0" + bytes(START_BYTES * 3))
    assert memory.judged().verdict is Verdict.OTHER_ARCHIVE
    assert memory.reads == [BEGINNING]


def test_the_end_of_a_file_that_is_hardly_longer_than_its_beginning_is_read_whole() -> None:
    whole = encoded(p.face(), "PNG")
    filled = whole[:-12] + b"\0\0\0\0" * ((START_BYTES + 4 - len(whole)) // 4) + whole[-12:]
    assert 0 < len(filled) - START_BYTES < 12
    assert Reads(filled).judged().verdict is Verdict.NOT_AN_IMAGE


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (m.film(b"mp42", picture_bytes=MAX_SOURCE_BYTES), Verdict.VIDEO),
        (m.live_photo_film(picture_bytes=MAX_SOURCE_BYTES), Verdict.LIVE_PHOTO_VIDEO),
        (p.jpeg() + bytes(MAX_SOURCE_BYTES), Verdict.TOO_MANY_BYTES),
        (p.jpeg()[:-9] + bytes(MAX_SOURCE_BYTES), Verdict.TOO_MANY_BYTES),
        (b"\x9d\x01" * MAX_SOURCE_BYTES, Verdict.TOO_MANY_BYTES),
    ],
    ids=["video", "Live Photo", "JPEG", "JPEG cut off", "unknown"],
)
def test_a_large_file_is_not_shown_to_oss_and_has_the_verdict_of_its_kind(
    content: bytes, verdict: Verdict
) -> None:
    memory = Reads(content, refusal=None)
    found = memory.judged()
    assert (found.verdict, found.retry, memory.prepared) == (verdict, None, [])
    assert len(memory.reads) <= 2


@pytest.mark.parametrize("time_is_short", [True, False])
def test_a_large_file_for_which_no_time_is_left_is_left_as_it_is(time_is_short: bool) -> None:
    memory = Reads(m.film(picture_bytes=MAX_SOURCE_BYTES))
    world = memory.world()
    memory.time += LIFE_MS - TIME_FOR_A_PHOTO_MS - (0 if time_is_short else 1)
    found = judge(world, memory.key, memory.photo, SET)
    assert (found.verdict is Verdict.UNPREPARED) is time_is_short
    assert (memory.reads == []) is time_is_short


def test_a_file_that_is_called_like_a_raw_one_is_read_before_oss_takes_its_preview_for_the_photo() -> None:
    memory = Reads(r.raw(dng=True), refusal=None, name="IMG_1.DNG")
    found = memory.judged()
    assert (found.verdict, found.detail) == (Verdict.RAW_FILE, "DNG")
    assert (memory.prepared, memory.reads) == ([], [(0, START_BYTES, "E-IMG_1.DNG")])


def test_a_photo_that_is_only_called_like_a_raw_file_is_prepared() -> None:
    memory = Reads(p.jpeg(), refusal=None, name="IMG_1.DNG")
    assert memory.judged().verdict is Verdict.USABLE
    assert (memory.prepared, len(memory.reads)) == ([memory.key], 1)


def snapshot_of(memory: Reads, width: int, height: int) -> None:
    memory.snapshot_begins_with = p.sized(width, height)


@pytest.mark.parametrize(
    ("sides", "snapshot", "verdict", "detail"),
    [
        ((1080, 12_000), (184, 2048), Verdict.TOO_NARROW, "1080 x 12000 pixels"),
        ((256, 2100), (250, 2048), Verdict.TOO_NARROW, "256 x 2100 pixels"),
        ((255, 2100), (249, 2048), Verdict.TOO_FEW_PIXELS, "255 x 2100 pixels"),
        ((200, 2048), (200, 2048), Verdict.TOO_FEW_PIXELS, "200 x 2048 pixels"),
        ((200, 300), (200, 300), Verdict.TOO_FEW_PIXELS, "200 x 300 pixels"),
    ],
)
def test_a_long_picture_is_to_be_cropped_only_if_that_leaves_enough(
    sides: tuple[int, int], snapshot: tuple[int, int], verdict: Verdict, detail: str
) -> None:
    memory = Reads(p.sized(*sides), refusal=None)
    snapshot_of(memory, *snapshot)
    found = memory.judged()
    assert (found.verdict, found.detail, found.snapshot) == (verdict, detail, "")
    assert memory.reads == [BEGINNING] or len(memory.reads) == 2


def test_a_long_picture_whose_sides_cannot_be_read_is_to_be_cropped() -> None:
    memory = Reads(b"II*\0" + bytes(100), refusal=None)
    snapshot_of(memory, 184, 2048)
    found = memory.judged()
    assert (found.verdict, found.detail) == (Verdict.TOO_NARROW, "")


def test_a_small_preview_out_of_a_raw_file_is_no_small_photo() -> None:
    memory = Reads(r.raw(dng=True), refusal=None)
    snapshot_of(memory, 160, 120)
    assert memory.judged().verdict is Verdict.RAW_FILE


# -- what is told ---------------------------------------------------------------------------------


def test_of_a_file_that_nobody_knows_its_first_bytes_are_told_before_the_words_of_oss() -> None:
    found = Reads(b"\x9d\x01" * 40).judged()
    assert found.verdict is Verdict.NOT_AN_IMAGE
    assert found.detail == f"begins with 9d 01 9d 01 9d 01 9d 01; BadRequest: {REFUSAL.message}"


def test_of_a_damaged_picture_its_format_is_told_before_the_words_of_oss() -> None:
    found = Reads(p.jpeg()).judged()
    assert found.detail == f"JPEG file; BadRequest: {REFUSAL.message}"


def test_a_detail_is_cut_to_what_a_row_has_room_for() -> None:
    refusal = Permanent("ImageDamage", "x" * 10_000, kind=Kind.PICTURE, api=Api.PROCESSING)
    assert len(Reads(b"\x9d\x01", refusal=refusal).judged().detail) == MAX_DETAIL_CHARACTERS


def test_the_names_of_the_set_tell_a_still_beside_a_film() -> None:
    memory = Reads(m.film(b"qt  "), name="a.mov")
    assert memory.judged().verdict is Verdict.LIVE_PHOTO_VIDEO


def test_a_still_that_comes_together_with_its_film_tells_it_as_well() -> None:
    memory = Reads(m.film(b"qt  "), name="IMG_1.MOV")
    still = photo("IMG_1.HEIC", Verdict.UNPREPARED)
    together = [(memory.key, memory.photo), ("people/li/IMG_1.HEIC", still)]
    film, _ = judge_each(memory.world(RULES), together, SET)
    assert film.verdict is Verdict.LIVE_PHOTO_VIDEO


# -- trouble --------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", [*TROUBLES, KeyError("x")], ids=lambda problem: type(problem).__name__)
def test_a_read_that_fails_is_a_trouble_of_the_photo_which_is_tried_again(problem: Exception) -> None:
    memory = Reads(b"a note")
    memory.troubles[f"read_range {memory.key}"] = problem
    held_up = memory.judged()
    assert (held_up.verdict, held_up.detail) == (Verdict.UNPREPARED, "")
    assert held_up.retry is not None
    assert (held_up.retry.tries, held_up.retry.next_try_at > NOW) == (1, True)
    del memory.troubles[f"read_range {memory.key}"]
    found = memory.judged(held_up)
    assert (found.verdict, found.retry) == (Verdict.TEXT_FILE, None)


@pytest.mark.parametrize("problem", [*TROUBLES, KeyError("x")], ids=lambda problem: type(problem).__name__)
@pytest.mark.parametrize(
    ("content", "verdict", "detail"),
    [
        (b"a note", Verdict.NOT_AN_IMAGE, f"BadRequest: {REFUSAL.message}"),
        (bytes(MAX_SOURCE_BYTES + 1), Verdict.TOO_MANY_BYTES, ""),
    ],
    ids=["refused by OSS", "too large"],
)
def test_a_read_that_fails_again_leaves_the_refusal_as_it_is(
    content: bytes, verdict: Verdict, detail: str, problem: Exception
) -> None:
    memory = Reads(content)
    memory.troubles[f"read_range {memory.key}"] = problem
    held_up = memory.judged()
    found = memory.judged(held_up)
    assert (found.verdict, found.detail, found.retry) == (verdict, detail, None)


def test_a_file_that_is_called_like_a_raw_one_and_cannot_be_read_is_prepared_all_the_same() -> None:
    memory = Reads(p.jpeg(), refusal=None, name="1.dng")
    memory.troubles[f"read_range {memory.key}"] = PASSING
    held_up = memory.judged()
    assert held_up.retry is not None
    assert memory.judged(held_up).verdict is Verdict.USABLE


def test_after_an_earlier_trouble_the_refusal_waits_for_no_words() -> None:
    memory = Reads(b"a note")
    memory.troubles[f"read_range {memory.key}"] = PASSING
    found = memory.judged(replace(memory.photo, retry=trouble()))
    assert (found.verdict, found.retry) == (Verdict.NOT_AN_IMAGE, None)


def test_a_file_that_could_be_read_shows_that_reading_works() -> None:
    memory = Reads(b"a note")
    memory.well_being = replace(memory.well_being, breakers={Api.READING: Breaker(since=1, is_open=True)})
    world = memory.world()
    world.health.begin(memory.well_being)
    judge(world, memory.key, memory.photo, SET)
    assert memory.well_being.breakers[Api.READING].is_well
