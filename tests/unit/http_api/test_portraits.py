"""Portraits over HTTP: the price, orders and their refusals, the pictures, and what a share link shows."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.domain.audit import PORTRAITS_HANDED_OUT
from shared.domain.job import Job, Reason
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.portrait_styles import STYLES, Wanted
from shared.domain.portrait_work import MAX_ORDERS, with_wanted
from shared.domain.portraits import OrderState, Picture
from shared.domain.requests import PORTRAITS, PORTRAITS_CANCEL
from shared.domain.result_keys import portrait_key
from shared.domain.rules import Rules
from shared.domain.slot import Pause, Slot
from shared.domain.spending import Spending
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api as Service
from shared.domain.trouble_kinds import Kind
from shared.domain.unread import Unread
from shared.errors import NotFound, RetryLater
from shared.http_api import looks
from shared.http_api.messages import HttpResponse
from shared.http_api.portrait_files import MOST_BYTES
from tests.unit.http_api.support import (
    ADMIN_TOKEN,
    CHINESE,
    TOKEN,
    Api,
    FakeAudit,
    assert_problem,
    document,
    modelled,
    trouble,
)
from tests.unit.support import MINUTE_MS, NOW, job_in

STYLE = "f_idcard_female"
ON = replace(Rules(), portraits_allowed=True)
ASKED = {"style": STYLE, "count": 4, "price_cny": 0.72}
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def api_of(*jobs: Job, rules: Rules = ON, wsgi: bool = False) -> Api:
    api = Api(*jobs, wsgi=wsgi)
    api.rules = rules
    return api


def order(api: Api, sent: dict[str, Any] | None = None, *, key: str = "") -> HttpResponse:
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


@pytest.fixture(autouse=True)
def nobody_has_looked() -> None:
    looks._looks.clear()
    looks._left_alone_until.clear()


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


def halted() -> PortraitSlot:
    return PortraitSlot().refused(Reason("Arrearage", "no money"), MINUTE_MS, NOW, longest_ms=MINUTE_MS)


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


# -- pictures -------------------------------------------------------------------------------------------


def test_a_picture_goes_through_the_function_and_is_asked_for_once() -> None:
    api = shown(with_pictures(modelled(), 10, 20))
    (told,) = document(api.call("/people/li/portraits"))["portraits"]
    first, second = (one["href"] for one in told["pictures"])
    assert first == "/people/li/portraits/1/1-1.jpg"
    got = api.call(second)
    assert (got.status, got.body) == (200, b"picture results/li/1/portraits/1-2.jpg")
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["Cache-Control"].startswith("private")
    assert "Content-Disposition" not in got.headers
    api.bucket.objects.clear()
    again = api.call(second, headers={"If-None-Match": got.headers["ETag"]})
    assert (again.status, again.body) == (304, ""), "the bucket is not asked"


def test_a_picture_is_saved_by_a_browser_where_that_is_asked_for() -> None:
    api = shown(with_pictures(modelled(person_id="李雷"), 10, suffix="png"))
    got = api.call("/people/%E6%9D%8E%E9%9B%B7/portraits/1/1-1.png", {"download": ""})
    assert got.headers["Content-Type"] == "image/png"
    assert got.headers["Content-Disposition"] == (
        "attachment; filename=\"1-1-1.png\"; filename*=UTF-8''%E6%9D%8E%E9%9B%B7-1-1-1.png"
    )


@pytest.mark.parametrize(
    "path", ["1/1-2.jpg", "2/1-1.jpg", "1/..%2F..%2F1.json", "x/1-1.jpg", "0/1-1.jpg", "1/1-1.jpg%00"]
)
def test_only_a_picture_that_a_row_names_is_given(path: str) -> None:
    api = shown(with_pictures(modelled(), 10))
    api.bucket.objects |= {"results/li/1/portraits/1-2.jpg": b"left behind", "results/li/1.json": b"{}"}
    assert_problem(api.call(f"/people/li/portraits/{path}"), 404, "unknown_portrait")


def test_a_picture_that_is_gone_or_whose_person_is_being_erased_is_not_there() -> None:
    job = with_pictures(modelled(), 10)
    api = shown(replace(job, erasing_since=NOW))
    assert_problem(api.call("/people/li/portraits/1/1-1.jpg"), 404, "unknown_portrait")

    def gone(key: str, max_bytes: int = 0) -> bytes:
        raise NotFound("NoSuchKey", "gone")

    api = shown(job)
    api.bucket.read = gone  # type: ignore[method-assign]  # in place of an answer
    assert_problem(api.call("/people/li/portraits/1/1-1.jpg"), 404, "unknown_portrait")


def opened(response: HttpResponse) -> zipfile.ZipFile:
    assert isinstance(response.body, bytes)
    return zipfile.ZipFile(io.BytesIO(response.body))


def test_all_portraits_come_in_one_zip_that_opens() -> None:
    older = with_pictures(modelled(), 10, 20)
    api = shown(with_pictures(modelled(revision=2), 30), older)
    got = api.call("/people/li/portraits.zip")
    assert got.headers["Content-Type"] == "application/zip"
    with opened(got) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["1/1-1.jpg", "1/1-2.jpg", "2/1-1.jpg"]
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.read("2/1-1.jpg") == b"picture results/li/2/portraits/1-1.jpg"
    one = api.call("/people/li/portraits.zip", {"revision": "2"})
    with opened(one) as archive:
        assert archive.namelist() == ["2/1-1.jpg"]


def test_more_than_an_answer_may_have_is_asked_for_by_revision() -> None:
    half = MOST_BYTES // 2 + 1
    api = shown(with_pictures(modelled(revision=2), half), with_pictures(modelled(), half))
    refused = api.call("/people/li/portraits.zip")
    assert_problem(refused, 409, "portraits_too_large")
    assert "revision" in document(refused)["detail"]
    assert api.call("/people/li/portraits.zip", {"revision": "1"}).status == 200


def test_a_person_without_portraits_has_no_zip() -> None:
    assert_problem(api_of(modelled()).call("/people/li/portraits.zip"), 404, "no_portraits")
    bad = api_of(modelled()).call("/people/li/portraits.zip", {"revision": "x"})
    assert_problem(bad, 400, "invalid_revision")


def test_a_row_that_cannot_be_read_says_so() -> None:
    job = with_pictures(modelled(), 10)
    api = shown(job)
    api.jobs.unread[job.job_id] = Unread(job.job_id, "OTSTimeout", "…", Kind.PASSING)
    assert_problem(api.call("/people/li/portraits/1/1-1.jpg"), 503, "unavailable")
    assert document(api.call("/people/li/portraits"))["is_cut"] is True


def test_whoever_is_given_portraits_is_on_record_and_without_a_record_gets_none() -> None:
    api = shown(with_pictures(modelled(), 10, 20))
    api.audit = FakeAudit()
    for path in ("1/1-1.jpg", "1/1-2.jpg"):
        assert api.call(f"/people/li/portraits/{path}").status == 200
    (told,) = api.audit.records
    assert told is not None
    assert (told.action, told.by, told.pictures) == (PORTRAITS_HANDED_OUT, "reader", 2)
    looks._looks.clear()
    api.audit.trouble = RetryLater("no_answer", "…", delay_seconds=1)
    assert_problem(api.call("/people/li/portraits/1/1-1.jpg"), 503, "unavailable")
    assert_problem(api.call("/people/li/portraits.zip"), 503, "unavailable")


# -- documents ------------------------------------------------------------------------------------------


def test_a_person_and_a_job_show_their_portraits_and_what_they_have_cost() -> None:
    api = shown(with_pictures(modelled(revision=2, usage=0), 10), with_pictures(modelled(), 10))
    api.held = Slot(portraits=PortraitSlot(taken_at=NOW))
    person = document(api.call("/people/li"))
    assert [(one["revision"], one["state"]) for one in person["portraits"]] == [
        (2, "SUCCEEDED"),
        (1, "SUCCEEDED"),
    ]
    assert person["portrait_offer"]["price_cny"] == 0.18
    assert [one["portraits_cny"] for one in person["revisions"]] == [0.72, 0.72]
    assert person["cost_cny"] == sum(one["cost_cny"] for one in person["revisions"]) + 1.44
    job = document(api.call(f"/jobs/{modelled().job_id}"))
    assert [one["href"] for one in job["portraits"][0]["pictures"]] == ["/people/li/portraits/1/1-1.jpg"]


def test_a_document_is_worth_another_look_while_portraits_are_made() -> None:
    assert "Retry-After" in api_of(waiting()).call("/people/li").headers
    assert "Retry-After" in api_of(modelled(revision=2), waiting()).call("/people/li").headers
    assert "Retry-After" not in shown(with_pictures(modelled(), 10)).call("/people/li").headers


def test_costs_and_metrics_count_pictures() -> None:
    api = api_of(modelled())
    spending = replace(Spending(), pictures=8, fen=144)
    api.held = Slot(spending=spending, portraits=halted())
    told = document(api.call("/costs"))
    assert (told["pictures_billed"], told["picture_price_cny"]) == (8, 0.18)
    text = str(api.call("/metrics").body)
    assert "facechain_autotrain_portraits_billed_total 8\n" in text
    assert "facechain_autotrain_portraits_halted 1\n" in text


# -- the person's own page ------------------------------------------------------------------------------


def link_of(api: Api) -> str:
    made = api.call("/people/li/links", method="POST", token=ADMIN_TOKEN)
    return str(document(made)["url"]).partition("/own/")[2]


def test_a_share_link_shows_the_portraits_and_nothing_of_their_price() -> None:
    api = shown(with_pictures(modelled(), 10))
    api.audit = FakeAudit()
    link = link_of(api)
    own = api.call(f"/own/{link}", token=None)
    (told,) = document(own)["portraits"]
    assert set(told) == {"number", "revision", "style", "count", "state", "pictures", "asked_at", "ended_at"}
    assert "cny" not in str(own.body)
    (picture,) = told["pictures"]
    got = api.call(picture["href"], token=None)
    assert got.body == b"picture results/li/1/portraits/1-1.jpg"
    assert api.call(f"/own/{link}/portraits.zip", token=None).status == 200
    assert {one.by for one in api.audit.records if one} == {f"link:{link.split('.')[1]}"}


def test_a_share_link_orders_nothing_and_opens_no_other_person() -> None:
    api = shown(with_pictures(modelled(), 10), with_pictures(modelled("wu"), 10))
    link = link_of(api)
    assert_problem(api.call(f"/own/{link}x/portraits/1/1-1.jpg", token=None), 404, "unknown_link")
    bearer = {**JSON, "Authorization": f"Bearer {link}"}
    ordered = api.call(
        "/people/li/portraits", method="POST", token=None, headers=bearer, content=json.dumps(ASKED)
    )
    assert ordered.status == 401
    assert api.call("/people/wu/portraits/1/1-1.jpg", token=None).status == 401
    api.requests.revoked[link.split(".")[1]] = NOW
    assert_problem(api.call(f"/own/{link}/portraits.zip", token=None), 404, "unknown_link")


def test_trouble_of_writing_keeps_orders_back() -> None:
    api = api_of(waiting())
    api.refuse(Service.WRITING, trouble("InDebt", Kind.ACCOUNT, Service.WRITING).cause)
    assert why(api) == "InDebt"
