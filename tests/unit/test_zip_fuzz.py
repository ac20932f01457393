"""Zips that somebody has tampered with: unpacking ends, within its bounds and inside the zip's own folder.

Each of the 1200 is the same each time. The real workflow unpacks it over tables and a bucket in memory, by as
many runs as it takes. Some runs die while they store a file, and some meet trouble of the bucket.
"""

from __future__ import annotations

import functools
import io
import random
import re
import zipfile
from collections.abc import Mapping

import pytest

from shared.domain import archives
from shared.domain.archives import MAX_ENTRIES, max_unpacked_bytes
from shared.domain.job import Job
from shared.domain.object_keys import MAX_KEY_BYTES, Kind, Upload, parse_upload
from shared.domain.photo_set import UNPACKING_TAKES_MS
from shared.domain.photos import MAX_SOURCE_BYTES, Stored, Verdict
from shared.errors import RetryLater
from shared.workflow import taking_out
from shared.workflow.taking_out import BYTES_A_RUN
from shared.workflow.unpacking import MAX_TRIES, unpack_upload
from tests.unit.memory import Memory
from tests.unit.support import NOW
from tests.uploads.hostile_zips import deflated, quoting_each_other, stored, zip_of_files

OF_EACH = 60
FOLDER = "people/li/a.zip/"
UPLOAD = Upload("li", "a.zip", Kind.ARCHIVE)
ENTRIES_A_RUN = 4

LOCAL, DIRECTORY, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
# APPNOTE.TXT, 4.3.7, 4.3.12 and 4.3.16: places and sizes in bytes of what a reader goes by.
FIELDS: Mapping[bytes, list[tuple[int, int]]] = {
    LOCAL: [(4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2), (30, 1)],
    DIRECTORY: [
        *((4, 2), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2)),
        *((30, 2), (32, 2), (38, 4), (42, 4), (42, 4), (46, 1)),
    ],
    END: [(8, 2), (10, 2), (12, 4), (16, 4), (20, 2)],
}
EDGES = (0, 1, 8, 12, 0x7F, 0xFF, 0x800, 0x7FFF, 0xFFFF, 10**6, 0x7FFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFF)
ENDS = {verdict for verdict in Verdict if verdict not in (Verdict.UNPACKING, Verdict.UNCHECKED)}


class Died(BaseException):
    """The run was killed."""


class Bucket(Memory):
    """Tables and a bucket with one zip in it, in which now and then something goes wrong."""

    def __init__(self, content: bytes, dice: random.Random) -> None:
        super().__init__()
        self.content, self.dice = content, dice
        self.written: dict[str, int] = {}
        self.in_this_run = 0
        self.objects[UPLOAD.key] = Stored(etag="E", size=len(content), modified_at=NOW)

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        assert (key, etag) == (UPLOAD.key, "E")
        assert 0 <= start < start + count <= len(self.content)
        if self.dice.random() < 0.01:
            raise RetryLater("oss_unreachable", "simulated", delay_seconds=1)
        return self.content[start : start + count]

    def write(self, key: str, content: bytes, *, taken_from: str = "") -> None:
        assert taken_from == "e"
        assert 0 < len(content) <= MAX_SOURCE_BYTES
        self.written[key] = len(content)
        self.objects[key] = Stored(etag="F", size=len(content), modified_at=self.time)
        self.in_this_run += len(content)
        if self.dice.random() < 0.02:
            raise Died

    def job(self) -> Job:
        (job,) = self.rows.values()
        return job


@functools.cache
def seeds() -> Mapping[str, bytes]:
    faces = {f"{n}.jpg": b"FACE %d " % n * (20 * n + 1) for n in range(6)}
    plain = {f"{n:02}.png": bytes(5000) for n in range(30)}
    folders = io.BytesIO()
    with zipfile.ZipFile(folders, "w") as archive:
        for name in ("a/", "a/1.jpg", "a/b/", "a/b/2.jpg", "../3.jpg", "照片.jpg"):
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(b"" if name.endswith("/") else b"FACE in " + name.encode())
    return {
        "stored": zip_of_files(stored(*one) for one in faces.items()),
        "packed": zip_of_files(deflated(*one) for one in faces.items()),
        "plain": zip_of_files(deflated(*one) for one in plain.items()),
        "in the large format": folders.getvalue(),
        "a bomb": quoting_each_other(12, bytes(3000)),
    }


def tampered_with(content: bytearray, dice: random.Random, target: bytes) -> None:
    """Change a field of one of the heads of the kind ``target``, or of the data when that is empty."""
    if not target:
        at = dice.randrange(len(content))
        content[at : at + dice.choice((1, 4))] = dice.choice((b"", dice.randbytes(4), content[:40]))
        return
    heads = [match.start() for match in re.finditer(re.escape(target), bytes(content))]
    if not heads:
        return
    field, size = dice.choice(FIELDS[target])
    at = dice.choice(heads) + field
    number = int.from_bytes(content[at : at + size], "little")
    # What another entry says is the likeliest to be believed.
    other = dice.choice(heads) + field
    value = dice.choice(
        (
            number + dice.choice((-1, 1, 2, -30, 40)),
            dice.choice(EDGES),
            int.from_bytes(content[other : other + size], "little"),
            number ^ 1 << dice.randrange(8 * size),
        )
    )
    content[at : at + size] = (value % 2 ** (8 * size)).to_bytes(size, "little")


def unpack(bucket: Bucket) -> None:
    """Let run follow run until the zip has its last verdict."""
    for _ in range(MAX_ENTRIES + MAX_TRIES):
        bucket.in_this_run = 0
        try:
            unpack_upload(bucket.world(), UPLOAD, bucket.latest("li"))
        except RetryLater:
            pass
        except Died:
            bucket.time += UNPACKING_TAKES_MS
        bucket.time += UNPACKING_TAKES_MS
        assert bucket.in_this_run <= BYTES_A_RUN
        if not bucket.job().photo_set.unpacking:
            return
    raise AssertionError("it does not end")


def check(bucket: Bucket) -> None:
    """Hold what was stored and recorded against what is promised."""
    photo = bucket.job().photo_set.photo("a.zip")
    assert photo is not None
    assert photo.verdict in ENDS
    assert photo.tries <= MAX_TRIES + 1
    assert sum(bucket.written.values()) <= max_unpacked_bytes(len(bucket.content))
    assert len(bucket.written) <= MAX_ENTRIES
    for key in bucket.written:
        upload = parse_upload(key)
        assert key.startswith(FOLDER)
        assert len(key.encode()) <= MAX_KEY_BYTES
        assert isinstance(upload, Upload)
        assert (upload.person_id, upload.kind) == ("li", Kind.PHOTO)
    assert {one.verdict for one in bucket.job().photo_set.photos} <= ENDS


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that small zips reach."""
    monkeypatch.setattr(taking_out, "ENTRIES_A_RUN", ENTRIES_A_RUN)
    monkeypatch.setattr(archives, "TINY_UNPACKED_BYTES", 0)


@pytest.mark.parametrize("target", [LOCAL, DIRECTORY, END, b""], ids=["local", "directory", "end", "data"])
@pytest.mark.parametrize("seed", ["stored", "packed", "plain", "in the large format", "a bomb"])
def test_a_zip_that_was_tampered_with_is_unpacked_within_its_bounds(seed: str, target: bytes) -> None:
    stored_files = 0
    for number in range(OF_EACH):
        dice = random.Random(f"{seed} {target!r} {number}")
        content = bytearray(seeds()[seed])
        for _ in range(dice.choice((1, 1, 2, 5))):
            tampered_with(content, dice, target)
        bucket = Bucket(bytes(content), dice)
        try:
            unpack(bucket)
            check(bucket)
        except Exception as problem:
            raise AssertionError(f"{seed}, {target!r}, {number}") from problem
        stored_files += len(bucket.written)
    # Were all of them refused at the door, nothing would have been tried.
    assert stored_files > OF_EACH / 4 or seed == "a bomb"
