"""The number of faces in real photos, and what the detector costs."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageOps

from aliyun_local.dashscope.pictures.detection import LEAST_FACE, count_faces
from aliyun_local.dashscope.pictures.inspection import inspect
from aliyun_local.samples import portrait
from tests.emulators.dashscope.support import encoded
from tests.real_photos import FACES, photo_of_life


def verdict(faces: int) -> str:
    return "none" if not faces else "one" if faces == 1 else "several"


@pytest.mark.parametrize("name", FACES)
def test_real_photos_are_judged_right(name: str) -> None:
    with Image.open(photo_of_life(name)) as photo:
        assert verdict(count_faces(photo)) == verdict(FACES[name])


@pytest.mark.parametrize("name", FACES)
@pytest.mark.parametrize("side", [900])
def test_real_photos_are_judged_right_in_other_sizes_too(name: str, side: int) -> None:
    with Image.open(photo_of_life(name)) as photo:
        other = ImageOps.contain(photo.convert("RGB"), (side, side))
    assert verdict(count_faces(other)) == verdict(FACES[name])


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "CMYK", "I;16", "I;16B", "1"])
def test_a_real_portrait_is_found_in_every_mode(mode: str) -> None:
    with Image.open(photo_of_life("obama.jpg")) as photo:
        grey = photo.convert("L")
        if mode.startswith("I;16"):
            order = slice(None, None, -1 if mode == "I;16B" else 1)
            deep = b"".join(bytes((0, value))[order] for value in grey.tobytes())
            picture = Image.frombytes(mode, grey.size, deep)
        else:
            picture = photo.convert(mode)
    assert count_faces(picture) == 1


def test_a_dark_photo_of_16_bits_is_found_as_well() -> None:
    with Image.open(photo_of_life("obama.jpg")) as photo:
        dark = photo.convert("L").convert("I").point(lambda value: value * 100 + 0).convert("I;16")
    assert inspect(encoded(dark, "PNG")).faces == 1


def test_a_face_of_the_least_size_counts_and_one_of_half_of_it_does_not() -> None:
    with Image.open(photo_of_life("obama.jpg")) as photo:
        # The face itself, 240 pixels wide.
        close = photo.convert("RGB").crop((390, 20, 690, 420))
    found = []
    for width in (LEAST_FACE * 1.1, LEAST_FACE / 2):
        wall = Image.new("RGB", (2048, 1536), (200, 210, 220))
        wall.paste(ImageOps.scale(close, width / 240), (900, 600))
        found.append(count_faces(wall))
    assert found == [1, 0]


def test_several_threads_at_once_get_the_same_answers() -> None:
    sizes = [(256 + 16 * number, 320) for number in range(6)]
    photos = [portrait(100 * at, size=size, faces=1 + at % 2) for at, size in enumerate(sizes)]
    alone = [count_faces(photo) for photo in photos]
    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(count_faces, photos * 3)) == alone * 3
    assert set(alone) == {1, 2}


def test_no_library_of_the_detector_is_loaded_before_a_face_is_looked_for() -> None:
    code = (
        "import sys\n"
        "import aliyun_local.cloud, aliyun_local.mocking\n"
        "from aliyun_local.dashscope.pictures import detection\n"
        "from aliyun_local.samples import portrait\n"
        "print(sorted({'dlib', 'numpy', 'PIL'} & set(sys.modules)))\n"
        "print(detection.count_faces(portrait(1, size=(320, 400))), 'dlib' in sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["['PIL']", "1 True"]
