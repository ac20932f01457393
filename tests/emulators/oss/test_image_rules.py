"""What the image processing does unasked, and what it refuses."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, Literal

import oss2
import pillow_heif
import pytest
from PIL import Image

from aliyun_local.oss.behaviour import OssBehaviour
from aliyun_local.oss.errors import OssError
from aliyun_local.oss.images import processing as images
from aliyun_local.oss.images.quota import ProcessingQuota
from aliyun_local.samples import encoded
from tests.emulators.oss.pictures import opened, picture, saving
from tests.emulators.oss.support import LocalOss

ROTATION_RANGE = "Picture exceed the maximum allowable rotation range"
EVERY_ORIENTATION = range(1, 9)


def marked(size: tuple[int, int]) -> Image.Image:
    """A grey picture with a red upper left quarter."""
    image = Image.new("RGB", size, (128, 128, 128))
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1] // 2))
    return image


def is_upright(image: Image.Image) -> bool:
    image = image.convert("RGB")
    across, down = image.width - 5, image.height - 5
    corners = [image.getpixel(at) for at in ((5, 5), (across, 5), (5, down), (across, down))]
    reds = [isinstance(corner, tuple) and corner[0] > 200 > 60 > corner[1] for corner in corners]
    return reds == [True, False, False, False]


def refusal(content: bytes, process: str, behaviour: OssBehaviour | None = None) -> tuple[int, str, str, str]:
    with pytest.raises(OssError) as refused:
        images.process(content, process, behaviour)
    error = refused.value
    return error.status, error.code, error.message, error.ec


# -- how a picture is turned ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "process", ["image/resize,w_40", "image/resize,w_40/auto-orient,1", "image/quality,q_90"]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
@pytest.mark.parametrize("orientation", EVERY_ORIENTATION)
def test_a_picture_is_turned_upright_before_all_else_unasked(
    orientation: int, kind: str, process: str
) -> None:
    photo = encoded(marked((80, 120)), kind, orientation=orientation)
    image = opened(images.process(photo, process + "/format,jpg").content)
    assert is_upright(image)
    assert image.size == ((40, 60) if "w_40" in process else (80, 120))
    assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "HEIF"])
@pytest.mark.parametrize("orientation", EVERY_ORIENTATION)
def test_without_auto_orient_the_pixels_stay_as_they_are_stored(orientation: int, kind: str) -> None:
    photo = encoded(marked((80, 120)), kind, orientation=orientation)
    image = opened(images.process(photo, "image/auto-orient,0/resize,l_60/format,jpg").content)
    assert image.size == ((40, 60) if orientation < 5 else (60, 40))
    # The corner with the mark stays where it is when the picture is mirrored along the diagonal.
    assert is_upright(image) is (orientation in (1, 5))


@pytest.mark.parametrize("kind", ["JPEG", "HEIF"])
def test_a_large_picture_is_not_turned_upright(kind: str) -> None:
    photo = encoded(marked((300, 4096)), kind, orientation=6)
    expected = (400, "BadRequest", ROTATION_RANGE, "0040-00000006")
    for process in ("image/resize,l_100", "image/resize,l_100/auto-orient,1", "image/quality,q_90"):
        assert refusal(photo, process) == expected
    info = json.loads(images.process(photo, "image/info").content)
    assert (info["ImageWidth"]["value"], info["Orientation"]["value"]) == ("4096", "Right-top")
    # The way round of the FAQ.
    found = images.process(photo, "image/auto-orient,0/resize,l_1000/rotate,90/format,jpg").content
    assert is_upright(opened(found))
    friendly = OssBehaviour(orients_large_pictures=True)
    image = opened(images.process(photo, "image/resize,w_150/format,jpg", friendly).content)
    assert (image.size, is_upright(image)) == ((150, 2048), True)


def test_a_large_picture_that_needs_no_turn_and_one_just_below_the_limit_are_processed() -> None:
    assert opened(images.process(encoded(marked((4096, 30))), "image/resize,l_100").content).width == 100
    below = encoded(marked((30, 4095)), orientation=6)
    assert opened(images.process(below, "image/resize,l_100/format,jpg").content).height == 100


def test_rotation_is_refused_for_a_picture_that_is_large_at_that_step() -> None:
    large = encoded(marked((4097, 30)))
    for process in ("image/rotate,90", "image/rotate,1/resize,l_100"):
        assert refusal(large, process)[2] == ROTATION_RANGE
    assert opened(images.process(large, "image/rotate,0").content).size == (4097, 30)
    assert opened(images.process(large, "image/resize,l_100/rotate,90").content).height == 100


def test_what_heic_itself_says_of_its_orientation_may_count_for_nothing() -> None:
    photo = encoded(marked((300, 4100)), "HEIF", orientation=8)
    behaviour = OssBehaviour(heic_orientation_counts=False)
    for process in ("image/resize,l_2000/format,jpg", "image/auto-orient,0/resize,l_2000/format,jpg"):
        assert is_upright(opened(images.process(photo, process, behaviour).content))


# -- what is read -----------------------------------------------------------------------------------------


def sixteen_bits(mode: str = "I;16") -> Image.Image:
    """A grey picture whose rows go from black to white over the whole range of 16 bits."""
    shades = [257 * shade for shade in range(256)]
    order: Literal["big", "little"] = "big" if mode == "I;16B" else "little"
    return Image.frombytes(mode, (4, 256), b"".join(shade.to_bytes(2, order) * 4 for shade in shades))


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "I;16"), ("TIFF", "I;16"), ("TIFF", "I;16B")])
def test_grey_of_16_bits_keeps_its_shades(kind: str, mode: str) -> None:
    shown = opened(images.process(encoded(sixteen_bits(mode), kind), "image/format,png").content)
    assert shown.mode == "L"
    assert [shown.getpixel((0, row)) for row in range(256)] == list(range(256))


@pytest.mark.parametrize("process", ["image/resize,l_64/format,jpg", "image/rotate,90/format,jpg"])
def test_grey_of_16_bits_goes_through_every_action(process: str) -> None:
    shown = opened(images.process(encoded(sixteen_bits(), "PNG"), process).content)
    darkest, brightest = shown.convert("L").getextrema()
    assert isinstance(darkest, int)
    assert isinstance(brightest, int)
    assert darkest < 16
    assert brightest > 240


def branded(content: bytes, brand: bytes) -> bytes:
    return content[:8] + brand + content[12:]


@pytest.mark.parametrize("brand", ["heic", "heif", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"])
def test_a_heic_is_read_under_every_brand(brand: str) -> None:
    photo = branded(encoded(marked((64, 48)), "HEIF", quality=90), brand.encode())
    assert json.loads(images.process(photo, "image/info").content)["Format"]["value"] == "heic"
    assert is_upright(opened(images.process(photo, "image/format,jpg").content))


@pytest.mark.parametrize("brand", ["avif", "heif", "mif1", "msf1"])
def test_an_avif_is_read_under_every_brand(brand: str) -> None:
    photo = branded(encoded(marked((64, 48)), "AVIF", quality=90), brand.encode())
    assert json.loads(images.process(photo, "image/info").content)["Format"]["value"] == "avif"
    assert is_upright(opened(images.process(photo, "image/format,jpg").content))


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_of_a_sequence_the_first_picture_is_read(kind: str) -> None:
    photo = animation(kind)
    assert is_upright(opened(images.process(photo, "image/format,jpg").content))


@pytest.mark.parametrize(
    "box", [b"", b"\0\0\0\x18ftypisom", b"\xff\xff\xff\xffftypmif1", b"\0\0\0\x08ftypheif"]
)
def test_a_file_that_only_begins_like_one_of_these_is_no_picture(box: bytes) -> None:
    assert refusal(box + bytes(64), "image/info")[0] == 400


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_a_jpeg_without_an_end_is_damaged_unless_the_account_decodes_it(options: dict[str, Any]) -> None:
    photo = encoded(marked((400, 400)), **options)[:-2]
    assert refusal(photo, "image/resize,l_100")[:2] == (403, "ImageDamage")
    behaviour = OssBehaviour(decodes_unended_jpeg=True)
    assert is_upright(opened(images.process(photo, "image/resize,l_100", behaviour).content))


def test_an_account_that_decodes_a_jpeg_without_an_end_takes_half_of_one_and_whole_ones_as_ever() -> None:
    behaviour = OssBehaviour(decodes_unended_jpeg=True)
    whole = encoded(marked((400, 400)))
    half = images.process(whole[: len(whole) // 2], "image/resize,l_100", behaviour)
    assert opened(half.content).size == (100, 100)
    for photo in (whole, whole + b"behind its end", encoded(marked((40, 40)), "PNG")):
        expected = images.process(photo, "image/resize,l_30/format,png").content
        assert images.process(photo, "image/resize,l_30/format,png", behaviour).content == expected
    broken = encoded(marked((40, 40)), "PNG")[:-30]
    assert refusal(broken, "image/resize,l_30", behaviour)[:2] == (403, "ImageDamage")


@pytest.mark.parametrize(
    ("kind", "side", "ec"),
    [("TIFF", 16_384, "0040-00000018"), ("AVIF", 10_000, "0040-00000014"), ("PNG", 30_000, "0040-00000019")],
)
def test_a_side_has_the_limit_of_its_format(kind: str, side: int, ec: str) -> None:
    def strip(width: int) -> bytes:
        options = {"quality": 30, "speed": 10} if kind == "AVIF" else {}
        return encoded(Image.new("RGB", (width, 4)), kind, **options)

    assert json.loads(images.process(strip(side), "image/info").content)["ImageWidth"]["value"] == str(side)
    assert refusal(strip(side + 1), "image/info")[0::3] == (400, ec)


# -- what is not processed --------------------------------------------------------------------------------


def animation(kind: str, frames: int = 2) -> bytes:
    others = [Image.new("RGB", (40, 20), (number * 40, 0, 0)) for number in range(1, frames)]
    return encoded(marked((40, 20)), kind, save_all=True, append_images=others)


def test_an_animated_webp_is_refused_unless_a_ticket_allows_it_and_then_still_not_turned() -> None:
    photo = animation("WEBP")
    expected = (400, "BadWebPImage", "The webp image file may be damaged.", "0040-00000010")
    assert refusal(photo, "image/format,jpg") == expected
    assert refusal(photo, "image/auto-orient,0/format,jpg") == expected
    allowed = OssBehaviour(decodes_animated_webp=True)
    assert refusal(photo, "image/format,jpg", allowed) == expected
    assert opened(images.process(photo, "image/auto-orient,0/format,jpg", allowed).content).size == (40, 20)


def test_every_picture_of_an_animation_counts_towards_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aliyun_local.oss.images.formats.MAX_PIXELS", 2000)
    for kind in ("GIF", "WEBP"):
        assert refusal(animation(kind, 3), "image/auto-orient,0/format,png")[1] == "ImageTooLarge"
    images.process(animation("GIF", 2), "image/format,png")


def test_a_heic_with_transparency_does_not_become_a_jpeg() -> None:
    pillow_heif.register_heif_opener()
    photo = picture((64, 48), "HEIF", "RGBA")
    assert refusal(photo, "image/format,jpg")[:2] == (400, "BadRequest")
    assert opened(images.process(photo, "image/format,png").content).mode == "RGBA"
    flat = images.process(photo, "image/format,jpg", OssBehaviour(flattens_heic=True)).content
    assert opened(flat).format == "JPEG"


def test_a_damaged_picture_has_the_status_that_the_account_is_set_to() -> None:
    damaged = picture((400, 400))[:900]
    assert refusal(damaged, "image/resize,l_32")[:2] == (403, "ImageDamage")
    behaviour = OssBehaviour(damaged_picture_status=400)
    assert refusal(damaged, "image/resize,l_32", behaviour)[:2] == (400, "ImageDamage")


# -- objects that nobody may read -------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["kms", "bucket policy"])
def test_one_object_that_the_caller_may_not_read_is_refused_and_no_other(
    local_oss: LocalOss, bucket: oss2.Bucket, what: str
) -> None:
    headers = {"x-oss-server-side-encryption": "KMS"} if what == "kms" else {}
    bucket.put_object("secret.jpg", picture((40, 20)), headers=headers)
    bucket.put_object("open.jpg", picture((40, 20)))
    local_oss.behaviour.denied_prefix = "secret" if what == "bucket policy" else ""
    reads: list[Callable[[str], object]] = [
        bucket.get_object,
        lambda key: bucket.get_object(key, process="image/info"),
        lambda key: bucket.process_object(key, saving("image/resize,l_9", "b")),
        lambda key: bucket.copy_object(bucket.bucket_name, key, "copy"),
    ]
    for read in reads:
        with pytest.raises(oss2.exceptions.AccessDenied, match=what):
            read("secret.jpg")
        read("open.jpg")
    local_oss.behaviour.denied_prefix = ""
    local_oss.behaviour.decrypts_with_kms = True
    for read in reads:
        read("secret.jpg")


# -- the quota --------------------------------------------------------------------------------------------


def test_more_processings_than_the_account_has_in_a_second_are_refused(
    local_oss: LocalOss, bucket: oss2.Bucket
) -> None:
    photo = picture((40, 20))
    bucket.put_object("a.jpg", photo)
    local_oss.clock.hold(True)
    local_oss.behaviour.processings_per_second = 2

    def ask() -> object:
        return bucket.get_object("a.jpg", process="image/resize,l_9")

    ask()
    ask()
    for _ in range(2):
        with pytest.raises(oss2.exceptions.ServerError) as refused:
            bucket.process_object("a.jpg", saving("image/resize,l_9", "b"))
        error = refused.value
        assert (error.status, error.code, error.details["EC"]) == (503, "CpuLimitExceeded", "0004-00000801")
    assert not bucket.object_exists("b")
    bucket.get_object("a.jpg")
    local_oss.clock.advance(1)
    ask()
    local_oss.behaviour.processings_per_second = 50
    local_oss.behaviour.processed_bytes_per_second = 3 * len(photo)
    ask()
    ask()
    with pytest.raises(oss2.exceptions.ServerError, match="CpuLimitExceeded"):
        ask()


def test_the_quota_of_todays_account_is_fifty_a_second_and_twenty_megabytes() -> None:
    strict = OssBehaviour()
    quota = ProcessingQuota()
    for number in range(50):
        quota.take(10 + number / 100, 1, strict)
    with pytest.raises(OssError):
        quota.take(10.5, 1, strict)
    quota.take(11, 1, strict)
    quota.take(13, 20 * 1024**2 - 1, strict)
    with pytest.raises(OssError):
        quota.take(13.9, 2, strict)
    quota.take(14, 20 * 1024**2, strict)


class OnePerSecond(OssBehaviour):
    """Whoever is first to ask for the limit lets another thread go ahead, if that one can."""

    def __init__(self, other: Callable[[], None]) -> None:
        super().__init__()
        self._others = [threading.Thread(target=other)]

    def __getattribute__(self, name: str) -> object:
        if name != "processings_per_second":
            return super().__getattribute__(name)
        if self._others:
            thread = self._others.pop()
            thread.start()
            thread.join(0.2)
        return 1


def test_two_threads_do_not_get_what_is_there_for_one() -> None:
    quota = ProcessingQuota()
    taken: list[str] = []

    def take(name: str) -> None:
        try:
            quota.take(1.0, 1, behaviour)
        except OssError:
            return
        taken.append(name)

    behaviour = OnePerSecond(lambda: take("other"))
    take("first")
    assert taken == ["first"]
