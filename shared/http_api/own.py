"""The person's own page, for whoever has the link to it: what is shown and may be sent. Called by ``routes``.

The link in the path is the right to one person, so no cookie and no token counts here, and each route of this
module asks :func:`person_of_link` before anything else. Programs may send the link as a bearer instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shared.domain.object_keys import person_of
from shared.domain.share_links import links_in, row_of
from shared.http_api import resources, uploading
from shared.http_api.conditional import Answer
from shared.http_api.links import read_link
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest

if TYPE_CHECKING:
    from shared.http_api.person_types import (
        NewcomerDocument,
        OwnConsentDocument,
        OwnDocument,
        OwnJobDocument,
        UnreadableDocument,
    )
    from shared.http_api.portrait_types import OwnPortraitsDocument

NOBODY_YET_SECONDS = 5


def page(request: RouteRequest) -> Answer:
    """``GET /own/{link}``: the person's document; of one who has sent nothing yet, the name."""
    person_id = person_of_link(request)
    try:
        answered = resources.person(request._replace(parameters={"person_id": person_id}))
    except Problem as problem:
        if problem.code != "unknown_person":
            raise
        newcomer: NewcomerDocument = {"person_id": person_id, "consent": _consent(request, person_id)}
        return Answer(newcomer, NOBODY_YET_SECONDS)
    consent = _consent(request, person_id)
    shown = _for_the_person(answered.document, consent, request.parameters["link"])
    return answered._replace(document=shown)


def _consent(request: RouteRequest, person_id: str) -> OwnConsentDocument | None:
    if not request.connect().rules.consent_required:
        return None
    # Imported here: most deployments ask for no consent.
    from shared.http_api.consents import own_consent

    return own_consent(request, person_id)


def _for_the_person(
    document: Mapping[str, Any], consent: OwnConsentDocument | None, link: str
) -> OwnDocument:
    """Return what of a person's document is the person's: nothing of the account, its money and its words."""
    block, place, current = document["blocked_by"], document["queue"], document["current"]
    return {
        "person_id": document["person_id"],
        "state": document["state"],
        "finetuned_output": document["finetuned_output"],
        "waiting_for": document["waiting_for"],
        "eta": document["eta"],
        "blocked_by": {"code": block["code"], "since": block["since"]} if block else None,
        "queue": {"position": place["position"]} if place else None,
        "current": _job_of_the_person(current),
        "portraits": [portraits_of_the_person(one, link) for one in document["portraits"]],
        "consent": consent,
    }


def _job_of_the_person(job: Mapping[str, Any]) -> OwnJobDocument | UnreadableDocument:
    if "unreadable" in job:
        return {"job_id": job["job_id"], "unreadable": job["unreadable"]}
    return {
        "job_id": job["job_id"],
        "revision": job["revision"],
        "state": job["state"],
        "photo_count": job["photo_count"],
        "usable_count": job["usable_count"],
        "photos": job["photos"],
        "photos_removed_at": job["photos_removed_at"],
        "announced": job["announced"],
        "opened_at": job["opened_at"],
        "closed_at": job["closed_at"],
        "submitted_at": job["submitted_at"],
        "ended_at": job["ended_at"],
    }


def portraits_of_the_person(order: Mapping[str, Any], link: str) -> OwnPortraitsDocument:
    """Return what of an order is the person's: the pictures, and nothing of their price."""
    folder = f"/own/{quote(link, safe='')}/portraits/{order['revision']}"
    names = [(one["key"].rpartition("/")[2], one["size"]) for one in order["pictures"]]
    return {
        "number": order["number"],
        "revision": order["revision"],
        "style": order["style"],
        "count": order["count"],
        "state": order["state"],
        "pictures": [{"size": size, "href": f"{folder}/{quote(name, safe='')}"} for name, size in names],
        "asked_at": order["asked_at"],
        "ended_at": order["ended_at"],
    }


def portrait(request: RouteRequest) -> Answer:
    """``GET /own/{link}/portraits/{revision}/{name}``."""
    from shared.http_api.portrait_files import picture

    return picture(_of_person(request))


def portraits(request: RouteRequest) -> Answer:
    """``GET /own/{link}/portraits.zip``."""
    from shared.http_api.portrait_files import all_of_person

    return all_of_person(_of_person(request))


def put_photo(request: RouteRequest) -> Answer:
    """``PUT /own/{link}/photos/{name}``."""
    return uploading.put_photo(_of_person(request))


def send_photos(request: RouteRequest) -> Answer:
    """``POST /own/{link}/photos``: a form with files."""
    return _back(request, uploading.send_photos(_of_person(request)))


def done(request: RouteRequest) -> Answer:
    """``POST /own/{link}/done``: that is all."""
    return _back(request, uploading.done(_of_person(request)))


def give_consent(request: RouteRequest) -> Answer:
    """``POST /own/{link}/consent``: the person's tick, or its withdrawal."""
    from shared.http_api.consents import OWN_PAGE, taken

    return _back(request, taken(_of_person(request), OWN_PAGE))


def check_link(request: RouteRequest, sent: str) -> None:
    """Let in whoever sends a link of the person in the path as the bearer.

    Raises:
        Problem: it does not work, or is another person's; which of these is not told.
    """
    if person_of(request.parameters["person_id"]) != _person_of(request, sent):
        raise Problem("unknown_link")


def person_of_link(request: RouteRequest) -> str:
    """Return the person that the link in the path is for.

    Raises:
        Problem: nobody has made it, it has expired, or it was revoked; which of these is not told.
    """
    return _person_of(request, request.parameters["link"])


def _person_of(request: RouteRequest, sent: str) -> str:
    link = read_link(sent, request.tokens, request.now)
    if link is None:
        raise Problem("unknown_link")
    reader = request.connect()
    noted: Mapping[str, dict[str, int]] = links_in(reader.control.read_json(row_of(link.person_id)).value)
    is_revoked = noted.get(link.link_id, {}).get("revoked_at", 0) > 0
    if is_revoked or reader.requests().is_link_revoked(link.link_id):
        raise Problem("unknown_link")
    return link.person_id


def _of_person(request: RouteRequest) -> RouteRequest:
    named = {"person_id": person_of_link(request)}
    return request._replace(parameters={**named, **request.parameters})


def _back(request: RouteRequest, answered: Answer) -> Answer:
    """Lead a form back to the page that it stands on."""
    return answered._replace(location=f"/own/{request.parameters['link']}")
