"""Whatever names, texts and headers hold, no answer and no log line of any route is another because of it."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import pytest

from shared.domain.states import JobState
from shared.http_api.authentication import Tokens
from shared.http_api.links import Link, make_link
from shared.http_api.messages import HttpResponse
from shared.http_api.operations import OPERATIONS
from shared.http_api.routes import OF_PAGES, ROUTES, Route
from shared.logs import warn
from tests.unit.http_api.support import ADMIN_TOKEN, JOB_ID, TOKEN, Api, document
from tests.unit.support import NOW, cause, job_in, photo, photo_set, trouble

ELEMENT = "<img src=x onerror=alert(1)>"
HOSTILE = {
    "element": f"\"'>{ELEMENT}",
    "end of a script": "</script><script>alert(1)</script>",
    "new lines": "a\r\nX-Injected: 1\r\n\r\n<b>",
    "encoded new lines": "a%0d%0aX-Injected: 1",
    "other ends of lines": "a\u2028b\u2029c\u0085d\u000be",
    "turned direction": "a\u202egnp.exe\u2066\u200f",
    "quotes": "a\"b'c;d=e, f",
    "template": "{{7*7}}${7*7}{% raw %}",
    "another site": "//evil.example/x",
    "another site by backslashes": "/\\evil.example",
    "script as an address": "javascript:alert(1)",
    "nothing": "a\x00b\x1b[2J",
    "lone surrogate": "a\ud800b",
}
TEXTS = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
EACH_ROUTE = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
ACCEPT = ("application/json", "text/html")
CALLERS = ((ADMIN_TOKEN, "application/json"), (ADMIN_TOKEN, "text/html"), (None, "text/html"))
OF_FORMS = ("because", "next", "csrf", "days", "token", "photos", "style", "template", "offer", "price_cny")
OF_HEADERS = (
    "Accept-Language",
    "Idempotency-Key",
    "If-None-Match",
    "traceparent",
    "Origin",
    "Host",
    "Cookie",
)
TOKENS = Tokens(TOKEN, ADMIN_TOKEN)
LINK = make_link(TOKENS, Link("li", "0" * 16, NOW // 1000 + 1000))
USUAL = {
    "person_id": "li",
    "job_id": JOB_ID,
    "request_id": "0-1",
    "erasure_id": "0-1",
    "link_id": "0" * 16,
    "message_id": "msg_1",
    "schema": "result-1.json",
    "name": "a.jpg",
    "number": "1",
    "revision": "1",
    "link": LINK,
}


class Sent(NamedTuple):
    """What a request of one route may hold."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes


def unicode_of(text: str) -> str:
    """A text without lone surrogates, which no query and no form can hold."""
    return text.encode("utf-8", "replace").decode()


def encoded(text: str) -> str:
    return quote(unicode_of(text), safe="")


def requests_with(route: Route, text: str) -> Iterator[Sent]:
    """Requests that hold a text in each place that a route reads, and in some that it does not."""
    names = re.findall(r"{(\w+)}", route.path)
    usual = {name: encoded(USUAL[name]) for name in names}
    path = route.path.format(**usual)
    for name in names:
        yield Sent(route.path.format(**{**usual, name: encoded(text)}), {}, {}, b"")
    parameters = [one.name for one in OPERATIONS[f"{route.method} {route.path}"].parameters]
    for name in (*parameters, *OF_PAGES, unicode_of(text)):
        yield Sent(path, {name: unicode_of(text)}, {}, b"")
    for name in OF_HEADERS:
        yield Sent(path, {}, {name: text}, b"")
    if route.method != "GET":
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for name in OF_FORMS:
            yield Sent(path, {}, form, urlencode({"because": "rent", name: unicode_of(text)}).encode())
            yield Sent(path, {}, {"Content-Type": "application/json"}, json.dumps({name: text}).encode())
        head = f'--b\r\nContent-Disposition: form-data; name="photos"; filename="{text}"\r\n\r\n'
        form = {"Content-Type": "multipart/form-data; boundary=b"}
        yield Sent(path, {}, form, head.encode("utf-8", "replace") + b"\xff\xd8\xff\xe0\r\n--b--\r\n")


def assert_nothing_is_injected(response: HttpResponse) -> None:
    assert 200 <= response.status < 500 or response.status == 503, response
    for name, value in response.headers.items():
        assert re.fullmatch(r"[A-Za-z-]+", name), name
        assert re.fullmatch(r"[ -~]*", value), (name, value)
    assert "X-Injected" not in response.headers
    location = response.headers.get("Location", "/")
    assert re.match(r"/(?![/\\])", location), location
    if response.headers.get("Content-Type", "").startswith("text/html"):
        body = str(response.body)
        assert ELEMENT not in body
        assert "<script>alert" not in body
        for address in re.findall(r"""(?:href|src|action)\s*=\s*["']?([^"'>\s]*)""", body):
            parts = urlsplit(html.unescape(address).replace("\\", "/"))
            assert (parts.scheme, parts.netloc) in (("", ""), ("data", "")), address


def assert_lines_are_whole(caplog: pytest.LogCaptureFixture) -> None:
    for record in caplog.records:
        if record.name == "facechain_autotrain":
            line = record.getMessage()
            assert line.isprintable(), line
            assert isinstance(json.loads(line)["event"], str)


@EACH_ROUTE
@TEXTS
def test_no_part_of_a_request_becomes_a_part_of_the_answer(
    route: Route, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    api = Api(job_in(JobState.QUEUED, "li"))
    for sent in requests_with(route, text):
        for token, accepted in CALLERS:
            headers = {"Accept": accepted, "Host": "status.example", **sent.headers}
            response = api.call(
                *(sent.path, sent.query),
                method=route.method,
                token=token,
                headers=headers,
                content=sent.content,
            )
            assert_nothing_is_injected(response)
    assert_lines_are_whole(caplog)


@TEXTS
@pytest.mark.parametrize("accepted", ACCEPT)
def test_what_is_stored_is_shown_as_text_by_every_route_that_reads(text: str, accepted: str) -> None:
    name = unicode_of(text.replace("/", "|"))
    person = "".join(one for one in name if one.isprintable() or one in "\u202e\u2066\u200f") or "x"
    job = job_in(JobState.QUEUED, person, retry=trouble())
    failure = cause()._replace(message=text)
    job = replace(job, photo_set=photo_set(photo(name)), retry=replace(trouble(), cause=failure))
    api = Api(job)
    values = {**USUAL, "person_id": person, "job_id": job.job_id}
    for route in ROUTES:
        if route.method == "GET" and "{link}" not in route.path:
            path = route.path.format(**{key: encoded(value) for key, value in values.items()})
            query = {"person": person} if route.path == "/events" else {}
            for more in ({}, {"format": "csv"}) if route.path in ("/people", "/jobs") else ({},):
                response = api.call(
                    path,
                    {**query, **more},
                    token=ADMIN_TOKEN,
                    headers={"Accept": accepted, "Host": "a.example"},
                )
                assert_nothing_is_injected(response)
    shown: Any = document(api.call(f"/people/{encoded(person)}"))
    assert shown["person_id"] == job.person_id


@TEXTS
@pytest.mark.parametrize("target", ["next", "ticket"])
def test_a_sign_in_leads_to_a_page_of_ours_alone(text: str, target: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Host": "status.example"}
    for accepted in ACCEPT:
        headers = {**form, "Accept": accepted}
        content = urlencode({"token": TOKEN, target: unicode_of(text)})
        signed_in = Api().call("/sign-in", method="POST", token=None, headers=headers, content=content)
        assert signed_in.status == 303
        assert_nothing_is_injected(signed_in)
        assert "evil" not in signed_in.headers["Location"].partition("?")[0]


@TEXTS
def test_a_log_line_is_one_line_whatever_it_tells(text: str, caplog: pytest.LogCaptureFixture) -> None:
    warn("told", key=text, deep={text: [text]})
    assert len(caplog.records) == 1
    assert_lines_are_whole(caplog)
