"""The person's own page, for whoever has the link to it: what is shown and may be sent. Called by ``routes``.

The link in the path is the right to one person, so no cookie and no token counts here, and each route of this
module asks :func:`person_of_link` before anything else. Programs may send the link as a bearer instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.object_keys import person_of
from shared.domain.share_links import links_in, row_of
from shared.http_api import resources, uploading
from shared.http_api.conditional import Answer
from shared.http_api.links import read_link
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest

NOBODY_YET_SECONDS = 5
SHOWN_OF_A_JOB = (
    *("job_id", "unreadable", "revision", "state", "photo_count", "usable_count", "photos", "announced"),
    *("opened_at", "closed_at", "submitted_at", "ended_at"),
)


def page(request: RouteRequest) -> Answer:
    """``GET /own/{link}``: the person's document; of one who has sent nothing yet, the name."""
    person_id = person_of_link(request)
    try:
        answered = resources.person(request._replace(parameters={"person_id": person_id}))
    except Problem as problem:
        if problem.code != "unknown_person":
            raise
        return Answer({"person_id": person_id}, NOBODY_YET_SECONDS)
    return answered._replace(document=_for_the_person(answered.document))


def _for_the_person(document: Mapping[str, Any]) -> dict[str, object]:
    """Return what of a person's document is the person's: nothing of the account, its money and its words."""
    own = {name: document[name] for name in ("person_id", "state", "finetuned_output", "waiting_for", "eta")}
    own["blocked_by"] = document["blocked_by"] and {
        name: document["blocked_by"][name] for name in ("code", "since")
    }
    own["queue"] = document["queue"] and {"position": document["queue"]["position"]}
    current = document["current"]
    own["current"] = {name: current[name] for name in SHOWN_OF_A_JOB if name in current}
    return own


def put_photo(request: RouteRequest) -> Answer:
    """``PUT /own/{link}/photos/{name}``."""
    return uploading.put_photo(_of_person(request))


def send_photos(request: RouteRequest) -> Answer:
    """``POST /own/{link}/photos``: a form with files."""
    return _back(request, uploading.send_photos(_of_person(request)))


def done(request: RouteRequest) -> Answer:
    """``POST /own/{link}/done``: that is all."""
    return _back(request, uploading.done(_of_person(request)))


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
