"""Documents as pages for browsers, OPTIONS, and pages of other origins."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shared.domain.reasons import Language
from shared.domain.states import JobState
from shared.http_api.negotiation import prefers_html
from shared.http_api.routes import ROUTES, Route
from shared.pages import rendering
from shared.pages.view import View
from tests.unit.http_api.support import TOKEN, Api, assert_problem, document
from tests.unit.support import job_in

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ORIGIN = "https://app.example.com"


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Mapping[str, object], View]]:
    """What has been rendered, in place of the templates."""
    seen: list[tuple[str, Mapping[str, object], View]] = []

    def render(page: str, document: Mapping[str, object], view: View) -> str:
        seen.append((page, document, view))
        return f"page {page}"

    monkeypatch.setattr(rendering, "render", render)
    return seen


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/html", True),
        ("TEXT/HTML ;q=0.5", True),
        ("text/html;q=0", False),
        ("text/html;q=nan", False),
        ("text/html, application/json", False),
        ("text/html;q=0.9, application/json;q=0.8", True),
    ],
)
def test_a_page_is_for_whoever_likes_it_better_than_a_document(accept: str, expected: bool) -> None:
    assert prefers_html(accept) is expected


def test_a_browser_gets_the_page_of_the_document_that_programs_get(
    rendered: list[tuple[str, Mapping[str, object], View]],
) -> None:
    api = Api(job_in(JobState.COLLECTING))
    shown = api.call("/people/li", {"language": "zh", "asked": "1"}, headers=BROWSER)
    assert (shown.status, shown.body) == (200, "page person")
    ((_, told, view),) = rendered
    assert told == document(api.call("/people/li", headers={"Accept-Language": "zh"}))
    assert (view.language, view.path) == (Language.CHINESE, "/people/li")
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    same = api.call("/people/li", headers={**BROWSER, "If-None-Match": shown.headers["ETag"]})
    assert (same.status, same.body) == (304, "")


def test_what_is_kept_of_a_path_with_a_page_is_not_given_to_those_who_ask_for_the_other() -> None:
    api = Api(job_in(JobState.COLLECTING))
    both = [api.call("/people/li"), api.call("/people/li", headers=BROWSER)]
    assert all("Accept," in response.headers["Vary"] for response in both)
    assert both[0].headers["ETag"] != both[1].headers["ETag"]


def test_a_problem_is_a_page_for_a_browser(rendered: list[tuple[str, Mapping[str, object], View]]) -> None:
    response = Api().call("/people/nobody", headers=BROWSER)
    assert (response.status, response.body) == (404, "page problem")
    assert rendered[0][1]["code"] == "unknown_person"
    assert response.headers["Cache-Control"] == "no-store"


def test_a_domain_of_function_compute_says_why_pages_are_downloaded_and_documents_stay(
    rendered: list[tuple[str, Mapping[str, object], View]],
) -> None:
    api = Api(job_in(JobState.COLLECTING))
    host = {"Host": "status-abc.cn-beijing.fcapp.run"}
    assert api.call("/people/li", headers={**BROWSER, **host}).body == "page default_domain"
    assert document(api.call("/people/li", headers=host))["person_id"] == "li"


# -- paths and methods -------------------------------------------------------------------------------------


def test_a_path_may_have_several_variable_parts_and_each_has_its_name() -> None:
    route = Route("/people/{person_id}/photos/{name}/use", lambda _: None)  # type: ignore[arg-type, return-value]
    assert route.match(("people", "li", "photos", "a b", "use")) == {"person_id": "li", "name": "a b"}
    for other in [
        (),
        ("people", "li"),
        ("people", "li", "photos", "a"),
        ("people", "li", "photos", "a", "us"),
    ]:
        assert route.match(other) is None


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_options_names_the_methods_of_a_path_to_anybody_and_asks_no_table(path: str) -> None:
    api = Api()
    response = api.call(path, method="OPTIONS", token=None)
    assert (response.status, response.body) == (204, "")
    allowed = set(response.headers["Allow"].split(", "))
    assert allowed == {"OPTIONS", *(m for route in ROUTES if route.path == path for m in route.methods)}
    assert api.connections == 0
    assert_problem(api.call(f"{path}/no/such/place", method="OPTIONS"), 404, "unknown_route")


# -- other origins ------------------------------------------------------------------------------------------


def preflight(api: Api, origin: str = ORIGIN) -> Mapping[str, str]:
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    return api.call("/jobs", method="OPTIONS", headers=asked, token=None).headers


def test_no_page_of_another_origin_may_call_unless_it_is_set() -> None:
    api = Api()
    called = api.call("/jobs", headers={"Origin": ORIGIN}).headers
    assert not [name for name in [*preflight(api), *called] if name.startswith("Access-Control")]


def test_an_origin_that_is_set_may_call_and_another_may_not() -> None:
    api = Api()
    api.origins = ("https://one.example.com", ORIGIN)
    allowed = preflight(api)
    assert allowed["Access-Control-Allow-Origin"] == ORIGIN
    assert "GET" in allowed["Access-Control-Allow-Methods"]
    assert "Authorization" in allowed["Access-Control-Allow-Headers"]
    assert api.call("/jobs", headers={"Origin": ORIGIN}).headers["Access-Control-Allow-Origin"] == ORIGIN
    refused = api.call("/jobs", headers={"Origin": ORIGIN}, token="wrong")
    assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (401, ORIGIN)
    for other in (f"{ORIGIN}.evil.com", "http://app.example.com", "null", ""):
        assert not [name for name in preflight(api, other) if name.startswith("Access-Control")]


@pytest.mark.parametrize("origins", [("*",), (ORIGIN,)])
def test_cookies_are_never_let_through_and_caches_keep_origins_apart(origins: tuple[str, ...]) -> None:
    api = Api()
    api.origins = origins
    for headers in (preflight(api), api.call("/jobs", headers={"Origin": ORIGIN}).headers):
        assert "Access-Control-Allow-Credentials" not in headers
        assert "Origin" in headers["Vary"]
    assert api.call("/jobs", token=TOKEN).headers["Vary"].endswith("Origin")
