"""Portraits over HTTP: one picture, all of them in a zip, what documents tell, and share links."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest

from shared.domain.audit import PORTRAITS_HANDED_OUT
from shared.domain.portrait_slot import PortraitSlot
from shared.domain.slot import Slot
from shared.domain.spending import Spending
from shared.domain.trouble_kinds import Kind
from shared.domain.unread import Unread
from shared.errors import NotFound, RetryLater
from shared.http_api import looks
from shared.http_api.messages import HttpResponse
from shared.http_api.portrait_files import MOST_BYTES
from tests.unit.http_api.portrait_support import (
    ASKED,
    JSON,
    api_of,
    halted,
    shown,
    waiting,
    with_pictures,
)
from tests.unit.http_api.support import (
    ADMIN_TOKEN,
    Api,
    FakeAudit,
    assert_problem,
    document,
    modelled,
)
from tests.unit.support import NOW


@pytest.fixture(autouse=True)
def nobody_has_looked() -> None:
    looks._looks.clear()
    looks._left_alone_until.clear()


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
