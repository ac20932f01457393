"""Judging a photo: cheap facts, the snapshot, the face check, and the trouble that stays with the photo."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.domain.breakers import Breaker
from shared.domain.job import Job
from shared.domain.photos import MAX_PREPARED_BYTES, MAX_SOURCE_BYTES, Photo, Verdict
from shared.domain.retry_state import DEATHS_ALLOWED, TRIES_BESIDE_OTHERS, TRIES_OF_AN_OBJECT
from shared.domain.row_size import MAX_DETAIL_CHARACTERS
from shared.domain.rules import Rules
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, NotFound, Permanent, RequestTrouble, RetryLater, Trouble
from shared.workflow.checking import TIME_FOR_A_PHOTO_MS, judge
from shared.workflow.photo_access import CHECK_TRIES, FIRST_PAUSE_MS
from tests.unit.memory import LIFE_MS, Memory
from tests.unit.support import NOW, RULES, collecting, photo, trouble

KEY = "people/li/new.jpg"
NEW = photo("new.jpg", Verdict.UNPREPARED)
PREPARED = photo("new.jpg", Verdict.UNCHECKED)
SET = collecting(photo("a.jpg"))
THROTTLED = RetryLater("Throttling.RateQuota", "slow down", delay_seconds=1, api=Api.FACE_CHECK)
PASSING = RetryLater("InternalError", "try again", delay_seconds=1, api=Api.PROCESSING)
ARCHIVED = Permanent("InvalidObjectState", "it is archived", api=Api.PROCESSING)
UNPURCHASED = AccountTrouble(
    "AccessDenied.Unpurchased", "switch it on", delay_seconds=60, kind=Kind.ACCOUNT, api=Api.FACE_CHECK
)


def judged(memory: Memory, new: Photo = NEW, *, rules: Rules = RULES, job: Job = SET) -> Photo:
    return judge(memory.world(rules), KEY, new, job)


def picture(code: str, message: str = "no picture", api: Api = Api.PROCESSING) -> Permanent:
    return Permanent(code, message, kind=Kind.PICTURE, api=api)


# -- verdicts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "verdict"),
    [
        (replace(NEW, size=0), Verdict.EMPTY),
        (replace(NEW, size=MAX_SOURCE_BYTES + 1), Verdict.TOO_MANY_BYTES),
        (replace(NEW, etag="E-a.jpg"), Verdict.DUPLICATE),
    ],
    ids=["empty", "too large", "a copy"],
)
def test_a_photo_that_cheap_facts_refuse_is_neither_prepared_nor_shown_to_dashscope(
    new: Photo, verdict: Verdict
) -> None:
    memory = Memory()
    assert judged(memory, new).verdict is verdict
    assert (memory.prepared, memory.checked) == ([], [])


def test_a_photo_with_a_face_is_usable_and_has_a_snapshot_of_its_set() -> None:
    memory = Memory()
    found = judged(memory)
    assert (found.verdict, found.retry) == (Verdict.USABLE, None)
    assert found.snapshot == f"submissions/{SET.job_id}/token0.jpg"
    assert memory.prepared == [KEY]
    assert len(memory.checked) == 1


def test_a_photo_that_was_prepared_before_is_only_checked() -> None:
    memory = Memory()
    found = judged(memory, replace(PREPARED, retry=trouble(api=Api.FACE_CHECK)))
    assert found == replace(PREPARED, verdict=Verdict.USABLE)
    assert memory.prepared == []


def test_a_photo_that_its_snapshot_shows_to_be_too_large_is_not_shown_to_dashscope() -> None:
    memory = Memory()
    memory.prepared_as = MAX_PREPARED_BYTES + 1
    found = judged(memory)
    assert (found.verdict, found.snapshot, memory.checked) == (Verdict.TOO_MANY_BYTES, "", [])


@pytest.mark.parametrize(
    ("refusal", "verdict", "format_as_told"),
    [
        (picture("ImageDamage"), Verdict.NOT_AN_IMAGE, "JPEG file; "),
        (picture("ImageTooLarge"), Verdict.TOO_MANY_PIXELS, ""),
    ],
    ids=["damaged", "too large"],
)
def test_a_documented_finding_of_oss_about_the_picture_is_a_verdict_at_once(
    refusal: Trouble, verdict: Verdict, format_as_told: str
) -> None:
    memory = Memory()
    memory.troubles["prepare"] = refusal
    found = judged(memory)
    assert (found.verdict, found.snapshot, found.retry) == (verdict, "", None)
    assert found.detail == f"{format_as_told}{refusal.code}: no picture"
    assert memory.checked == []


def test_a_documented_finding_of_the_face_check_about_the_picture_is_a_verdict_at_once() -> None:
    memory = Memory()
    memory.troubles["detect_faces"] = picture("InvalidImageFormat", "…", Api.FACE_CHECK)
    found = judged(memory)
    assert (found.verdict, found.detail, found.retry) == (Verdict.UNFIT, "InvalidImageFormat: …", None)


def test_with_the_face_check_off_a_prepared_photo_is_usable() -> None:
    memory = Memory()
    assert judged(memory, rules=Rules(face_check=False)).verdict is Verdict.USABLE
    assert (memory.checked, memory.paced) == ([], 0)


def test_a_photo_that_was_held_up_by_the_face_check_is_usable_and_well_once_that_is_off() -> None:
    held_up = replace(NEW, verdict=Verdict.UNCHECKED, snapshot="submissions/x/a.jpg", retry=trouble())
    found = judged(Memory(), held_up, rules=Rules(face_check=False))
    assert (found.verdict, found.retry) == (Verdict.USABLE, None)


def test_the_words_of_a_service_are_cut_to_what_a_row_has_room_for() -> None:
    memory = Memory()
    memory.troubles["prepare"] = picture("ImageDamage", "x" * 10_000)
    assert len(judged(memory).detail) == MAX_DETAIL_CHARACTERS


# -- trouble --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "problem",
    [
        PASSING,
        ARCHIVED,
        NotFound("NoSuchKey", "it is gone", kind=Kind.GONE, api=Api.PROCESSING),
        RequestTrouble("AccessDenied", "not for you", delay_seconds=1, kind=Kind.UNKNOWN, api=Api.PROCESSING),
    ],
    ids=lambda problem: problem.code,
)
def test_any_other_trouble_is_no_verdict_and_stays_with_the_photo_which_is_tried_again(
    problem: Trouble,
) -> None:
    memory = Memory()
    memory.troubles["prepare"] = problem
    found = judged(memory)
    assert (found.verdict, found.snapshot) == (Verdict.UNPREPARED, "")
    assert found.retry is not None
    assert (found.retry.tries, found.retry.cause) == (1, problem.cause)
    assert found.retry.next_try_at > NOW
    again = judged(memory, found)
    assert again.retry is not None
    assert (again.retry.tries, again.retry.since) == (2, NOW)


def test_an_error_that_nobody_foresaw_is_a_trouble_of_the_photo_like_another() -> None:
    memory = Memory()
    memory.troubles["prepare"] = KeyError("Last-Modified")
    found = judged(memory)
    assert found.retry is not None
    assert (found.retry.cause.code, found.retry.cause.api) == ("unforeseen", Api.PROCESSING)
    assert "Last-Modified" not in found.retry.cause.message


def test_an_object_that_cannot_be_read_gets_its_verdict_after_a_few_tries() -> None:
    memory = Memory()
    memory.troubles["prepare"] = ARCHIVED
    found = NEW
    for _ in range(TRIES_OF_AN_OBJECT):
        assert found.verdict is Verdict.UNPREPARED
        found = judged(memory, found)
    assert (found.verdict, found.retry) == (Verdict.UNREADABLE, None)
    assert found.detail == "InvalidObjectState: it is archived"


@pytest.mark.parametrize(
    ("new", "operation", "api", "verdict"),
    [
        (NEW, "prepare", Api.PROCESSING, Verdict.UNREADABLE),
        (PREPARED, "detect_faces", Api.FACE_CHECK, Verdict.NOT_JUDGED),
    ],
)
@pytest.mark.parametrize("served_others", [True, False])
def test_trouble_that_may_be_anybodys_is_the_photos_own_only_when_the_api_has_served_others_meanwhile(
    new: Photo, operation: str, api: Api, verdict: Verdict, served_others: bool
) -> None:
    memory = Memory()
    memory.troubles[operation] = RetryLater("InternalError", "…", delay_seconds=1, api=api)
    if served_others:
        memory.well_being = replace(memory.well_being, breakers={api: Breaker(passed_at=NOW + 1)})
    found = new
    for number in range(2 * TRIES_BESIDE_OTHERS):
        memory.time = NOW + number
        world = memory.world()
        world.health.begin(memory.well_being)
        found = judge(world, KEY, found, SET)
        if not found.is_unfinished:
            break
    assert found.verdict is (verdict if served_others else new.verdict)


def test_a_refused_account_is_told_at_once_and_costs_the_photo_nothing() -> None:
    memory = Memory()
    memory.troubles["detect_faces"] = UNPURCHASED
    found = NEW
    for _ in range(20):
        found = judged(memory, found)
    assert (found.verdict, found.snapshot) == (Verdict.UNCHECKED, f"submissions/{SET.job_id}/token0.jpg")
    assert found.retry is not None
    assert found.retry.waits_for is Api.FACE_CHECK
    assert memory.well_being.is_open(Api.FACE_CHECK)


def test_a_trouble_that_strikes_while_the_api_is_refused_to_all_is_the_apis() -> None:
    memory = Memory()
    memory.troubles["detect_faces"] = RetryLater("InternalError", "…", delay_seconds=1, api=Api.FACE_CHECK)
    world = memory.world()
    world.health.begin(memory.well_being.failed(UNPURCHASED.cause, NOW))
    found = judge(world, KEY, NEW, SET)
    assert found.retry is not None
    assert found.retry.waits_for is Api.FACE_CHECK


@pytest.mark.parametrize(
    ("operation", "served"),
    [
        ("nothing", {Api.PROCESSING, Api.READING, Api.FACE_CHECK}),
        ("prepare", {Api.PROCESSING, Api.READING}),
        ("detect_faces", {Api.PROCESSING, Api.READING, Api.FACE_CHECK}),
    ],
)
def test_an_answer_about_the_photo_shows_that_the_api_works(operation: str, served: set[Api]) -> None:
    """Also a finding: whoever says that a picture is damaged has looked at it."""
    memory = Memory()
    api = Api.FACE_CHECK if operation == "detect_faces" else Api.PROCESSING
    memory.troubles[operation] = picture("ImageDamage", api=api)
    suspect = Breaker(since=1, is_open=True)
    memory.well_being = replace(
        memory.well_being, breakers=dict.fromkeys((Api.PROCESSING, Api.READING, Api.FACE_CHECK), suspect)
    )
    world = memory.world()
    world.health.begin(memory.well_being)
    judge(world, KEY, NEW, SET)
    assert {api for api, breaker in memory.well_being.breakers.items() if breaker.is_well} == served


# -- what it takes --------------------------------------------------------------------------------


def test_a_photo_for_which_no_time_is_left_is_left_as_it_is() -> None:
    memory = Memory()
    world = memory.world()
    memory.time += LIFE_MS - TIME_FOR_A_PHOTO_MS
    left = judge(world, KEY, NEW, SET)
    assert left == replace(NEW, recorded_at=memory.time)
    assert memory.prepared == []


def test_a_throttled_face_check_is_made_again_with_growing_pauses_before_the_photo_waits() -> None:
    memory = Memory()
    memory.troubles["detect_faces"] = THROTTLED
    found = judged(memory)
    assert found.verdict is Verdict.UNCHECKED
    assert found.snapshot
    assert found.retry is not None
    assert (found.retry.tries, found.retry.cause.code) == (1, "Throttling.RateQuota")
    assert memory.time == NOW + sum(FIRST_PAUSE_MS * 2**attempt for attempt in range(CHECK_TRIES - 1))
    assert memory.time <= NOW + 10_000


def test_an_absent_face_check_is_not_waited_for() -> None:
    memory = Memory()
    memory.troubles["detect_faces"] = RetryLater(
        "unreachable", "DashScope could not be reached", delay_seconds=20, api=Api.FACE_CHECK
    )
    assert judged(memory).verdict is Verdict.UNCHECKED
    assert memory.time == NOW


def test_every_face_check_waits_for_its_turn_also_one_that_is_made_again() -> None:
    memory = Memory()
    judged(memory)
    assert memory.paced == 1
    memory.troubles["detect_faces"] = THROTTLED
    judged(memory)
    assert memory.paced == 1 + CHECK_TRIES


@pytest.mark.parametrize(
    ("deaths", "minutes_ago", "verdict"),
    [
        (DEATHS_ALLOWED - 1, 0, Verdict.USABLE),
        (DEATHS_ALLOWED, 29, Verdict.UNPREPARED),
        (DEATHS_ALLOWED, 30, Verdict.USABLE),
        (DEATHS_ALLOWED + 1, 0, Verdict.UNREADABLE),
    ],
)
def test_a_photo_that_has_killed_whoever_looked_at_it_rests_for_half_an_hour_and_is_then_given_up(
    deaths: int, minutes_ago: int, verdict: Verdict
) -> None:
    piece = f"{SET.person_key} photo {NEW.etag}"
    memory = Memory()
    world = memory.world()
    died_at = NOW - minutes_ago * 60_000
    world.health.begin(replace(memory.well_being, deaths={piece: deaths}, died_at=died_at))
    after = judge(world, KEY, NEW, SET)
    assert after.verdict is verdict
    assert memory.prepared == ([KEY] if verdict is Verdict.USABLE else [])
    assert (after.retry is not None) == (verdict is Verdict.UNPREPARED)
    if after.retry is not None:
        assert after.retry.cause.code == "function_died"
        assert after.retry.next_try_at == died_at + 30 * 60_000


def test_after_a_run_that_died_the_photo_is_named_before_it_is_looked_at() -> None:
    memory = Memory()
    memory.well_being = replace(memory.well_being, run_began_at=NOW - LIFE_MS, run_dead_at=NOW - 1)
    world = memory.world()
    world.health.begin(memory.well_being)
    judge(world, KEY, NEW, SET)
    assert memory.well_being.in_hand == f"{SET.person_key} photo {NEW.etag}"
