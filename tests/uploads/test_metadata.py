"""What a photo says of place, camera and owner stays in the account, whatever file it came in."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from aliyun_local.samples import encoded
from shared.domain.jpeg import carries_metadata

from .pictures import decoded, face, is_upright
from .support import BUCKET, Studio

SECRETS = (b"Telephone X", b"SN-4711", b"shanghai-jingan", b"Somebody")


def exif(orientation: int = 1) -> Image.Exif:
    """A place, a maker, a model, an owner and a serial number, as telephones write them."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F], tags[0x0110], tags[0x013B], tags[0xA431] = "Maker", "Telephone X", "Somebody", "SN-4711"
    tags.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 49.4), 3: "E", 4: (121.0, 28.0, 25.3)})
    tags.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0shanghai-jingan"
    return tags


def photo(kind: str, orientation: int = 1) -> bytes:
    buffer = io.BytesIO()
    face().save(buffer, kind, exif=exif(orientation).tobytes(), quality=85)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_no_metadata_of_a_photo_is_in_anything_that_dashscope_is_given(kind: str, studio: Studio) -> None:
    encoded(face(), "HEIF")
    content = photo(kind)
    assert all(secret in content for secret in SECRETS)
    person = f"metadata of {kind}"
    studio.upload(person, "1", content)
    assert list(studio.handle_uploads().values()) == ["usable"]
    job = studio.job(person)
    assert job is not None
    (snapshot,) = studio.snapshots(job).values()
    assert not carries_metadata(snapshot)
    assert not any(secret in snapshot for secret in SECRETS)
    assert dict(decoded(snapshot).getexif()) == {}
    # And nothing but that one is left of it.
    listed = studio.cloud.oss.list_objects(BUCKET, prefix=f"submissions/{job.job_id}/", limit=10).rows
    assert [one.key for one in listed] == [job.photo_set.photos[0].snapshot]


def test_a_photo_that_is_turned_is_upright_without_its_metadata(studio: Studio) -> None:
    turned = face().transpose(Image.Transpose.ROTATE_90)
    buffer = io.BytesIO()
    turned.save(buffer, "JPEG", exif=exif(6).tobytes(), quality=85)
    studio.upload("turned metadata", "1.jpg", buffer.getvalue())
    studio.handle_uploads()
    job = studio.job("turned metadata")
    assert job is not None
    (snapshot,) = studio.snapshots(job).values()
    assert is_upright(decoded(snapshot))
    assert not any(secret in snapshot for secret in SECRETS)
