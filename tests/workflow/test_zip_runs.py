"""A zip of many runs: each one is past something, none costs more than its share, and all of them end."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import pytest

from shared.domain.archives import MAX_ENTRIES
from shared.domain.job import Job
from shared.domain.photo_set import MAX_RECORDED
from shared.domain.photos import Photo
from shared.domain.states import JobState
from shared.workflow import archive_reading, taking_out, unpacking
from shared.workflow.ports import World
from tests.simulation.cloud import TICK_MS, SimulatedCloud
from tests.simulation.kernel import Killed
from tests.simulation.scenarios import zipped
from tests.simulation.stores import BUCKET
from tests.uploads.hostile_zips import deflated, of_size, zip_of_files
from tests.workflow.support import tick
from tests.workflow.zips import details, settled, verdicts

ENTRY_TAKES_MS = 15_001
"""Not asked for by anything but the unpacking."""


class Log(logging.Handler):
    """The lines that were logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(record.getMessage()))

    def of(self, event: str) -> list[dict[str, str]]:
        return [line for line in self.lines if line["event"] == event]


@pytest.fixture
def log() -> Iterator[Log]:
    handler, logger = Log(), logging.getLogger("facechain_autotrain")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@contextmanager
def files_in_a_run(*counts: int) -> Iterator[list[int]]:
    """Let time be out after so many files of each run, again and again; yields what is left of the counts."""
    left, has_time = list(counts), World.has_time_for

    def has_time_for(world: World, milliseconds: int) -> bool:
        if milliseconds != ENTRY_TAKES_MS:
            return has_time(world, milliseconds)
        if not left:
            return True
        left[0] -= 1
        if left[0] >= 0:
            return True
        left.pop(0)
        return False

    with (
        mock.patch.object(taking_out, "TIME_FOR_AN_ENTRY_MS", ENTRY_TAKES_MS),
        mock.patch.object(World, "has_time_for", has_time_for),
    ):
        yield left


def faces(count: int) -> dict[str, bytes]:
    return {f"{number:03}.jpg": b"FACE %d" % number for number in range(count)}


def calls(cloud: SimulatedCloud, operation: str) -> int:
    return sum(call.operation == operation for call in cloud.gate.trace)


def archive_of(job: Job) -> Photo:
    photo = job.photo_set.photo("a.zip")
    assert photo is not None
    return photo


def test_a_zip_of_500_files_that_are_one_byte_shorter_than_they_claim_ends_with_a_verdict_for_each(
    cloud: SimulatedCloud, log: Log
) -> None:
    content = {f"{n:03}.jpg": b"FACE %d " % n * 10 for n in range(MAX_ENTRIES)}
    lying = [of_size(deflated(name, face), len(face) + 1, face) for name, face in content.items()]
    settled(cloud, zip_of_files(lying))
    (job,) = tick(cloud, 12)
    assert job.state is JobState.REJECTED
    assert details(job)["a.zip"] == "0 taken out, 500 refused"
    refused = Counter((line["entry"], line["verdict"]) for line in log.of("entry_refused"))
    assert refused == Counter((name, "broken_entry") for name in content)
    assert len(job.photo_set.photos) <= MAX_RECORDED
    assert set(verdicts(job).values()) == {"unpacked", "broken_entry"}
    assert calls(cloud, "PutObject upload") == 0
    # No run has failed: each was past 100 files, which nobody reads again.
    assert archive_of(job).tries == 0
    assert calls(cloud, "GetObject range") < MAX_ENTRIES + 100


def test_a_file_that_was_found_broken_is_not_read_again_by_the_next_run(cloud: SimulatedCloud) -> None:
    broken = [of_size(deflated(f"{n}.jpg", b"FACE"), 5, b"FACE") for n in range(3)]
    with files_in_a_run(2), mock.patch.object(archive_reading.Archive, "read", autospec=True) as read:
        read.side_effect = archive_reading.BrokenEntry("broken")
        settled(cloud, zip_of_files(broken))
        (job,) = tick(cloud, 4)
    assert [call.args[1].name for call in read.call_args_list] == ["0.jpg", "1.jpg", "2.jpg"]
    assert verdicts(job) == {"a.zip": "unpacked", **{f"a.zip/{n}.jpg": "broken_entry" for n in range(3)}}


def test_a_run_that_gets_no_further_has_used_up_a_try_and_the_last_try_gives_up(
    cloud: SimulatedCloud,
) -> None:
    with files_in_a_run(2, *[0] * 50) as left:
        settled(cloud, zipped(faces(3)))
        (job,) = tick(cloud, 20)
    assert verdicts(job)["a.zip"] == "archive_failed"
    assert len(left) == 50 - unpacking.MAX_TRIES
    # What came out of it is trained on.
    assert job.state is JobState.SUCCEEDED
    assert len(job.files) == 2
    assert details(job)["a.zip"] == "2 taken out, 0 refused"


def test_a_refusal_by_the_directory_is_no_progress(cloud: SimulatedCloud) -> None:
    with files_in_a_run(*[0] * 50) as left:
        settled(cloud, zipped({**{f"{n}.jpg": b"" for n in range(20)}, "z.jpg": b"FACE"}))
        (job,) = tick(cloud, 20)
    assert verdicts(job)["a.zip"] == "archive_failed"
    assert len(left) == 50 - unpacking.MAX_TRIES


def test_runs_that_get_further_use_up_no_try_and_there_are_no_more_of_them_than_files(
    cloud: SimulatedCloud,
) -> None:
    count = 3 * unpacking.MAX_TRIES
    with files_in_a_run(*[1] * 100) as left:
        settled(cloud, zipped(faces(count)))
        (job,) = tick(cloud, count + 15)
    assert verdicts(job)["a.zip"] == "unpacked"
    assert archive_of(job).tries <= 1
    # The last run takes the last file out and has nothing more to ask time for.
    assert 100 - len(left) == count - 1
    assert calls(cloud, "PutObject upload") == count
    # With a look more for the difference hashes of more photos than a training takes.
    assert calls(cloud, "ListObjects") <= 3 * count + 1


@pytest.mark.parametrize(("bound", "value"), [("ENTRIES_A_RUN", 4), ("BYTES_A_RUN", 4 * 8)])
def test_a_run_takes_on_its_share_and_leaves_the_rest_to_the_next(
    cloud: SimulatedCloud, log: Log, bound: str, value: int
) -> None:
    content = zipped({name: face.ljust(8) for name, face in faces(10).items()})
    with mock.patch.object(taking_out, bound, value):
        cloud.upload("anna", "a.zip", content)
        stored = []
        for _ in range(4):
            cloud.advance(30_000)
            stored.append(calls(cloud, "PutObject upload"))
            cloud.invoke_reconcile()
    assert stored == [4, 8, 10, 10]
    assert [line["code"] for line in log.of("upload_postponed")] == ["zip_unfinished"]
    (job,) = tick(cloud, 10)
    assert (job.state, details(job)["a.zip"]) == (JobState.SUCCEEDED, "10 taken out, 0 refused")


def test_a_run_is_told_how_far_the_zip_is(cloud: SimulatedCloud) -> None:
    content = zipped({"empty.jpg": b"", **faces(4)})
    with mock.patch.object(taking_out, "ENTRIES_A_RUN", 3):
        job = settled(cloud, content)
        assert (verdicts(job)["a.zip"], details(job)["a.zip"]) == ("unpacking", "3 taken out, 1 refused")
        assert verdicts(job)["a.zip/empty.jpg"] == "empty"
        (job,) = tick(cloud, 3)
    assert (verdicts(job)["a.zip"], details(job)["a.zip"]) == ("unpacked", "4 taken out, 1 refused")
    assert verdicts(job)["a.zip/empty.jpg"] == "empty"


def test_a_zip_that_is_not_done_does_not_come_before_the_sets_that_are_due_already(
    cloud: SimulatedCloud,
) -> None:
    cloud.upload("wei", "1.jpg", b"FACE of wei")
    cloud.advance(100_000)
    with mock.patch.object(taking_out, "ENTRIES_A_RUN", 1):
        cloud.upload("anna", "a.zip", zipped(faces(5)))
        cloud.advance(5_000)
    anna, wei = cloud.jobs()
    assert anna.photo_set.unpacking
    assert wei.due_at < anna.due_at <= cloud.kernel.now


def test_what_a_run_that_died_has_stored_is_recognised_on_every_page_of_a_listing(
    cloud: SimulatedCloud,
) -> None:
    for number in range(5):
        cloud.upload("anna", f"a.zip/{number}.txt", b"put there by the uploader", deliveries=())

    left, write = iter(range(6)), cloud._bucket.write

    def die_after_six(key: str, content: bytes, *, taken_from: str) -> None:
        if next(left, None) is None:
            raise Killed
        write(key, content, taken_from=taken_from)

    with mock.patch.object(taking_out, "PAGE", 3):
        with mock.patch.object(cloud._bucket, "write", die_after_six):
            cloud.upload("anna", "a.zip", zipped(faces(8)))
            cloud.advance(30_000)
        assert calls(cloud, "PutObject upload") == 6
        (job,) = tick(cloud, 10)
    assert details(job)["a.zip"] == "8 taken out, 0 refused"
    assert calls(cloud, "PutObject upload") == 8


def test_a_file_of_another_size_in_the_place_of_an_unpacked_one_is_not_taken_for_it(
    cloud: SimulatedCloud,
) -> None:
    with mock.patch.object(unpacking, "take_out", side_effect=Killed):
        cloud.upload("anna", "a.zip", zipped({"1.jpg": b"FACE 1"}))
        cloud.advance(10_000)
    cloud.upload("anna", "a.zip/1.jpg", b"FACE of the uploader's")
    tick(cloud, 4)
    assert cloud.objects.get(BUCKET, "people/anna/a.zip/1.jpg")[1] == b"FACE 1"


def test_a_zip_that_replaces_one_that_is_not_done_is_begun_from_its_start(cloud: SimulatedCloud) -> None:
    with mock.patch.object(taking_out, "ENTRIES_A_RUN", 2):
        settled(cloud, zipped({"empty.jpg": b"", **faces(4)}))
        job = settled(cloud, zipped({f"new {name}": face for name, face in faces(2).items()}))
    assert details(job)["a.zip"] == "2 taken out, 0 refused"
    assert "a.zip/empty.jpg" not in verdicts(job)


def test_the_pages_that_are_read_are_bounded_and_what_lies_behind_is_stored_once_more(
    cloud: SimulatedCloud,
) -> None:
    with mock.patch.object(taking_out, "PAGE", 1), mock.patch.object(taking_out, "MAX_PAGES", 2):
        with mock.patch.object(unpacking, "_end", side_effect=Killed):
            cloud.upload("anna", "a.zip", zipped(faces(4)))
            cloud.advance(30_000)
        before = calls(cloud, "ListObjects")
        cloud.advance(5 * TICK_MS)
        assert calls(cloud, "ListObjects") == before
        cloud.invoke_reconcile()
        cloud.advance(TICK_MS)
    (job,) = cloud.jobs()
    assert details(job)["a.zip"] == "4 taken out, 0 refused"
    assert calls(cloud, "PutObject upload") == 4 + 2


def test_a_file_of_an_earlier_zip_of_this_name_is_stored_anew(cloud: SimulatedCloud) -> None:
    settled(cloud, zipped({"1.jpg": b"FACE 1"}))
    cloud.advance(2_000)
    with mock.patch.object(unpacking, "take_out", side_effect=Killed):
        cloud.upload("anna", "a.zip", zipped({"1.jpg": b"FACE 2"}))
        cloud.advance(10_000)
    (job,) = tick(cloud, 12)
    assert job.photo_set.photo("a.zip/1.jpg") is not None
    assert calls(cloud, "PutObject upload") == 2


def deletions(cloud: SimulatedCloud) -> list[str]:
    """What became of the requests to delete a photo."""
    return [row["outcome"] for row in cloud.requests() if row["kind"] == "photo_delete"]


def test_a_file_that_is_deleted_before_its_zip_is_unpacked_would_return_so_it_is_deleted_afterwards(
    cloud: SimulatedCloud,
) -> None:
    cloud.ask("pause", reason="Photos are deleted first.")
    with files_in_a_run(1, 0):
        settled(cloud, zipped(faces(3)))
        assert verdicts(*cloud.jobs())["a.zip"] == "unpacking"
        cloud.ask("photo_delete", "anna", photo="a.zip/000.jpg")
        tick(cloud, 1)
    assert deletions(cloud) == ["still_unpacking"]
    tick(cloud, 2)
    assert verdicts(*cloud.jobs())["a.zip"] == "unpacked"
    cloud.ask("photo_delete", "anna", photo="a.zip/000.jpg")
    cloud.ask("resume")
    (job,) = tick(cloud, 20)
    assert deletions(cloud) == ["still_unpacking", "photo_deleted"]
    assert job.state is JobState.SUCCEEDED
    assert {cloud.objects.get(BUCKET, file)[1] for file in job.files} == {b"FACE 1", b"FACE 2"}


def test_a_file_of_a_zip_that_an_earlier_set_has_unpacked_or_that_is_gone_is_deleted_at_once(
    cloud: SimulatedCloud,
) -> None:
    settled(cloud, zipped(faces(2)))
    tick(cloud, 20)
    cloud.ask("pause", reason="Photos are deleted first.")
    cloud.upload("anna", "b.jpg", b"FACE another")
    tick(cloud, 2)
    cloud.ask("photo_delete", "anna", photo="a.zip/000.jpg")
    tick(cloud, 1)
    cloud.objects.delete(BUCKET, "people/anna/a.zip")
    cloud.ask("photo_delete", "anna", photo="a.zip/001.jpg")
    cloud.ask("resume")
    first, second = tick(cloud, 20)
    assert deletions(cloud) == ["photo_deleted", "photo_deleted"]
    assert (first.state, second.state) == (JobState.SUCCEEDED, JobState.SUCCEEDED)
    assert {cloud.objects.get(BUCKET, file)[1] for file in second.files} == {b"FACE another"}
