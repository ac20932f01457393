"""Exports that take many runs: what a run does when its time is up, when something fails, and of how much."""

from __future__ import annotations

import hashlib
import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from shared.domain.exports import (
    BEGINNINGS_ALLOWED,
    EXPORT_KEPT_MS,
    GIVEN_UP_MS,
    MAX_FILES,
    Export,
    export_from,
    folder_of,
    request_id_of,
)
from shared.domain.object_keys import person_key
from shared.domain.outboxes import Outbox
from shared.domain.photos import Stored
from shared.domain.requests import EXPORT, Request
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import AccountTrouble, Conflict, NotFound, Permanent, RetryLater, Trouble
from shared.workflow.export_writing import PIECE_BYTES, READ_BYTES
from shared.workflow.exporting import TRIES, carry_on
from shared.workflow.message_ports import Outboxes
from shared.workflow.ports import World
from shared.workflow.zip_upload import LEAST_PART_BYTES, PART_BYTES
from tests.unit.memory import Memory
from tests.unit.support import NOW, job_in

MB = 1024 * 1024
LI = request_id_of("li")
FOLDER = folder_of(person_key("li"))


class NoMessages:
    """Outboxes of people whom nobody is told of."""

    def find(self, key: str) -> Outbox:
        return Outbox(key=key)


class Bucket(Memory):
    """A bucket with objects of any size, whose bytes are made when they are read.

    Attributes:
        reading_takes_ms: how long each read takes.
        reads: how much was read at once.
        sent: how long the parts were.
        fails: raised for a read, by key.
        zip: hashes of what was completed as a zip, and the bytes if ``keeps`` them.
    """

    def __init__(self, sizes: dict[str, int], *, keeps: bool = True) -> None:
        super().__init__(job_in(JobState.SUCCEEDED, person_id="li"))
        self.sizes = {f"people/li/{name}": size for name, size in sizes.items()}
        self.objects |= {
            key: Stored(etag=f"E-{key}", size=size, modified_at=NOW) for key, size in self.sizes.items()
        }
        self.keeps = keeps
        self.reading_takes_ms = 0
        self.reads: list[int] = []
        self.sent: list[int] = []
        self.fails: dict[str, Trouble] = {}
        self.before_read: Callable[[str, int], None] = lambda _, __: None

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        self.before_read(key, start)
        if key in self.fails:
            raise self.fails[key]
        assert etag == self.objects[key].etag, "it is read as it was listed"
        self.reads.append(count)
        self.time += self.reading_takes_ms
        return content_of(key, start, min(count, self.sizes[key] - start))

    def upload_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        self.sent.append(len(content))
        kept = content if self.keeps else b"\0" * LEAST_PART_BYTES
        return super().upload_part(key, upload_id, number, kept)

    def delete(self, key: str) -> None:
        super().delete(key)
        self.objects.pop(key, None)
        self.contents.pop(key, None)


def content_of(key: str, start: int, count: int) -> bytes:
    """The bytes of an object from ``start`` on; those of two objects differ."""
    block = hashlib.sha256(key.encode()).digest() * 32
    first = start % len(block)
    return (block * (count // len(block) + 2))[first : first + count]


def world_of(bucket: Memory) -> World:
    return bucket.world(outboxes=lambda: cast("Outboxes", NoMessages()))


def asked(bucket: Memory) -> None:
    bucket.asked[LI] = Request(
        request_id=LI, kind=EXPORT, asked_at=bucket.time, asked_by="admin", subject="li"
    )


def passes(bucket: Memory, most: int = 200) -> int:
    """Carry the export on until it waits or is over; returns how many passes that took."""
    for number in range(1, most):
        due_at = carry_on(world_of(bucket), bucket.asked[LI])
        export = export_from(bucket.asked[LI].record)
        if export.ready_at or bucket.asked[LI].is_settled:
            return number
        bucket.time = max(due_at, bucket.time) + 1000
    raise AssertionError(f"not done: {bucket.asked[LI]}")


def zipped(bucket: Memory) -> dict[str, bytes]:
    (key,) = [key for key in bucket.contents if key.endswith(".zip") and key.startswith(FOLDER)]
    with zipfile.ZipFile(io.BytesIO(bucket.contents[key])) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def manifest(files: dict[str, bytes]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(files["manifest.json"])
    return made


def reasons(files: dict[str, bytes]) -> dict[str, str]:
    return {one["source"]: one["reason"] for one in manifest(files)["left_out"]}


def test_an_export_that_takes_many_runs_is_the_one_that_takes_one() -> None:
    sizes = {f"{number}.jpg": 3 * MB + number for number in range(12)} | {"all.zip": 60 * MB + 7}
    slow, quick = Bucket(sizes), Bucket(sizes)
    slow.reading_takes_ms = 9_000
    asked(slow)
    asked(quick)
    assert passes(quick) == 2
    assert passes(slow) > 4
    one, other = zipped(quick), zipped(slow)
    assert {name: one[name] for name in one if name.startswith("uploads/")} == {
        f"uploads/{name}": content_of(f"people/li/{name}", 0, size) for name, size in sizes.items()
    }
    assert {name for name in one if one[name] != other[name]} <= {
        *("manifest.json", "person.json", "costs.json", "timeline.json", "requests.json", "dashscope.json"),
        *(name for name in one if name.endswith(".json")),
    }
    assert [name for name in other if name.startswith("uploads/")] == [
        name for name in one if name.startswith("uploads/")
    ]


def test_a_large_file_has_a_checksum_for_each_piece_and_any_photo_one() -> None:
    bucket = Bucket({"1.jpg": 20 * MB, "all.zip": 60 * MB + 7})
    asked(bucket)
    passes(bucket)
    files = zipped(bucket)
    told = {one["name"]: one for one in manifest(files)["files"]}
    assert told["uploads/1.jpg"]["sha256"] == hashlib.sha256(files["uploads/1.jpg"]).hexdigest()
    whole = files["uploads/all.zip"]
    pieces = [whole[at : at + PIECE_BYTES] for at in range(0, len(whole), PIECE_BYTES)]
    assert told["uploads/all.zip"]["sha256_of_pieces"] == [hashlib.sha256(one).hexdigest() for one in pieces]
    assert told["uploads/all.zip"]["sha256"] is None


def test_the_memory_of_a_run_does_not_grow_with_the_person() -> None:
    """600 MB, of which a run never has more than some parts and pieces in its hands."""
    bucket = Bucket({f"{number}.jpg": 8 * MB for number in range(50)} | {"all.zip": 200 * MB}, keeps=False)
    bucket.reading_takes_ms = 500
    asked(bucket)
    world_of(bucket)
    tracemalloc.start()
    try:
        passes(bucket)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(bucket.reads) == 600 * MB
    assert max(bucket.reads) <= READ_BYTES
    assert max(bucket.sent) <= PART_BYTES
    # The piece, the rest before it, the part on its way; and the parts that this bucket keeps short.
    assert peak < PIECE_BYTES + 4 * PART_BYTES + len(bucket.sent) * LEAST_PART_BYTES


def test_every_part_but_the_last_is_as_long_as_oss_wants_it_however_often_a_run_stops() -> None:
    bucket = Bucket({f"{number}.jpg": 30_000 for number in range(40)})
    bucket.reading_takes_ms = 15_000
    asked(bucket)
    assert passes(bucket) > 10
    assert all(length >= LEAST_PART_BYTES for length in bucket.sent[:-1])
    assert len(zipped(bucket)) > 40


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (NotFound("NoSuchKey", "gone"), "NoSuchKey"),
        (NotFound("replaced", "it is another one"), "replaced"),
        (Permanent("InvalidObjectState", "archived", kind=Kind.OBJECT), "InvalidObjectState"),
    ],
)
def test_what_can_not_be_read_for_good_is_left_out_with_its_reason_and_holds_up_nothing(
    trouble: Trouble, reason: str
) -> None:
    bucket = Bucket({"1.jpg": 1000, "2.jpg": 1000, "3.jpg": 1000})
    bucket.fails["people/li/2.jpg"] = trouble
    asked(bucket)
    passes(bucket)
    files = zipped(bucket)
    assert reasons(files) == {"people/li/2.jpg": reason}
    assert [name for name in files if name.startswith("uploads/")] == ["uploads/1.jpg", "uploads/3.jpg"]


def test_a_large_file_that_is_replaced_in_the_middle_is_left_out_and_the_others_stay_whole() -> None:
    bucket = Bucket({"all.zip": 60 * MB, "z.jpg": 1000})

    def replaced(key: str, start: int) -> None:
        if start > PIECE_BYTES:
            bucket.fails["people/li/all.zip"] = NotFound("PreconditionFailed", "another one")

    bucket.before_read = replaced
    asked(bucket)
    passes(bucket)
    files = zipped(bucket)
    assert reasons(files) == {"people/li/all.zip": "PreconditionFailed"}
    assert files["uploads/z.jpg"] == content_of("people/li/z.jpg", 0, 1000)


def test_an_object_that_cannot_be_read_now_is_tried_again_and_given_up_after_some_tries() -> None:
    bucket = Bucket({"1.jpg": 1000, "2.jpg": 1000, "3.jpg": 1000})
    bucket.fails["people/li/2.jpg"] = RetryLater("oss_no_answer", "…", delay_seconds=20)
    asked(bucket)
    # One pass to begin, and its tries.
    assert passes(bucket) == 1 + TRIES
    assert reasons(zipped(bucket)) == {"people/li/2.jpg": "oss_no_answer"}


def test_trouble_that_passes_costs_nothing_but_time() -> None:
    bucket = Bucket({"1.jpg": 1000, "2.jpg": 1000})
    bucket.fails["people/li/2.jpg"] = RetryLater("InternalError", "…", delay_seconds=2)
    asked(bucket)
    for _ in range(3):
        bucket.time = carry_on(world_of(bucket), bucket.asked[LI]) + 1
    export = export_from(bucket.asked[LI].record)
    assert (export.code, export.held_up) == ("InternalError", 2)
    bucket.fails.clear()
    passes(bucket)
    assert reasons(zipped(bucket)) == {}


def test_what_is_refused_to_everybody_leaves_nothing_out() -> None:
    bucket = Bucket({"1.jpg": 1000})
    refusal = AccountTrouble("UserDisable", "…", delay_seconds=120, kind=Kind.ACCOUNT, api=Api.READING)
    bucket.fails["people/li/1.jpg"] = refusal
    asked(bucket)
    for _ in range(3):
        bucket.time = carry_on(world_of(bucket), bucket.asked[LI]) + 1
    bucket.fails.clear()
    passes(bucket)
    assert reasons(zipped(bucket)) == {}


@pytest.mark.parametrize("operation", ["upload_part", "write", "note", "complete_upload", "begin_upload"])
def test_a_write_that_fails_is_made_again_and_the_zip_is_whole(operation: str) -> None:
    bucket = Bucket({"1.jpg": 9 * MB, "2.jpg": 1000})
    bucket.reading_takes_ms = 21_000
    asked(bucket)
    for is_refused in (True, True, False, True, False, True):
        if is_refused:
            bucket.troubles[operation] = RetryLater("InternalError", "…", delay_seconds=2)
        carry_on(world_of(bucket), bucket.asked[LI])
        bucket.troubles.pop(operation, None)
        bucket.time += 60_000
    assert export_from(bucket.asked[LI].record).ready_at or passes(bucket)
    assert zipped(bucket)["uploads/1.jpg"] == content_of("people/li/1.jpg", 0, 9 * MB)
    assert bucket.uploads == {} or all(key.startswith(FOLDER) for key, _ in bucket.uploads)


def test_a_zip_that_was_made_by_a_run_that_died_then_is_found() -> None:
    bucket = Bucket({"1.jpg": 1000})
    asked(bucket)
    bucket.time = carry_on(world_of(bucket), bucket.asked[LI]) + 1
    before = bucket.asked[LI]
    carry_on(world_of(bucket), before)
    # It has made the object, and nothing of that is written down.
    key = export_from(before.record).progress_key(person_key("li"))
    bucket.contents[key] = bucket.contents.get(key, b"") or _progress_again(bucket, before)
    bucket.asked[LI] = before
    carry_on(world_of(bucket), bucket.asked[LI])
    assert export_from(bucket.asked[LI].record).ready_at
    assert zipped(bucket)


def _progress_again(bucket: Bucket, request: Request) -> bytes:
    """The progress as it was before the run, which deletes it in the end."""
    other = Bucket({"1.jpg": 1000})
    other.asked[LI] = replace(request, record="")
    carry_on(world_of(other), other.asked[LI])
    (content,) = [content for key, content in other.contents.items() if key.startswith(FOLDER)]
    return content


def test_an_upload_that_is_gone_is_begun_anew_and_not_for_ever() -> None:
    bucket = Bucket({"1.jpg": 1000})
    asked(bucket)
    bucket.time = carry_on(world_of(bucket), bucket.asked[LI]) + 1
    for _ in range(3 * BEGINNINGS_ALLOWED):
        bucket.uploads.clear()
        bucket.time = max(carry_on(world_of(bucket), bucket.asked[LI]), bucket.time) + 1
        if bucket.asked[LI].is_settled:
            break
    assert bucket.asked[LI].outcome == "export_failed: NoSuchUpload"


def test_two_runs_at_once_make_one_whole_zip() -> None:
    bucket = Bucket({f"{number}.jpg": MB for number in range(30)})
    bucket.reading_takes_ms = 5_000
    asked(bucket)
    bucket.time = carry_on(world_of(bucket), bucket.asked[LI]) + 1
    for _ in range(60):
        stale = bucket.asked[LI]
        carry_on(world_of(bucket), stale)
        bucket.time += 1
        # The other one has read the row at the same time, and writes last.
        bucket.troubles["note"] = Conflict("another run was faster")
        carry_on(world_of(bucket), stale)
        del bucket.troubles["note"]
        if export_from(bucket.asked[LI].record).ready_at:
            break
    files = zipped(bucket)
    assert [files[f"uploads/{number}.jpg"] for number in range(30)] == [
        content_of(f"people/li/{number}.jpg", 0, MB) for number in range(30)
    ]


def test_an_export_that_is_not_there_within_a_day_is_given_up_and_leaves_nothing() -> None:
    bucket = Bucket({"1.jpg": 1000})
    asked(bucket)
    bucket.time = carry_on(world_of(bucket), bucket.asked[LI]) + 1
    bucket.time += GIVEN_UP_MS
    assert carry_on(world_of(bucket), bucket.asked[LI]) == 0
    assert bucket.asked[LI].outcome.startswith("export_failed")
    assert bucket.uploads == {}


def test_an_export_is_deleted_with_all_versions_where_the_bucket_keeps_them() -> None:
    from shared.workflow.ports import Version

    bucket = Bucket({"1.jpg": 1000})
    asked(bucket)
    passes(bucket)
    (key,) = [key for key in bucket.contents if key.endswith(".zip")]
    bucket.versions = [Version(key, "one", NOW), Version(key.replace(".zip", ".json"), "two", NOW)]
    bucket.versions.append(Version("people/li/1.jpg", "three", NOW))
    bucket.time += EXPORT_KEPT_MS
    assert carry_on(world_of(bucket), bucket.asked[LI]) == 0
    assert [one.version_id for one in bucket.versions] == ["three"]


def test_an_export_that_cannot_be_deleted_is_tried_again() -> None:
    bucket = Bucket({"1.jpg": 1000})
    asked(bucket)
    passes(bucket)
    bucket.objects[next(key for key in bucket.contents if key.endswith(".zip"))] = Stored(
        etag="E", size=1, modified_at=NOW
    )
    bucket.time += EXPORT_KEPT_MS
    bucket.troubles["delete"] = Permanent("FileImmutable", "a retention policy", kind=Kind.OBJECT)
    due_at = carry_on(world_of(bucket), bucket.asked[LI])
    assert due_at > bucket.time
    assert not bucket.asked[LI].is_settled
    del bucket.troubles["delete"]
    assert carry_on(world_of(bucket), bucket.asked[LI]) == 0


def test_of_more_files_than_a_zip_takes_the_manifest_says_how_many_are_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.workflow.export_contents.MAX_FILES", 20)
    bucket = Bucket({f"{number}.jpg": 10 for number in range(30)})
    asked(bucket)
    passes(bucket)
    files = zipped(bucket)
    uploads = [name for name in files if name.startswith("uploads/")]
    (told,) = manifest(files)["left_out"]
    assert (told["reason"], told["count"]) == ("too_many", 30 - len(uploads))
    assert MAX_FILES == 20_000


def test_more_bytes_than_a_zip_takes_are_left_out_file_by_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.workflow.export_contents.MAX_BYTES", 2500)
    bucket = Bucket({"1.jpg": 1000, "2.jpg": 5000, "3.jpg": 1000})
    asked(bucket)
    passes(bucket)
    assert reasons(zipped(bucket)) == {"people/li/2.jpg": "too_large"}


def test_other_requests_and_erasures_come_before_an_export_and_its_trouble_keeps_none_waiting() -> None:
    bucket = Bucket({"1.jpg": 1000})
    asked(bucket)
    bucket.troubles["list_page"] = Permanent("NoSuchBucket", "…")
    due_at = carry_on(world_of(bucket), bucket.asked[LI])
    assert due_at > bucket.time
    assert export_from(bucket.asked[LI].record).code == "NoSuchBucket"


def test_a_row_that_newer_code_has_written_is_read_without_what_is_new() -> None:
    assert export_from('{"token": "t", "files": 3, "more": 1}') == Export(token="t", files=3)
