"""The documents for operators and about what is sent, as types: for mypy, and for ``openapi.json``.

Imported for the types alone by the modules that make these documents, and by ``schemas``.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from shared.domain import requests
from shared.domain.reasons import IGNORED
from shared.http_api.blocked_types import BlockedDocument
from shared.http_api.ignored import OTHER
from shared.http_api.outcomes import OUTCOMES
from shared.http_api.photo_access import NAMES
from shared.http_api.problem_catalogue import PROBLEMS
from shared.view_types import Count, Keywords, PersonId, ReasonDocument, Time

LinkId = Annotated[str, Keywords("LinkId", format="link-id", pattern="^[0-9a-f]{16}$")]
RequestId = Annotated[str, Keywords("RequestId", format="request-id", pattern="^[0-9A-Za-z-]{1,64}$")]
Part = Annotated[
    dict[str, object],
    Keywords("Part", description="A part of openapi.json: the OpenAPI Specification 3.1 says what is in it."),
]
REQUESTED = [
    *(requests.TRAIN, requests.RETRY, requests.CANCEL, requests.FIRST, requests.PHOTO_DELETE),
    requests.APPROVE,
    *(requests.PHOTO_USE, requests.PAUSE, requests.RESUME, requests.RELEASE, requests.PROBE),
    *(requests.LINK_MADE, requests.LINK_REVOKED, requests.ERASE, requests.EXPORT),
    *(requests.PORTRAITS, requests.PORTRAITS_CANCEL),
    *(requests.TRY_RECEIVERS, requests.REDELIVER, requests.DONE),
    *(requests.CONSENT_GIVEN, requests.CONSENT_WITHDRAWN),
]


class PhotoAccessDocument(TypedDict):
    """How DashScope gets the photos; only whoever may read is told."""

    setting: Annotated[str, Keywords(enum=list(NAMES.values()))]
    way: Annotated[str, Keywords(enum=[name for way, name in NAMES.items() if way])] | None
    message: str
    since: Time | None


class GoneReceiverDocument(TypedDict):
    """A receiver of messages that wants none any more: nothing is sent to it."""

    receiver: str
    message: str
    remedy: str
    since: Time | None


class ReadyDocument(TypedDict):
    """The deployment can train."""

    status: Literal["ready"]
    photo_access: PhotoAccessDocument | None
    gone_receivers: list[GoneReceiverDocument] | None
    portraits_blocked_by: BlockedDocument | None


class ObstacleDocument(TypedDict):
    """What stands in everybody's way; without a token that reads, ``code`` alone is told."""

    code: str
    message: str | None
    remedy: str | None
    detail: str | None
    since: Time | None
    next_try_at: Time | None


class NotReadyDocument(TypedDict):
    """The deployment cannot train anybody now."""

    status: Literal["not_ready"]
    photo_access: PhotoAccessDocument | None
    gone_receivers: list[GoneReceiverDocument] | None
    portraits_blocked_by: BlockedDocument | None
    reasons: list[ObstacleDocument]


class IgnoredReasonDocument(TypedDict):
    """Why an upload belongs to nobody."""

    code: Annotated[str, Keywords(enum=[*IGNORED, OTHER])]
    message: str


class IgnoredUploadDocument(TypedDict):
    """An upload that belongs to nobody."""

    key: str
    reason: IgnoredReasonDocument
    at: Time | None


class IgnoredDocument(TypedDict):
    """The latest uploads that belong to nobody."""

    ignored: list[IgnoredUploadDocument]
    shown: Count
    dropped: bool


class AcceptedDocument(TypedDict):
    """The request is written down; a run of the timer carries it out."""

    request_id: RequestId
    status: Literal["pending"]
    href: str


class RequestDocument(TypedDict):
    """A request and what became of it. It is forgotten after a day."""

    request_id: RequestId
    kind: Annotated[str, Keywords(enum=REQUESTED)]
    subject: str | None
    photo: str | None
    because: str | None
    asked_by: str
    status: Literal["pending", "done"]
    outcome: ReasonDocument | None
    changed_nothing: bool | None
    asked_at: Time | None
    done_at: Time | None


class RemovedDocument(TypedDict):
    """What an erasure has removed, at least: a run that died has counted nothing."""

    uploads: Count
    snapshots: Count
    results: Count
    dashscope_files: Count
    fine_tunes: Count
    jobs: Count
    remembered_uploads: Count
    ignored_uploads: Count
    requests: Count
    links: Count
    outboxes: Count
    exports: Count


class RemainsDocument(TypedDict):
    """Something that could not be removed."""

    where: str
    name: str | None
    number: Count
    reason: ReasonDocument
    next_try_at: Time | None


class KeptElsewhereDocument(TypedDict):
    """A place that this deployment cannot reach."""

    where: str
    message: str


class ErasureDocument(TypedDict):
    """An erasure and, once it is done, its certificate. It is forgotten after 30 days."""

    erasure_id: RequestId
    status: Literal["pending", "partly", "done"]
    waiting_for: ReasonDocument | None
    asked_by: str
    asked_at: Time | None
    erased_before: Time | None
    done_at: Time | None
    removed: RemovedDocument
    remains: list[RemainsDocument]
    kept_elsewhere: list[KeptElsewhereDocument]
    kept_until: Time | None


class ExportDocument(TypedDict):
    """How far the copy of everything that is held about a person has come."""

    request_id: RequestId
    person_id: PersonId
    status: Literal["pending", "ready"]
    waiting_for: ReasonDocument | None
    files: Count
    files_done: Count
    bytes: Count
    asked_by: str
    asked_at: Time | None
    ready_at: Time | None
    deleted_at: Time | None
    href: str


class UploadDocument(TypedDict):
    """What was stored; the trigger takes it from here."""

    person_id: PersonId
    name: str
    size: Count
    href: str


class UploadsDocument(TypedDict):
    """What was stored of a form, in its order."""

    stored: list[UploadDocument]


class DoneDocument(TypedDict):
    """The marker was stored: these are all photos."""

    person_id: PersonId
    name: str
    href: str


class ConsentTakenDocument(TypedDict):
    """A consent was stored in the person's folder, or its withdrawal."""

    person_id: PersonId
    name: str
    action: Annotated[str, Keywords(enum=["give", "withdraw"])]
    text_version: str | None
    given_at: Time | None
    withdrawn_at: Time | None


class NewLinkDocument(TypedDict):
    """A share link. Its address is told once."""

    link_id: LinkId
    url: str
    expires_at: Time | None


class ShareLinkDocument(TypedDict):
    """A link to a person's own page, without its address."""

    link_id: LinkId
    made_at: Time | None
    expires_at: Time | None
    revoked_at: Time | None


class ShareLinksDocument(TypedDict):
    """A person's share links, newest first."""

    person_id: PersonId
    links: list[ShareLinkDocument]


class SignedInDocument(TypedDict):
    """Who is signed in now; null: nobody any more."""

    signed_in: Literal["reader", "admin"] | None


class NothingDocument(TypedDict):
    """An answer that says nothing to programs: it is a page."""


class HealthDocument(TypedDict):
    """The function runs."""

    status: Literal["ok"]
    version: str


class ProblemDocument(TypedDict):
    """An error, as RFC 9457 defines it."""

    type: Literal["about:blank"]
    title: str
    status: Annotated[int, Keywords(minimum=400, maximum=599)]
    code: Annotated[str, Keywords(enum=sorted({*PROBLEMS, *OUTCOMES}))]
    detail: str


class OpenApiDocument(TypedDict):
    """This API in the words of OpenAPI 3.1."""

    openapi: Literal["3.1.0"]
    jsonSchemaDialect: str
    info: Part
    servers: list[Part]
    tags: list[Part]
    paths: Part
    components: Part
