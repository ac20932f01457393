"""The hashes of a set of more than 10 usable photos: each made once, in bounded time, to nobody's harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.difference_hash import NO_HASH, hash_of_bitmap
from shared.domain.health import Health
from shared.domain.job import Job
from shared.domain.photos import Verdict
from shared.domain.retry_state import DEATHS_ALLOWED, TRIES_BESIDE_OTHERS
from shared.domain.rules import MAX_PHOTOS
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, NotFound, Permanent, RetryLater, Trouble
from shared.workflow.closing import TIME_FOR_A_LOOK_MS, look_through
from shared.workflow.hashing import TIME_FOR_A_HASH_MS
from tests.bitmaps import bitmap_of
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW, RULES, collecting, photo, trouble

S = JobState
QUIET = NOW + RULES.quiet_ms
PASSING = RetryLater("InternalError", "…", delay_seconds=1, api=Api.PROCESSING)


def many(count: int) -> Memory:
    """An open set of so many usable photos that has rested, and its folder."""
    photos = [photo(f"{number:03}") for number in range(count)]
    job = collecting(*photos, rules=replace(RULES, close_at=0))
    memory = Memory(job)
    for one in photos:
        memory.upload(one.name, at=one.uploaded_at)
    memory.time = QUIET
    return memory


def the(memory: Memory) -> Job:
    job = memory.latest("li")
    assert job is not None
    return job


def look(memory: Memory) -> Job:
    after = look_through(memory.world(), "li", the(memory))
    assert after is not None
    return after


def hashes(job: Job) -> list[str]:
    return [one.dhash for one in job.photo_set.photos]


def test_a_set_of_ten_needs_no_hash() -> None:
    memory = many(MAX_PHOTOS)
    assert look(memory).state is S.QUEUED
    assert "bitmap" not in memory.calls


def test_a_larger_set_closes_once_each_photo_has_its_hash() -> None:
    memory = many(12)
    closed = look(memory)
    assert (closed.state, len(closed.files)) == (S.QUEUED, MAX_PHOTOS)
    assert hashes(closed) == [hash_of_bitmap(bitmap_of(f"submissions/x/{number:03}")) for number in range(12)]
    assert memory.calls.count("bitmap") == 12


def test_no_look_makes_a_hash_again() -> None:
    memory = many(12)
    look(memory)
    upload = memory.upload("new", at=memory.time)
    from shared.workflow.recording import record_photo

    record_photo(memory.world(), upload, the(memory))
    assert (the(memory).state, len(the(memory).photo_set.usable)) == (S.COLLECTING, 13)
    memory.time += RULES.quiet_ms
    assert look(memory).state is S.QUEUED
    assert memory.calls.count("bitmap") == 13


def test_near_duplicates_are_told_of_the_photo_that_is_trained_in_their_place() -> None:
    memory = many(14)
    memory.looks_like |= {f"submissions/x/{number:03}": "burst" for number in range(5)}
    closed = look(memory)
    assert len(closed.files) == MAX_PHOTOS
    assert [(one.name, one.verdict, one.detail) for one in closed.photo_set.photos[:5]] == [
        ("000", Verdict.USABLE, ""),
        *((f"{number:03}", Verdict.SIMILAR, "000") for number in range(1, 5)),
    ]


def test_a_set_of_two_hundred_takes_several_looks_and_loses_nothing_in_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    memory = many(200)
    bitmap, looks = memory.bitmap, 0

    def slow(key: str, width: int, height: int) -> bytes:
        memory.time += 300
        return bitmap(key, width, height)

    monkeypatch.setattr(memory, "bitmap", slow)
    while the(memory).state is S.COLLECTING:
        began, before = memory.time, sum(map(bool, hashes(the(memory))))
        after = look(memory)
        assert memory.time - began <= TIME_FOR_A_LOOK_MS - TIME_FOR_A_HASH_MS + 300
        assert sum(map(bool, hashes(after))) > before
        assert after.due_at <= memory.time, "the next look comes at once"
        looks += 1
    assert looks > 2
    assert memory.calls.count("bitmap") == 200


@pytest.mark.parametrize(
    "problem",
    [
        Permanent("ImageDamage", "…", kind=Kind.PICTURE, api=Api.PROCESSING),
        Permanent("InvalidObjectState", "…", kind=Kind.OBJECT, api=Api.PROCESSING),
        NotFound("NoSuchKey", "…", kind=Kind.GONE, api=Api.PROCESSING),
    ],
)
def test_a_photo_whose_hash_cannot_be_made_for_its_own_sake_holds_up_nobody(problem: Trouble) -> None:
    memory = many(12)
    memory.troubles["bitmap submissions/x/003"] = problem
    closed = look(memory)
    assert (closed.state, closed.photo_set.photos[3].dhash) == (S.QUEUED, NO_HASH)
    assert closed.photo_set.photos[3].verdict in (Verdict.USABLE, Verdict.OVER_LIMIT)


def test_an_answer_that_is_no_bitmap_counts_as_no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = many(12)
    monkeypatch.setattr(memory, "bitmap", lambda *_: b"<html>")
    assert hashes(look(memory)) == [NO_HASH] * 12
    assert len(the(memory).files) == MAX_PHOTOS


def test_what_passes_is_tried_again_and_the_hashes_before_it_are_kept() -> None:
    memory = many(12)
    memory.troubles["bitmap submissions/x/003"] = PASSING
    first = look(memory)
    assert (first.state, [bool(one) for one in hashes(first)]) == (S.COLLECTING, [True] * 3 + [False] * 9)
    with pytest.raises(RetryLater, match="InternalError"):
        look(memory)
    assert the(memory) == first
    memory.troubles.clear()
    assert look(memory).state is S.QUEUED
    # Three of the first look, and in each of the others the one that fails, or all that were left.
    assert memory.calls.count("bitmap") == 4 + 1 + 9


@pytest.mark.parametrize(("others_pass", "is_given_up"), [(True, True), (False, False)])
def test_what_fails_again_and_again_is_given_up_once_others_have_been_served(
    others_pass: bool, is_given_up: bool
) -> None:
    memory = many(12)
    memory.troubles["bitmap submissions/x/000"] = PASSING
    retry = trouble(Kind.PASSING, Api.PROCESSING, tries=TRIES_BESIDE_OTHERS, next_try_at=NOW)
    memory.save(the(memory), replace(the(memory), retry=retry))
    world = memory.world()
    health = Health(version=1).failed(retry.cause, NOW)
    world.health.begin(health.passed(Api.PROCESSING, NOW + 1) if others_pass else health)
    if is_given_up:
        after = look_through(world, "li", the(memory))
        assert after is not None
        assert (after.state, after.photo_set.photos[0].dhash) == (S.QUEUED, NO_HASH)
    else:
        with pytest.raises(RetryLater, match="InternalError"):
            look_through(world, "li", the(memory))


def test_an_account_that_is_refused_is_waited_for() -> None:
    memory = many(12)
    memory.troubles["bitmap"] = AccountTrouble(
        "UserDisable", "…", delay_seconds=60, kind=Kind.ACCOUNT, api=Api.PROCESSING
    )
    with pytest.raises(AccountTrouble):
        look(memory)
    assert the(memory).state is S.COLLECTING


def test_a_hash_that_has_killed_runs_is_left_alone_and_then_given_up() -> None:
    for deaths, expected in ((DEATHS_ALLOWED, S.COLLECTING), (DEATHS_ALLOWED + 1, S.QUEUED)):
        memory = many(12)
        piece = f"{the(memory).person_key} hash E-000"
        memory.well_being = Health(version=1, deaths={piece: deaths}, died_at=QUIET - MINUTE_MS)
        world = memory.world()
        world.health.begin(memory.well_being)
        if expected is S.COLLECTING:
            with pytest.raises(RetryLater, match="function_died"):
                look_through(world, "li", the(memory))
        else:
            look_through(world, "li", the(memory))
            assert the(memory).photo_set.photos[0].dhash == NO_HASH
        assert the(memory).state is expected


def test_a_carried_photo_brings_its_hash() -> None:
    memory = many(12)
    following = look(memory).photo_set.following(memory.time, carried_from=1)
    assert all(following.photos)
    assert all(one.dhash for one in following.photos)
    assert {one.verdict for one in following.photos} == {Verdict.USABLE}
    assert {one.detail for one in following.photos} == {""}


def test_a_photo_keeps_the_number_of_its_snapshots_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.workflow.recording import record_photo

    sides: Callable[[bytes], tuple[int, int] | None]
    for sides, pixels in ((lambda _: (2048, 1536), 2048 * 1536), (lambda _: None, 0)):
        memory = Memory()
        with monkeypatch.context() as patch:
            patch.setattr("shared.workflow.checking.jpeg_sides", sides)
            recorded = record_photo(memory.world(), memory.upload("a.jpg"), None)
        assert recorded.job is not None
        assert recorded.job.photo_set.photos[0].pixels == pixels
