"""Whatever is uploaded, the answer is a verdict: no crash, no hang, and no more memory than is due.

Far over two thousand damaged files are tried, the same ones each time: zips and pictures by themselves, and a
part of them through the whole handler.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.errors import OssError
from aliyun_local.oss.images import processing as images
from shared.clients.preparing import AS_STORED, PREPARE
from shared.domain.archives import (
    MAX_DIRECTORY_BYTES,
    MAX_RATIO,
    PACKING_ADDS,
    RATIO_COUNTS_FROM,
    decide_entries,
    is_too_much,
    max_unpacked_bytes,
)
from shared.domain.jpeg import HEADER_BYTES, jpeg_sides
from shared.domain.photos import MAX_SOURCE_BYTES, PREPARED_SIDE_PIXELS, Verdict
from shared.workflow.archive_reading import WINDOW, Archive, BrokenEntry, UnusableArchive

from .mutations import archives, mutants, pictures
from .pictures import decoded
from .support import Studio

OF_EACH_ARCHIVE, OF_EACH_PICTURE, THROUGH_THE_HANDLER = 200, 100, 10
ARCHIVES = [
    "stored",
    "packed",
    "in GBK",
    "written to a pipe",
    "in the large format",
    "with a comment",
    "of many",
    "behind a program",
    "nested",
]
DECODES_ANIMATIONS = OssBehaviour(decodes_animated_webp=True)
PICTURES = [
    "JPEG",
    "progressive JPEG",
    "CMYK JPEG",
    "MPO",
    "PNG",
    "palette PNG",
    "animated PNG",
    "WebP",
    "lossless WebP",
    "animated WebP",
    "GIF",
    "animated GIF",
    "BMP",
    "TIFF",
    "LZW TIFF",
    "JPEG TIFF",
    "HEIC",
    "AVIF",
]
PATIENCE_SECONDS = 5.0
ENDS = {verdict.value for verdict in set(Verdict) - {Verdict.UNCHECKED, Verdict.UNPACKING}}


@dataclass
class Reads:
    """A file of ``size`` bytes that ends with ``content``, and how much of it was asked for."""

    content: bytes
    size: int
    at_once: int = 0
    in_all: int = 0

    def __call__(self, start: int, count: int) -> bytes:
        assert 0 <= start <= start + count <= self.size
        self.at_once = max(self.at_once, count)
        self.in_all += count
        at = start - (self.size - len(self.content))
        return bytes(min(count, max(0, -at))) + self.content[max(0, at) : max(0, at + count)]


def unpack(reads: Reads) -> int:
    """Do with a zip what the product does with it; returns how many of its files were read."""
    try:
        archive = Archive(reads, reads.size)
    except UnusableArchive:
        return 0
    assert reads.at_once <= MAX_DIRECTORY_BYTES
    decisions = decide_entries(archive.entries, folder="people/anna/a.zip/", archive_bytes=reads.size)
    if is_too_much(decisions):
        return 0
    count = in_all = 0
    for decision in decisions:
        entry = decision.entry
        if decision.verdict is None:
            try:
                content = archive.read(entry)
            except BrokenEntry:
                continue
            count, in_all = count + 1, in_all + len(content)
            assert len(content) == entry.size <= MAX_SOURCE_BYTES
            assert entry.size <= max(RATIO_COUNTS_FROM, MAX_RATIO * entry.packed_size)
    assert in_all <= max_unpacked_bytes(reads.size)
    return count


def test_more_than_two_thousand_files_are_tried_of_every_kind() -> None:
    assert (list(archives()), list(pictures())) == (ARCHIVES, PICTURES)
    alone = len(ARCHIVES) * OF_EACH_ARCHIVE + len(PICTURES) * OF_EACH_PICTURE
    assert alone + (len(ARCHIVES) + len(PICTURES)) * THROUGH_THE_HANDLER > 2_000
    for seeds in (archives(), pictures()):
        assert len({mutant for name in seeds for mutant in mutants(name, seeds, 50)}) > 45 * len(seeds)


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_damaged_zip_is_read_within_bounds_or_refused(name: str) -> None:
    read = 0
    for number, content in enumerate(mutants(name, archives(), OF_EACH_ARCHIVE)):
        began = time.process_time()
        reads = Reads(content, len(content))
        read += unpack(reads)
        assert reads.at_once <= len(content), f"{name} {number}"
        assert time.process_time() - began < PATIENCE_SECONDS, f"{name} {number}"
    # Were all of them refused at the door, nothing would have been tried.
    assert read > OF_EACH_ARCHIVE / 5


@pytest.mark.parametrize("name", ["packed", "of many", "in the large format"])
def test_of_a_zip_of_500_megabytes_no_more_is_asked_for_than_its_directory_and_its_photos(name: str) -> None:
    for number, content in enumerate(mutants(name, archives(), 30)):
        reads = Reads(content, 500 * 1024 * 1024)
        count = unpack(reads)
        assert reads.at_once <= MAX_SOURCE_BYTES + PACKING_ADDS + WINDOW, f"{name} {number}"
        assert reads.in_all <= 2 * MAX_DIRECTORY_BYTES + count * 4 * WINDOW, f"{name} {number}"


@pytest.mark.parametrize("name", PICTURES)
def test_a_damaged_picture_is_prepared_or_refused(name: str) -> None:
    refusals = []
    way = AS_STORED if name == "animated WebP" else PREPARE
    for number, content in enumerate(mutants(name, pictures(), OF_EACH_PICTURE)):
        began = time.process_time()
        try:
            prepared = images.process(content, way, DECODES_ANIMATIONS).content
        except OssError as refusal:
            refusals.append(refusal.status)
        else:
            picture = decoded(prepared)
            assert picture.format == "JPEG"
            assert max(picture.size) <= PREPARED_SIDE_PIXELS, f"{name} {number}"
            assert jpeg_sides(prepared[:HEADER_BYTES]) in (picture.size, None), f"{name} {number}"
        assert time.process_time() - began < PATIENCE_SECONDS, f"{name} {number}"
    # OSS says 403 of a damaged picture, and 400 of what it does not know as one.
    assert refusals
    assert set(refusals) <= {400, 403}
    assert len(refusals) < OF_EACH_PICTURE


@pytest.mark.parametrize("name", ["JPEG", "progressive JPEG", "CMYK JPEG", "MPO"])
def test_the_sides_of_a_damaged_jpeg_are_two_numbers_or_unknown(name: str) -> None:
    found = 0
    for content in mutants(name, pictures(), 500):
        sides = jpeg_sides(content)
        assert sides is None or (len(sides) == 2 and 0 <= min(sides) <= max(sides) <= 0xFFFF)
        found += sides == (64, 80) or sides == (80, 64)
    assert found > 100


@pytest.mark.parametrize("name", [*ARCHIVES, *PICTURES])
def test_a_damaged_upload_gets_a_verdict_from_the_handler(name: str, studio: Studio) -> None:
    seeds, suffix = (archives(), ".zip") if name in ARCHIVES else (pictures(), ".jpg")
    for number, content in enumerate(mutants(name, seeds, THROUGH_THE_HANDLER)):
        person = f"{name} {number}"
        studio.upload(person, f"1{suffix}", content)
        studio.handle_uploads()
        job = studio.job(person)
        assert job is not None
        assert {photo.verdict.value for photo in job.photo_set.photos} <= ENDS, person
