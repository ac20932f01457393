"""Hands out portraits: one picture, or all of a person in one zip. Called by ``routes`` and ``own``.

They go through this function: the domain of the bucket has browsers save what they are to show (OSS,
"Overview of bucket domain names"), and a signed URL must not stand on a page. So no more is given at once
than an answer may have: Function Compute takes 32 MB ("Quotas and limits"), of which base64 takes a third.
Only a picture that a row names is given, so whatever else lies beside them is not; whoever is given some is
on record before, as with photos (``looks``).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import quote

from shared.domain.audit import PORTRAITS_HANDED_OUT
from shared.domain.job import Job
from shared.domain.object_keys import job_id
from shared.domain.portraits import Picture, PortraitOrder
from shared.domain.result_keys import portraits_folder
from shared.domain.zip_writing import Member, directory_of, foot_of, head_of
from shared.errors import NotFound, RetryLater
from shared.http_api.conditional import Answer, has_already
from shared.http_api.parameters import PICTURE_PARAMETERS, ZIP_PARAMETERS, count_in, read_known
from shared.http_api.problems import Problem
from shared.http_api.reader import Reader
from shared.http_api.resources import RouteRequest
from shared.http_api.subjects import person_in, row_of

MOST_BYTES = 20 * 1024 * 1024
"""Base64 makes 28 MB of it."""
AT_ONCE = 4
ZIP = "application/zip"
MEDIA_TYPES: Mapping[str, str] = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


class _Named(NamedTuple):
    """A picture that a row names."""

    job: Job
    order: PortraitOrder
    picture: Picture

    @property
    def name(self) -> str:
        return self.picture.key.rpartition("/")[2]


def picture(request: RouteRequest) -> Answer:
    """``GET /people/{person_id}/portraits/{revision}/{name}``."""
    person_id = person_in(request)
    read_known(request.query, PICTURE_PARAMETERS)
    reader = request.connect()
    job = _job(reader, person_id, count_in(request.parameters["revision"]) or 0)
    wanted = portraits_folder(job.person_id, job.revision) + request.parameters["name"] if job else ""
    all_named = list(_named_in([job] if job else []))
    found = next((one for one in all_named if one.picture.key == wanted), None)
    if found is None:
        raise Problem("unknown_portrait")
    _check_size([found])
    headers = {
        "Content-Type": MEDIA_TYPES.get(found.name.rpartition(".")[2], "application/octet-stream"),
        "X-Content-Type-Options": "nosniff",
        "ETag": _tag([found]),
    }
    if "download" in request.query:
        file_name = f"{person_id}-{found.job.revision}-{found.name}"
        headers["Content-Disposition"] = _attachment(f"{found.job.revision}-{found.name}", file_name)
    _put_on_record(request, reader, person_id, len(all_named))
    if has_already(request.request, headers["ETag"]):
        # What lies under a key never changes: nothing needs to be read.
        return Answer({}, headers=headers)
    return Answer({}, headers=headers, content=_read(reader, found))


def all_of_person(request: RouteRequest) -> Answer:
    """``GET /people/{person_id}/portraits.zip``: of all revisions, or of one."""
    person_id = person_in(request)
    read_known(request.query, ZIP_PARAMETERS)
    reader = request.connect()
    asked = request.query.get("revision", "")
    is_cut = False
    if asked:
        revision = count_in(asked)
        if revision is None:
            raise Problem("invalid_revision")
        job = _job(reader, person_id, revision)
        jobs: Sequence[Job] = [job] if job is not None else []
    else:
        from shared.http_api.portraits import jobs_with_models

        found = jobs_with_models(reader, person_id)
        jobs, is_cut = found.jobs, found.is_cut
    named = sorted(_named_in(jobs), key=lambda one: (one.job.revision, one.order.number, one.name))
    if not named:
        raise Problem("no_portraits")
    _check_size(named, is_cut=is_cut)
    name = f"{person_id}-{asked}.zip" if asked else f"{person_id}.zip"
    headers = {
        "Content-Type": ZIP,
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": _attachment("portraits.zip", f"portraits-{name}"),
        "ETag": _tag(named),
    }
    _put_on_record(request, reader, person_id, len(named))
    if has_already(request.request, headers["ETag"]):
        return Answer({}, headers=headers)
    return Answer({}, headers=headers, content=_zip(reader, named))


def _job(reader: Reader, person_id: str, revision: int) -> Job | None:
    found = row_of(reader, job_id(person_id, revision))
    return None if found is None or found.erasing_since else found


def _named_in(jobs: Sequence[Job]) -> Iterator[_Named]:
    for job in jobs:
        folder = portraits_folder(job.person_id, job.revision)
        for order in job.portraits:
            # A row that has been made from a result tells only what that has told.
            yield from (_Named(job, order, one) for one in order.pictures if one.key.startswith(folder))


def _check_size(named: Sequence[_Named], *, is_cut: bool = False) -> None:
    """Raise a problem unless all go through the function at once."""
    size = sum(one.picture.size for one in named)
    if is_cut or size > MOST_BYTES:
        raise Problem("portraits_too_large", bytes=str(size), most=str(MOST_BYTES))


def _tag(named: Sequence[_Named]) -> str:
    told = "\n".join(f"{one.picture.key} {one.picture.size} {one.order.ended_at}" for one in named)
    return f'"{hashlib.sha256(told.encode("utf-8")).hexdigest()[:32]}"'


def _attachment(plain: str, name: str) -> str:
    """Return a header that names a file in any script (RFC 6266, 4.3)."""
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _put_on_record(request: RouteRequest, reader: Reader, person_id: str, count: int) -> None:
    """Put on record that somebody is given portraits, before they are.

    Raises:
        RetryLater: the audit cannot be written, so nothing is handed out.
    """
    from shared.http_api.looks import LEFT_ALONE_MS, is_recorded

    if not is_recorded(reader, request.by, person_id, count, PORTRAITS_HANDED_OUT):
        raise RetryLater(
            "no_answer",
            "the audit's log store does not answer, and no portrait is handed out without a record",
            delay_seconds=LEFT_ALONE_MS // 1000,
        )


def _read(reader: Reader, named: _Named) -> bytes:
    try:
        return reader.bucket().read(named.picture.key, MOST_BYTES)
    except NotFound:
        raise Problem("unknown_portrait") from None


def _zip(reader: Reader, named: Sequence[_Named]) -> bytes:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        contents = list(pool.map(lambda one: _read(reader, one), named))
    made, members = bytearray(), list[Member]()
    for one, content in zip(named, contents, strict=True):
        member = Member(
            name=f"{one.job.revision}/{one.name}",
            size=len(content),
            modified_at=one.order.ended_at,
            begins_at=len(made),
            crc=zlib.crc32(content),
        )
        members.append(member)
        made += head_of(member) + content + foot_of(member)
    begins_at = len(made)
    for entry in directory_of(members, begins_at):
        made += entry
    return bytes(made)
