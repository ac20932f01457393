"""Signing in by form and by ticket, what a session may do, and that no other site can make it do anything."""

from __future__ import annotations

import re

import pytest

from shared.http_api.authentication import Access, Tokens
from shared.http_api.forms import our_path
from shared.http_api.messages import HttpResponse
from shared.http_api.routes import ROUTES
from shared.http_api.sessions import (
    SESSION_MS,
    TICKET_MS,
    make_session,
    make_ticket,
    read_session,
    role_of_ticket,
)
from tests.unit.http_api.support import ADMIN_TOKEN, TOKEN, Api, assert_problem
from tests.unit.support import NOW

TOKENS = Tokens(TOKEN, ADMIN_TOKEN)
HOST = {"Host": "status.example.com"}
FORM = {**HOST, "Content-Type": "application/x-www-form-urlencoded"}
PAGE = {"Accept": "text/html"}
PATHS = {
    "{person_id}": "li",
    "{name}": "1.jpg",
    "{job_id}": "0123456789abcdef0123-1",
    "{fine_tune_id}": "ft-202601010000-abcd",
}


def sign_in(api: Api, token: str, **fields: str) -> HttpResponse:
    content = "&".join(f"{name}={value}" for name, value in {"token": token, **fields}.items())
    return api.call("/sign-in", method="POST", headers={**FORM, **PAGE}, content=content, token=None)


def session_of(response: HttpResponse) -> dict[str, str]:
    assert response.status == 303
    return {**HOST, "Cookie": response.headers["Set-Cookie"].partition(";")[0]}


def csrf_of(session: dict[str, str]) -> str:
    found = read_session(session["Cookie"].partition("=")[2], TOKENS, NOW)
    assert found is not None
    return found.csrf


def test_the_right_token_signs_a_browser_in_and_its_cookie_is_kept_from_scripts_and_other_sites() -> None:
    api = Api()
    signed_in = sign_in(api, TOKEN, next="/jobs")
    cookie = signed_in.headers["Set-Cookie"]
    assert signed_in.headers["Location"] == "/jobs"
    for part in ("__Host-session=", "; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure", "Max-Age=43200"):
        assert part in cookie
    assert TOKEN not in cookie
    assert api.call("/jobs", headers=session_of(signed_in), token=None).status == 200


def test_on_this_machine_the_cookie_works_without_a_certificate() -> None:
    for host in ("127.0.0.1:8080", "localhost:1", "[::1]:8080", "localhost"):
        ticket = make_ticket(TOKEN, "reader", NOW)
        answer = Api().call("/sign-in", {"ticket": ticket}, headers={"Host": host}, token=None)
        assert answer.headers["Set-Cookie"].startswith("session=")
        assert "Secure" not in answer.headers["Set-Cookie"]
    answer = Api().call("/sign-in", {"ticket": ticket}, headers={"Host": "localhost.evil.com"}, token=None)
    assert answer.headers["Set-Cookie"].startswith("__Host-session=")


def test_after_a_wrong_token_one_is_still_led_to_where_one_wanted_to_go() -> None:
    refused = sign_in(Api(), "wrong", next="%2Fpeople%3Fquery%3Dx")
    assert refused.status == 401
    assert 'value="/people?query=x"' in str(refused.body)


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], f"{TOKEN}x"])
def test_a_wrong_token_signs_nobody_in(token: str) -> None:
    response = sign_in(Api(), token)
    assert response.status == 401
    assert "Set-Cookie" not in response.headers


def test_without_tokens_in_the_settings_nobody_signs_in() -> None:
    api = Api()
    api.token = api.admin_token = ""
    assert sign_in(api, "").status == 401
    for role in ("reader", "admin"):
        with pytest.raises(ValueError, match="token"):
            make_session("", role, NOW)


def test_a_session_ends_after_twelve_hours_and_with_its_token() -> None:
    for role, token in (("reader", TOKEN), ("admin", ADMIN_TOKEN)):
        session = make_session(token, role, NOW)
        assert read_session(session, TOKENS, NOW + SESSION_MS - 1) is not None
        assert read_session(session, TOKENS, NOW + SESSION_MS) is None
        assert read_session(session, Tokens("x" * 16, "y" * 16), NOW) is None
        assert read_session(session, Tokens("", ""), NOW) is None


def test_a_session_that_was_changed_or_is_something_else_is_none() -> None:
    session = make_session(TOKEN, "reader", NOW)
    role, expiry, word, mac = session.split(".")
    changed = [
        f"admin.{expiry}.{word}.{mac}",
        f"{role}.{int(expiry) + 1}.{word}.{mac}",
        f"{role}.{expiry}.{word}x.{mac}",
        f"{role}.{expiry}.{word}.{mac[:-1]}",
        f"{role}.{expiry}.{word}",
        make_ticket(TOKEN, "reader", NOW),
        make_session(TOKEN, "admin", NOW),
        "李...",
        "",
    ]
    assert read_session(session, TOKENS, NOW) is not None
    assert [one for one in changed if read_session(one, TOKENS, NOW)] == []


def test_a_ticket_signs_in_for_a_quarter_of_an_hour_and_is_no_session() -> None:
    ticket = make_ticket(ADMIN_TOKEN, "admin", NOW)
    assert role_of_ticket(ticket, TOKENS, NOW + TICKET_MS - 1) == "admin"
    assert role_of_ticket(make_session(TOKEN, "reader", NOW), TOKENS, NOW) is None
    api = Api()
    response = api.call("/sign-in", {"ticket": ticket}, headers={**HOST, **PAGE}, token=None)
    assert response.headers["Location"] == "/"
    assert ticket not in response.headers["Set-Cookie"]
    api.now = NOW + TICKET_MS
    assert_problem(api.call("/sign-in", {"ticket": ticket}, token=None), 401, "ticket_ended")


def test_signing_out_makes_the_browser_forget() -> None:
    api = Api()
    session = session_of(sign_in(api, TOKEN))
    answer = api.call(
        "/sign-out", method="POST", headers={**session, "X-CSRF-Token": csrf_of(session)}, token=None
    )
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


def test_a_browser_that_is_not_signed_in_is_sent_to_where_that_is_done_and_back() -> None:
    answer = Api().call("/people/li", {"language": "zh"}, headers={**HOST, **PAGE}, token=None)
    assert answer.status == 303
    assert answer.headers["Location"] == "/sign-in?next=%2Fpeople%2Fli%3Flanguage%3Dzh"
    assert_problem(Api().call("/people/li", headers=HOST, token=None), 401, "unauthorized")


@pytest.mark.parametrize(
    "path",
    [
        "//evil.com",
        "https://evil.com",
        "/\\evil.com",
        "\\/evil.com",
        "javascript:alert(1)",
        "evil",
        "/a\r\nX: y",
        "",
        "/\t/evil.com",
    ],
)
def test_nobody_is_sent_to_another_site(path: str) -> None:
    assert our_path(path, "/") == "/"


def test_a_path_of_ours_is_kept_with_its_query() -> None:
    assert our_path("/people/%E6%9D%8E?language=zh", "/") == "/people/%E6%9D%8E?language=zh"


# -- what changes something, by session -----------------------------------------------------------------

CHANGING = [
    (route.method, route.path) for route in ROUTES if route.access is Access.ADMIN and route.method != "GET"
]


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", lambda found: PATHS.get(found[0], "x"), path)


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_no_other_site_can_make_a_session_change_anything(method: str, path: str) -> None:
    api = Api()
    session = session_of(sign_in(api, ADMIN_TOKEN))
    csrf = csrf_of(session)
    other = csrf_of(session_of(sign_in(api, ADMIN_TOKEN)))
    for headers in (
        {},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": other},
        {"X-CSRF-Token": "李"},
        {"X-CSRF-Token": csrf, "Origin": "https://evil.com"},
        {"X-CSRF-Token": csrf, "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": csrf, "Sec-Fetch-Site": "same-site"},
    ):
        response = api.call(filled(path), method=method, headers={**session, **headers}, token=None)
        assert_problem(response, 403, "not_from_a_form")
    assert api.requests.rows == {}


def test_a_form_of_ours_asks_and_leads_back_to_its_page_with_what_was_asked() -> None:
    api = Api()
    session = session_of(sign_in(api, ADMIN_TOKEN))
    headers = {**session, **FORM, **PAGE, "Origin": "https://status.example.com"}
    content = f"csrf={csrf_of(session)}&because=holidays+%26+rest&next=%2Fqueue%3Flanguage%3Dzh"
    answer = api.call("/queue/pause", method="POST", headers=headers, content=content, token=None)
    (asked,) = api.requests.rows.values()
    assert (asked.kind, asked.reason) == ("pause", "holidays & rest")
    assert answer.status == 303
    assert answer.headers["Location"] == f"/queue?language=zh&asked={asked.request_id}"


def test_the_session_of_a_reader_asks_for_nothing() -> None:
    api = Api()
    session = session_of(sign_in(api, TOKEN))
    headers = {**session, "X-CSRF-Token": csrf_of(session)}
    assert_problem(api.call("/queue/resume", method="POST", headers=headers, token=None), 403, "admin_only")


def test_who_sends_a_bearer_is_judged_by_that_alone() -> None:
    api = Api()
    session = session_of(sign_in(api, ADMIN_TOKEN))
    assert_problem(api.call("/jobs", headers=session, token="wrong"), 401, "unauthorized")


def test_a_cookie_of_letters_that_no_session_has_is_nobody_s() -> None:
    assert read_session("admin.9999999999999.0.é", TOKENS, NOW) is None
