"""What people do with the pages, in a real browser, with the script and without it."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, OpenPage
from tests.end_to_end.support import LocalStudio, eventually, photo, scenery

HOSTILE = "<img src=x onerror=alert(1)> \"'& \u202egnp.exe"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two portraits and a view, as a phone has them."""
    made = {"1.jpg": photo(5001), "2.jpg": photo(5002), "view.jpg": scenery(5003)}
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    return [str(tmp_path / name) for name in made]


def admin(studio: LocalStudio, path: str, method: str = "POST", **options: object) -> dict[str, object]:
    answer = studio.get(path, token=studio.endpoints["ADMIN_TOKEN"], method=method, **options)
    assert answer.status_code < 300, answer.text
    told: dict[str, object] = answer.json()
    return told


def link_of(studio: LocalStudio, person: str) -> str:
    return str(admin(studio, f"/people/{quote(person, safe='')}/links")["url"])


def trained(studio: LocalStudio, person: str, seed: int) -> None:
    studio.upload_portraits(person, seed)
    studio.upload(person, "view.jpg", scenery(seed))
    studio.mark_ready(person)
    studio.wait_until_trained(person)


# -- the person's own page -------------------------------------------------------------------------------


def test_a_person_sends_photos_from_a_phone_and_sees_each_stage_without_a_reload(
    studio: LocalStudio, open_page: OpenPage, files: list[str]
) -> None:
    page = open_page(link_of(studio, "phone"), **PHONE)
    page.evaluate("window.stays = true")
    page.set_input_files("#choose", files)
    photos = page.locator("#live-photos")
    expect(photos).to_contain_text("No face was found", timeout=PATIENCE_MS)
    expect(photos.locator("img")).to_have_count(3, timeout=PATIENCE_MS)
    expect(photos).to_contain_text("2 of 3 photos usable")
    assert page.evaluate("window.stays") is True, "the page was not loaded anew"
    with page.expect_navigation():
        page.locator("form.done button").click()
    page.evaluate("window.stays = true")
    expect(page.locator("#live-progress")).to_contain_text("Your model is ready", timeout=PATIENCE_MS)
    expect(page.locator("#live-model")).to_contain_text("facechain-")
    assert page.evaluate("window.stays") is True
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_the_script_a_form_does_the_same(
    studio: LocalStudio, open_page: OpenPage, files: list[str]
) -> None:
    page = open_page(link_of(studio, "plain"), **PHONE, java_script_enabled=False)
    page.set_input_files("#choose", files[:2])
    # The form leads back to the page that it is on: a reload before that would meet a page that goes away.
    with page.expect_navigation():
        page.locator("[data-send]").click()

    def reloaded(text: str) -> bool:
        page.reload()
        return text in page.inner_text("main")

    eventually(lambda: reloaded("2 of 2 photos usable"))
    with page.expect_navigation():
        page.locator("form.done button").click()
    eventually(lambda: reloaded("Your model is ready"))


def test_a_link_that_is_revoked_opens_a_page_that_says_what_to_do(
    studio: LocalStudio, open_page: OpenPage
) -> None:
    made = admin(studio, "/people/gone/links")
    admin(studio, f"/people/gone/links/{made['link_id']}/revoke")
    page = open_page(str(made["url"]), **PHONE)
    expect(page.locator("main")).to_contain_text("Ask whoever has sent it for a new one")


# -- signing in ------------------------------------------------------------------------------------------


def test_a_wrong_token_is_told_and_the_right_one_leads_to_where_one_wanted_to_go(
    studio: LocalStudio, open_page: OpenPage
) -> None:
    page = open_page("/people?query=x")
    assert "/sign-in" in page.url
    page.fill("input[name=token]", "wrong")
    page.press("input[name=token]", "Enter")
    expect(page.locator("main")).to_contain_text("The token is wrong")
    page.fill("input[name=token]", studio.endpoints["STATUS_TOKEN"])
    page.press("input[name=token]", "Enter")
    page.wait_for_url("**/people?query=x")
    assert page.locator("form[action$='/pause']").count() == 0, "whoever only reads has no such button"


def test_signing_out_closes_the_pages(studio: LocalStudio, open_page: OpenPage) -> None:
    page = open_page(signed_in=True)
    page.locator("form[action$='sign-out'] button").click()
    page.goto(studio.endpoints["STATUS_URL"])
    assert "/sign-in" in page.url


# -- what administrators do ------------------------------------------------------------------------------


def test_the_queue_is_paused_a_job_is_cancelled_tried_again_and_trained(
    studio: LocalStudio, open_page: OpenPage
) -> None:
    page = open_page(signed_in=True)
    page.locator("summary", has_text="Pause the queue").click()
    page.fill("[name=because]", "the house is moved")
    with page.expect_navigation():
        page.locator("form[action$='/queue/pause'] button").click()
    expect(page.locator("main")).to_contain_text("the house is moved", timeout=PATIENCE_MS)
    try:
        studio.upload_portraits("handled", 5100)
        studio.mark_ready("handled")
        studio.wait_for("handled", "QUEUED")
        page.goto(studio.endpoints["STATUS_URL"] + "/people/handled")
        _act(page, "Cancel", "/cancel")
        expect(page.locator("main")).to_contain_text("nothing is billed", timeout=PATIENCE_MS)
        _act(page, "Try again", "/retry")
        expect(page.locator("main")).to_contain_text("Revision 2", timeout=PATIENCE_MS)
    finally:
        page.goto(studio.endpoints["STATUS_URL"])
        _act(page, "Resume the queue", "/queue/resume")
    studio.wait_until_trained("handled", revision=2)


def _act(page: Page, summary: str, action: str) -> None:
    """Open the confirmation of an action, which says what it costs, and confirm."""
    page.locator("summary", has_text=summary).first.click()
    with page.expect_navigation():
        page.locator(f"form[action$='{action}'] button").first.click()


def test_a_share_link_is_shown_once_and_revoked_from_the_list(
    studio: LocalStudio, open_page: OpenPage
) -> None:
    studio.upload("shared", "view.jpg", scenery(5200))
    studio.mark_ready("shared")
    studio.wait_for("shared", "REJECTED")
    page = open_page("/people/shared", signed_in=True)
    _act(page, "Share link", "/links")
    expect(page.locator("main")).to_contain_text("/own/")
    link = page.locator("#copy-link").inner_text()
    page.goto(studio.endpoints["STATUS_URL"] + "/people/shared/links")
    expect(page.locator("#live-links")).to_contain_text("Works", timeout=PATIENCE_MS)
    assert "/own/" not in page.inner_text("main")
    assert studio.get(link[link.index("/own/") :], token="").status_code == 200
    _act(page, "Revoke", "/revoke")
    expect(page.locator("#live-links")).to_contain_text("Revoked", timeout=PATIENCE_MS)
    assert studio.get(link[link.index("/own/") :], token="").status_code == 404


def test_what_dashscope_does_not_give_up_is_told_where_it_was_asked_for(
    studio: LocalStudio, open_page: OpenPage
) -> None:
    trained(studio, "kept", 5250)
    page = open_page("/models", signed_in=True)
    row = page.locator("tr", has_text="kept")
    expect(row).to_contain_text("In use")
    row.locator("summary").click()
    with page.expect_navigation():
        row.locator("button", has_text="Release").click()
    # By default DashScope is taken to keep fine-tunes that have ended.
    expect(page.locator(".notice.wait")).to_contain_text("console of Model Studio", timeout=PATIENCE_MS)
    expect(page.locator("tr", has_text="kept")).to_contain_text("In use")


def test_people_are_downloaded_as_a_table(studio: LocalStudio, open_page: OpenPage) -> None:
    studio.upload("listed", "view.jpg", scenery(5260))
    studio.mark_ready("listed")
    studio.wait_for("listed", "REJECTED")
    page = open_page("/people", signed_in=True)
    with page.expect_download() as started:
        page.locator("a[download]").click()
    assert started.value.suggested_filename == "people.csv"
    assert "listed,REJECTED" in Path(started.value.path()).read_text("utf-8")


def test_a_time_of_today_is_told_in_the_readers_zone_by_the_clock_alone(
    studio: LocalStudio, open_page: OpenPage
) -> None:
    if studio.state("clear") != "SUCCEEDED":
        trained(studio, "clear", 5300)
    page = open_page("/people/clear", signed_in=True, timezone_id="Asia/Kathmandu", locale="en-US")
    times = page.locator("#live-timeline time")
    expect(times.first).to_have_text(re.compile(r"^\d\d:\d\d$"))
    expect(times.first).to_have_attribute("title", re.compile(r"20\d\d.*GMT\+5:45"))


# -- portraits -------------------------------------------------------------------------------------------


def test_an_administrator_orders_portraits_and_the_person_sees_and_downloads_them(
    studio: LocalStudio, open_page: OpenPage
) -> None:
    trained(studio, "gallery", 5600)
    page = open_page("/people/gallery", signed_in=True, bypass_csp=True)
    page.locator("summary", has_text="Order portraits").click()
    form = page.locator("form[action$='/portraits']")
    expect(form).to_contain_text("0.18 CNY")
    form.locator("[name=style]").select_option("f_business_female")
    form.locator("[name=offer]").select_option(label="2 for 0.36 CNY")
    with page.expect_navigation():
        form.locator("button").click()
    pictures = page.locator("#live-portraits img")
    expect(pictures).to_have_count(2, timeout=4 * PATIENCE_MS)
    expect(page.locator("#live-portraits figcaption").first).to_contain_text("AI-generated")
    pictures.last.scroll_into_view_if_needed()
    page.wait_for_function(
        "[...document.querySelectorAll('#live-portraits img')].every(one => one.naturalWidth)"
    )
    assert Axe().run(page).response["violations"] == []
    own = open_page(link_of(studio, "gallery"), **PHONE, bypass_csp=True)
    expect(own.locator("#live-portraits img")).to_have_count(2)
    assert "CNY" not in own.inner_text("main")
    assert own.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(own).response["violations"] == []
    with own.expect_download() as whole:
        own.locator("a[href$='/portraits.zip']").click()
    with zipfile.ZipFile(whole.value.path()) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 2


# -- for everybody ---------------------------------------------------------------------------------------

PATHS = (
    *("/", "/people", "/people/clear", "/people/nobody-here", "/sign-in", "own"),
    *("/models", "/ignored", "/events?person=clear", "/people/clear/links"),
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing_to_stumble_over(
    studio: LocalStudio, open_page: OpenPage, path: str, locale: str, scheme: str
) -> None:
    if studio.state("clear") != "SUCCEEDED":
        trained(studio, "clear", 5300)
    address = link_of(studio, "clear") if path == "own" else path
    # axe is put into the page from outside, which the page's own policy would refuse.
    page = open_page(
        address, signed_in=path != "/sign-in", locale=locale, color_scheme=scheme, bypass_csp=True
    )
    found = Axe().run(page).response["violations"]
    assert found == [], json.dumps(found, indent=1, ensure_ascii=False)[:4000]
    assert page.evaluate("document.documentElement.lang").startswith(locale[:2])


@pytest.mark.parametrize("path", PATHS)
def test_a_narrow_phone_scrolls_no_page_sideways(studio: LocalStudio, open_page: OpenPage, path: str) -> None:
    if studio.state("clear") != "SUCCEEDED":
        trained(studio, "clear", 5300)
    address = link_of(studio, "clear") if path == "own" else path
    page = open_page(address, signed_in=path != "/sign-in", **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_names_that_would_be_markup_are_text_on_every_page(studio: LocalStudio, open_page: OpenPage) -> None:
    studio.upload(HOSTILE, f"{HOSTILE}.jpg", scenery(5400))
    studio.mark_ready(HOSTILE)
    studio.wait_for(HOSTILE, "REJECTED")
    folder = f"/people/{quote(HOSTILE, safe='')}"
    page = open_page(folder, signed_in=True, **DESK)
    assert "<img src=x onerror=alert(1)>" in page.inner_text("h1")
    for path in ("/", "/people", f"/events?person={quote(HOSTILE, safe='')}", f"{folder}/links"):
        page.goto(studio.endpoints["STATUS_URL"] + path)
        assert "<img src=x onerror=alert(1)>" in page.inner_text("main"), path
    page.goto(link_of(studio, HOSTILE))
    assert "<img src=x onerror=alert(1)>" in page.inner_text("h1")
