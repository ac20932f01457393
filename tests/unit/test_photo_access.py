"""How photos get to DashScope: by URL, by its file service, or as a picture of our own has shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.control_rows import Document
from shared.domain.job import Job
from shared.domain.photo_access import (
    ASKED_AGAIN_MS,
    ROW,
    TIDIED_FOR_MS,
    AccessSettings,
    LearntAccess,
    Way,
)
from shared.domain.rules import Rules
from shared.domain.stored_files import (
    MAY_BE_IN_USE_MS,
    StoredFile,
    mark_of,
    name_for_check,
    name_for_training,
)
from shared.domain.trouble_kinds import Api, Kind
from shared.domain.unread import Unread
from shared.errors import Conflict, Permanent, RequestTrouble, RetryLater
from shared.workflow.access_record import TRIES
from shared.workflow.learning_access import TIME_TO_LEARN_MS, learn_way
from shared.workflow.own_picture import PICTURE, PICTURE_KEY
from shared.workflow.photo_access import check_face, doubt_urls, settled_way
from shared.workflow.ports import World
from shared.workflow.reconciling import reconcile
from shared.workflow.stored_files import TIME_FOR_A_DELETE_MS, delete_files, delete_unneeded
from tests.unit.memory import DOOR, Memory
from tests.unit.support import MINUTE_MS, NOW

KEY = "submissions/0123456789abcdef0123-1/aa.jpg"
NOT_FETCHED = RequestTrouble(
    "InvalidParameter.DataInspection",
    "Unable to download the media resource.",
    delay_seconds=20,
    kind=Kind.UNKNOWN,
    api=Api.FACE_CHECK,
)


class Doors(Memory):
    """DashScope downloads from ``open_doors``; a URL of the bucket and one of its own files have one each."""

    def __init__(self, *open_doors: str) -> None:
        super().__init__()
        self.open_doors = set(open_doors)
        self.contents[KEY] = b"a photo"

    def detect_faces(self, urls: Sequence[str]) -> list[tuple[bool, str]]:
        found = super().detect_faces(urls)
        if not any(f"//{door}" in urls[0] for door in self.open_doors):
            raise NOT_FETCHED
        return found


BUCKET_DOOR, FILE_DOOR = "photos.oss.example", "files.dashscope.example"


def today() -> Doors:
    """An account of today: DashScope downloads from its own file service alone."""
    return Doors(FILE_DOOR)


def learnt(memory: Memory) -> LearntAccess:
    return LearntAccess.from_value(memory.documents.get(ROW, Document()).value)


def auto(memory: Memory) -> World:
    return memory.world(way=None)


# -- what is set -----------------------------------------------------------------------------------


def test_by_url_a_photo_costs_one_call_and_nothing_is_read_or_written() -> None:
    memory = Doors(BUCKET_DOOR)
    assert check_face(memory.world(way=Way.URL), KEY) == (True, "")
    assert (len(memory.checked), memory.documents, memory.uploaded) == (1, {}, {})


def test_by_file_the_photo_is_stored_while_it_is_looked_at_and_no_longer() -> None:
    memory = today()
    assert check_face(memory.world(way=Way.FILE), KEY) == (True, "")
    (name,) = memory.uploaded
    assert name == name_for_check(mark_of("photos"), KEY)
    assert memory.uploaded[name] == b"a photo"
    assert (memory.stored_files, len(memory.deleted_files)) == ([], 1)


@pytest.mark.parametrize("operation", ["file_url", "detect_faces"])
def test_a_check_by_file_that_fails_leaves_no_file_behind(operation: str) -> None:
    memory = today()
    memory.troubles[operation] = RetryLater("InternalError", "…", delay_seconds=1)
    with pytest.raises(RetryLater):
        check_face(memory.world(way=Way.FILE), KEY)
    assert memory.stored_files == []


def test_a_file_that_cannot_be_deleted_now_does_not_spoil_the_verdict() -> None:
    memory = today()
    memory.troubles["delete_file"] = RetryLater("InternalError", "…", delay_seconds=1)
    assert check_face(memory.world(way=Way.FILE), KEY) == (True, "")
    assert len(memory.stored_files) == 1


def test_what_is_set_is_not_learnt_otherwise() -> None:
    memory = today()
    with pytest.raises(RequestTrouble):
        check_face(memory.world(way=Way.URL), KEY)
    assert (memory.documents, memory.uploaded) == ({}, {})


# -- what is found out -----------------------------------------------------------------------------


def test_where_urls_work_the_first_photo_shows_it_and_it_is_written_down_once() -> None:
    memory = Doors(BUCKET_DOOR)
    for _ in range(3):
        assert check_face(auto(memory), KEY) == (True, "")
    assert learnt(memory) == LearntAccess(way=Way.URL, door=DOOR, learnt_at=NOW)
    assert memory.documents[ROW].version == 1
    assert len(memory.checked) == 3


def test_where_urls_do_not_work_our_own_picture_settles_it_and_the_photo_goes_by_file() -> None:
    memory = today()
    assert check_face(auto(memory), KEY) == (True, "")
    assert learnt(memory) == LearntAccess(Way.FILE, DOOR, NOW, "InvalidParameter.DataInspection")
    assert memory.contents[PICTURE_KEY] == PICTURE
    assert list(memory.uploaded.values()) == [PICTURE, b"a photo"]
    assert memory.stored_files == []
    before = len(memory.checked)
    assert check_face(auto(memory), KEY) == (True, "")
    assert len(memory.checked) == before + 1


def test_a_photo_that_alone_cannot_be_downloaded_is_that_photos_trouble() -> None:
    class Once(Doors):
        def detect_faces(self, urls: Sequence[str]) -> list[tuple[bool, str]]:
            if KEY in urls[0]:
                raise NOT_FETCHED
            return super().detect_faces(urls)

    alone = Once(BUCKET_DOOR)
    with pytest.raises(RequestTrouble):
        check_face(auto(alone), KEY)
    assert learnt(alone).way is Way.URL
    assert alone.uploaded == {}


def test_where_neither_way_works_nothing_is_learnt() -> None:
    memory = Doors()
    with pytest.raises(RequestTrouble):
        check_face(auto(memory), KEY)
    assert memory.documents == {}
    assert memory.stored_files == []


@pytest.mark.parametrize(
    ("operation", "trouble"),
    [
        ("write", RetryLater("InternalError", "…", delay_seconds=1, api=Api.WRITING)),
        ("upload_file", Permanent("SomethingNew", "…")),
    ],
)
def test_a_trouble_on_the_way_to_an_answer_is_no_answer(operation: str, trouble: Exception) -> None:
    memory = today()
    memory.troubles[operation] = trouble
    with pytest.raises(RequestTrouble):
        check_face(auto(memory), KEY)
    assert memory.documents == {}


def test_a_finding_about_our_own_picture_shows_that_it_was_seen() -> None:
    class Seeing(Doors):
        def detect_faces(self, urls: Sequence[str]) -> list[tuple[bool, str]]:
            super().detect_faces(urls)
            raise Permanent("InvalidFile.NoHuman", "…", kind=Kind.PICTURE, api=Api.FACE_CHECK)

    memory = Seeing(FILE_DOOR)
    with pytest.raises(Permanent):
        check_face(auto(memory), KEY)
    assert learnt(memory).way is Way.FILE


def test_too_little_time_is_no_time_to_learn() -> None:
    memory = today()
    world = replace(auto(memory), dead_at=NOW + TIME_TO_LEARN_MS)
    with pytest.raises(RequestTrouble):
        check_face(world, KEY)
    assert memory.documents == {}


def test_what_another_run_has_just_found_out_is_not_asked_again() -> None:
    memory = today()
    world = auto(memory)
    world.access.learnt()
    known = LearntAccess(way=Way.FILE, door=DOOR, learnt_at=NOW)
    memory.documents[ROW] = Document(value=known.as_value(), version=4)
    assert check_face(world, KEY) == (True, "")
    assert list(memory.uploaded.values()) == [b"a photo"]
    assert memory.documents[ROW].version == 4


# -- what changes ----------------------------------------------------------------------------------


def knowing(memory: Memory, way: Way, *, door: str = DOOR, ago: int = 0) -> World:
    known = LearntAccess(way=way, door=door, learnt_at=memory.time - ago)
    memory.documents[ROW] = Document(value=known.as_value(), version=1)
    return auto(memory)


@pytest.mark.parametrize(("ago", "asked"), [(ASKED_AGAIN_MS - 1, False), (ASKED_AGAIN_MS, True)])
def test_after_a_day_by_file_urls_are_tried_again(ago: int, asked: bool) -> None:
    memory = Doors(FILE_DOOR, BUCKET_DOOR)
    assert check_face(knowing(memory, Way.FILE, ago=ago), KEY) == (True, "")
    assert learnt(memory).way is (Way.URL if asked else Way.FILE)
    assert (memory.uploaded == {}) is asked


def test_with_the_last_check_by_file_what_was_left_there_is_deleted() -> None:
    memory = Doors(FILE_DOOR, BUCKET_DOOR)
    left = StoredFile("left", name_for_check(MARK, KEY), NOW - MAY_BE_IN_USE_MS)
    in_use = StoredFile("in use", name_for_check(MARK, KEY), NOW)
    memory.stored_files = [left, in_use, StoredFile("foreign", "cat.jpg", 0)]
    check_face(knowing(memory, Way.FILE, ago=ASKED_AGAIN_MS), KEY)
    assert memory.deleted_files == ["left"]


def test_a_store_that_cannot_be_listed_does_not_keep_the_answer_back() -> None:
    memory = Doors(FILE_DOOR, BUCKET_DOOR)
    memory.troubles["files"] = RetryLater("InternalError", "…", delay_seconds=1)
    assert check_face(knowing(memory, Way.FILE, ago=ASKED_AGAIN_MS), KEY) == (True, "")
    assert learnt(memory).way is Way.URL


def test_where_urls_have_always_worked_nobody_asks_for_the_files_that_are_stored() -> None:
    memory = Doors(BUCKET_DOOR)
    memory.troubles["files"] = AssertionError("nobody asks")
    doubt_urls(knowing(memory, Way.URL), "InvalidURL")
    assert learnt(memory).way is Way.URL


def test_an_account_that_is_still_one_of_today_is_asked_once_a_day() -> None:
    memory = today()
    world = knowing(memory, Way.FILE, ago=ASKED_AGAIN_MS)
    check_face(world, KEY)
    assert learnt(memory).learnt_at == NOW
    before = len(memory.checked)
    check_face(auto(memory), KEY)
    assert len(memory.checked) == before + 1


def test_a_moment_of_a_clock_that_ran_ahead_does_not_keep_the_question_back() -> None:
    memory = Doors(BUCKET_DOOR)
    check_face(knowing(memory, Way.FILE, ago=-2 * ASKED_AGAIN_MS), KEY)
    assert learnt(memory).way is Way.URL


def test_what_is_known_of_one_door_says_nothing_about_another() -> None:
    memory = Doors(BUCKET_DOOR)
    world = knowing(memory, Way.FILE, door="oss-cn-beijing.aliyuncs.com")
    assert settled_way(world) is None
    assert check_face(world, KEY) == (True, "")
    assert learnt(memory) == LearntAccess(way=Way.URL, door=DOOR, learnt_at=NOW)


@pytest.mark.parametrize(
    ("code", "way"),
    [("InvalidParameter.DataInspection", Way.FILE), ("InvalidURL.Timeout", Way.FILE), ("", Way.URL)],
)
def test_a_training_that_could_not_download_has_urls_doubted(code: str, way: Way) -> None:
    memory = today()
    world = knowing(memory, Way.URL)
    doubt_urls(world, code)
    assert settled_way(world) is way


@pytest.mark.parametrize(
    "known", [LearntAccess(Way.URL, DOOR, NOW), LearntAccess(Way.FILE, DOOR, NOW, "InvalidURL")]
)
def test_a_row_says_what_was_written(known: LearntAccess) -> None:
    assert LearntAccess.from_value(json.loads(json.dumps(known.as_value()))) == known


def test_where_nothing_is_known_there_is_no_way_no_door_and_no_moment() -> None:
    assert LearntAccess().as_value() == {"way": "", "door": "", "learnt_at": 0, "code": ""}
    assert AccessSettings().way_by(LearntAccess()) is None
    assert AccessSettings().door == ""


@pytest.mark.parametrize(
    "value", [{"way": "boat"}, {"way": "url", "door": 7}, {"way": ["url"], "door": "x", "learnt_at": 1}, {}]
)
def test_a_row_that_makes_no_sense_says_nothing(value: dict[str, object]) -> None:
    assert LearntAccess.from_value(value) == LearntAccess()


def test_an_instance_reads_the_row_once_an_hour_and_a_tick_brings_it() -> None:
    class Counting(Doors):
        reads = 0

        def read_json(self, name: str) -> Document:
            self.reads += 1
            return super().read_json(name)

    memory = Counting(FILE_DOOR)
    for _ in range(3):
        knowing(memory, Way.FILE).access.learnt()
    assert memory.reads == 1
    memory.time += 3_600_000
    auto(memory).access.learnt()
    assert memory.reads == 2
    world = auto(memory)
    world.access.begin(Document(value=LearntAccess(Way.URL, DOOR, NOW).as_value()))
    assert settled_way(world) is Way.URL


@pytest.mark.parametrize(("conflicts", "is_written"), [(TRIES - 1, True), (TRIES, False)])
def test_what_was_learnt_is_written_on_top_of_what_others_write_meanwhile(
    conflicts: int, is_written: bool
) -> None:
    class Contested(Doors):
        left = conflicts

        def save_json(self, name: str, before: Document, value: Mapping[str, Any], **more: int) -> Document:
            if self.left:
                self.left -= 1
                raise Conflict("another run was faster")
            return super().save_json(name, before, value, **more)

    memory = Contested(BUCKET_DOOR)
    assert check_face(auto(memory), KEY) == (True, "")
    assert (learnt(memory).way is Way.URL) is is_written


@pytest.mark.parametrize("operation", ["read_json", "save_json"])
@pytest.mark.parametrize("trouble", [RetryLater("OTSServerBusy", "…", delay_seconds=1), Conflict("again")])
def test_a_row_that_cannot_be_had_costs_calls_and_no_verdict(operation: str, trouble: Exception) -> None:
    memory = today()
    memory.troubles[operation] = trouble
    assert check_face(auto(memory), KEY) == (True, "")
    assert check_face(auto(memory), KEY) == (True, "")


# -- the file store --------------------------------------------------------------------------------

FULL = Permanent("BadRequest.TooMany", "Out of number", kind=Kind.API, api=Api.FACE_CHECK)
MARK = mark_of("photos")


class FullStore(Doors):
    """A store with room for so many files."""

    room = 2
    refusal = FULL

    def upload_file(self, name: str, content: bytes, api: Api) -> str:
        if len(self.stored_files) >= self.room:
            raise self.refusal
        return super().upload_file(name, content, api)


@pytest.mark.parametrize("code", ["BadRequest.TooMany", "BadRequest.TooLarge"])
def test_a_full_store_is_tidied_of_what_nobody_needs_and_then_takes_the_file(code: str) -> None:
    memory = FullStore(FILE_DOOR)
    memory.refusal = Permanent(code, "no room", kind=Kind.API, api=Api.FACE_CHECK)
    left = StoredFile("left", name_for_check(MARK, KEY), NOW - MAY_BE_IN_USE_MS)
    memory.stored_files = [left, StoredFile("foreign", "cat.jpg", 0)]
    assert check_face(memory.world(way=Way.FILE), KEY) == (True, "")
    assert [file.file_id for file in memory.stored_files] == ["foreign"]


@pytest.mark.parametrize(
    "refusal", [Permanent("NotFound", "…"), RetryLater("InternalError", "…", delay_seconds=1)]
)
def test_files_are_deleted_one_by_one_and_those_that_went_are_counted(refusal: Exception) -> None:
    class Refusing(Memory):
        def delete_file(self, file_id: str) -> None:
            if file_id == "b":
                raise refusal
            super().delete_file(file_id)

    memory = Refusing()
    assert delete_files(memory.world(), ["a", "b", "c"]) == 2
    assert memory.deleted_files == ["a", "c"]
    assert delete_files(memory.world(), []) == 0
    short = replace(memory.world(), dead_at=NOW + TIME_FOR_A_DELETE_MS)
    assert delete_files(short, ["d"]) == 0


def test_a_store_without_files_of_ours_costs_no_look_at_the_jobs() -> None:
    class Counting(Memory):
        looks = 0

        def find_each(self, ids: Iterable[str]) -> dict[str, Job | Unread | None]:
            self.looks += 1
            return super().find_each(ids)

    memory = Counting()
    memory.stored_files = [StoredFile("foreign", "cat.jpg", 0)]
    assert delete_unneeded(memory.world()) == memory.looks == 0
    memory.stored_files.append(StoredFile("left", name_for_training(MARK, KEY), NOW - MAY_BE_IN_USE_MS))
    assert delete_unneeded(memory.world()) == memory.looks == 1


def test_a_tick_deletes_what_dead_runs_have_left_at_the_beginning_of_a_round_of_the_sweep() -> None:
    memory = today()
    memory.stored_files = [
        StoredFile("left", name_for_check(MARK, KEY), NOW - MAY_BE_IN_USE_MS),
        StoredFile("foreign", "cat.jpg", 0),
    ]
    reconcile(memory.world(way=Way.URL))
    assert memory.deleted_files == []
    assert not AccessSettings(way=Way.URL).may_leave_files(LearntAccess(), NOW)
    memory.time += 2 * Rules().sweep_rest_ms
    reconcile(memory.world(way=Way.FILE))
    assert memory.deleted_files == ["left"]


@pytest.mark.parametrize(("ago", "tidies"), [(0, True), (TIDIED_FOR_MS - 1, True), (TIDIED_FOR_MS, False)])
def test_a_tick_tidies_for_two_hours_after_urls_have_been_found_to_work(ago: int, tidies: bool) -> None:
    learnt = LearntAccess(way=Way.URL, door="d", learnt_at=NOW - ago)
    assert AccessSettings(door="d").may_leave_files(learnt, NOW) is tidies
    assert AccessSettings(door="d").may_leave_files(learnt._replace(way=Way.FILE), NOW)
    assert not AccessSettings(door="another").may_leave_files(learnt, NOW)


@pytest.mark.parametrize(
    "learnt",
    [LearntAccess(), LearntAccess(way=Way.FILE, door="before", learnt_at=NOW)],
    ids=["not written down", "another door"],
)
def test_where_no_way_is_known_a_tick_looks_for_files_once_an_hour(learnt: LearntAccess) -> None:
    class Asked(Doors):
        looks = 0

        def files(self) -> list[StoredFile]:
            self.looks += 1
            return super().files()

    memory = Asked(FILE_DOOR)
    memory.documents[ROW] = Document(value=learnt.as_value(), version=1)
    memory.stored_files = [StoredFile("left", name_for_check(MARK, KEY), NOW - MAY_BE_IN_USE_MS)]
    reconcile(auto(memory))
    assert memory.looks == 0, "a deployment that has just begun asks DashScope for nothing"
    for _ in range(24):
        memory.time += 10 * MINUTE_MS
        reconcile(auto(memory))
    assert memory.looks == 4, "of 24 rounds within 4 hours"
    assert memory.deleted_files == ["left"]


def test_a_run_that_dies_while_it_shows_a_picture_by_file_leaves_the_word_that_it_may_have() -> None:
    memory = today()
    was = LearntAccess(way=Way.URL, door=DOOR, learnt_at=NOW - TIDIED_FOR_MS)
    memory.documents[ROW] = Document(value=was.as_value(), version=1)
    memory.troubles["upload_file"] = RuntimeError("killed")
    with pytest.raises(RuntimeError, match="killed"):
        learn_way(auto(memory))
    assert learnt(memory) == was._replace(learnt_at=NOW)
    assert AccessSettings(door=DOOR).may_leave_files(learnt(memory), NOW)


def test_a_refusal_for_another_reason_has_nobody_look_at_the_stored_files() -> None:
    memory = FullStore(FILE_DOOR)
    memory.room, memory.refusal = 0, Permanent("BadRequest.IllegalInput", "…", api=Api.FACE_CHECK)
    memory.troubles["files"] = AssertionError("nobody asks")
    with pytest.raises(Permanent):
        check_face(memory.world(way=Way.FILE), KEY)


def test_a_store_full_of_what_is_needed_or_of_others_says_so() -> None:
    memory = FullStore(FILE_DOOR)
    other = mark_of("photos-of-another-stage")
    memory.stored_files = [
        StoredFile("young", name_for_check(MARK, KEY), NOW - MAY_BE_IN_USE_MS + 1),
        StoredFile("of another deployment", name_for_training(other, KEY), 0),
    ]
    with pytest.raises(Permanent) as raised:
        check_face(memory.world(way=Way.FILE), KEY)
    assert raised.value.code == "BadRequest.TooMany"
    assert len(memory.stored_files) == 2


def test_settings_name_the_way_or_leave_it_open() -> None:
    known = LearntAccess(way=Way.URL, door=DOOR)
    assert AccessSettings(way=Way.FILE, door=DOOR).way_by(known) is Way.FILE
    assert AccessSettings(door=DOOR).way_by(known) is Way.URL
    assert AccessSettings(door="other").way_by(known) is None
