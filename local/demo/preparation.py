"""How uploads were prepared: what phones and chats send, beside the snapshots that were trained on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aliyun_local.oss.errors import OssError
from aliyun_local.oss.images import processing as images
from local.demo.people import File, Person
from local.stack import Stack

LONG_SIDE = 2048
MAX_BYTES = 5 * 1024 * 1024
# OSS, "Image information": the words for EXIF's orientations 1, and 5 to 8.
_UPRIGHT, _SIDEWAYS = "Top-left", ("Left-top", "Right-top", "Right-bottom", "Left-bottom")
# What the face check and the training take as it is.
_TAKEN = ("jpg", "png", "webp")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture file: its format, its sides in pixels as they are stored, its bytes.

    ``turned`` is how it has to be turned to be upright, in EXIF's words; empty when not at all.
    """

    format: str
    width: int
    height: int
    size: int
    turned: str

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height once it is upright."""
        return (self.height, self.width) if self.turned in _SIDEWAYS else (self.width, self.height)

    def __str__(self) -> str:
        """Describe it in a few words."""
        kind = {"jpg": "JPEG"}.get(self.format, self.format.upper())
        how = f"{kind} on its side" if self.turned in _SIDEWAYS else kind
        return f"{how}, {self.width} × {self.height}, {_bytes(self.size)}"


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """An upload that was not used as it came, and what was made of it; ``fault`` says what is wrong."""

    person_id: str
    name: str
    arrived: str
    became: str
    fault: str = ""


def preparations(
    cloud: Stack, people: Sequence[Person], documents: Mapping[str, dict[str, Any] | None]
) -> list[Preparation]:
    """Return what was made of each used upload that DashScope would not have taken, or not upright."""
    found: list[Preparation] = []
    for person in people:
        document = documents.get(person.person_id)
        if document is None:
            continue
        recorded = {photo["name"]: photo for photo in document["current"]["photos"]}
        snapshots = _snapshots(cloud, document["current"]["job_id"])
        for file in person.files:
            if file.name in snapshots:
                found += of_photo(person, file, snapshots[file.name])
            elif recorded.get(file.name, {}).get("verdict") == "unpacked":
                detail = recorded[file.name]["detail"]
                arrived = f"zip, {_bytes(len(file.content))}"
                found.append(
                    Preparation(person_id=person.person_id, name=file.name, arrived=arrived, became=detail)
                )
    return found


def described(content: bytes) -> Picture | None:
    """Describe a picture file as the image processing sees it; None for another kind of file."""
    try:
        answer = images.process(content, "image/info").content
    except OssError:
        return None
    facts = {name: part["value"] for name, part in json.loads(answer).items()}
    turned = facts.get("Orientation", _UPRIGHT)
    return Picture(
        format=facts["Format"],
        width=int(facts["ImageWidth"]),
        height=int(facts["ImageHeight"]),
        size=len(content),
        turned="" if turned == _UPRIGHT else turned,
    )


def of_photo(person: Person, file: File, snapshot: bytes) -> list[Preparation]:
    """Return what was made of a photo; nothing if it could have been used as it came."""
    before, after = described(file.content), described(snapshot)
    fault = "a usable photo or its snapshot is no picture"
    if before is not None and after is not None:
        fault = _fault_of_snapshot(before, after)
        could_be_used = before.format in _TAKEN and not before.turned and max(before.upright) <= LONG_SIDE
        if could_be_used and not fault:
            return []
    return [
        Preparation(
            person_id=person.person_id,
            name=file.name,
            arrived=str(before or "no picture"),
            became=str(after or "no picture"),
            fault=fault,
        )
    ]


def _fault_of_snapshot(before: Picture, after: Picture) -> str:
    """Say what a snapshot lacks; empty when it is the upload as an upright JPEG within the limits."""
    if after.format != "jpg" or after.size > MAX_BYTES or after.turned:
        return f"the snapshot is {after}, not an upright JPEG of at most 5 MB"
    scale = min(1.0, LONG_SIDE / max(before.upright))
    due = [round(side * scale) for side in before.upright]
    if any(abs(side - wanted) > 1 for side, wanted in zip(after.upright, due, strict=True)):
        return f"the snapshot has {after.width} × {after.height} pixels, not {due[0]} × {due[1]}"
    return ""


def _snapshots(cloud: Stack, job_id: str) -> dict[str, bytes]:
    """Return the snapshots of a job's usable photos, by the photos' names, as its row tells them."""
    key, _, revision = job_id.partition("-")
    found = cloud.tables.get_row(
        cloud.resources.instances[0].name, "jobs", [("person_key", key), ("revision", int(revision))]
    )
    cells = {cell.name: cell.value for cell in found.row.cells} if found.row else {}
    photos = json.loads(str(cells.get("photos", "[]")))
    return {
        photo["name"]: cloud.objects.get(cloud.bucket, photo["snapshot"])[1]
        for photo in photos
        if photo["verdict"] == "usable"
    }


def _bytes(count: int) -> str:
    return f"{count / 1024:.0f} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"
