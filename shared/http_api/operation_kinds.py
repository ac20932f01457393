"""The kinds of routes in ``openapi.json``: what shows, what asks for something, what takes photos.

Used by ``operations``, whose table says of each route of which kind it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from shared.http_api.operator_types import AcceptedDocument
from shared.http_api.parameters import Parameter
from shared.http_api.sent_types import FormFields, PhotosForm

URL_ENCODED, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"
CSV, ZIP = "text/csv", "application/zip"


class Link(NamedTuple):
    """A route that an answer leads to: the value of its parameter stands at ``place`` of the document."""

    route: str
    parameter: str
    place: str


class Operation(NamedTuple):
    """What is said of one route.

    Attributes:
        summary: for people, in Markdown; the links are of docs/api.md.
        documents: the types of what it answers with, by status.
        parameters: those that it reads from the query.
        content: the types of what it takes, by media type; None: a file.
        is_content_required: whether it takes nothing less.
        problems: codes besides those that all routes of its kind have.
        texts: media types of what it answers with in place of JSON or beside it.
        links: routes that an answer leads to.
        reads_tables: whether it may find that they do not answer.
        takes_key: whether it knows an ``Idempotency-Key``.
        in_parts: whether its file can be asked for by ranges.
    """

    summary: str
    documents: Mapping[int, object] = {}
    parameters: tuple[Parameter, ...] = ()
    content: Mapping[str, object] = {}
    is_content_required: bool = False
    problems: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    reads_tables: bool = True
    takes_key: bool = False
    in_parts: bool = False


OUTCOME = (Link("GET /requests/{request_id}", "request_id", "/request_id"),)
OF_PEOPLE = (
    Link("GET /people/{person_id}", "person_id", "/people/0/person_id"),
    Link("GET /jobs/{job_id}", "job_id", "/people/0/job_id"),
)
OF_A_PERSON = (Link("GET /jobs/{job_id}", "job_id", "/current/job_id"),)
OF_JOBS = (Link("GET /jobs/{job_id}", "job_id", "/jobs/0/job_id"),)
KEYS = ("invalid_idempotency_key", "idempotency_key_reused")
PERSON = ("invalid_person", "unknown_person", "unreadable_row")
JOB = ("invalid_job", "unknown_job", "unreadable_row")
FORM: Mapping[str, object] = {URL_ENCODED: FormFields}
FILE: Mapping[str, object] = dict.fromkeys(
    ("image/jpeg", "image/png", "image/heic", "application/zip", "application/octet-stream")
)
FILES: Mapping[str, object] = {MULTIPART: PhotosForm}
UPLOADS = ("invalid_photo", "upload_too_large", "unusable_file")


def asks(
    summary: str,
    *problems: str,
    content: Mapping[str, object] = FORM,
    is_content_required: bool = False,
    takes_key: bool = True,
    links: tuple[Link, ...] = OUTCOME,
) -> Operation:
    """A route by which an administrator asks for something."""
    going = ("being_erased",) if {"unknown_person", "unknown_job"} & {*problems} else ()
    return Operation(
        summary,
        {202: AcceptedDocument},
        content=content,
        is_content_required=is_content_required,
        problems=(*problems, *going, *(KEYS if takes_key else ())),
        links=links,
        takes_key=takes_key,
    )


def reads(
    summary: str,
    document: object,
    *problems: str,
    parameters: tuple[Parameter, ...] = (),
    texts: tuple[str, ...] = (),
    links: tuple[Link, ...] = (),
    reads_tables: bool = True,
) -> Operation:
    """A route that shows one document."""
    return Operation(
        *(summary, {200: document}, parameters),
        problems=problems,
        texts=texts,
        links=links,
        reads_tables=reads_tables,
    )


def stores(
    summary: str, document: object, *problems: str, content: Mapping[str, object], is_required: bool = True
) -> Operation:
    """A route that takes photos, or the word that these are all."""
    return Operation(
        summary, {201: document}, content=content, is_content_required=is_required, problems=problems
    )


def operation_id(method: str, path: str) -> str:
    """Return the name of a route's operation: ``getPeopleLinksByPersonId``."""
    parts = [part for part in path.split("/") if part]
    fixed = [part for part in parts if not part.startswith("{")] or ["overview"]
    varying = [part.strip("{}") for part in parts if part.startswith("{")]
    words = re.split(r"\W|_", " ".join([*fixed, *(["by"] if varying else []), *varying]))
    return method.lower() + "".join(word.capitalize() for word in words)
