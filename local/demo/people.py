"""Whose photos the demo uploads: people made up here, or folders of the user's own."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from aliyun_local.samples import encoded, landscape, portrait
from local.demo.zips import chat_zip
from shared.domain.object_keys import PEOPLE_PREFIX, Ignored, parse_upload

READY = "_READY"
SAMPLE_PEOPLE = 5
"""How many people :func:`sample_people` makes up."""


@dataclass(frozen=True)
class File:
    """A file to upload: its name among the person's uploads, and its bytes.

    ``verdict`` is what must become of it, empty when only the outcome can tell; ``inside`` are the files of a
    zip, by their names in it.
    """

    name: str
    content: bytes
    verdict: str = ""
    inside: Sequence[File] = ()


@dataclass(frozen=True)
class Person:
    """Someone of the demo.

    ``expected`` is the state the person must end in; None when only the outcome can tell.
    """

    person_id: str
    files: Sequence[File]
    story: str = ""
    expected: str | None = None
    closed_by: str | None = None


def sample_people() -> list[Person]:
    """Make up five people: each way a set can be completed, and photos as people really have them."""
    return [
        Person("林小雨", _portraits(1, 10, "jpg"), "10 photos: complete by count", "SUCCEEDED", "count"),
        Person(
            "maria",
            [*_from_a_phone(), File(READY, b"")],
            "an iPhone's photos, then the marker _READY",
            "SUCCEEDED",
            "marker",
        ),
        Person("zhang wei", [_from_a_chat()], "a zip from a chat, then quiet", "SUCCEEDED", "quiet"),
        Person("amara", _with_strays(), "4 good photos among other files, then quiet", "SUCCEEDED", "quiet"),
        Person("nobody", _unusable(), "only unusable files", "REJECTED", None),
    ]


@dataclass(frozen=True)
class Folder:
    """A folder of the user's own: its people, and the files that are left out, by the reason why."""

    people: Sequence[Person]
    left_out: Mapping[str, Sequence[str]] = field(default_factory=dict)


def people_in(folder: Path) -> Folder:
    """Read ``folder/<person>/*`` as people; what the product would ignore is left out.

    Raises:
        FileNotFoundError: there is no such folder, or no person in it.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; it should hold one folder a person")
    files: dict[str, list[File]] = {}
    left_out: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        upload = parse_upload(PEOPLE_PREFIX + path.relative_to(folder).as_posix())
        if isinstance(upload, Ignored):
            left_out.setdefault(upload.reason, []).append(path.relative_to(folder).as_posix())
        else:
            files.setdefault(upload.person_id, []).append(File(upload.name, path.read_bytes()))
    if not files:
        raise FileNotFoundError(f"{folder} holds no photos; expected {folder}/<person>/<photo>.jpg")
    return Folder([Person(person_id, own, "photos of yours") for person_id, own in files.items()], left_out)


def interleaved(people: Sequence[Person]) -> Iterator[tuple[Person, File]]:
    """Yield uploads in turn, as if everybody came at once."""
    for row in zip_longest(*(person.files for person in people)):
        for person, file in zip(people, row, strict=True):
            if file is not None:
                yield person, file


def _portraits(identity: int, count: int, kind: str) -> list[File]:
    sizes = [(768, 1024), (1024, 1280), (960, 960)]
    return [
        File(f"photo {number:02d}.{kind}", _portrait(identity, number, sizes[number % 3], kind), "usable")
        for number in range(1, count + 1)
    ]


def _from_a_phone() -> list[File]:
    """A HEIC, and a JPEG of 24 megapixels that lies on its side and says so."""
    upright = portrait(202, size=(4284, 5712))
    return [
        File("IMG_0412.HEIC", encoded(portrait(201, size=(1512, 2016)), "HEIF", quality=60), "usable"),
        File("IMG_0413.JPG", encoded(upright, orientation=6, quality=88), "usable"),
        File("IMG_0414.PNG", _portrait(2, 3, (1170, 1560), "png"), "usable"),
    ]


def _from_a_chat() -> File:
    """A zip with Chinese names in GBK, and with what gets into zips unasked."""
    photos = [
        File(f"{name}.jpg", _portrait(3, number, (768, 1024), "jpg"), "usable")
        for number, name in enumerate(("海边", "毕业", "证件照"), 1)
    ]
    noise = random.Random(3).randbytes(40_000)  # noqa: S311 (what an encrypted file looks like from outside)
    older = File("older.jpg", _portrait(3, 4, (768, 1024), "jpg"))
    inside = [
        *photos,
        File("私密.jpg", noise, "encrypted"),
        File("旧照片.zip", chat_zip({older.name: older.content}), "nested_archive"),
        File("说明.txt", "照片按时间排序\n".encode("gbk"), "system_file"),
        File("__MACOSX/._海边.jpg", b"\0\5\x16\7" + bytes(170), "system_file"),
    ]
    content = chat_zip({file.name: file.content for file in inside}, protected=["私密.jpg"])
    return File("chat.zip", content, "unpacked", inside)


def _with_strays() -> list[File]:
    """Good photos, one of them twice, and what else lay in the folder."""
    good = _portraits(4, 4, "png")
    return [
        *good,
        File("photo 02 (1).png", good[1].content, "duplicate"),
        File("notes.txt", "拍摄于北京\n".encode(), "text_file"),
        File("view.jpg", encoded(landscape(7), quality=88), "no_face"),
    ]


def _unusable() -> list[File]:
    return [
        File("mountains.jpg", encoded(landscape(3), quality=88), "no_face"),
        File("tiny.png", _portrait(9, 0, (120, 160), "png"), "too_few_pixels"),
        File("group.jpg", encoded(portrait(901, size=(1280, 800), faces=2), quality=88), "several_faces"),
        File("letter.jpg", b"Dear studio, my photos follow tomorrow.\n", "text_file"),
        File("empty.jpg", b"", "empty"),
    ]


def _portrait(identity: int, number: int, size: tuple[int, int], kind: str) -> bytes:
    picture = portrait(100 * identity + number, size=size)
    return encoded(picture, "PNG") if kind == "png" else encoded(picture, quality=88)
