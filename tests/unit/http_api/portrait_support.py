"""Values for the tests of portraits over HTTP: the API, jobs with orders and pictures, and an order."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from shared.domain.job import Job, Reason
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.portrait_styles import Wanted
from shared.domain.portrait_work import with_wanted
from shared.domain.portraits import OrderState, Picture
from shared.domain.result_keys import portrait_key
from shared.domain.rules import Rules
from shared.http_api.messages import HttpResponse
from tests.unit.http_api.support import (
    ADMIN_TOKEN,
    Api,
    modelled,
)
from tests.unit.support import MINUTE_MS, NOW

STYLE = "f_idcard_female"
ON = replace(Rules(), portraits_allowed=True)
ASKED = {"style": STYLE, "count": 4, "price_cny": 0.72}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def api_of(*jobs: Job, rules: Rules = ON, wsgi: bool = False) -> Api:
    """The API of jobs where portraits may be ordered."""
    api = Api(*jobs, wsgi=wsgi)
    api.rules = rules
    return api


def order(api: Api, sent: dict[str, Any] | None = None, *, key: str = "") -> HttpResponse:
    """Order portraits of a person as an administrator."""
    content = json.dumps(ASKED if sent is None else sent)
    headers = {"Idempotency-Key": key} if key else {}
    return api.call(
        "/people/li/portraits", method="POST", token=ADMIN_TOKEN, headers={**JSON, **headers}, content=content
    )


def waiting(count: int = 1, **changes: Any) -> Job:
    """A job with orders that wait."""
    return with_wanted(modelled(**changes), [Wanted(STYLE, 2)] * count, NOW)


def with_pictures(job: Job, *sizes: int, suffix: str = "jpg") -> Job:
    """A job with one order that has ended with pictures of these sizes."""
    (one,) = with_wanted(job, [Wanted(STYLE, 4)], NOW).portraits
    pictures = tuple(
        Picture(portrait_key(job.person_id, job.revision, 1, place, suffix), size)
        for place, size in enumerate(sizes, 1)
    )
    done = replace(
        one,
        state=OrderState.SUCCEEDED,
        ended_at=NOW,
        submitted_at=NOW,
        pictures=pictures,
        billed=4,
        price_fen=18,
    )
    return replace(job, portraits=(done,), portrait_fen=72)


def shown(*jobs: Job) -> Api:
    """The API of jobs whose pictures lie in the bucket."""
    api = api_of(*jobs)
    for job in jobs:
        for one in job.portraits:
            for picture in one.pictures:
                api.bucket.objects[picture.key] = f"picture {picture.key}".encode()
    return api


def halted() -> PortraitSlot:
    """A slot in which all orders wait, since DashScope has refused one."""
    return PortraitSlot().refused(Reason("Arrearage", "no money"), MINUTE_MS, NOW, longest_ms=MINUTE_MS)
