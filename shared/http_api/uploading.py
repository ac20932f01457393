"""Uploads for those who do not know OSS: a photo goes from here into the person's folder.

The bucket is reached from inside Alibaba Cloud, so it works with accounts whose buckets the public cannot
reach. What is stored is an upload like any other: OSS fires the trigger. What can be seen not to be a photo
or a zip is refused here, before it is stored, with the words of its verdict. Called by ``routes``, ``own``.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.domain.object_keys import Kind, upload_called, upload_key
from shared.domain.reasons import Language
from shared.domain.requests import DONE
from shared.http_api.conditional import Answer
from shared.http_api.forms import fields_of, multipart
from shared.http_api.looks import ONE_LOOK_MS
from shared.http_api.messages import MAX_UPLOAD_BYTES
from shared.http_api.own_acts import note_for_audit
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest
from shared.http_api.subjects import person_in

if TYPE_CHECKING:
    from shared.http_api.operator_types import DoneDocument, UploadDocument, UploadsDocument

MAX_FILES = 20


def put_photo(request: RouteRequest) -> Answer:
    """``PUT /people/{person_id}/photos/{name}``."""
    stored = _store(request, request.parameters["name"], request.request.content)
    return Answer(stored, status=201, location=stored["href"])


def send_photos(request: RouteRequest) -> Answer:
    """``POST /people/{person_id}/photos``: a form with files, which are stored one after the other.

    The first that is refused ends it, and says so; those before it are stored.
    """
    _, files = multipart(request.request)
    if not files or len(files) > MAX_FILES:
        raise Problem("no_files", most=str(MAX_FILES))
    stored = [_store(request, _own_name(file.name, file.content), file.content) for file in files]
    document: UploadsDocument = {"stored": stored}
    return Answer(document, status=201, location=stored[0]["href"])


def done(request: RouteRequest) -> Answer:
    """``POST /people/{person_id}/done``: the marker, as if it had been uploaded."""
    fields_of(request.request)
    reader, person_id = request.connect(), person_in(request)
    marker = reader.rules.ready_marker
    note_for_audit(request, DONE, person_id, "marker_sent", once_in_ms=ONE_LOOK_MS)
    reader.bucket().write(upload_key(person_id, marker), b"")
    document: DoneDocument = {"person_id": person_id, "name": marker, "href": _href(person_id)}
    return Answer(document, status=201, location=_href(person_id))


def _store(request: RouteRequest, name: str, content: bytes) -> UploadDocument:
    reader, person_id = request.connect(), person_in(request)
    key = upload_key(person_id, name)
    upload = upload_called(person_id, name, reader.rules.ready_marker)
    if upload is None or upload.kind is Kind.MARKER:
        raise Problem("invalid_photo")
    if len(content) > MAX_UPLOAD_BYTES:
        raise Problem("upload_too_large")
    _check_content(request, name, content)
    # Sent again it is the same object: a write whose answer is lost may simply be repeated.
    reader.bucket().write(key, content)
    return {"person_id": person_id, "name": name, "size": len(content), "href": _href(person_id)}


def _check_content(request: RouteRequest, name: str, content: bytes) -> None:
    """Refuse what its own bytes show to be of no use.

    Raises:
        Problem: with the reason and the remedy of the verdict that it would have.
    """
    from shared.domain.file_facts import END_BYTES, START_BYTES, FileFacts
    from shared.domain.file_kinds import kind_of
    from shared.domain.packed_files import is_zip
    from shared.domain.photos import Verdict
    from shared.domain.picture_files import picture_format
    from shared.domain.reasons import reason, remedy

    facts = FileFacts(name=name, size=len(content), start=content[:START_BYTES], end=content[-END_BYTES:])
    if is_zip(facts.start) and facts.suffix == "zip":
        return
    found = kind_of(facts) if content else None
    verdict = found.verdict if found else Verdict.NOT_AN_IMAGE
    if not content:
        verdict = Verdict.EMPTY
    if found is None and picture_format(facts.start) is not None:
        return
    told = (reason(verdict, request.language), remedy(verdict, request.language))
    raise Problem(
        "unusable_file",
        name=name,
        why=("" if request.language is Language.CHINESE else " ").join(filter(None, told)),
    )


def _own_name(name: str, content: bytes) -> str:
    """Return a name that only this picture has: phones call every photo ``image.jpg``.

    Without the folders that a browser may send, and with a part of the content's hash: the same picture sent
    again is the same object.
    """
    stem, dot, suffix = name.replace("\\", "/").rpartition("/")[2].rpartition(".")
    return f"{stem or suffix} {hashlib.sha256(content).hexdigest()[:8]}{dot}{suffix if stem else ''}"


def _href(person_id: str) -> str:
    return f"/people/{quote(person_id, safe='')}"
