"""Orders of portraits over HTTP: the price, orders and their refusals, cancelling, and why an order waits."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.domain.job import Job, Reason
from shared.domain.portrait_styles import STYLES
from shared.domain.portrait_work import MAX_ORDERS
from shared.domain.portraits import OrderState
from shared.domain.requests import PORTRAITS, PORTRAITS_CANCEL
from shared.domain.rules import Rules
from shared.domain.slot import Pause, Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api as Service
from shared.domain.trouble_kinds import Kind
from shared.http_api.messages import HttpResponse
from tests.unit.http_api.portrait_support import (
    ASKED,
    FORM,
    JSON,
    ON,
    STYLE,
    api_of,
    halted,
    order,
    waiting,
)
from tests.unit.http_api.support import (
    ADMIN_TOKEN,
    CHINESE,
    TOKEN,
    Api,
    assert_problem,
    document,
    modelled,
    trouble,
)
from tests.unit.support import NOW, job_in

# -- the price comes first ------------------------------------------------------------------------------


def test_whoever_wants_to_order_reads_the_price_and_the_styles() -> None:
    told = document(api_of(modelled()).call("/people/li/portraits"))
    assert told == {
        "person_id": "li",
        "offer": {
            "is_allowed": True,
            "price_cny": 0.18,
            "most_pictures": 4,
            "styles": list(STYLES),
            "revision": 1,
            "why_not": None,
        },
        "portraits": [],
        "is_cut": False,
    }


def test_the_newest_model_that_is_kept_makes_the_portraits() -> None:
    jobs = (
        job_in(JobState.COLLECTING, revision=4),
        modelled(revision=3, model_released_at=NOW),
        modelled(revision=2),
        modelled(),
    )
    assert document(api_of(*jobs).call("/people/li/portraits"))["offer"]["revision"] == 2


@pytest.mark.parametrize(
    ("jobs", "rules", "code"),
    [
        ((modelled(),), Rules(), "portraits_off"),
        ((job_in(JobState.TRAINING),), ON, "no_model"),
        ((modelled(model_released_at=NOW),), ON, "model_released"),
        ((waiting(MAX_ORDERS),), ON, "too_many_portraits"),
    ],
)
def test_what_nothing_can_be_ordered_of_says_why(jobs: tuple[Job, ...], rules: Rules, code: str) -> None:
    api = api_of(*jobs, rules=rules)
    assert document(api.call("/people/li/portraits"))["offer"]["why_not"]["code"] == code
    assert_problem(order(api), 409, code if jobs[0].state is JobState.SUCCEEDED else "no_model")
    assert api.requests.rows == {}


def test_nobody_has_portraits_who_is_not_known() -> None:
    assert_problem(api_of().call("/people/li/portraits"), 404, "unknown_person")


# -- ordering -------------------------------------------------------------------------------------------


def test_an_order_is_written_down_as_the_setting_writes_it() -> None:
    api = api_of(modelled())
    response = order(api)
    (asked,) = api.requests.rows.values()
    assert (response.status, response.headers["Location"]) == (202, f"/requests/{asked.request_id}")
    assert (asked.kind, asked.subject, asked.reason) == (PORTRAITS, modelled().job_id, f"{STYLE}:4")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ({"style": STYLE, "price_cny": 0.72}, f"{STYLE}:4"),
        ({"style": STYLE, "count": 1, "price_cny": 0.18}, f"{STYLE}:1"),
        ({"style": STYLE, "count": 2.0, "price_cny": 0.36, "revision": 1}, f"{STYLE}:2"),
        ({"template": "templates/spring.jpg", "price_cny": 0.72}, "templates/spring.jpg:4"),
        (
            {"style": "portrait_url_template", "template": "https://a.example/b.jpg", "price_cny": "0.72"},
            "https://a.example/b.jpg:4",
        ),
    ],
)
def test_what_is_left_out_has_a_default(sent: dict[str, Any], reason: str) -> None:
    api = api_of(modelled())
    assert order(api, sent).status == 202
    assert [one.reason for one in api.requests.rows.values()] == [reason]


def test_a_form_sends_a_count_and_its_price_as_one_choice() -> None:
    api = api_of(modelled())
    content = urlencode({"style": STYLE, "template": "", "offer": "3:0.54", "revision": "1"})
    sent = api.call("/people/li/portraits", method="POST", token=ADMIN_TOKEN, headers=FORM, content=content)
    assert sent.status == 202
    assert [one.reason for one in api.requests.rows.values()] == [f"{STYLE}:3"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"style": "f_unknown"}, "invalid_style"),
        ({"style": ""}, "invalid_style"),
        ({"style": "portrait_url_template"}, "invalid_template"),
        ({"template": "templates/a.jpg"}, "invalid_template"),
        ({"style": "", "template": "https://a.example/b.jpg?secret=1"}, "invalid_template"),
        ({"style": "", "template": "people/li/a.jpg"}, "invalid_template"),
        ({"style": "", "template": STYLE}, "invalid_template"),
        ({"count": 0}, "invalid_count"),
        ({"count": 5}, "invalid_count"),
        ({"count": "four"}, "invalid_count"),
        ({"count": 1.5}, "invalid_count"),
        ({"revision": "x"}, "invalid_revision"),
        ({"revision": -1}, "invalid_revision"),
        ({"price_cny": None}, "invalid_price"),
        ({"price_cny": "NaN"}, "invalid_price"),
        ({"price_cny": -0.72}, "invalid_price"),
    ],
)
def test_what_cannot_be_ordered_is_refused_with_a_problem_of_its_own(
    changes: dict[str, Any], code: str
) -> None:
    api = api_of(modelled())
    assert_problem(order(api, {**ASKED, **changes}), 400, code)
    assert api.requests.rows == {}


def test_at_another_price_nothing_is_ordered_and_the_right_one_is_told() -> None:
    api = api_of(modelled())
    for price in (0.18, 0.71, 0.7201, 72):
        refused = order(api, {**ASKED, "price_cny": price})
        assert_problem(refused, 409, "price_differs")
        assert "0.72" in document(refused)["detail"]
    assert api.requests.rows == {}


def test_asked_again_with_one_key_it_is_one_order_whatever_has_become_of_the_price() -> None:
    api = api_of(modelled())
    first = document(order(api, key="one"))
    api.rules = replace(ON, portrait_price_fen=20)
    assert document(order(api, key="one")) == first
    assert len(api.requests.rows) == 1
    assert_problem(order(api), 409, "price_differs")
    other = order(api, {**ASKED, "count": 3, "price_cny": 0.6}, key="one")
    assert_problem(other, 422, "idempotency_key_reused")


def test_a_revision_that_is_named_makes_them() -> None:
    api = api_of(modelled(revision=2), modelled())
    assert order(api, {**ASKED, "revision": 1}).status == 202
    assert [one.subject for one in api.requests.rows.values()] == [modelled().job_id]
    assert_problem(order(api, {**ASKED, "revision": 9}), 404, "unknown_job")


def test_of_whoever_is_being_erased_nothing_is_ordered() -> None:
    assert_problem(order(api_of(modelled(erasing_since=NOW))), 409, "being_erased")


def test_a_model_whose_result_is_still_to_be_written_takes_orders() -> None:
    assert order(api_of(modelled(delivered=False))).status == 202


def test_whoever_only_reads_orders_nothing() -> None:
    api = api_of(modelled())
    sent = api.call(
        "/people/li/portraits", method="POST", token=TOKEN, headers=JSON, content=json.dumps(ASKED)
    )
    assert_problem(sent, 403, "admin_only")


# -- cancelling -----------------------------------------------------------------------------------------


def cancel(api: Api, number: str = "1") -> HttpResponse:
    path = f"/jobs/{modelled().job_id}/portraits/{number}/cancel"
    return api.call(path, method="POST", token=ADMIN_TOKEN)


def test_an_order_that_waits_can_be_cancelled() -> None:
    api = api_of(waiting())
    assert cancel(api).status == 202
    (asked,) = api.requests.rows.values()
    assert (asked.kind, asked.subject, asked.reason) == (PORTRAITS_CANCEL, modelled().job_id, "1")


@pytest.mark.parametrize("state", [state for state in OrderState if state is not OrderState.QUEUED])
def test_an_order_that_has_been_sent_cannot_be_cancelled(state: OrderState) -> None:
    job = waiting()
    api = api_of(replace(job, portraits=(replace(job.portraits[0], state=state),)))
    assert_problem(cancel(api), 409, "order_not_queued")


@pytest.mark.parametrize("number", ["2", "0", "x", "١", "9" * 30])
def test_an_order_that_is_not_there_cannot_be_cancelled(number: str) -> None:
    assert_problem(cancel(api_of(waiting()), number), 409, "order_unknown")


# -- why an order waits ---------------------------------------------------------------------------------


def why(api: Api) -> str | None:
    (told,) = document(api.call("/people/li/portraits"))["portraits"]
    return told["blocked_by"]["code"] if told["blocked_by"] else None


def test_an_order_that_waits_says_why() -> None:
    assert why(api_of(waiting())) is None
    assert why(api_of(waiting(), rules=Rules())) == "portraits_off"
    assert why(api_of(waiting(), rules=replace(ON, max_fen_per_day=35))) == "day_cap"
    assert why(api_of(waiting(), rules=replace(ON, max_fen_per_day=36))) is None
    api = api_of(waiting())
    api.held = Slot(paused=Pause("moving house", "admin", NOW))
    assert why(api) == "queue_paused"
    api.held = Slot(portraits=halted())
    assert why(api) == "Arrearage"
    held = replace(waiting().portraits[0], retry=trouble("person_cap", Kind.PERSON, None))
    assert why(api_of(replace(waiting(), portraits=(held,)))) == "person_cap"


def test_a_halt_of_all_orders_is_told_beside_readiness_and_keeps_nobody_from_being_trained() -> None:
    api = api_of(modelled())
    api.held = Slot(portraits=halted())
    ready = api.call("/readyz")
    assert (ready.status, document(ready)["portraits_blocked_by"]["code"]) == (200, "Arrearage")
    assert document(api.call("/"))["readiness"]["portraits_blocked_by"]["remedy"]
    assert document(api.call("/readyz", token=None))["portraits_blocked_by"] is None


def test_reasons_are_told_in_chinese_as_those_of_orders() -> None:
    job = waiting()
    ended = job.portraits[0].ended(
        OrderState.CANCELED, NOW, reason=Reason("canceled_before_submit", "Cancelled")
    )
    api = api_of(replace(job, portraits=(ended,)))
    (told,) = document(api.call("/people/li/portraits", headers=CHINESE))["portraits"]
    assert told["reason"]["message"] == "提交之前已取消，不产生费用。"


def test_trouble_of_writing_keeps_orders_back() -> None:
    api = api_of(waiting())
    api.refuse(Service.WRITING, trouble("InDebt", Kind.ACCOUNT, Service.WRITING).cause)
    assert why(api) == "InDebt"
