"""Photos of 24, 48, 50 and 108 megapixels, held in any way, become upright snapshots."""

from __future__ import annotations

import functools
import io

import pytest
from PIL import Image, ImageChops, ImageStat

from aliyun_local.samples import encoded
from shared.domain.job import Job
from shared.domain.jpeg import carries_metadata

from . import pictures as p
from .large_pictures import as_stored, large_jpeg
from .support import BUCKET, Studio
from .test_metadata import SECRETS, exif

MEGAPIXELS_24, MEGAPIXELS_108 = (5712, 4284), (12000, 9000)
MUST_REACH = [(MEGAPIXELS_24, 6), (MEGAPIXELS_24, 8), (MEGAPIXELS_24, 3), (MEGAPIXELS_108, 6)]
EVERY_ORIENTATION = range(1, 9)
PLAIN_WAY = ["PostProcessTask"]
ROTATED = ["PostProcessTask", "GetObject", "PostProcessTask"]
MIRRORED = [*ROTATED, "GetObject", "PutObject", "PostProcessTask", "DeleteObject"]


@functools.cache
def upright_photo(sides: tuple[int, int], orientation: int) -> Image.Image:
    """The portrait as it looks upright, in the proportions of the photo."""
    width, height = sides if orientation < 5 else sides[::-1]
    return p.face(1, (width * 1000 // height, 1000))


@functools.cache
def photo(sides: tuple[int, int], orientation: int) -> bytes:
    return large_jpeg(upright_photo(sides, orientation), sides, orientation)


def prepared(
    studio: Studio, person: str, content: bytes, name: str = "1.jpg"
) -> tuple[Job, Image.Image, list[str]]:
    """Upload a photo; returns its job, its snapshot, and the calls by which OSS made it."""
    studio.upload(person, name, content)
    last = studio.cloud.requests[-1].number
    studio.handle_uploads()
    job = studio.job(person)
    assert job is not None
    (snapshot,) = studio.snapshots(job).values()
    calls = [call.operation for call in studio.calls_since(last) if call.service == "oss"]
    calls = calls[calls.index("PostProcessTask") :]
    # Whether the upload is still the same is looked at last.
    return job, p.decoded(snapshot), calls[: calls.index("HeadObject")]


def differs_by(picture: Image.Image, other: Image.Image) -> float:
    apart = ImageChops.difference(picture.convert("L"), other.convert("L").resize(picture.size))
    return ImageStat.Stat(apart).mean[0]


def assert_shows(picture: Image.Image, upright: Image.Image) -> None:
    assert p.is_upright(picture)
    assert differs_by(picture, upright) < 4
    assert picture.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize(("sides", "orientation"), MUST_REACH)
def test_a_phones_photo_that_oss_refuses_to_turn_is_upright_and_usable(
    sides: tuple[int, int], orientation: int, studio: Studio
) -> None:
    person = f"{sides} {orientation}"
    job, snapshot, calls = prepared(studio, person, photo(sides, orientation))
    assert [one.verdict.value for one in job.photo_set.photos] == ["usable"]
    assert snapshot.size == ((2048, 1536) if orientation == 3 else (1536, 2048))
    assert_shows(snapshot, upright_photo(sides, orientation))
    assert calls == ROTATED


@pytest.mark.parametrize("orientation", EVERY_ORIENTATION)
def test_a_large_photo_is_upright_however_it_was_held(orientation: int, studio: Studio) -> None:
    sides = (4608, 3456)
    job, snapshot, calls = prepared(studio, f"large {orientation}", photo(sides, orientation))
    assert_shows(snapshot, upright_photo(sides, orientation))
    assert calls == {1: PLAIN_WAY, 3: ROTATED, 6: ROTATED, 8: ROTATED}.get(orientation, MIRRORED)
    left = studio.cloud.oss.list_objects(BUCKET, prefix=f"submissions/{job.job_id}/", limit=10).rows
    assert [one.key for one in left] == [job.photo_set.photos[0].snapshot]


@pytest.mark.parametrize("orientation", EVERY_ORIENTATION)
def test_a_photo_that_oss_turns_itself_costs_one_call_of_image_processing(
    orientation: int, studio: Studio
) -> None:
    upright = p.face(1, (1536, 2048))
    _, snapshot, calls = prepared(studio, f"small {orientation}", encoded(upright, orientation=orientation))
    assert_shows(snapshot, upright)
    assert calls == PLAIN_WAY


@pytest.mark.parametrize("sides", [(8064, 6048), (8160, 6144), (6144, 8160)])
def test_photos_of_48_and_50_megapixels_are_upright(sides: tuple[int, int], studio: Studio) -> None:
    job, snapshot, _ = prepared(studio, f"many {sides}", photo(sides, 6))
    assert [one.verdict.value for one in job.photo_set.photos] == ["usable"]
    assert_shows(snapshot, upright_photo(sides, 6))


def test_an_account_whose_large_photos_are_turned_costs_one_call_for_each(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio.cloud.oss_behaviour, "orients_large_pictures", True)
    for orientation in (5, 6):
        person = f"friendly {orientation}"
        _, snapshot, calls = prepared(studio, person, photo(MEGAPIXELS_24, orientation))
        assert_shows(snapshot, upright_photo(MEGAPIXELS_24, orientation))
        assert calls == PLAIN_WAY


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("orientation", EVERY_ORIENTATION)
def test_a_large_heic_is_upright_whether_oss_heeds_its_own_orientation_or_not(
    orientation: int, counts: bool, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio.cloud.oss_behaviour, "heic_orientation_counts", counts)
    person = f"heic {orientation} {counts}"
    _, snapshot, calls = prepared(studio, person, large_heic(orientation), "1.heic")
    assert_shows(snapshot, heic_upright(orientation))
    assert (calls == PLAIN_WAY) is (orientation == 1 or not counts)


@functools.cache
def heic_upright(orientation: int) -> Image.Image:
    return p.face(1, (4160, 1040) if orientation < 5 else (1040, 4160))


@functools.cache
def large_heic(orientation: int) -> bytes:
    return encoded(heic_upright(orientation), "HEIF", orientation=orientation, quality=40)


@pytest.mark.parametrize("orientation", [1, 2, 6])
def test_no_metadata_of_a_large_photo_is_in_its_snapshot(orientation: int, studio: Studio) -> None:
    tags = exif()
    thumbnail = encoded(Image.effect_noise((160, 120), 90).convert("RGB"), "JPEG", quality=95)
    assert len(thumbnail) > 15_000
    tags[0x010E] = "thumbnail " + thumbnail.hex()[:20_000]
    content = large_jpeg(upright_photo(MEGAPIXELS_24, orientation), MEGAPIXELS_24, orientation, tags)
    assert all(secret in content for secret in SECRETS)
    job, _, _ = prepared(studio, f"large metadata {orientation}", content)
    (snapshot,) = studio.snapshots(job).values()
    assert not carries_metadata(snapshot)
    assert not any(secret in snapshot for secret in (*SECRETS, b"thumbnail"))
    left = studio.cloud.oss.list_objects(BUCKET, prefix=f"submissions/{job.job_id}/", limit=10).rows
    assert [one.key for one in left] == [job.photo_set.photos[0].snapshot]


def test_a_photo_beyond_the_quota_of_image_processing_is_tried_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio.cloud.oss_behaviour, "processings_per_second", 0)
    studio.upload("busy", "1.jpg", p.jpeg())
    studio.handle_uploads()
    job = studio.job("busy")
    assert job is not None
    (waiting,) = job.photo_set.photos
    assert waiting.verdict.value == "unprepared"
    assert waiting.retry is not None
    assert (waiting.retry.cause.code, waiting.retry.cause.kind.value) == ("CpuLimitExceeded", "passing")


def test_the_pictures_of_these_tests_are_what_they_say() -> None:
    content = photo((4608, 3456), 6)
    picture = Image.open(io.BytesIO(content))
    assert (picture.size, picture.getexif()[0x0112]) == ((4608, 3456), 6)
    picture.draft(None, (576, 432))
    assert differs_by(picture, as_stored(upright_photo((4608, 3456), 6), 6)) < 4
