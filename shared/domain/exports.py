"""What is kept of an export while it is made, and what is in it in the end. Pure.

An **export** is the copy of everything that is held about a person, as one zip in the bucket
(:mod:`shared.workflow.exporting`). The row of the request says what a caller needs to know; the **progress**,
which may have thousands of files, is an object beside the zip. Moments are milliseconds since the epoch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from shared.domain.object_keys import person_key
from shared.domain.zip_writing import Member

EXPORTS_PREFIX = "exports/"
EXPORT_KEPT_MS = 86_400_000
"""For so long the zip can be fetched."""
GIVEN_UP_MS = 86_400_000
"""An export that is not there by then is given up."""
BEGINNINGS_ALLOWED = 8
"""So often an export is begun anew, because its upload is not as it was put down."""
TOLD_FOR_MS = 600_000
"""For so long it is said why there is none; whoever asks later begins anew."""
MAX_FILES = 20_000
MAX_BYTES = 60 * 1024**3
"""A multipart upload has 10,000 parts; what a person may upload is not bounded."""
MANIFEST = "manifest.json"


def request_id_of(person_id: str) -> str:
    """Return the id of the request for a person's export: there is one at a time."""
    return f"export-{person_key(person_id)}"


def folder_of(key: str) -> str:
    """Return the prefix of all that belongs to the export of the person whose partition is ``key``."""
    return f"{EXPORTS_PREFIX}{key}/"


@dataclass(frozen=True, kw_only=True)
class Export:
    """How far an export has come, as the row of its request says it.

    Attributes:
        token: a word never used before, by which its objects are called; empty: it has not begun.
        upload_id: the multipart upload that makes the zip.
        begun_at: when it began.
        files: how many files it will have.
        done: how many of them are written.
        bytes: how long the zip is so far.
        ready_at: when it was there; 0: it is not.
        code: the trouble that it has met last.
        held_up: how many passes in a row a trouble has ended.
        begun: how often it has begun.
    """

    token: str = ""
    upload_id: str = ""
    begun_at: int = 0
    files: int = 0
    done: int = 0
    bytes: int = 0
    ready_at: int = 0
    code: str = ""
    held_up: int = 0
    begun: int = 0

    def as_json(self) -> str:
        """Return it as it is kept in the request's row."""
        return json.dumps(asdict(self))

    def zip_key(self, key: str) -> str:
        """Return where the zip lies; ``key`` is the person's partition."""
        return f"{folder_of(key)}{self.token}.zip"

    def progress_key(self, key: str) -> str:
        """Return where the progress lies."""
        return f"{folder_of(key)}{self.token}.json"

    @property
    def ends_at(self) -> int:
        """When the zip is deleted; 0: it is not there yet."""
        return self.ready_at + EXPORT_KEPT_MS if self.ready_at else 0


def export_from(text: str) -> Export:
    """Return the export that a request keeps; a new one when it has not begun."""
    value = json.loads(text) if text else {}
    return Export(**{one.name: value[one.name] for one in fields(Export) if one.name in value})


@dataclass(frozen=True, kw_only=True)
class Item:
    """A file of the zip.

    Attributes:
        name: its name in the zip.
        place: the name of the place (:mod:`shared.domain.places`); of README and manifest empty.
        source: the key of the object that it is a copy of, or what a document is about.
        etag: that of the object; empty: it is a document.
        size: in bytes; of a document 0 until it is written.
        modified_at: when the object was stored.
        begins_at: where it begins in the zip.
        crc: the CRC-32 of what has been read of it.
        sha256: those of its pieces, of ``PIECE_BYTES`` each; of most files it is one.
        read_at: when it was read.
        left_out: why it is not in the zip; empty: it is, or will be.
    """

    name: str
    place: str
    source: str = ""
    etag: str = ""
    size: int = 0
    modified_at: int = 0
    begins_at: int = 0
    crc: int = 0
    sha256: tuple[str, ...] = ()
    read_at: int = 0
    left_out: str = ""

    @property
    def member(self) -> Member:
        """The file as the zip has it."""
        return Member(self.name, self.size, self.modified_at, self.begins_at, self.crc)


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What the rows say is held about a person.

    Attributes:
        person_id: the name, in composed form.
        folders: the names of the folders, in every spelling.
        jobs: ids of the jobs, newest first.
        fine_tunes: ids of the fine-tunes that were made.
        timeline: what happened, newest job first.
        costs: what each training has cost.
        erased_before: what was stored up to then was an earlier person's of this name; 0: nobody was erased.
        erased_revision: no job of theirs had a higher one.
        is_versioned: whether the bucket keeps versions of what is deleted; None: nobody knows.
        not_listed: so many more objects were not even listed.
        gone: what was removed before because it had been kept long enough, newest job first.
    """

    person_id: str
    folders: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    fine_tunes: tuple[str, ...] = ()
    timeline: tuple[Mapping[str, Any], ...] = ()
    costs: tuple[Mapping[str, Any], ...] = ()
    erased_before: int = 0
    erased_revision: int = 0
    is_versioned: bool | None = None
    not_listed: int = 0
    gone: tuple[Mapping[str, Any], ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The partitions of the tables that are the person's."""
        return tuple(dict.fromkeys(map(person_key, self.folders)))


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the zip has come.

    Attributes:
        holdings: what the documents are made of.
        items: the files, in their order.
        next: the first of them that is not written.
        at: how many bytes of that one are written.
        bytes: how long the zip is so far.
        etags: those of the parts that are uploaded.
        rest: the end of the zip so far, in hexadecimal digits: too little for a part.
    """

    holdings: Holdings
    items: tuple[Item, ...] = ()
    next: int = 0
    at: int = 0
    bytes: int = 0
    etags: tuple[str, ...] = ()
    rest: str = ""

    @property
    def is_written(self) -> bool:
        """Whether nothing but the directory is missing."""
        return self.next >= len(self.items)

    @property
    def is_in_zip(self) -> list[Item]:
        """The files that are written."""
        return [item for item in self.items[: self.next] if not item.left_out]

    def with_item(self, item: Item) -> Progress:
        """Return it with the next file as ``item``."""
        return replace(self, items=(*self.items[: self.next], item, *self.items[self.next + 1 :]))

    def as_json(self) -> str:
        """Return it as it is kept beside the zip."""
        return json.dumps({"format": 1, **asdict(self)}, ensure_ascii=False, separators=(",", ":"))


def progress_from(text: str | bytes) -> Progress:
    """Return the progress that is kept beside the zip; whatever newer code has added is not needed."""
    value = json.loads(text)

    def known(kind: type, stored: Mapping[str, Any]) -> dict[str, Any]:
        made = {one.name: stored[one.name] for one in fields(kind) if one.name in stored}
        return {name: tuple(one) if isinstance(one, list) else one for name, one in made.items()}

    made = known(Progress, value)
    made["holdings"] = Holdings(**known(Holdings, value["holdings"]))
    made["items"] = tuple(Item(**known(Item, one)) for one in value["items"])
    return Progress(**made)


@dataclass(frozen=True, kw_only=True)
class Contents:
    """What the manifest says of the zip; made by :func:`contents_of`."""

    files: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)


def contents_of(progress: Progress) -> Contents:
    """Return the files of the zip with their checksums, and what is not in it with the reason."""
    contents = Contents()
    for item in progress.items:
        if item.left_out:
            told = {"place": item.place, "source": item.source, "size": item.size, "reason": item.left_out}
            contents.left_out.append(told)
        elif item.name != MANIFEST:
            is_one = len(item.sha256) == 1
            contents.files.append(
                {
                    "name": item.name,
                    "place": item.place or None,
                    "source": item.source or None,
                    "size": item.size,
                    "stored_at": item.modified_at,
                    "read_at": item.read_at,
                    "sha256": item.sha256[0] if is_one else None,
                    **({} if is_one else {"sha256_of_pieces": list(item.sha256)}),
                }
            )
    contents.left_out.extend(dict(one) for one in progress.holdings.gone)
    if progress.holdings.not_listed:
        contents.left_out.append(
            {"place": "uploads", "count": progress.holdings.not_listed, "reason": "too_many"}
        )
    return contents
