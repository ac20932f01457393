"""The meaning of an object's key: a person's photo, zip, marker or consent, or nothing of ours.

Keys are literal UTF-8: ``+`` and ``%`` are ordinary characters in them, and nothing is decoded or normalised.

A person is known by the composed form (NFC, Unicode Standard Annex #15) of the folder's name: a Mac writes
``Zoë`` with four characters where a browser writes three, and both mean one person. So a person may have
several folders. An upload's name is its key below the folder that is spelled like the person. In a folder
that is spelled otherwise the name begins with ``/`` and that folder. So no two uploads of a person have one
name, and each name tells its key.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

from shared.domain.markers import is_marker, plain_marker

PEOPLE_PREFIX = "people/"
SUBMISSIONS_PREFIX = "submissions/"
RESULTS_PREFIX = "results/"
READY_MARKER = "_READY"
CONSENT_NAME = "_CONSENT.json"
"""The document of a person's consent (:mod:`shared.domain.consent`), right in their folder."""
ARCHIVE_SUFFIX = ".zip"
NOT_OF_PEOPLE = "not_of_people"
"""Why an object outside of ``people/`` belongs to nobody."""
MAX_PERSON_BYTES = 128
MAX_KEY_BYTES = 1023


class Kind(Enum):
    """The kind of object that a key under ``people/`` names."""

    PHOTO = auto()
    ARCHIVE = auto()
    MARKER = auto()
    CONSENT = auto()


class Upload(NamedTuple):
    """An object that belongs to a person.

    ``name`` is the key below the folder that is spelled like ``person_id``, and may itself contain ``/``. In
    a folder that is spelled otherwise it is ``/``, the folder, ``/`` and the key below that.
    """

    person_id: str
    name: str
    kind: Kind

    @property
    def key(self) -> str:
        """The object's key in the bucket."""
        return upload_key(self.person_id, self.name)

    @property
    def folder(self) -> str:
        """The name of the folder that it lies in, as that is spelled."""
        return folder_of(self.person_id, self.name)


class Ignored(NamedTuple):
    """An object that belongs to no person, and why.

    ``code`` is a word for programs; :mod:`shared.domain.reasons` has its sentences in both languages.
    """

    key: str
    code: str
    reason: str
    is_news: bool = True
    """Whether its uploader should hear of it: not of hidden files and the operating system's own."""


def person_of(folder: str) -> str:
    """Return the person whose folder is called ``folder``, however that is spelled."""
    return unicodedata.normalize("NFC", folder)


def spellings(person_id: str, met: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of the folders that a person may have: the person's own first, then others.

    The decomposed form (NFD) is among them before it has been met: it is what a Mac writes.
    """
    return tuple(dict.fromkeys((person_id, unicodedata.normalize("NFD", person_id), *met)))


def may_be_spelled_otherwise(person_id: str) -> bool:
    """Whether other characters may mean the same name. Of ASCII these are ``K``, ``;`` and ````` alone.

    Unicode Character Database, singleton decompositions: KELVIN SIGN, GREEK QUESTION MARK, GREEK VARIA.
    """
    return not person_id.isascii() or any(one in person_id for one in "K;`")


def search_name(person_id: str) -> str:
    """Return the name that a person is searched by: letter case and accents do not count in it."""
    apart = unicodedata.normalize("NFKD", person_id)
    plain = "".join(character for character in apart if not unicodedata.combining(character))
    return (plain or apart).casefold()


def upload_name(folder: str, below: str) -> str:
    """Return the name of the upload that lies at ``below`` in a person's folder called ``folder``."""
    return below if folder == person_of(folder) else f"/{folder}/{below}"


def upload_key(person_id: str, name: str) -> str:
    """Return the key of a person's upload by its name; :func:`parse_upload` is the way back."""
    return f"{PEOPLE_PREFIX}{folder_of(person_id, name)}/{below_folder(name)}"


def folder_of(person_id: str, name: str) -> str:
    """Return the folder, as it is spelled, in which a person's upload called ``name`` lies."""
    return name[1:].partition("/")[0] if name.startswith("/") else person_id


def below_folder(name: str) -> str:
    """Return an upload's name without the folder that it may begin with."""
    return name[1:].partition("/")[2] if name.startswith("/") else name


def name_of(key: str) -> str:
    """Return the name of the upload under ``key``."""
    folder = folder_in(key)
    return upload_name(folder, key.removeprefix(person_folder(folder)))


def folder_in(key: str) -> str:
    """Return the folder that a key under ``people/`` lies in, "" for one beside the folders."""
    folder, slash, _ = key.removeprefix(PEOPLE_PREFIX).partition("/")
    return folder if slash else ""


def problem_with_person_id(person_id: str) -> str:
    """Say what is wrong with ``person_id`` as a person's name, or ``""`` when nothing is."""
    if not person_id:
        return "the person's name is empty"
    try:
        size = len(person_id.encode("utf-8"))
    except UnicodeEncodeError:
        return "the person's name is not valid UTF-8"
    if size > MAX_PERSON_BYTES:
        return f"the person's name has {size} bytes, at most {MAX_PERSON_BYTES} are allowed"
    if person_id[0] == ".":
        return "the person's name starts with '.'"
    if "/" in person_id or _has(person_id, "Cc"):
        return "the person's name holds '/' or a control character"
    return ""


def _has(text: str, category: str) -> bool:
    """Whether a character is of a category of controls or surrogates, neither of which is printable."""
    # The sweep asks this of every name in the bucket; nearly all of them are printable as a whole.
    return not text.isprintable() and any(unicodedata.category(one) == category for one in text)


def _folder(key: str) -> Ignored:
    """An object that consoles and tools put in the place of a folder."""
    return Ignored(key, "folder_marker", "it is a folder marker", is_news=False)


def parse_upload(key: str, marker: str = READY_MARKER) -> Upload | Ignored:
    """Say what ``key`` names: a person's photo, zip, marker or consent, or nothing of ours and why."""
    if not key.startswith(PEOPLE_PREFIX):
        return Ignored(key, NOT_OF_PEOPLE, f"it is not under {PEOPLE_PREFIX}")
    folder, slash, name = key[len(PEOPLE_PREFIX) :].partition("/")
    person_id = person_of(folder)
    if key == PEOPLE_PREFIX:
        return _folder(key)
    if not slash:
        reason = "it lies beside the people's folders, not in one; put it into people/<person>/"
        return Ignored(key, "beside_the_folders", reason)
    problem = problem_with_person_id(person_id)
    if problem:
        return Ignored(key, "unusable_person", problem)
    if not name or name.endswith("/"):
        return _folder(key)
    if name == CONSENT_NAME:
        return Upload(person_id, upload_name(folder, name), Kind.CONSENT)
    if is_marker(name, marker):
        return Upload(person_id, upload_name(folder, name), Kind.MARKER)
    if _has(name, "Cs"):
        return Ignored(key, "unusable_name", "its name is not valid UTF-8")
    segments = name.split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        return Ignored(key, "unusable_name", "its name has an empty, '.' or '..' segment")
    if is_system_file([folder, *segments]):
        reason = "it is hidden (a part of its name starts with '.') or a system file, not a photo"
        return Ignored(key, "system_file", reason, is_news=False)
    if _has(name, "Cc"):
        return Ignored(key, "unusable_name", "its name holds a control character")
    if len(segments) > 1 and is_marker(segments[-1], marker):
        reason = f"it is a marker in a sub-folder; put it right into {PEOPLE_PREFIX}<person>/"
        return Ignored(key, "marker_in_subfolder", reason)
    if plain_marker(segments[-1]) == plain_marker(CONSENT_NAME) and segments[-1].startswith("_"):
        reason = f"it is called like a consent and is none; call it {CONSENT_NAME}, right in the folder"
        return Ignored(key, "misnamed_consent", reason)
    kind = Kind.ARCHIVE if name.lower().endswith(ARCHIVE_SUFFIX) else Kind.PHOTO
    return Upload(person_id, upload_name(folder, name), kind)


def upload_called(person_id: str, name: str, marker: str = READY_MARKER) -> Upload | None:
    """Return the upload of a person that a name means; None: none of theirs, or OSS takes no such key.

    A consent is given and withdrawn, and not handled like a photo.
    """
    key = upload_key(person_id, name)
    upload = parse_upload(key, marker)
    if isinstance(upload, Ignored) or upload.person_id != person_id or upload.kind is Kind.CONSENT:
        return None
    return upload if len(key.encode("utf-8")) <= MAX_KEY_BYTES else None


def is_system_file(segments: Sequence[str]) -> bool:
    """Whether a name's segments are those of a hidden file or of a file of the operating system."""
    hidden = any(segment.startswith(".") and segment not in (".", "..") for segment in segments)
    return hidden or "__MACOSX" in segments or segments[-1] in ("Thumbs.db", "desktop.ini")


def problem_with_marker(name: str) -> str:
    """Say what is wrong with ``name`` as the marker's, or ``""`` when nothing is."""
    parsed = parse_upload(f"{PEOPLE_PREFIX}person/{name}", marker="")
    if isinstance(parsed, Ignored) or "/" in name or len(name.encode("utf-8")) > MAX_PERSON_BYTES:
        return "it must be a plain name of at most 128 bytes that does not start with '.'"
    if plain_marker(name) == plain_marker(CONSENT_NAME):
        return f"it must not be called like {CONSENT_NAME}"
    return "" if plain_marker(name) else "it must have letters besides '_' and an extension"


def person_folder(folder: str) -> str:
    """The prefix of all uploads in a person's folder, by its name as it is spelled."""
    return f"{PEOPLE_PREFIX}{folder}/"


@lru_cache(maxsize=1_000)
def person_key(person_id: str) -> str:
    """The person as Tablestore's partition key and as part of job ids and paths: 20 hex digits.

    A hash spreads people over partitions and keeps names out of the URLs that DashScope sees.
    """
    return hashlib.sha256(person_id.encode("utf-8")).hexdigest()[:20]


BEHIND_EVERY_REVISION = 10**9
"""The id of a job has room for one less."""


def job_id(person_id: str, revision: int) -> str:
    """The id of a person's ``revision``-th job."""
    return f"{person_key(person_id)}-{revision}"


def parse_job_id(text: str) -> tuple[str, int] | None:
    """Return ``(person_key, revision)`` of a job id, or None when ``text`` cannot be one."""
    key, _, revision = text.partition("-")
    well_formed = len(key) == 20 and set(key) <= set("0123456789abcdef")
    if not well_formed or not revision.isascii() or not revision.isdigit() or len(revision) > 9:
        return None
    return (key, int(revision)) if revision[0] != "0" else None


def snapshot_folder(job: str) -> str:
    """The prefix of all of a job's snapshots, and of no other's."""
    return f"{SUBMISSIONS_PREFIX}{job}/"


def snapshot_key(job: str, token: str) -> str:
    """Where a prepared photo of ``job`` lies; ``token`` is never used twice, so it is never rewritten."""
    return f"{snapshot_folder(job)}{token}.jpg"
