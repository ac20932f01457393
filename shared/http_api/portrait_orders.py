"""The routes by which an administrator orders portraits, and cancels an order. Called by ``routes``.

Whoever orders says the whole price that they have seen; at another price nothing is ordered.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from shared.domain.administration import NotPossible, unless_erased
from shared.domain.money import in_yuan
from shared.domain.object_keys import job_id, parse_job_id
from shared.domain.portrait_asking import check_cancel, check_order, order_number
from shared.domain.portrait_styles import (
    MAX_COUNT,
    STYLES,
    TEMPLATE_STYLE,
    TEMPLATES_PREFIX,
    Wanted,
    problem_with_template,
)
from shared.domain.requests import PORTRAITS, PORTRAITS_CANCEL
from shared.http_api.administration import ask
from shared.http_api.forms import URL_ENCODED, fields_of, media_type
from shared.http_api.parameters import count_in
from shared.http_api.problems import Problem
from shared.http_api.resources import RouteRequest
from shared.http_api.subjects import job_in, person_in

if TYPE_CHECKING:
    from shared.http_api.conditional import Answer
    from shared.http_api.reader import Reader

NUMBERS = ("count", "revision", "price_cny")
OFFER = rf"([1-{MAX_COUNT}]):([0-9]{{1,7}}(?:\.[0-9]{{1,2}})?)"
"""In forms: a count and its price as one value, so that one choice sends both."""
_PRICE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,4})?")


class Asked(NamedTuple):
    """What is ordered: of which revision (0: the newest with a model), at which price in fen."""

    wanted: Wanted
    revision: int
    price_fen: Decimal


def order(request: RouteRequest) -> Answer:
    """``POST /people/{person_id}/portraits``."""
    person_id = person_in(request)
    asked = read_order(request)
    reader = request.connect()
    subject = job_id(person_id, asked.revision) if asked.revision else _newest_with_model(reader, person_id)

    def check(reader: Reader) -> None:
        check_order(job_in(reader, subject), reader.rules)
        price_fen = reader.rules.portrait_price_fen * asked.wanted.pictures
        if asked.price_fen != price_fen:
            raise Problem("price_differs", price=in_yuan(price_fen), count=str(asked.wanted.pictures))

    return ask(request, PORTRAITS, check, subject=subject, reason=str(asked.wanted))


def cancel(request: RouteRequest) -> Answer:
    """``POST /jobs/{job_id}/portraits/{number}/cancel``."""
    subject, number = request.parameters["job_id"], request.parameters["number"]
    if parse_job_id(subject) is None:
        raise Problem("invalid_job")

    def check(reader: Reader) -> None:
        check_cancel(job_in(reader, subject), order_number(number))

    return ask(request, PORTRAITS_CANCEL, check, subject=subject, reason=number)


def read_order(request: RouteRequest) -> Asked:
    """Read what is ordered.

    Raises:
        Problem: some of it is missing, or is none.
    """
    sent = fields_of(request.request, NUMBERS, ("style", "template"))
    sent = {name: text.strip() for name, text in sent.items()}
    if media_type(request.request) == URL_ENCODED and "offer" in sent:
        offer = re.fullmatch(OFFER, sent["offer"])
        if offer is None:
            raise Problem("invalid_count", most=str(MAX_COUNT))
        sent |= {"count": offer[1], "price_cny": offer[2]}
    count = count_in(sent.get("count", str(MAX_COUNT)))
    if count is None or count > MAX_COUNT:
        raise Problem("invalid_count", most=str(MAX_COUNT))
    revision = count_in(sent["revision"]) if sent.get("revision") else 0
    if revision is None:
        raise Problem("invalid_revision")
    price = sent.get("price_cny", "")
    if _PRICE.fullmatch(price) is None:
        raise Problem("invalid_price")
    return Asked(_wanted(sent, count), revision, Decimal(price) * 100)


def _wanted(sent: dict[str, str], count: int) -> Wanted:
    style, template = sent.get("style", ""), sent.get("template", "")
    if style in STYLES and not template:
        return Wanted(style, count)
    if style not in (*STYLES, TEMPLATE_STYLE, "") or not (style or template):
        raise Problem("invalid_style", known=", ".join(STYLES))
    # A style's name is no template, though a setting may have either in one place.
    if style in STYLES or not template or template in STYLES or problem_with_template(template):
        raise Problem("invalid_template", prefix=TEMPLATES_PREFIX)
    return Wanted(TEMPLATE_STYLE, count, template)


def _newest_with_model(reader: Reader, person_id: str) -> str:
    from shared.http_api.portraits import jobs_with_models, model_to_ask

    found = jobs_with_models(reader, person_id)
    job = model_to_ask(found.jobs)
    if job is not None:
        return job.job_id
    if found.unread is not None:
        return found.unread.job_id
    newest = reader.jobs.latest(person_id)
    try:
        if newest is not None:
            unless_erased(newest)
    except NotPossible as why:
        raise Problem(why.code) from None
    raise Problem("no_model")
