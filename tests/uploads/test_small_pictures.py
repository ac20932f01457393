"""The small picture of a photo is upright, however it was held, and says nothing of place and camera."""

from __future__ import annotations

from typing import cast

import pytest
from PIL import Image

from aliyun_local.samples import encoded
from shared import assembly
from shared.clients import small_pictures
from shared.clients.photo_bucket import PhotoBucket
from shared.clients.small_pictures import AS_STORED, UPRIGHT
from shared.domain.jpeg import carries_metadata
from shared.domain.object_keys import upload_key
from shared.errors import Permanent

from . import pictures as p
from . import test_metadata as metadata
from .support import CONTEXT, Studio
from .test_large_photos import MEGAPIXELS_24, differs_by, heic_upright, large_heic, photo, upright_photo

LONG_SIDE_PIXELS = 320
PORTRAIT, LANDSCAPE = (240, 320), (320, 240)


def small_picture(studio: Studio, content: bytes, name: str = "1.jpg") -> bytes:
    studio.upload("small", name, content)
    studio.cloud.take_events()
    bucket = cast(PhotoBucket, assembly.build_world(CONTEXT).bucket)
    return bucket.thumbnail(upload_key("small", name))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_that_oss_turns_is_upright_and_small(orientation: int, studio: Studio) -> None:
    upright = p.face(1, (1536, 2048))
    picture = p.decoded(small_picture(studio, encoded(upright, orientation=orientation)))
    assert max(picture.size) == LONG_SIDE_PIXELS
    assert differs_by(picture, upright) < 4


@pytest.mark.parametrize(("orientation", "size"), [(3, LANDSCAPE), (6, PORTRAIT), (8, PORTRAIT)])
def test_a_phones_photo_that_oss_refuses_to_turn_is_upright_too(
    orientation: int, size: tuple[int, int], studio: Studio
) -> None:
    picture = p.decoded(small_picture(studio, photo(MEGAPIXELS_24, orientation)))
    assert picture.size == size
    assert differs_by(picture, upright_photo(MEGAPIXELS_24, orientation)) < 4


@pytest.mark.parametrize("counts", [True, False])
def test_a_large_heic_is_upright_whether_oss_heeds_its_own_orientation_or_not(
    counts: bool, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio.cloud.oss_behaviour, "heic_orientation_counts", counts)
    picture = p.decoded(small_picture(studio, large_heic(6), "1.heic"))
    assert differs_by(picture, heic_upright(6)) < 4


def test_a_large_photo_that_is_mirrored_has_none(studio: Studio) -> None:
    with pytest.raises(Permanent):
        small_picture(studio, photo(MEGAPIXELS_24, 5))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_nothing_of_place_and_camera_is_in_it(kind: str, studio: Studio) -> None:
    encoded(p.face(), "HEIF")
    content = metadata.photo(kind)
    assert all(secret in content for secret in metadata.SECRETS)
    picture = small_picture(studio, content, "1")
    assert not carries_metadata(picture)
    assert not any(secret in picture for secret in metadata.SECRETS)
    assert dict(p.decoded(picture).getexif()) == {}


class TurnsHeicByItself:
    """A bucket whose OSS has turned a large HEIC upright before it is asked to, and refuses the plain way."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def processed(self, key: str, instructions: str, most_bytes: int) -> bytes:
        self.asked.append(instructions)
        if instructions == UPRIGHT:
            raise Permanent("BadRequest", "OSS: Picture exceed the maximum allowable rotation range")
        size = PORTRAIT if instructions == AS_STORED else LANDSCAPE
        return encoded(Image.new("RGB", size, "green"))

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        return large_heic(6)[start : start + count]


def test_a_large_heic_is_not_turned_twice() -> None:
    bucket = TurnsHeicByItself()
    picture = small_pictures.small_picture(cast(PhotoBucket, bucket), "people/li/1")
    assert p.decoded(picture).size == PORTRAIT
    assert bucket.asked == [UPRIGHT, small_pictures.rotated(90), AS_STORED]
