"""The photos of fine-tunes: kept for portraits from the training on, within bounds, and removed with them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

import pytest
import requests
from PIL import Image, ImageStat

from aliyun_local.clock import ManualClock
from aliyun_local.dashscope.account import kept_photos
from aliyun_local.dashscope.account.files import StoredFile
from aliyun_local.dashscope.account.kept_photos import PHOTOS_EACH, KeptPhotos
from aliyun_local.dashscope.account.models import FINE_TUNE_MODEL, Behaviour, ModelStudio
from aliyun_local.dashscope.pictures import inspection, portraits
from aliyun_local.dashscope.pictures.portraits import PortraitOrder
from aliyun_local.samples import encoded, portrait
from tests.emulators.dashscope.support import PHOTO_URL, Client, Web

RED, BLUE = (220, 30, 30), (30, 30, 220)


@pytest.fixture
def red() -> bytes:
    return encoded(portrait(100, size=(480, 640), background=RED), quality=90)


def trained(studio: ModelStudio, clock: ManualClock, *files: str) -> str:
    """Return the output of a fine-tune that succeeded, a second after others."""
    clock.advance(1)
    job = studio.create_fine_tune(model=FINE_TUNE_MODEL, training_file_ids=files)
    for _ in range(2):
        clock.advance(400)
        studio.tick()
    return studio.fine_tune(job.job_id).finetuned_output


def ordered(studio: ModelStudio, clock: ManualClock, resource: str, style: str = "f_idcard_male") -> str:
    """Return the id of a task that has succeeded."""
    order = PortraitOrder(
        style=style,
        images=1,
        resource_ids=(resource,),
        template_url=None if style.startswith("f_") else "https://photos/template.png",
    )
    clock.advance(1)
    task = studio.portraits.submit(model="facechain-generation", order=order, request_id="r")
    clock.advance(100)
    return task.task_id


def is_drawn(studio: ModelStudio, task_id: str, resource: str, size: tuple[int, int] = (768, 1024)) -> bool:
    """Whether a picture is the drawing that needs no photo."""
    drawn = portraits.draw(resource, "f_idcard_male", *size, 1)
    return studio.portraits.image(task_id, "1.jpg") == drawn


def wall_of(content: bytes) -> tuple[int, ...]:
    with Image.open(io.BytesIO(content)) as picture:
        return tuple(round(value) for value in ImageStat.Stat(picture.crop((40, 60, 90, 200))).mean)


def test_a_portrait_shows_the_photo_of_a_url_that_has_ended_and_of_a_file_that_is_deleted(
    studio: ModelStudio, clock: ManualClock, web: Web, red: bytes
) -> None:
    web.put(PHOTO_URL, red)
    blue = encoded(portrait(100, size=(480, 640), background=BLUE), quality=90)
    file = studio.files.add(name="a.jpg", content=blue, description="", purpose=None, at=clock.now())
    assert isinstance(file, StoredFile)
    resources = [trained(studio, clock, PHOTO_URL), trained(studio, clock, file.file_id)]
    web.expire(PHOTO_URL)
    studio.files.delete(file.file_id)
    walls = []
    for resource in resources:
        task_id = ordered(studio, clock, resource)
        image = studio.portraits.image(task_id, "1.jpg")
        assert not is_drawn(studio, task_id, resource)
        assert studio.portraits.image(task_id, "1.jpg") == image
        walls.append(wall_of(image))
    assert [max(range(3), key=wall.__getitem__) for wall in walls] == [0, 2]


def test_the_picture_is_downloaded_from_the_url_of_the_result(
    client: Client, studio: ModelStudio, clock: ManualClock
) -> None:
    resource = trained(studio, clock, PHOTO_URL)
    task_id = ordered(studio, clock, resource)
    (result,) = client.call("GET", f"/tasks/{task_id}").json()["output"]["results"]
    session = requests.Session()
    session.trust_env = False
    with session:
        assert session.get(result["url"], timeout=10).content == studio.portraits.image(task_id, "1.jpg")


@pytest.mark.parametrize("fetch", ["submit", "start", "both"])
def test_the_photos_are_kept_whenever_they_are_downloaded(
    studio: ModelStudio,
    clock: ManualClock,
    behaviour: Behaviour,
    fetch: Literal["submit", "start", "both"],
) -> None:
    behaviour.fetch = fetch
    resource = trained(studio, clock, PHOTO_URL)
    assert not is_drawn(studio, ordered(studio, clock, resource), resource)


def test_a_template_gives_the_picture_its_size(
    studio: ModelStudio, clock: ManualClock, web: Web, red: bytes
) -> None:
    web.put(PHOTO_URL, red)
    web.put("https://photos/template.png", encoded(Image.new("RGB", (600, 800)), "PNG"), "image/png")
    resource = trained(studio, clock, PHOTO_URL)
    task_id = ordered(studio, clock, resource, "portrait_url_template")
    image = studio.portraits.image(task_id, "1.jpg")
    with Image.open(io.BytesIO(image)) as picture:
        assert picture.size == (600, 800)
    assert wall_of(image)[0] > 2 * wall_of(image)[2]


def test_bytes_that_only_a_test_takes_for_a_photo_give_the_drawing(
    studio: ModelStudio, clock: ManualClock, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "aliyun_local.dashscope.account.training_files.inspect",
        lambda _: inspection.Inspection(problem=None, faces=1),
    )
    web.put(PHOTO_URL, b"FACE")
    resource = trained(studio, clock, PHOTO_URL)
    assert is_drawn(studio, ordered(studio, clock, resource), resource)


def test_a_training_decodes_no_picture_for_portraits_that_nobody_asks_for(
    studio: ModelStudio, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[bytes] = []
    monkeypatch.setattr(
        "aliyun_local.dashscope.pictures.stand_ins._decoded", lambda content: looked_at.append(content)
    )
    resource = trained(studio, clock, *["https://photos/b.jpg"] * 9, PHOTO_URL)
    assert looked_at == []
    assert is_drawn(studio, ordered(studio, clock, resource), resource)
    assert len(looked_at) == PHOTOS_EACH


def test_a_restart_keeps_photos_of_their_owner_alone_and_pictures_stay_the_same(
    tmp_path: Path, clock: ManualClock, behaviour: Behaviour, web: Web
) -> None:
    studio = ModelStudio(tmp_path, clock, behaviour, web.fetch)
    resource = trained(studio, clock, PHOTO_URL)
    task_id = ordered(studio, clock, resource)
    image = studio.portraits.image(task_id, "1.jpg")
    assert not is_drawn(studio, task_id, resource)
    studio.close()
    (path,) = (tmp_path / "photos").iterdir()
    assert (path.name, path.stat().st_mode & 0o077) == ("1-0", 0)
    for orphan in ("7-0", "x"):
        (tmp_path / "photos" / orphan).write_bytes(b"of a fine-tune that was never committed")
    again = ModelStudio(tmp_path, clock, behaviour, web.fetch)
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["1-0"]
    assert again.portraits.image(task_id, "1.jpg") == image
    again.close()


def test_a_fine_tune_that_is_deleted_fails_or_is_canceled_takes_its_photos_along(
    tmp_path: Path, clock: ManualClock, behaviour: Behaviour, web: Web
) -> None:
    behaviour.delete_terminal = "allow"
    studio = ModelStudio(tmp_path, clock, behaviour, web.fetch)
    resource = trained(studio, clock, PHOTO_URL)
    task_id = ordered(studio, clock, resource)
    studio.delete_fine_tune(resource.removeprefix(f"{FINE_TUNE_MODEL}-"))
    assert list((tmp_path / "photos").iterdir()) == []
    assert is_drawn(studio, task_id, resource)

    for end in (
        lambda job_id: studio.fail(job_id, "InternalError.Algo", "no luck"),
        studio.cancel_fine_tune,
        studio.delete_fine_tune,
    ):
        clock.advance(1)
        job = studio.create_fine_tune(model=FINE_TUNE_MODEL, training_file_ids=[PHOTO_URL])
        clock.advance(2)
        studio.tick()
        assert len(list((tmp_path / "photos").iterdir())) == 1
        end(job.job_id)
        clock.advance(400)
        studio.tick()
        assert list((tmp_path / "photos").iterdir()) == []
    studio.close()


def test_a_training_that_cannot_use_its_photos_keeps_none(
    tmp_path: Path, clock: ManualClock, behaviour: Behaviour, web: Web
) -> None:
    studio = ModelStudio(tmp_path, clock, behaviour, web.fetch)
    studio.create_fine_tune(model=FINE_TUNE_MODEL, training_file_ids=["https://photos/scenery.jpg"])
    clock.advance(2)
    studio.tick()
    assert list((tmp_path / "photos").iterdir()) == []
    studio.close()


@pytest.mark.parametrize("on_disk", [True, False])
def test_the_photos_of_the_newest_fine_tunes_are_kept_within_the_bound(tmp_path: Path, on_disk: bool) -> None:
    photos = KeptPhotos(tmp_path if on_disk else None, set(), most_bytes=100)
    photos.keep(9, [b"9" * 40])
    photos.keep(10, [b"a" * 30, b"b" * 10])
    photos.keep(11, [b"c" * 21])
    assert [photos.of(sequence) for sequence in (9, 10, 11)] == [[], [b"a" * 30, b"b" * 10], [b"c" * 21]]
    photos.keep(10, [b"d" * 40])
    assert photos.of(10) == [b"d" * 40]
    photos.keep(12, [b"e" * 101])
    assert [photos.of(sequence) for sequence in (10, 11, 12)] == [[], [], []]
    photos.remove(12)


def test_a_restart_counts_what_is_there_and_drops_the_oldest_first(tmp_path: Path) -> None:
    before = KeptPhotos(tmp_path, set(), most_bytes=100)
    before.keep(9, [b"9" * 40])
    before.keep(10, [b"a" * 20, b"b" * 20])
    after = KeptPhotos(tmp_path, {9, 10}, most_bytes=100)
    after.keep(11, [b"c" * 21])
    assert [len(after.of(sequence)) for sequence in (9, 10, 11)] == [0, 2, 1]


@pytest.mark.parametrize("on_disk", [True, False])
def test_of_one_fine_tune_the_first_four_photos_that_are_not_too_large_are_kept(
    tmp_path: Path, on_disk: bool
) -> None:
    photos = KeptPhotos(tmp_path if on_disk else None, set())
    too_large = bytes(inspection.MAX_IMAGE_BYTES + 1)
    photos.keep(1, [too_large, *(bytes([number]) for number in range(9))])
    assert photos.of(1) == [b"\0", b"\1", b"\2", b"\3"]


def test_fine_tunes_with_alike_numbers_keep_their_own_photos(tmp_path: Path) -> None:
    photos = KeptPhotos(tmp_path, set())
    photos.keep(1, [b"one"])
    photos.keep(11, [b"eleven"])
    photos.remove(1)
    assert [photos.of(sequence) for sequence in (1, 11)] == [[], [b"eleven"]]


def test_in_memory_few_megabytes_are_kept_and_with_a_folder_those_of_a_full_account() -> None:
    usual_photo = 2 * 1024**2
    assert kept_photos.MOST_BYTES_IN_MEMORY <= 8 * 1024**2
    assert Behaviour().kept_fine_tunes * PHOTOS_EACH * usual_photo <= kept_photos.MOST_BYTES_ON_DISK
