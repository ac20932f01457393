"""Image processing, on real images."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib

import oss2
import pillow_heif
import pytest
import requests
from PIL import Image, ImageChops, ImageStat

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.images import actions
from aliyun_local.oss.images import processing as images
from tests.emulators.oss.pictures import encoded, opened, picture, saving
from tests.emulators.oss.support import BUCKET, LocalOss
from tests.emulators.recording_budget import RecordingBudget

PREPARE = "image/resize,m_lfit,l_2048/auto-orient,1/format,jpg/quality,q_90"


def _png_header(width: int, height: int) -> bytes:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return head + struct.pack(">I", 100) + b"IDAT"


def test_info_describes_the_original(bucket: oss2.Bucket) -> None:
    photo = picture((400, 267), orientation=6)
    bucket.put_object("a.jpg", photo)
    got = bucket.get_object("a.jpg", process="image/info")
    assert got.content_type == "application/json"
    info = json.loads(got.read())
    assert info["FileSize"] == {"value": str(len(photo))}
    assert info["ImageWidth"] == {"value": "400"}
    assert info["ImageHeight"] == {"value": "267"}
    assert info["Format"] == {"value": "jpg"}
    assert info["Orientation"] == {"value": "Right-top"}
    assert info["Make"] == {"value": "Maker"}


def test_a_phone_photo_is_prepared_and_saved_as_a_new_object(
    local_oss: LocalOss, bucket: oss2.Bucket
) -> None:
    bucket.put_object("张三/a.jpg", picture((3000, 2000), orientation=6))
    done = bucket.process_object("张三/a.jpg", saving(PREPARE, "submissions/1/张三.jpg"))
    assert (done.process_status, done.object, done.bucket) == ("OK", "submissions/1/张三.jpg", BUCKET)
    saved = bucket.get_object("submissions/1/张三.jpg")
    content = saved.read()
    assert saved.content_type == "image/jpeg"
    assert done.fileSize == len(content)
    image = opened(content)
    assert (image.format, image.size, image.getexif().get(0x0112)) == ("JPEG", (1365, 2048), None)
    last = local_oss.store.pending_notifications(10)[-1]
    assert (last.event_name, last.key) == ("ObjectCreated:PutObject", "submissions/1/张三.jpg")


def test_without_auto_orient_the_picture_stays_turned_and_says_so() -> None:
    turned = picture((300, 200), orientation=6)
    image = opened(images.process(turned, "image/resize,l_150/auto-orient,0").content)
    assert (image.size, image.getexif()[0x0112]) == ((150, 100), 6)


@pytest.mark.parametrize(
    ("resize", "size"),
    [
        ("l_100", (100, 50)),
        ("s_50", (100, 50)),
        ("w_100", (100, 50)),
        ("h_100", (200, 100)),
        ("w_100,h_100", (100, 50)),
        ("m_mfit,w_100,h_100", (200, 100)),
        ("m_fixed,w_100,h_100", (100, 100)),
        ("p_50", (200, 100)),
        ("l_4000", (400, 200)),
        ("l_800,limit_0", (800, 400)),
    ],
)
def test_resize_follows_its_parameters(resize: str, size: tuple[int, int]) -> None:
    for kind, mode in (("JPEG", "RGB"), ("PNG", "P"), ("PNG", "RGBA"), ("GIF", "P"), ("WEBP", "RGB")):
        result = images.process(picture((400, 200), kind, mode), f"image/resize,{resize}")
        image = opened(result.content)
        assert (image.size, image.format) == (size, kind)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("resize", ["l_20", "m_fixed,w_10,h_40"])
def test_a_very_large_picture_is_scaled_in_strips_to_the_same_result(
    monkeypatch: pytest.MonkeyPatch, mode: str, resize: str
) -> None:
    source = Image.linear_gradient("L").resize((600, 400)).rotate(30).convert("RGBA").convert(mode)
    photo = encoded(source, "PNG")
    whole = opened(images.process(photo, f"image/resize,{resize}").content)
    monkeypatch.setattr(actions, "_LARGE_PIXELS", 1000)
    monkeypatch.setattr(actions, "_STRIP_PIXELS", 4000)
    strips = opened(images.process(photo, f"image/resize,{resize}").content)
    assert (strips.size, strips.mode) == (whole.size, whole.mode)
    apart = ImageChops.difference(strips.convert("L"), whole.convert("L"))
    assert ImageStat.Stat(apart).mean[0] < 3


def test_pixels_are_decoded_within_the_budget_and_a_header_needs_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    budget = RecordingBudget()
    monkeypatch.setattr(images, "DECODING", budget)
    photo = picture((40, 20), "PNG")
    images.process(photo, "image/info")
    assert budget.taken == []
    images.process(photo, PREPARE)
    assert budget.taken == [800]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_any_mode_becomes_a_jpeg(mode: str) -> None:
    image = opened(images.process(picture((40, 20), "PNG", mode), PREPARE).content)
    assert (image.format, image.size) == ("JPEG", (40, 20))


def test_a_cmyk_jpeg_becomes_rgb() -> None:
    assert opened(images.process(picture((40, 20), mode="CMYK"), PREPARE).content).mode == "RGB"


def test_transparency_becomes_white() -> None:
    content = images.process(picture((40, 20), "PNG", "RGBA", color=(0, 0, 0, 0)), "image/format,jpg").content
    assert opened(content).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("target", ["png", "webp", "bmp", "gif", "tiff", "jpg"])
def test_format_changes_bytes_and_type(bucket: oss2.Bucket, target: str) -> None:
    bucket.put_object("a", picture((40, 20)))
    got = bucket.get_object("a", process=f"image/format,{target}")
    kind = "JPEG" if target == "jpg" else target.upper()
    assert got.content_type == f"image/{kind.lower()}"
    assert opened(got.read()).format == kind


def test_quality_makes_smaller_files() -> None:
    photo = encoded(Image.effect_noise((200, 200), 90), "JPEG")
    small, large = (len(images.process(photo, f"image/quality,{q}").content) for q in ("q_20", "Q_95"))
    assert small < large


@pytest.mark.parametrize(
    ("content", "status", "ec"),
    [
        (b"not an image", 400, "0040-00000005"),
        (b"", 400, "0040-00000005"),
        (b"<html>" * 100, 400, "0040-00000005"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 400, "0040-00000005"),
        (_png_header(30_001, 10), 400, "0040-00000019"),
        (_png_header(20_000, 20_000), 400, "0040-00000012"),
        (_png_header(29_000, 29_000), 400, "0040-00000012"),
        (picture((400, 300))[:700], 403, ""),
        (picture((400, 300), "PNG")[:60], 403, ""),
        (b"\0" * (20 * 1024 * 1024 + 1), 400, ""),
    ],
)
def test_a_source_that_cannot_be_processed_is_refused(content: bytes, status: int, ec: str) -> None:
    with pytest.raises(OssError) as error:
        images.process(content, PREPARE)
    assert (error.value.status, error.value.ec) == (status, ec)


@pytest.mark.parametrize(
    ("process", "status"),
    [
        ("image/resize,l_0", 400),
        ("image/resize,l_x", 400),
        ("image/resize,l_99999", 400),
        ("image/resize", 400),
        ("image/resize,l_5000,limit_0", 400),
        ("image/resize,m_pad,w_1,h_1", 501),
        ("image/auto-orient,2", 400),
        ("image/quality,q_101", 400),
        ("image/format,exe", 400),
        ("image/info/resize,l_10", 400),
        ("image/watermark,image_cGFuZGEucG5n", 501),
        ("image/", 501),
        ("style/small", 501),
        ("video/snapshot", 501),
    ],
)
def test_instructions_that_are_not_understood_are_refused(process: str, status: int) -> None:
    with pytest.raises(OssError) as error:
        images.process(picture((400, 400)), process)
    assert error.value.status == status


def test_processing_refuses_what_it_cannot_save(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", picture((40, 20)))
    for process, kind in [
        ("image/resize,l_10", oss2.exceptions.InvalidArgument),
        ("image/resize,l_10|sys/saveas,o_!!,b_!!", oss2.exceptions.ServerError),
        (saving(PREPARE, "/b"), oss2.exceptions.InvalidObjectName),
        (saving(PREPARE, "b", "no-such-bucket"), oss2.exceptions.NoSuchBucket),
        ("", oss2.exceptions.ServerError),
    ]:
        with pytest.raises(kind):
            bucket.process_object("a", process)
    with pytest.raises(oss2.exceptions.NoSuchKey):
        bucket.process_object("missing", saving(PREPARE, "b"))
    bucket.put_object("text", b"no image")
    with pytest.raises(oss2.exceptions.ServerError, match="This image format is not supported"):
        bucket.process_object("text", saving(PREPARE, "b"))
    assert not bucket.object_exists("b")


def test_what_is_no_picture_and_what_is_a_damaged_one_are_told_apart() -> None:
    for content, status_and_code in (
        (b"no image", (400, "BadRequest", "0040-00000005")),
        (picture((400, 400))[:900], (403, "ImageDamage", "")),
    ):
        with pytest.raises(OssError) as refused:
            images.process(content, "image/resize,l_32")
        assert (refused.value.status, refused.value.code, refused.value.ec) == status_and_code


def test_a_signed_url_processes_only_as_it_was_signed(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", picture((400, 200)))
    url = bucket.sign_url("GET", "a", 60, params={"x-oss-process": "image/resize,l_100"})
    assert opened(requests.get(url, timeout=10).content).size == (100, 50)
    assert requests.get(url.replace("l_100", "l_200"), timeout=10).status_code == 403


def _heic(size: tuple[int, int], orientation: int = 0) -> bytes:
    pillow_heif.register_heif_opener()
    return picture(size, "HEIF", orientation=orientation, color="red")


def test_a_heic_photo_is_described_and_prepared_like_any_other(bucket: oss2.Bucket) -> None:
    photo = _heic((640, 480), orientation=6)
    bucket.put_object("a.heic", photo)
    info = json.loads(bucket.get_object("a.heic", process="image/info").read())
    assert (info["Format"], info["FileSize"]) == ({"value": "heic"}, {"value": str(len(photo))})
    prepared = bucket.get_object("a.heic", process="image/resize,m_lfit,l_320/auto-orient,1/format,jpg")
    image = opened(prepared.read())
    assert (image.format, image.size, prepared.content_type) == ("JPEG", (240, 320), "image/jpeg")
    pixel = image.convert("RGB").getpixel((100, 100))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200 > 60 > max(pixel[1:])


@pytest.mark.parametrize(("name", "kind"), [("heic", "HEIF"), ("avif", "AVIF"), ("webp", "WEBP")])
def test_an_image_is_written_in_the_newer_formats(name: str, kind: str) -> None:
    pillow_heif.register_heif_opener()
    result = images.process(picture((64, 48), "PNG", "RGBA"), f"image/format,{name}")
    assert (opened(result.content).format, result.content_type) == (kind, f"image/{name}")


def test_a_damaged_heic_photo_is_refused() -> None:
    photo = _heic((64, 48))
    for damaged in (photo[:40], photo[:16] + b"\xff" * 200, photo[: len(photo) // 2]):
        with pytest.raises(OssError) as error:
            images.process(damaged, "image/resize,l_32")
        assert error.value.status == 400


def test_no_codec_for_heic_is_loaded_before_a_heic_photo_comes() -> None:
    script = (
        "import sys, io; from PIL import Image; from aliyun_local.oss.images import processing as images; "
        "b = io.BytesIO(); "
        "Image.new('RGB', (9, 9)).save(b, 'PNG'); images.process(b.getvalue(), 'image/info'); "
        "sys.exit('pillow_heif' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize(
    ("action", "size", "corner"),
    [
        ("crop,w_10,h_10", (10, 10), (255, 0, 0)),
        ("crop,w_10,h_10,g_se", (10, 10), (0, 0, 255)),
        ("crop,x_90,y_0", (10, 50), (0, 0, 255)),
        ("rotate,90", (50, 100), (255, 0, 0)),
        ("rotate,180", (100, 50), (0, 0, 255)),
    ],
)
def test_an_image_is_cut_and_turned(action: str, size: tuple[int, int], corner: tuple[int, int, int]) -> None:
    image = Image.new("RGB", (100, 50), "red")
    image.paste("blue", (50, 0, 100, 50))
    result = opened(images.process(encoded(image, "PNG"), f"image/{action}").content)
    assert (result.size, result.convert("RGB").getpixel((0, 0))) == (size, corner)
