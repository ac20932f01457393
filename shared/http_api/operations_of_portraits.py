"""What ``openapi.json`` says of the routes of portraits; a part of ``operations``."""

from __future__ import annotations

from shared.http_api import portrait_types as portraits
from shared.http_api.operation_kinds import JOB, JSON, URL_ENCODED, ZIP, Link, Operation, asks, reads
from shared.http_api.parameters import PICTURE_PARAMETERS, ZIP_PARAMETERS
from shared.http_api.sent_types import PortraitsForm, PortraitsRequest

PICTURES = ("image/jpeg", "image/png", "image/webp")
_OF_PICTURES = ("unknown_portrait", "portraits_too_large", "unreadable_row", "unknown_parameter")
_OF_ZIPS = (
    *("no_portraits", "unknown_portrait", "portraits_too_large", "unreadable_row"),
    *("unknown_parameter", "invalid_revision", "unknown_person"),
)


def _zip(whose: str) -> Operation:
    """Describe the zip; ``whose``: the problem of a path that names nobody."""
    return Operation(
        "all portraits of the person in one zip",
        parameters=ZIP_PARAMETERS,
        problems=(whose, *_OF_ZIPS),
        texts=(ZIP,),
    )


def _picture(whose: str) -> Operation:
    return Operation(
        "one portrait", parameters=PICTURE_PARAMETERS, problems=(whose, *_OF_PICTURES), texts=PICTURES
    )


OF_PORTRAITS: dict[str, Operation] = {
    "GET /people/{person_id}/portraits": reads(
        "the [Portraits](#portraits) of a person: what was ordered, the pictures, and the price of more",
        portraits.PortraitsDocument,
        *("invalid_person", "unknown_person"),
        links=(Link("GET /jobs/{job_id}", "job_id", "/portraits/0/job_id"),),
    ),
    "POST /people/{person_id}/portraits": asks(
        "[Accepted](#accepted): portraits are ordered, at the price that is sent",
        *("invalid_person", "unknown_person", "unknown_job", "unreadable_row"),
        *("invalid_style", "invalid_template", "invalid_count", "invalid_revision", "invalid_price"),
        *("price_differs", "portraits_off", "no_model", "model_released", "too_many_portraits"),
        content={JSON: PortraitsRequest, URL_ENCODED: PortraitsForm},
        is_content_required=True,
    ),
    "POST /jobs/{job_id}/portraits/{number}/cancel": asks(
        "[Accepted](#accepted): the order that waits is cancelled",
        *(*JOB, "order_unknown", "order_not_queued"),
    ),
    "GET /people/{person_id}/portraits.zip": _zip("invalid_person"),
    "GET /people/{person_id}/portraits/{revision}/{name}": _picture("invalid_person"),
    "GET /own/{link}/portraits.zip": _zip("unknown_link"),
    "GET /own/{link}/portraits/{revision}/{name}": _picture("unknown_link"),
}
