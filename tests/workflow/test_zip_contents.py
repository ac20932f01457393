"""The content of a zip: everything but photos is refused by name, and a hostile zip is refused as a whole."""

from __future__ import annotations

import stat
import zipfile
from collections import Counter
from unittest import mock

import pytest

from shared.domain.archives import MAX_ENTRIES
from shared.domain.photos import MAX_SOURCE_BYTES, Verdict
from shared.domain.states import JobState
from shared.workflow import archive_reading
from shared.workflow.taking_out import TOLD_OF_EACH
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.scenarios import zipped
from tests.simulation.stores import BUCKET
from tests.uploads.hostile_zips import deflated, quoting_each_other, zip_of_files
from tests.workflow.support import tick
from tests.workflow.zips import FACES, details, entry, settled, verdicts, zip_of


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
        "letter.txt": "system_file",
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
        "bzip2.jpg": "unusual_compression",
    }
    assert details(job)["a.zip"] == "2 taken out, 11 refused, 4 other files"
    assert all(photo.recorded_at >= photo.uploaded_at > 0 for photo in job.photo_set.photos)
    assert {found.key for found in cloud.uploads()} == {
        f"people/anna/{name}" for name in ("a.zip", "a.zip/good.jpg", "a.zip/no face.jpg")
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
    usable = {photo.name for photo in job.photo_set.usable}
    assert usable == {"gbk.zip/照片/张伟.jpg", "utf-8.zip/照片/张伟.jpg", "flagged.zip/林小雨.jpg"}


def test_a_file_protected_by_a_password_is_refused_and_the_others_are_taken(cloud: SimulatedCloud) -> None:
    content = bytearray(zipped({"secret.jpg": b"FACE 1", "open.jpg": b"FACE 2"}))
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags_at] |= 1
    job = settled(cloud, bytes(content))
    assert verdicts(job) == {"a.zip": "unpacked", "a.zip/secret.jpg": "encrypted", "a.zip/open.jpg": "usable"}


def test_a_file_protected_by_a_password_is_called_what_its_maker_calls_it(cloud: SimulatedCloud) -> None:
    name = "秘密.jpg".encode("gbk")
    content = bytearray(zipped({"x" * len(name): b"FACE 1"}).replace(b"x" * len(name), name))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert verdicts(settled(cloud, bytes(content)))["a.zip/秘密.jpg"] == "encrypted"


def test_a_damaged_file_in_a_zip_is_refused_and_the_others_are_taken(cloud: SimulatedCloud) -> None:
    content = zipped({"damaged.jpg": b"FACE 1", "good.jpg": b"FACE 2"}).replace(b"FACE 1", b"FACE X")
    job = settled(cloud, content)
    assert verdicts(job) == {
        "a.zip": "unpacked",
        "a.zip/damaged.jpg": "broken_entry",
        "a.zip/good.jpg": "usable",
    }
    assert "CRC" in details(job)["a.zip/damaged.jpg"]


def test_files_of_one_name_are_all_taken_under_names_of_their_own(cloud: SimulatedCloud) -> None:
    content = zipped({"1.jpg": b"FACE 1", "2.jpg": b"FACE 2", "3.jpg": b"FACE 3"}).replace(b"2.jpg", b"1.jpg")
    job = settled(cloud, content.replace(b"3.jpg", b"1.jpg"))
    names = ["1.jpg", "1 (2).jpg", "1 (3).jpg"]
    assert verdicts(job) == {"a.zip": "unpacked", **{f"a.zip/{name}": "usable" for name in names}}
    for number, name in enumerate(names, 1):
        assert cloud.objects.get(BUCKET, f"people/anna/a.zip/{name}")[1] == b"FACE %d" % number


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


def test_a_file_that_claims_to_be_packed_into_more_than_it_is_is_not_read(
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


def test_of_a_bomb_whose_files_share_their_data_one_is_stored(cloud: SimulatedCloud) -> None:
    job = settled(cloud, quoting_each_other(100, bytes(50_000)))
    assert Counter(verdicts(job).values()) == {"unpacked": 1, "broken_entry": 99, "all_zeros": 1}
    assert [found.key for found in cloud.uploads()] == ["people/anna/a.zip", "people/anna/a.zip/099.jpg"]


def test_of_files_beside_the_photos_some_are_told_by_name_and_all_are_counted(cloud: SimulatedCloud) -> None:
    photos = {f"Takeout/Album/IMG_{n:02}.jpg": b"FACE %d" % n for n in range(3)}
    beside = {f"Takeout/Album/old {n:02}.json": b"{}" for n in range(30)}
    videos = {f"Takeout/Album/IMG_{n:02}.MP4": b"moving" for n in range(3)}
    job = settled(cloud, zipped({**photos, **beside, **videos}))
    assert details(job)["a.zip"] == "3 taken out, 0 refused, 33 other files"
    assert Counter(verdicts(job).values()) == {
        "usable": 3,
        "system_file": TOLD_OF_EACH,
        "live_photo_video": 3,
        "unpacked": 1,
    }
    assert len(cloud.uploads()) == 1 + 3


def test_a_zip_with_the_folders_of_several_people_is_not_taken_and_says_which(cloud: SimulatedCloud) -> None:
    job = settled(cloud, zipped({f"{name}/1.jpg": b"FACE " + name.encode() for name in ("anna", "ben")}))
    assert (verdicts(job), details(job)) == ({"a.zip": "several_folders"}, {"a.zip": "anna, ben"})
    (job,) = tick(cloud, 4)
    assert job.state is JobState.REJECTED
    assert job.reason is not None
    assert "one zip for each person" in job.reason.message
    assert [found.key for found in cloud.uploads()] == ["people/anna/a.zip"]
    assert cloud.studio.ledger() == []


def test_a_zip_is_not_unpacked_to_more_than_20_times_its_size(cloud: SimulatedCloud) -> None:
    plain = bytes(1000 * 1000)
    content = zip_of_files(deflated(f"{n:03}.jpg", plain) for n in range(30))
    job = settled(cloud, content)
    assert Counter(verdicts(job).values())[Verdict.EXPANDS_TOO_MUCH.value] == 30 - 20
    assert len(cloud.uploads()) == 1 + 20
