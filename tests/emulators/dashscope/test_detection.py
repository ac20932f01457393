"""The choice of the detector: OpenCV's where it is installed, the one by colours everywhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageDraw

from aliyun_local.dashscope.pictures.detection import count_faces, trained_detector
from aliyun_local.samples import landscape, portrait


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    trained_detector.cache_clear()
    yield
    trained_detector.cache_clear()


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Install an OpenCV that finds as many faces as it is told; return the pictures that it gets."""

    def install(found: int, *, empty: bool = False) -> list[Any]:
        shown: list[Any] = []

        def detect(picture: Any, **_: object) -> list[int]:
            shown.append(picture)
            return [0] * found

        cascade = SimpleNamespace(empty=lambda: empty, detectMultiScale=detect)
        library = SimpleNamespace(
            CascadeClassifier=lambda _: cascade,
            data=SimpleNamespace(haarcascades="cascades"),
            equalizeHist=lambda picture: picture,
        )
        monkeypatch.setitem(sys.modules, "cv2", library)
        monkeypatch.setitem(sys.modules, "numpy", SimpleNamespace(asarray=lambda image: image))
        return shown

    return install


def wall() -> Image.Image:
    """A picture with the colour of skin and no person."""
    picture = Image.new("RGB", (400, 500), (90, 110, 140))
    ImageDraw.Draw(picture).ellipse((120, 100, 280, 320), fill=(205, 150, 120))
    return picture


def test_without_the_library_colours_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert [count_faces(picture) for picture in (wall(), portrait(1, size=(300, 400)), landscape(1))] == [
        1,
        1,
        0,
    ]


def test_with_the_library_a_colour_alone_is_no_face(install: Callable[..., list[Any]]) -> None:
    install(0)
    assert count_faces(wall()) == 0


def test_faces_that_only_the_library_finds_count(install: Callable[..., list[Any]]) -> None:
    shown = install(2)
    assert count_faces(landscape(1, (4000, 3000))) == 2
    assert [(picture.mode, picture.size) for picture in shown] == [("L", (640, 480))]


def test_a_drawn_face_that_the_library_does_not_find_counts_all_the_same(
    install: Callable[..., list[Any]],
) -> None:
    install(0)
    assert count_faces(portrait(1, size=(480, 360), faces=2)) == 2


def test_a_library_without_its_cascade_is_none(
    install: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(9, empty=True)
    assert count_faces(wall()) == 1
    trained_detector.cache_clear()
    monkeypatch.setitem(sys.modules, "cv2", SimpleNamespace())
    assert count_faces(wall()) == 1
