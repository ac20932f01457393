"""Face detection over HTTP, and the service's judgement of images."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.pictures import inspection
from aliyun_local.dashscope.pictures.inspection import inspect
from tests.emulators.dashscope.support import PHOTO_URL, Client, Web, encoded, error_of
from tests.emulators.recording_budget import RecordingBudget

PATH = "/services/vision/facedetection/detect"
BODY = {"model": "facechain-facedetect", "input": {"images": [PHOTO_URL]}, "parameters": {}}


def test_the_answer_has_a_verdict_and_a_reason_for_each_image_in_order(client: Client) -> None:
    body = client.detect(*(f"https://photos/{name}.jpg" for name in ("a", "scenery", "pair"))).json()
    assert body == {
        "output": {
            "is_face": [True, False, False],
            "failed_reason": ["", "no face detected", "multiple faces detected"],
        },
        "usage": {},
        "request_id": body["request_id"],
    }


def test_five_calls_a_second_are_let_through(client: Client, clock: ManualClock) -> None:
    for _ in range(5):
        assert client.detect(PHOTO_URL).status_code == 200
    assert error_of(client.detect(PHOTO_URL))[:2] == (429, "Throttling.RateQuota")
    clock.advance(1)
    assert client.detect(PHOTO_URL).status_code == 200


def test_a_clock_that_is_set_back_does_not_lock_callers_out(client: Client, clock: ManualClock) -> None:
    for _ in range(5):
        client.detect(PHOTO_URL)
    clock.advance(-3600)
    assert client.detect(PHOTO_URL).status_code == 200


@pytest.mark.parametrize(
    ("url", "error"),
    [
        (
            "ftp-is-not-a-url",
            (400, "InvalidURL", "Required URL is missing or invalid, please check the request URL."),
        ),
        (
            "https://photos/none.jpg",
            (
                400,
                "InvalidParameter.DataInspection",
                "Unable to download the media resource during the data inspection process.",
            ),
        ),
        (
            "https://photos/expired.jpg",
            (
                400,
                "InvalidParameter.DataInspection",
                "Don't have authorization to access the media resource during the data inspection process.",
            ),
        ),
        ("https://photos/page.html", (400, "InvalidParameter", "Wrong Content-Type of multimodal url")),
        ("https://photos/text.jpg", (400, "InvalidImageFormat", "The input image is in invalid format.")),
        (
            "https://photos/small.png",
            (400, "InvalidImageResolution", "The input image resolution is too large or small."),
        ),
        (
            "https://photos/heavy.png",
            (400, "InvalidFile.Size", "Invalid file size, The image file size must be smaller than 5MB."),
        ),
    ],
)
def test_one_unfit_image_fails_the_whole_call(
    client: Client, web: Web, url: str, error: tuple[int, str, str]
) -> None:
    web.expire("https://photos/expired.jpg")
    web.put("https://photos/page.html", b"<html>", "text/html")
    web.put("https://photos/text.jpg", b"not an image")
    web.put("https://photos/small.png", encoded(Image.new("RGB", (255, 300)), "PNG"), "image/png")
    web.put("https://photos/heavy.png", bytes(5 * 1024**2 + 1), "image/png")
    assert error_of(client.detect(PHOTO_URL, url)) == error


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"model": None}, (400, "BadRequest.EmptyModel")),
        ({"model": "qwen-max"}, (404, "ModelNotFound")),
        ({"model": {"a": 1}}, (404, "ModelNotFound")),
        ({"input": None}, (400, "BadRequest.EmptyInput")),
        ({"input": {}}, (400, "BadRequest.EmptyInput")),
        ({"input": "x"}, (400, "InvalidParameter")),
        ({"input": {"images": []}}, (400, "InvalidParameter")),
        ({"input": {"images": PHOTO_URL}}, (400, "InvalidParameter")),
        ({"input": {"images": [1]}}, (400, "InvalidParameter")),
        ({"input": {"images": [PHOTO_URL] * 11}}, (400, "InvalidParameter")),
        ({"parameters": None}, (400, "BadRequest.EmptyParameters")),
        ({"parameters": 3}, (400, "InvalidParameter")),
    ],
)
def test_a_call_that_is_not_in_order_is_refused(
    client: Client, changes: dict[str, object], error: tuple[int, str]
) -> None:
    assert error_of(client.call("POST", PATH, json=BODY | changes))[:2] == error


def test_asking_asynchronously_is_denied(client: Client) -> None:
    response = client.call("POST", PATH, json=BODY, headers={"X-DashScope-Async": "enable"})
    assert error_of(response) == (
        403,
        "AccessDenied",
        "Current user api does not support asynchronous calls.",
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_formats_are_taken(photo: bytes, kind: str) -> None:
    with Image.open(io.BytesIO(photo)) as image:
        assert inspect(encoded(image, kind)).training_problem is None


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_other_formats_are_not_taken(photo: bytes, kind: str) -> None:
    with Image.open(io.BytesIO(photo)) as image:
        assert inspect(encoded(image, kind)).problem is not None


def test_sides_from_256_to_4096_pixels_are_taken() -> None:
    def problem(width: int, height: int) -> str:
        found = inspect(encoded(Image.new("L", (width, height)), "PNG")).problem
        return found.code if found else ""

    assert [problem(256, 256), problem(4096, 256), problem(256, 255), problem(4097, 256)] == [
        "",
        "",
        "InvalidImageResolution",
        "InvalidImageResolution",
    ]


def test_a_picture_of_billions_of_pixels_is_turned_away_by_its_header() -> None:
    header = bytearray(encoded(Image.new("L", (300, 300)), "PNG"))
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    assert inspect(bytes(header)).problem is not None


def test_a_photo_is_decoded_within_the_budget_of_pixels(
    monkeypatch: pytest.MonkeyPatch, photo: bytes
) -> None:
    budget = RecordingBudget()
    monkeypatch.setattr(inspection, "DECODING", budget)
    assert inspect(photo).faces == 1
    assert budget.taken == [320 * 400]


def test_damaged_images_never_raise(photo: bytes) -> None:
    chance = random.Random(1)
    for length in range(0, len(photo), 1500):
        assert inspect(photo[:length]).problem is not None or length > 600
    for _ in range(40):
        damaged = bytearray(photo)
        for _ in range(20):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        inspect(bytes(damaged))
