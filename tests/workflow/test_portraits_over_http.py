"""Portraits are ordered over HTTP, made, shown and cancelled, in virtual time, over the emulated services."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from shared.domain.object_keys import job_id
from shared.domain.portraits import OrderState
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.portrait_end import OF_WHOM
from tests.simulation.status_end import HttpAnswer
from tests.workflow.support import tick
from tests.workflow.test_administration import newest, outcomes, trained

STYLE = "f_idcard_female"
LI = job_id("Li", 1)


@pytest.fixture(autouse=True)
def with_portraits(cloud: SimulatedCloud) -> None:
    cloud.change_rules(portraits_allowed=True)


def call(cloud: SimulatedCloud, method: str, path: str, **sent: Any) -> HttpAnswer:
    """Have a request answered."""
    answers: list[HttpAnswer | None] = []
    cloud.status.call(method, path, answers.append, **sent)
    cloud.advance(5_000)
    (answer,) = answers
    assert answer is not None
    return answer


def ordered(cloud: SimulatedCloud, *, key: str = "", **changes: Any) -> HttpAnswer:
    headers = {"idempotency-key": key} if key else {}
    content = {"style": STYLE, "count": 2, "price_cny": 0.36, **changes}
    return call(cloud, "POST", "/people/Li/portraits", headers=headers, content=content)


def test_an_order_becomes_pictures_that_the_function_hands_out(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    offer = call(cloud, "GET", "/people/Li/portraits").document["offer"]
    price = 2 * offer["price_cny"]
    assert ordered(cloud, price_cny=price).status == 202
    tick(cloud, 6)
    assert outcomes(cloud) == ["portraits_ordered"]
    (made,) = call(cloud, "GET", "/people/Li/portraits").document["portraits"]
    assert (made["state"], made["cost_cny"], len(made["pictures"])) == ("SUCCEEDED", price, 2)
    for picture in made["pictures"]:
        content = call(cloud, "GET", picture["href"]).document["content"]
        told = OF_WHOM.search(content)
        assert told is not None
        assert told[2] == STYLE.encode()
    everything = call(cloud, "GET", "/people/Li/portraits.zip").document["content"]
    with zipfile.ZipFile(io.BytesIO(everything)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["1/1-1.jpg", "1/1-2.jpg"]
    assert call(cloud, "GET", "/people/Li").document["cost_cny"] == 2.5 + price


def test_asked_for_twice_with_one_key_it_is_ordered_once(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    first, again = ordered(cloud, key="one"), ordered(cloud, key="one")
    assert first == again
    tick(cloud, 6)
    assert ordered(cloud, key="one") == first
    tick(cloud, 3)
    assert len(newest(cloud, "Li").portraits) == 1
    assert outcomes(cloud) == ["portraits_ordered"]


def test_an_order_that_waits_is_cancelled_and_nothing_is_sent(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    cloud.ask("pause", reason="moving house")
    ordered(cloud)
    tick(cloud, 2)
    (waiting,) = call(cloud, "GET", "/people/Li/portraits").document["portraits"]
    assert waiting["blocked_by"]["code"] == "queue_paused"
    assert call(cloud, "POST", f"/jobs/{LI}/portraits/1/cancel").status == 202
    tick(cloud, 2)
    cloud.ask("resume")
    tick(cloud, 4)
    (order,) = newest(cloud, "Li").portraits
    assert (order.state, order.cost_fen, order.attempt) == (OrderState.CANCELED, 0, 0)
    refused = call(cloud, "POST", f"/jobs/{LI}/portraits/1/cancel")
    assert (refused.status, refused.document["code"]) == (409, "order_not_queued")


def test_what_has_changed_since_it_was_asked_for_is_told_by_the_outcome(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    assert ordered(cloud).status == 202
    cloud.change_rules(portraits_allowed=False)
    tick(cloud, 2)
    assert outcomes(cloud) == ["portraits_off"]
    assert newest(cloud, "Li").portraits == ()
    assert ordered(cloud).document["code"] == "portraits_off"


def test_a_page_shows_the_gallery_in_both_languages(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    ordered(cloud)
    tick(cloud, 6)
    see = partial(call, cloud, "GET", f"/people/{quote('Li')}")
    for language, words in (("en", "AI-generated portrait 1 of 2"), ("zh-CN", "AI 生成的写真，第 1 张")):
        page = see(headers={"accept": "text/html", "accept-language": language}).document["page"]
        assert words in page
        assert '<img src="/people/Li/portraits/1/1-1.jpg"' in page
        assert "signature" not in page.lower()
