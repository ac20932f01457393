"""Whose photos the demo uploads: people made up here, or folders of the user's own."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from PIL import Image

from local.samples import landscape, portrait


@dataclass(frozen=True)
class File:
    """A file to upload: its name below the person's folder, and its bytes."""

    name: str
    content: bytes


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
    """Draw five people: each way a set can be completed, and one with nothing that can be used."""
    return [
        Person("林小雨", _portraits(1, 10, "jpg"), "10 photos: complete by count", "SUCCEEDED", "count"),
        Person(
            "maria",
            [*_portraits(2, 3, "png"), File("_READY", b"")],
            "3 photos, then the marker _READY",
            "SUCCEEDED",
            "marker",
        ),
        Person("zhang wei", _portraits(3, 1, "jpg"), "1 photo, then quiet", "SUCCEEDED", "quiet"),
        Person(
            "amara",
            [*_portraits(4, 4, "png"), _notes(), File("view.jpg", _encoded(landscape(7), "jpg"))],
            "4 good photos among 6 files, then quiet",
            "SUCCEEDED",
            "quiet",
        ),
        Person("nobody", _unusable(), "only unusable files", "REJECTED", None),
    ]


def people_in(folder: Path) -> list[Person]:
    """Read ``folder/<person>/*`` as people.

    Raises:
        FileNotFoundError: there is no such folder, or nobody in it.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder; it should hold one folder a person")
    people = [
        Person(
            sub.name,
            [
                File(path.relative_to(sub).as_posix(), path.read_bytes())
                for path in sorted(sub.rglob("*"))
                if path.is_file() and not path.name.startswith(".")
            ],
            "your own photos",
        )
        for sub in sorted(folder.iterdir())
        if sub.is_dir() and not sub.name.startswith((".", "_"))
    ]
    people = [person for person in people if person.files]
    if not people:
        raise FileNotFoundError(f"{folder} holds no photos; expected {folder}/<person>/<photo>.jpg")
    return people


def interleaved(people: Sequence[Person]) -> Iterator[tuple[Person, File]]:
    """Yield uploads in turn, as if everybody came at once."""
    for row in zip_longest(*(person.files for person in people)):
        for person, file in zip(people, row, strict=True):
            if file is not None:
                yield person, file


def _portraits(identity: int, count: int, kind: str) -> list[File]:
    sizes = [(768, 1024), (1024, 1280), (960, 960)]
    return [
        File(
            f"photo {number:02d}.{kind}",
            _encoded(portrait(identity * 100 + number, size=sizes[number % 3]), kind),
        )
        for number in range(1, count + 1)
    ]


def _unusable() -> list[File]:
    return [
        File("mountains.jpg", _encoded(landscape(3), "jpg")),
        File("tiny.png", _encoded(portrait(900, size=(120, 160)), "png")),
        File("group.jpg", _encoded(portrait(901, size=(1280, 800), faces=2), "jpg")),
        File("letter.jpg", b"Dear studio, my photos follow tomorrow.\n"),
        File("empty.jpg", b""),
    ]


def _notes() -> File:
    return File("notes.txt", "拍摄于北京\n".encode())


def _encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG" if kind == "jpg" else "PNG", quality=88)
    return buffer.getvalue()
