"""A zip from a chat app: its photos become the person's, and everything else in it is refused by name."""

from __future__ import annotations

import io
import stat
import zipfile
from unittest import mock

import pytest

from shared.domain.archives import MAX_ENTRIES
from shared.domain.job import MAX_RECORDED, Job
from shared.domain.photos import MAX_SOURCE_BYTES, Verdict
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.workflow import archive_reading, unpacking
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.kernel import Killed
from tests.simulation.scenarios import zipped
from tests.simulation.stores import BUCKET
from tests.workflow.support import tick

FACES = {f"{number}.jpg": b"FACE %d" % number for number in range(1, 4)}


def verdicts(job: Job) -> dict[str, str]:
    return {photo.name: photo.verdict.value for photo in job.photos}


def settled(cloud: SimulatedCloud, content: bytes) -> Job:
    """Upload a zip, let its photos come, and return the job before anything has become quiet."""
    cloud.upload("anna", "a.zip", content)
    cloud.advance(30_000)
    (job,) = cloud.jobs()
    return job


def entry(name: str, **changes: object) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    for field, value in changes.items():
        setattr(info, field, value)
    return info


def zip_of(*entries: tuple[zipfile.ZipInfo | str, bytes], packed: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as archive:
        for info, content in entries:
            archive.writestr(info, content)
    return buffer.getvalue()


def test_the_photos_of_a_zip_are_trained_together_as_one_set(cloud: SimulatedCloud) -> None:
    cloud.upload("anna", "0.jpg", b"FACE 0")
    cloud.upload("anna", "photos.zip", zipped(FACES))
    (job,) = tick(cloud, 12)
    assert job.state is JobState.SUCCEEDED
    assert {cloud.objects.get(BUCKET, file)[1] for file in job.files} == {b"FACE 0", *FACES.values()}
    assert verdicts(job) == {
        "0.jpg": "usable",
        "photos.zip": "unpacked",
        **{f"photos.zip/{name}": "usable" for name in FACES},
    }
    assert len(cloud.studio.ledger()) == 1


def test_a_marker_after_the_zip_speaks_for_what_is_in_it(cloud: SimulatedCloud) -> None:
    cloud.rules = Rules(quiet=3_600_000)
    cloud.upload("anna", "photos.zip", zipped(FACES))
    cloud.kernel.at(cloud.kernel.now + 1_500, lambda: cloud.upload("anna", "_READY", b""))
    (job,) = tick(cloud, 12)
    assert (job.state, job.closed_by, len(job.files)) == (JobState.SUCCEEDED, "marker", 3)


def test_of_a_zip_with_more_than_ten_photos_ten_are_trained_and_the_others_say_so(
    cloud: SimulatedCloud,
) -> None:
    cloud.upload("anna", "photos.zip", zipped({f"{n:02}.jpg": b"FACE %d" % n for n in range(37)}))
    (job,) = tick(cloud, 15)
    assert (job.state, job.closed_by, len(job.files)) == (JobState.SUCCEEDED, "count", 10)
    assert sorted(verdicts(job).values()) == ["over_limit"] * 27 + ["unpacked"] + ["usable"] * 10
    assert len(cloud.studio.ledger()) == 1


def test_a_set_stays_open_while_a_zip_is_unpacked_and_whoever_died_over_it_is_followed_by_a_tick(
    cloud: SimulatedCloud,
) -> None:
    with mock.patch.object(unpacking, "_unpack", side_effect=Killed):
        cloud.upload("anna", "photos.zip", zipped(FACES))
        cloud.advance(1_000)
    for number in range(10):
        cloud.upload("anna", f"{number}.jpg", b"FACE of its own %d" % number)
    cloud.advance(30_000)
    (job,) = cloud.jobs()
    assert (job.state, len(job.usable), len(job.unpacking)) == (JobState.COLLECTING, 10, 1)
    (job,) = tick(cloud, 15)
    assert job.state is JobState.SUCCEEDED
    assert len(verdicts(job)) == 14
    assert not job.unpacking


def test_a_zip_that_kills_whoever_unpacks_it_is_given_up_and_says_so(cloud: SimulatedCloud) -> None:
    with mock.patch.object(unpacking, "_unpack", side_effect=Killed):
        cloud.upload("anna", "photos.zip", zipped(FACES))
        (job,) = tick(cloud, 40)
    assert verdicts(job) == {"photos.zip": "archive_failed"}
    assert job.state is JobState.REJECTED


def test_a_run_without_time_for_the_whole_zip_leaves_the_rest_to_the_next(cloud: SimulatedCloud) -> None:
    entry_takes = 15_001
    answers = iter([False, True, False, True, True])
    has_time = unpacking.World.has_time_for

    def has_time_for(world: unpacking.World, milliseconds: int) -> bool:
        if milliseconds == entry_takes:
            return next(answers)
        return has_time(world, milliseconds)

    with (
        mock.patch.object(unpacking, "TIME_FOR_AN_ENTRY", entry_takes),
        mock.patch.object(unpacking.World, "has_time_for", has_time_for),
    ):
        (job,) = (settled(cloud, zipped(FACES)), *tick(cloud, 12))[-1:]
    assert job.state is JobState.SUCCEEDED
    assert len(job.files) == 3
    assert next(answers, None) is None
    stored = [call for call in cloud.gate.trace if call.operation == "PutObject upload"]
    assert len(stored) == 3


def test_a_zip_that_takes_many_runs_is_not_given_up(cloud: SimulatedCloud) -> None:
    photos = {f"{number:02}.jpg": b"FACE %d" % number for number in range(14)}
    takes, has_time = 15_001, unpacking.World.has_time_for
    asked = iter(range(1000))

    def has_time_for(world: unpacking.World, milliseconds: int) -> bool:
        return next(asked) % 2 == 0 if milliseconds == takes else has_time(world, milliseconds)

    with (
        mock.patch.object(unpacking, "TIME_FOR_AN_ENTRY", takes),
        mock.patch.object(unpacking.World, "has_time_for", has_time_for),
    ):
        (job,) = (settled(cloud, zipped(photos)), *tick(cloud, 25))[-1:]
    assert (job.state, len(job.photos)) == (JobState.SUCCEEDED, 15)


def test_everything_but_photos_is_refused_by_name_and_reason(cloud: SimulatedCloud) -> None:
    link = entry("shortcut.jpg", create_system=3, external_attr=(stat.S_IFLNK | 0o777) << 16)
    job = settled(
        cloud,
        zip_of(
            ("good.jpg", b"FACE 1"),
            ("no face.jpg", b"VIEW 1"),
            ("letter.txt", b"dear studio"),
            ("folder/", b""),
            ("../escape.jpg", b"FACE 2"),
            ("/root.jpg", b"FACE 3"),
            ("C:\\photos\\disk.jpg", b"FACE 4"),
            ("a//b.jpg", b"FACE 5"),
            ("bell\x07.jpg", b"FACE 6"),
            ("x" * 1100 + ".jpg", b"FACE 7"),
            ("__MACOSX/._good.jpg", b"resource fork"),
            (".DS_Store", b"finder"),
            ("album/Thumbs.db", b"explorer"),
            (link, b"good.jpg"),
            ("inner.zip", zipped(FACES)),
            ("inner.tar.GZ", b"..."),
            ("empty.jpg", b""),
            (entry("bzip2.jpg", compress_type=zipfile.ZIP_BZIP2), b"FACE 8" * 100),
        ),
    )
    prefix = "a.zip/"
    assert {name.removeprefix(prefix)[:30]: verdict for name, verdict in verdicts(job).items()} == {
        "a.zip": "unpacked",
        "good.jpg": "usable",
        "no face.jpg": "no_face",
        "letter.txt": "not_an_image",
        "../escape.jpg": "unsafe_name",
        "/root.jpg": "unsafe_name",
        "C:/photos/disk.jpg": "unsafe_name",
        "a//b.jpg": "unsafe_name",
        "bell\ufffd.jpg": "unsafe_name",
        "x" * 30: "unsafe_name",
        "__MACOSX/._good.jpg": "system_file",
        ".DS_Store": "system_file",
        "album/Thumbs.db": "system_file",
        "shortcut.jpg": "link",
        "inner.zip": "nested_archive",
        "inner.tar.GZ": "nested_archive",
        "empty.jpg": "empty",
        "bzip2.jpg": "broken_entry",
    }
    assert job.photo("a.zip").detail == "3 taken out, 14 refused"  # type: ignore[union-attr]
    assert {found.key for found in cloud.uploads()} == {
        f"people/anna/{name}" for name in ("a.zip", "a.zip/good.jpg", "a.zip/no face.jpg", "a.zip/letter.txt")
    }


def test_names_are_read_as_utf8_or_as_gbk_whatever_the_zip_says(cloud: SimulatedCloud) -> None:
    flagged = zipped({"林小雨.jpg": b"FACE 1"})
    for encoding, number in (("gbk", 2), ("utf-8", 3)):
        name = "照片\\张伟.jpg".encode(encoding)
        plain = zipped({"x" * len(name): b"FACE %d" % number}).replace(b"x" * len(name), name)
        cloud.upload("anna", f"{encoding}.zip", plain)
    cloud.upload("anna", "flagged.zip", flagged)
    cloud.advance(30_000)
    (job,) = cloud.jobs()
    usable = {photo.name for photo in job.usable}
    assert usable == {"gbk.zip/照片/张伟.jpg", "utf-8.zip/照片/张伟.jpg", "flagged.zip/林小雨.jpg"}


def test_a_file_protected_by_a_password_is_refused_and_the_others_are_taken(cloud: SimulatedCloud) -> None:
    content = bytearray(zipped({"secret.jpg": b"FACE 1", "open.jpg": b"FACE 2"}))
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags_at] |= 1
    job = settled(cloud, bytes(content))
    assert verdicts(job) == {"a.zip": "unpacked", "a.zip/secret.jpg": "encrypted", "a.zip/open.jpg": "usable"}


def test_a_damaged_file_in_a_zip_is_refused_and_the_others_are_taken(cloud: SimulatedCloud) -> None:
    content = zipped({"damaged.jpg": b"FACE 1", "good.jpg": b"FACE 2"}).replace(b"FACE 1", b"FACE X")
    job = settled(cloud, content)
    assert verdicts(job) == {
        "a.zip": "unpacked",
        "a.zip/damaged.jpg": "broken_entry",
        "a.zip/good.jpg": "usable",
    }
    assert "CRC" in job.photo("a.zip/damaged.jpg").detail  # type: ignore[union-attr]


def test_two_files_of_one_name_are_not_mixed_up(cloud: SimulatedCloud) -> None:
    content = zipped({"1.jpg": b"FACE 1", "2.jpg": b"FACE 2", "3.jpg": b"FACE 3"}).replace(b"2.jpg", b"1.jpg")
    job = settled(cloud, content.replace(b"3.jpg", b"1.jpg"))
    assert sorted(verdicts(job).values()) == ["unpacked", "unsafe_name", "unsafe_name", "usable"]
    assert cloud.objects.get(BUCKET, "people/anna/a.zip/1.jpg")[1] == b"FACE 1"


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (b"", "empty"),
        (b"FACE 1", "not_an_archive"),
        (zipped(FACES)[:-30], "not_an_archive"),
        (zipped({f"{number}.jpg": b"FACE" for number in range(MAX_ENTRIES + 1)}), "archive_too_large"),
    ],
)
def test_a_zip_that_cannot_be_used_says_why_and_nothing_of_it_is_taken(
    cloud: SimulatedCloud, content: bytes, verdict: str
) -> None:
    assert verdicts(settled(cloud, content)) == {"a.zip": verdict}
    assert [found.key for found in cloud.uploads()] == ["people/anna/a.zip"]
    (job,) = tick(cloud, 4)
    assert job.state is JobState.REJECTED


def test_bombs_are_told_by_the_directory_before_a_byte_is_unpacked(cloud: SimulatedCloud) -> None:
    zeros = bytes(MAX_SOURCE_BYTES)
    bomb = zip_of(
        ("a.jpg", zeros), ("b.jpg", zeros + b"0"), ("c.jpg", b"FACE 1"), packed=zipfile.ZIP_DEFLATED
    )
    with mock.patch.object(archive_reading.Archive, "read", lambda _, entry: b"FACE %d" % entry.size):
        job = settled(cloud, bomb)
    assert verdicts(job) == {
        "a.zip": "unpacked",
        "a.zip/a.jpg": "expands_too_much",
        "a.zip/b.jpg": "too_many_bytes",
        "a.zip/c.jpg": "usable",
    }


def test_a_directory_of_more_than_a_megabyte_is_never_read(cloud: SimulatedCloud) -> None:
    content = zipped({f"{number:05}{'x' * 200}.jpg": b"" for number in range(5000)})
    assert verdicts(settled(cloud, content)) == {"a.zip": "archive_too_large"}
    with mock.patch.object(archive_reading, "MAX_DIRECTORY_BYTES", 10):
        assert verdicts(settled(cloud, zipped(FACES)))["a.zip"] == "archive_too_large"


def test_a_file_that_claims_to_be_packed_into_more_than_it_is_makes_nobody_read_it(
    cloud: SimulatedCloud,
) -> None:
    endless = b"\x00\x00\x00\xff\xff" * 200_000  # deflate's empty blocks, of which nothing comes out
    content = bytearray(zip_of(("a.jpg", endless), ("b.jpg", b"FACE 1")))
    for signature, method_at, size_at in ((b"PK\x03\x04", 8, 22), (b"PK\x01\x02", 10, 24)):
        header = content.index(signature)
        content[header + method_at] = zipfile.ZIP_DEFLATED
        content[header + size_at : header + size_at + 4] = (100).to_bytes(4, "little")
    job = settled(cloud, bytes(content))
    assert verdicts(job) == {"a.zip": "unpacked", "a.zip/a.jpg": "broken_entry", "a.zip/b.jpg": "usable"}
    assert sum(call.operation == "GetObject range" for call in cloud.gate.trace) < 10


def test_a_zip_that_is_replaced_is_unpacked_anew_and_its_old_refusals_go(cloud: SimulatedCloud) -> None:
    settled(cloud, zip_of(("1.jpg", b"FACE 1"), ("old.jpg", b"")))
    job = settled(cloud, zip_of(("1.jpg", b"FACE 1"), ("2.jpg", b"FACE 2"), ("new.jpg", b"")))
    assert verdicts(job) == {
        "a.zip": "unpacked",
        "a.zip/1.jpg": "usable",
        "a.zip/2.jpg": "usable",
        "a.zip/new.jpg": "empty",
    }


def test_a_zip_that_is_deleted_takes_its_refusals_along_and_leaves_its_photos(cloud: SimulatedCloud) -> None:
    settled(cloud, zip_of(("1.jpg", b"FACE 1"), ("empty.jpg", b"")))
    cloud.delete("anna", "a.zip")
    (job,) = tick(cloud, 12)
    assert job.state is JobState.SUCCEEDED
    assert verdicts(job) == {"a.zip/1.jpg": "usable"}


def test_a_photo_taken_out_of_a_zip_and_then_deleted_stays_deleted(cloud: SimulatedCloud) -> None:
    settled(cloud, zipped(FACES))
    cloud.delete("anna", "a.zip/1.jpg")
    (job,) = tick(cloud, 12)
    assert job.state is JobState.SUCCEEDED
    assert len(job.files) == 2


def test_a_zip_after_a_training_opens_the_next_revision_once(cloud: SimulatedCloud) -> None:
    cloud.upload("anna", "0.jpg", b"FACE 0")
    tick(cloud, 10)
    cloud.upload("anna", "a.zip", zipped(FACES), deliveries=(0, 5, 400_000))
    first, second = tick(cloud, 20)
    assert (second.state, len(second.files)) == (JobState.SUCCEEDED, 4)
    assert first.state is JobState.SUCCEEDED


def test_a_repeated_event_unpacks_nothing_again(cloud: SimulatedCloud) -> None:
    cloud.upload("anna", "a.zip", zipped(FACES), deliveries=(0, 1, 20_000))
    cloud.advance(40_000)
    stored = [call for call in cloud.gate.trace if call.operation == "PutObject upload"]
    assert len(stored) == len(FACES)


def test_more_refusals_than_a_row_holds_push_out_no_photo(cloud: SimulatedCloud) -> None:
    files = {f"{number:03}.jpg": b"" for number in range(MAX_RECORDED + 20)}
    job = settled(cloud, zipped({**files, "good.jpg": b"FACE 1"}))
    assert len(job.photos) <= MAX_RECORDED
    assert [photo.verdict for photo in job.photos if photo.name == "a.zip"] == [Verdict.UNPACKED]
    assert [photo.name for photo in job.usable] == ["a.zip/good.jpg"]
