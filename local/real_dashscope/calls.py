"""Which calls the forwarder passes on, and which of them are paid for; pure.

Only what the product calls goes through. A call that is not in the table could cost money that nobody was
asked for (another model, portraits), so it is refused. Paths are compared as they came: one with an empty,
``.`` or ``..`` segment or an escaped slash, which an HTTP client or a server may read as another, is not in
the table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from local.real_dashscope.bodies import object_in
from shared.domain.fine_tunes import OUR_MODEL, path_of

PREFIX = "/api/v1"
_ID = r"(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9._~-]|%(?!2[EeFf]|5[Cc])[0-9A-Fa-f]{2})+"
_JOB_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{20}-[1-9][0-9]{0,8}(?![0-9])")
"""A job of ours, as the names of stored files and the keys of snapshots hold it."""


class Call(Enum):
    """What becomes of a request."""

    FREE = auto()
    """It is passed on as it is."""
    TRAINING = auto()
    """It creates a fine-tune, and is paid for."""
    LOOK = auto()
    """It tells how a fine-tune stands, and what it has cost."""
    REFUSED = auto()
    """Nothing of ours asks for it."""


_TABLE: tuple[tuple[str, str, Call], ...] = (
    ("POST", "/fine-tunes", Call.TRAINING),
    ("GET", "/fine-tunes", Call.FREE),
    ("GET", rf"/fine-tunes/{_ID}", Call.LOOK),
    ("GET", rf"/fine-tunes/{_ID}/logs", Call.FREE),
    ("DELETE", rf"/fine-tunes/{_ID}", Call.FREE),
    ("POST", rf"/fine-tunes/{_ID}/cancel", Call.FREE),
    ("POST", "/files", Call.FREE),
    ("GET", "/files", Call.FREE),
    ("GET", rf"/files/{_ID}", Call.FREE),
    ("DELETE", rf"/files/{_ID}", Call.FREE),
    # "Portrait detection": free for a limited time.
    ("POST", "/services/vision/facedetection/detect", Call.FREE),
)


def call_of(method: str, raw_path: str) -> Call:
    """Return what a request is, by its method and its path with the prefix."""
    if not raw_path.startswith(f"{PREFIX}/"):
        return Call.REFUSED
    path = raw_path[len(PREFIX) :]
    for known, pattern, call in _TABLE:
        if method == known and re.fullmatch(pattern, path):
            return call
    return Call.REFUSED


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whom a training is for, as far as its request tells.

    Attributes:
        key: the same for every try of one training: the job's id, else its files.
        photos: how many it is trained on.
        job_id: the job, or ``""`` where the names of its files do not tell it.
    """

    key: str
    photos: int
    job_id: str = ""


def files_of(body: bytes) -> list[str] | None:
    """Return the files of a training of our model; None for any other request."""
    asked = object_in(body)
    files = asked.get("training_file_ids")
    if not isinstance(files, list) or not files or asked.get("model") != OUR_MODEL:
        return None
    return [str(file) for file in files]


def subject_of(files: list[str], names: list[str]) -> Subject:
    """Return whom ``files`` are of; ``names`` are what stored files are called, as far as that is known."""
    for text in (*names, *files):
        found = _JOB_ID.search(path_of(text))
        if found:
            return Subject(key=found[0], photos=len(files), job_id=found[0])
    return Subject(key=" ".join(sorted(map(path_of, files))), photos=len(files))
