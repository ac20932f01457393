"""Zips in which one file's head, entry and data differ: that file may be lost, and the others are taken.

Each of the 3,780 is the same each time. One run of the real unpacking reads a zip as a program makes it,
after one file of it has been tampered with. Larger damage, runs that die and troubles of the bucket are the
matter of :mod:`tests.unit.test_zip_fuzz`.
"""

from __future__ import annotations

import functools
import io
import random
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from shared.domain.archives import max_unpacked_bytes
from shared.domain.object_keys import MAX_KEY_BYTES, Kind, Upload, parse_upload
from shared.domain.photos import Photo, Verdict
from shared.workflow.archive_reading import WINDOW
from shared.workflow.taking_out import take_out
from tests.unit.memory import Memory
from tests.unit.support import NOW
from tests.uploads import made_zips as m
from tests.uploads.hostile_zips import deflated, stored, zip_of_files

OF_EACH, OF_DIRECTORIES = 120, 270
UPLOAD = Upload("li", "a.zip", Kind.ARCHIVE)
FOLDER = "people/li/a.zip/"
LOCAL, DIRECTORY = b"PK\3\4", b"PK\1\2"
# APPNOTE.TXT, 4.3.7 and 4.3.12: places and sizes in bytes.
LOCAL_LENGTHS, ENTRY_LENGTHS = (26, 28), (28, 30, 32)
LOCAL_HEAD_BYTES, ENTRY_BYTES = 30, 46
NOT_NEEDED = [(4, 2), (6, 2), (8, 2), (10, 2), (12, 2), (14, 4), (18, 4), (22, 4)]
"""Of a local head: version, flags, method, time, date, CRC and both sizes."""
FIELDS = [
    *((4, 2), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2)),
    *((34, 2), (36, 2), (38, 4), (42, 4), (0, 4)),
]
EDGES = (0, 1, 7, 8, 9, 0x7F, 0xFF, 0x800, 0x7FFF, 0xFFFF, 10**6, 0x7FFF_FFFF, 0xFFFF_FFFF)

CONTENTS: Mapping[str, bytes] = {f"IMG_{n}.jpg": b"FACE %d " % n * (30 * n + 4) for n in range(7)}


@dataclass(frozen=True)
class Seed:
    """A zip, and where its local heads and its directory's entries lie, in the order of the files."""

    content: bytes
    heads: tuple[int, ...]
    entries: tuple[int, ...]


@functools.cache
def seeds() -> Mapping[str, Seed]:
    files = dict(CONTENTS)
    made = {
        "packed": zip_of_files(deflated(*one) for one in files.items()),
        "stored": zip_of_files(stored(*one) for one in files.items()),
        "of the Finder": m.of_archive_utility(files),
        "of 7-Zip": m.of_seven_zip(files),
        "of WinRAR": m.of_winrar(files),
        "of an export": m.of_an_export(files),
    }
    return {name: _seed(content) for name, content in made.items()}


def _seed(content: bytes) -> Seed:
    heads, entries = [], []
    for name in CONTENTS:
        first = content.index(name.encode())
        heads.append(content.rindex(LOCAL, 0, first))
        entries.append(content.rindex(DIRECTORY, 0, content.rindex(b"\0" + name.encode()) + 1))
    return Seed(content, tuple(heads), tuple(entries))


class Bucket(Memory):
    """A bucket with one zip in it; keeps what is taken out, and counts what is read."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content = content
        self.taken: dict[str, bytes] = {}
        self.read_bytes = 0

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        assert 0 <= start < start + count <= len(self.content)
        self.read_bytes += count
        return self.content[start : start + count]

    def write(self, key: str, content: bytes, *, taken_from: str = "") -> None:
        assert key not in self.taken
        self.taken[key] = content


def taken_out(content: bytes) -> tuple[Bucket, Photo]:
    """Unpack, and hold what is promised of every zip."""
    bucket = Bucket(content)
    photo = Photo(
        name="a.zip",
        etag="E",
        size=len(content),
        verdict=Verdict.UNPACKING,
        uploaded_at=NOW,
        recorded_at=NOW,
        tries=1,
    )
    ended, refused = take_out(bucket.world(), UPLOAD, photo)
    # Never a photo twice.
    assert max(Counter(bucket.taken.values()).values(), default=1) == 1
    assert sum(map(len, bucket.taken.values())) <= max_unpacked_bytes(len(content))
    assert bucket.read_bytes <= 4 * WINDOW + 3 * len(content)
    for key in bucket.taken:
        upload = parse_upload(key)
        assert isinstance(upload, Upload)
        assert (key[: len(FOLDER)], upload.person_id, upload.kind) == (FOLDER, "li", Kind.PHOTO)
        assert len(key.encode()) <= MAX_KEY_BYTES
    names = [one.name for one in refused] + [key.removeprefix("people/li/") for key in bucket.taken]
    assert len(set(names)) == len(names)
    return bucket, ended


def changed(content: bytearray, at: int, size: int, dice: random.Random, others: list[int]) -> None:
    """Write another number in the place of one; what another file says is the likeliest to be believed."""
    number = int.from_bytes(content[at : at + size], "little")
    value = dice.choice(
        (
            number + dice.choice((-1, 1, 2, -30, 40)),
            dice.choice(EDGES),
            int.from_bytes(content[(other := dice.choice(others)) : other + size], "little"),
            number ^ 1 << dice.randrange(8 * size),
        )
    )
    content[at : at + size] = (value % 2 ** (8 * size)).to_bytes(size, "little")


def difference_not_needed(seed: Seed, content: bytearray, victim: int, dice: random.Random) -> None:
    """In a local head: what the directory says as well, the name too."""
    head = seed.heads[victim]
    for _ in range(dice.choice((1, 1, 3))):
        if dice.random() < 0.3:
            at = head + LOCAL_HEAD_BYTES + dice.randrange(len("IMG_0.jpg"))
            content[at] = dice.choice((0, 0x5C, 0x2F, 0xFF, dice.randrange(256)))
        else:
            field, size = dice.choice(NOT_NEEDED)
            changed(content, head + field, size, dice, [other + field for other in seed.heads])


def difference_in_head(seed: Seed, content: bytearray, victim: int, dice: random.Random) -> None:
    """In a local head: where the data begin, and whether it is one."""
    field = dice.choice((*LOCAL_LENGTHS, 0))
    changed(content, seed.heads[victim] + field, 2, dice, [other + field for other in seed.heads])


def difference_in_data(seed: Seed, content: bytearray, victim: int, dice: random.Random) -> None:
    """In the data, or in what stands behind them."""
    begins = seed.heads[victim] + LOCAL_HEAD_BYTES
    ends = (*seed.heads, seed.entries[0])[victim + 1]
    for _ in range(dice.choice((1, 1, 4))):
        at = dice.randrange(begins, ends)
        count = min(dice.choice((1, 4, 32)), ends - at)
        content[at : at + count] = dice.choice((bytes(count), b"\xff" * count, dice.randbytes(count)))


def difference_in_directory(seed: Seed, content: bytearray, victim: int, dice: random.Random) -> None:
    """In an entry of the directory: any field, or the name."""
    entry = seed.entries[victim]
    if dice.random() < 0.15:
        content[entry + ENTRY_BYTES + dice.randrange(len("IMG_0.jpg"))] = dice.choice(
            (0, 0xFF, dice.randrange(256))
        )
        return
    field, size = dice.choice(FIELDS)
    changed(content, entry + field, size, dice, [other + field for other in seed.entries])


Difference = Callable[[Seed, bytearray, int, random.Random], None]

LOST_AT_MOST: Mapping[Difference, int] = {
    difference_not_needed: 0,
    difference_in_head: 1,
    difference_in_data: 1,
    # A wrong place or size may be that of another file.
    difference_in_directory: 2,
}


def count_of(tamper: Difference) -> int:
    return OF_DIRECTORIES if tamper is difference_in_directory else OF_EACH


@pytest.mark.parametrize("name", list(seeds()))
def test_a_zip_without_differences_is_taken_out_as_a_whole(name: str) -> None:
    bucket, ended = taken_out(seeds()[name].content)
    assert bucket.taken == {FOLDER + name: content for name, content in CONTENTS.items()}
    assert ended.verdict is Verdict.UNPACKED


@pytest.mark.parametrize("tamper", LOST_AT_MOST, ids=lambda one: one.__name__)
@pytest.mark.parametrize("name", list(seeds()))
def test_a_file_whose_head_entry_and_data_differ_costs_itself_and_not_the_zip(
    name: str, tamper: Difference
) -> None:
    seed, lost = seeds()[name], Counter[int]()
    for number in range(count_of(tamper)):
        dice = random.Random(f"{name} {tamper.__name__} {number}")
        content, victim = bytearray(seed.content), dice.randrange(len(CONTENTS))
        tamper(seed, content, victim, dice)
        try:
            bucket, ended = taken_out(bytes(content))
            assert ended.verdict is Verdict.UNPACKED
            missing = set(CONTENTS.values()) - set(bucket.taken.values())
            assert len(missing) <= LOST_AT_MOST[tamper]
            assert not set(bucket.taken.values()) - set(CONTENTS.values())
        except AssertionError as problem:
            raise AssertionError(f"{name}, {tamper.__name__}, {number}") from problem
        lost[len(missing)] += 1
    # Were nothing lost at all, nothing would have been tried.
    assert bool(lost[1]) is (LOST_AT_MOST[tamper] > 0)
    assert lost[2] <= sum(lost.values()) / 10


def test_more_than_3000_are_tried() -> None:
    assert len(seeds()) * sum(map(count_of, LOST_AT_MOST)) == 3_780


@pytest.mark.parametrize("name", list(seeds()))
def test_the_zips_are_such_that_python_itself_reads_them(name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(seeds()[name].content)) as archive:
        assert {one: archive.read(one) for one in CONTENTS} == CONTENTS
