"""The way round for a large photo, call by call."""

from __future__ import annotations

from typing import cast

import pytest
from PIL import Image

from aliyun_local.samples import encoded
from shared.clients.photo_bucket import PhotoBucket
from shared.clients.preparing import AS_STORED, PREPARE, prepare, rotated
from shared.clients.turning import NO_STEP_AFTER_SECONDS
from shared.domain.orientation import turned_as_told
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import Permanent, RequestTrouble, RetryLater, Trouble

ROTATION_RANGE = Permanent(
    "BadRequest",
    "OSS: Picture exceed the maximum allowable rotation range",
    kind=Kind.PICTURE,
    api=Api.PROCESSING,
)
BAD_WEBP = Permanent("BadWebPImage", "OSS: The webp image file may be damaged.", kind=Kind.PICTURE)
BUSY = RetryLater("CpuLimitExceeded", "…", delay_seconds=2, api=Api.PROCESSING)
PHOTO, SNAPSHOT, SMALL = "people/li/1", "submissions/j/t.jpg", "submissions/j/t-as-stored.jpg"


class Bucket:
    """A bucket whose OSS refuses the plain way, and shrinks to ``made``, whatever it is asked for."""

    def __init__(
        self, photo: bytes, *, made: bytes = b"", tells: str = "", refusal: Trouble = ROTATION_RANGE
    ) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.contents = {PHOTO: photo}
        self.written: list[bytes] = []
        self.troubles: dict[tuple[str, ...], Trouble] = {("process", PHOTO, PREPARE, SNAPSHOT): refusal}
        self.seconds = 0.0
        self.seconds_a_call = 0.0
        self._made = made
        self._tells = tells

    def _call(self, *call: str) -> None:
        self.calls.append(call)
        self.seconds += self.seconds_a_call
        if call in self.troubles:
            raise self.troubles[call]

    def now(self) -> float:
        return self.seconds

    def process(self, key: str, instructions: str, target: str) -> int:
        self._call("process", key, instructions, target)
        self.contents[target] = self._made
        return len(self.calls)

    def info(self, key: str, name: str) -> str:
        self._call("info", key, name)
        return self._tells

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        self._call("read_range", key, etag)
        return self.contents[key][start : start + count]

    def read(self, key: str) -> bytes:
        self._call("read", key)
        return self.contents[key]

    def write(self, key: str, content: bytes) -> None:
        self._call("write", key)
        self.written.append(content)
        self.contents[key] = content

    def delete(self, key: str) -> None:
        self._call("delete", key)
        del self.contents[key]


def picture(size: tuple[int, int], kind: str = "JPEG", orientation: int = 1) -> bytes:
    return encoded(Image.new("RGB", size, "green"), kind, orientation=orientation)


def prepared(bucket: Bucket) -> int:
    return prepare(cast(PhotoBucket, bucket), PHOTO, SNAPSHOT, "E1")


@pytest.mark.parametrize(("orientation", "degrees"), [(3, 180), (6, 90), (8, 270)])
def test_a_turned_photo_is_shrunken_as_stored_and_turned(orientation: int, degrees: int) -> None:
    bucket = Bucket(picture((40, 30), orientation=orientation))
    assert prepared(bucket) == 3
    assert bucket.calls == [
        ("process", PHOTO, PREPARE, SNAPSHOT),
        ("read_range", PHOTO, "E1"),
        ("process", PHOTO, rotated(degrees), SNAPSHOT),
    ]


@pytest.mark.parametrize("orientation", [2, 4, 5, 7])
def test_a_mirrored_photo_is_shrunken_and_given_its_orientation_for_oss_to_turn(orientation: int) -> None:
    bucket = Bucket(picture((40, 30), orientation=orientation), made=picture((40, 30)))
    assert prepared(bucket) == 6
    assert bucket.calls[2:] == [
        ("process", PHOTO, AS_STORED, SMALL),
        ("read", SMALL),
        ("write", SMALL),
        ("process", SMALL, PREPARE, SNAPSHOT),
        ("delete", SMALL),
    ]
    (written,) = bucket.written
    told = turned_as_told(written)
    assert told is not None
    assert told.orientation == orientation


def test_a_heic_that_its_decoder_has_turned_already_is_not_turned_twice() -> None:
    photo = picture((300, 400), "HEIF", 6)
    turned_twice, turned_once = picture((400, 300)), picture((300, 400))
    bucket = Bucket(photo, made=turned_twice)
    prepared(bucket)
    assert bucket.calls[-1] == ("process", PHOTO, AS_STORED, SNAPSHOT)
    bucket = Bucket(photo, made=turned_once)
    prepared(bucket)
    assert bucket.calls[-1] == ("read_range", SNAPSHOT, "")


@pytest.mark.parametrize(("made", "orientation"), [((400, 300), 7), ((300, 400), 1)])
def test_a_mirrored_heic_that_its_decoder_has_turned_already_is_left_so(
    made: tuple[int, int], orientation: int
) -> None:
    photo = picture((300, 400), "HEIF", 7)
    bucket = Bucket(photo, made=picture(made))
    bucket.troubles["process", SMALL, PREPARE, SNAPSHOT] = BUSY
    bucket.troubles["delete", SMALL] = BUSY
    with pytest.raises(RetryLater):
        prepared(bucket)
    told = turned_as_told(bucket.contents[SMALL])
    assert told is not None
    assert told.orientation == orientation


@pytest.mark.parametrize("tells", ["6", "Right-top"])
def test_oss_is_asked_where_the_file_tells_nothing(tells: str) -> None:
    bucket = Bucket(b"\x89PNG", tells=tells)
    prepared(bucket)
    assert bucket.calls[2:] == [("info", PHOTO, "Orientation"), ("process", PHOTO, rotated(90), SNAPSHOT)]


@pytest.mark.parametrize("tells", ["", "1", "Top-left", "0"])
def test_a_photo_of_which_nothing_tells_how_it_is_turned_stays_refused(tells: str) -> None:
    bucket = Bucket(b"\x89PNG", tells=tells)
    with pytest.raises(Permanent) as raised:
        prepared(bucket)
    assert raised.value is ROTATION_RANGE


def test_an_animation_is_tried_without_a_turn_and_keeps_its_own_refusal() -> None:
    bucket = Bucket(b"RIFF", refusal=BAD_WEBP)
    prepared(bucket)
    assert bucket.calls[1:] == [("process", PHOTO, AS_STORED, SNAPSHOT)]
    bucket.troubles["process", PHOTO, AS_STORED, SNAPSHOT] = BAD_WEBP
    with pytest.raises(Permanent, match="webp"):
        prepared(bucket)


def test_another_refusal_is_final() -> None:
    refusal = Permanent("ImageDamage", "…", kind=Kind.PICTURE)
    bucket = Bucket(b"", refusal=refusal)
    with pytest.raises(Permanent) as raised:
        prepared(bucket)
    assert raised.value is refusal
    assert len(bucket.calls) == 1


def test_no_step_begins_late_and_the_small_picture_is_deleted() -> None:
    bucket = Bucket(picture((40, 30), orientation=2), made=picture((40, 30)))
    bucket.seconds_a_call = NO_STEP_AFTER_SECONDS / 3
    with pytest.raises(RequestTrouble, match="several calls") as raised:
        prepared(bucket)
    assert (raised.value.code, raised.value.kind) == ("oss_too_slow", Kind.UNKNOWN)
    assert raised.value.api is Api.PROCESSING
    assert [call[0] for call in bucket.calls] == ["process", "read_range", "process", "read", "delete"]
    assert SMALL not in bucket.contents


def test_a_small_picture_that_is_no_jpeg_is_a_trouble_and_is_deleted() -> None:
    bucket = Bucket(picture((40, 30), orientation=2), made=b"<html>")
    with pytest.raises(RequestTrouble, match="no whole JPEG"):
        prepared(bucket)
    assert bucket.calls[-1] == ("delete", SMALL)
