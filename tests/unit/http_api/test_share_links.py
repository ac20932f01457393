"""A share link opens one person's page, for a time, until it is revoked, and nothing of anybody else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.control_rows import Document
from shared.domain.requests import Request
from shared.domain.share_links import MAX_LINKS, links_in, row_of, with_link, with_revoked
from shared.domain.states import JobState
from shared.http_api.authentication import Access, Tokens
from shared.http_api.links import Link, make_link, read_link
from shared.http_api.routes import ROUTES
from shared.http_api.sharing import DAY_SECONDS, MAX_DAYS
from shared.views import timestamp
from shared.workflow.administering import carry_out
from tests.unit.http_api.support import ADMIN_TOKEN, TOKEN, Api, assert_problem, document
from tests.unit.memory import Memory
from tests.unit.support import NOW, collecting, job_in, photo

TOKENS = Tokens(TOKEN, ADMIN_TOKEN)
DAY_MS = 86_400_000
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 64 + b"\xff\xd9"
HOST = {"Host": "status.example.com"}
S = JobState


def link_of(api: Api, person: str = "li", **fields: Any) -> dict[str, Any]:
    """Make a link, and return what is told of it with its path."""
    content = "&".join(f"{name}={value}" for name, value in fields.items())
    headers = {**HOST, "Content-Type": "application/x-www-form-urlencoded"}
    made = api.call(
        f"/people/{person}/links", method="POST", token=ADMIN_TOKEN, headers=headers, content=content
    )
    assert made.status == 201, made.body
    told = document(made)
    return {**told, "path": "/" + told["url"].split("/", 3)[3]}


def own(api: Api, path: str, **options: Any) -> Any:
    return api.call(path, token=None, **options)


def test_a_link_opens_the_person_s_page_without_a_token() -> None:
    api = Api(collecting(photo()))
    made = link_of(api)
    assert made["url"].startswith("https://status.example.com/own/")
    shown = document(own(api, made["path"]))
    assert (shown["person_id"], shown["state"]) == ("li", "COLLECTING")
    assert [one["name"] for one in shown["current"]["photos"]] == ["a.jpg"]


def test_what_the_link_shows_has_nothing_of_the_account_its_money_and_its_words() -> None:
    job = job_in(S.QUEUED)
    api = Api(job)
    api.held = replace(api.held, kept=17, halted_until=NOW + 10**6)
    path = link_of(api)["path"]
    shown = document(own(api, path))
    assert set(shown) == {
        *("person_id", "state", "finetuned_output", "waiting_for", "eta", "blocked_by", "queue", "current"),
        *("consent", "portraits"),
    }
    assert shown["queue"] == {"position": 1}
    assert set(shown["current"]) == {
        *("job_id", "revision", "state", "photo_count", "usable_count", "photos", "announced"),
        *("opened_at", "closed_at", "submitted_at", "ended_at", "photos_removed_at"),
    }
    assert "kept" not in str(own(api, path).body)


def test_a_person_who_has_sent_nothing_yet_is_shown_by_name() -> None:
    api = Api()
    made = link_of(api, "Zoe%CC%88")
    assert document(own(api, made["path"])) == {"person_id": "Zoë", "consent": None}


@pytest.mark.parametrize("days", ["1", "90"])
def test_a_link_ends_when_it_was_said_to(days: str) -> None:
    api = Api(collecting(photo()))
    path = link_of(api, days=days)["path"]
    api.now = NOW + int(days) * DAY_MS - 1000
    assert own(api, path).status == 200
    api.now += 1000
    assert_problem(own(api, path), 404, "unknown_link")


@pytest.mark.parametrize("days", ["0", "91", "-1", "x", "1.5", "99999", "", "١"])
def test_a_link_for_no_time_or_for_ever_is_not_made(days: str) -> None:
    api = Api()
    headers = {**HOST, "Content-Type": "application/x-www-form-urlencoded"}
    refused = api.call(
        "/people/li/links",
        method="POST",
        token=ADMIN_TOKEN,
        headers=headers,
        content=f"days={days}".encode("ascii", "replace").decode(),
    )
    assert_problem(refused, 400, "invalid_days")


@pytest.mark.parametrize(
    ("days", "given"),
    [
        ("3", 3),
        ("3.0", 3),
        ("90", 90),
        ('"4"', 4),
        (None, 14),
        ("true", 0),
        ("[3]", 0),
        ("null", 0),
        ("1e400", 0),
    ],
)
def test_how_long_a_link_is_valid_may_be_any_whole_number_of_json(days: str | None, given: int) -> None:
    api = Api()
    headers = {**HOST, "Content-Type": "application/json"}
    content = "{}" if days is None else f'{{"days": {days}}}'
    path = "/people/li/links"
    made = api.call(path, method="POST", token=ADMIN_TOKEN, headers=headers, content=content)
    if given:
        assert document(made)["expires_at"] == timestamp(NOW + given * DAY_MS)
    else:
        assert_problem(made, 400, "invalid_days")


def test_a_revoked_link_opens_nothing_at_once_and_others_go_on() -> None:
    api = Api(collecting(photo()))
    first = link_of(api)
    api.requests.rows.clear()
    second = Link("li", "fedcba9876543210", NOW // 1000 + 1000)
    revoke = f"/people/li/links/{first['link_id']}/revoke"
    assert api.call(revoke, method="POST", token=ADMIN_TOKEN).status == 202
    assert_problem(own(api, first["path"]), 404, "unknown_link")
    assert own(api, f"/own/{make_link(TOKENS, second)}").status == 200


def test_a_revocation_holds_for_good_once_a_run_has_noted_it() -> None:
    api = Api(collecting(photo()))
    made = link_of(api)
    value = with_revoked({}, made["link_id"], NOW + DAY_MS, NOW)
    api.documents[row_of("li")] = Document(value=value, version=1)
    assert_problem(own(api, made["path"]), 404, "unknown_link")
    (told,) = document(api.call("/people/li/links", token=ADMIN_TOKEN))["links"]
    assert (told["link_id"], told["revoked_at"] is None) == (made["link_id"], False)


def test_links_that_were_made_and_revoked_are_noted_by_a_run_and_may_be_noted_twice() -> None:
    api = Api()
    made = link_of(api)
    (asked,) = api.requests.rows.values()
    memory = Memory()
    for _ in range(2):
        assert carry_out(memory.world(), asked) == "link_made"
    known = links_in(memory.documents[row_of("li")].value)
    assert list(known) == [made["link_id"]]
    assert known[made["link_id"]]["revoked_at"] == 0
    revoked = Request(
        **{**vars(asked), "kind": "link_revoked", "request_id": "2", "asked_at": NOW + 1, "version": 0}
    )
    for _ in range(2):
        assert carry_out(memory.world(), revoked) == "link_revoked"
    assert links_in(memory.documents[row_of("li")].value)[made["link_id"]]["revoked_at"] == NOW + 1


def test_links_that_have_ended_are_forgotten_and_there_are_never_many() -> None:
    value: dict[str, Any] = {}
    for number in range(MAX_LINKS + 10):
        value = with_link(value, f"{number:016x}", NOW, NOW + 1000 + number)
    assert len(links_in(value)) == MAX_LINKS
    assert links_in(with_link(value, "f" * 16, NOW + 10**6, NOW + 10**7)).keys() == {"f" * 16}
    assert links_in({"links": {"a": 1, "b": {"made_at": "x"}}, "x": 2}) == {}


def test_what_was_revoked_stays_so_however_many_links_are_made_afterwards() -> None:
    value = with_revoked(with_link({}, "a" * 16, NOW, NOW + DAY_MS), "a" * 16, NOW + DAY_MS, NOW)
    for number in range(2 * MAX_LINKS):
        value = with_link(value, f"{number:016x}", NOW, NOW + 2 * DAY_MS)
    assert links_in(value)["a" * 16]["revoked_at"] == NOW
    assert len(links_in(value)) == MAX_LINKS + 1


CHANGED = [
    lambda link: link[:-1] + ("0" if link[-1] != "0" else "1"),
    lambda link: link.replace(".", "..", 1),
    lambda link: link.partition(".")[2],
    lambda link: "d3U." + link.partition(".")[2],
    lambda link: link + "x" * 400,
    lambda link: link[:0],
    lambda link: f"{link}李",
    lambda link: ".".join([*link.split(".")[:2], "9999999999", link.split(".")[3]]),
]


@pytest.mark.parametrize("change", CHANGED)
def test_a_link_that_was_changed_is_none(change: Any) -> None:
    link = make_link(TOKENS, Link("li", "0" * 16, NOW // 1000 + 1000))
    assert read_link(link, TOKENS, NOW) is not None
    assert read_link(change(link), TOKENS, NOW) is None


def test_links_end_with_their_key() -> None:
    link = Link("li", "0" * 16, NOW // 1000 + 1000)
    keyed = Tokens("", ADMIN_TOKEN, "a-key-of-its-own-for-links")
    assert read_link(make_link(keyed, link), keyed, NOW) == link
    assert read_link(make_link(keyed, link), TOKENS, NOW) is None
    assert read_link(make_link(TOKENS, link), Tokens(TOKEN, ADMIN_TOKEN + "x"), NOW) is None
    assert read_link(make_link(TOKENS, link), Tokens(TOKEN, ""), NOW) is None


def test_without_a_key_no_link_is_made_and_the_answer_says_what_to_set() -> None:
    api = Api()
    api.admin_token = ""
    assert_problem(api.call("/people/li/links", method="POST", token=ADMIN_TOKEN), 403, "admin_not_enabled")


# -- as a bearer -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["li", "Zoe%CC%88"])
def test_a_program_may_send_the_link_as_its_bearer_to_upload_for_that_person(name: str) -> None:
    api = Api()
    link = link_of(api, name)["path"].removeprefix("/own/")
    path = f"/people/{name}"
    sent = api.call(f"{path}/photos/1.jpg", method="PUT", token=link, content=JPEG)
    assert sent.status == 201
    assert api.call(f"{path}/done", method="POST", token=link).status == 201
    assert [key.rpartition("/")[2] for key in api.bucket.objects] == ["1.jpg", "_READY"], api.bucket.objects


def test_a_bearer_s_link_stores_nothing_for_another_person_or_once_it_is_revoked() -> None:
    api = Api()
    made = link_of(api)
    link = made["path"].removeprefix("/own/")
    another = api.call("/people/wu/photos/1.jpg", method="PUT", token=link, content=JPEG)
    assert_problem(another, 404, "unknown_link")
    api.call(f"/people/li/links/{made['link_id']}/revoke", method="POST", token=ADMIN_TOKEN)
    assert_problem(
        api.call("/people/li/photos/1.jpg", method="PUT", token=link, content=JPEG), 404, "unknown_link"
    )
    assert api.bucket.objects == {}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/people/li"),
        ("DELETE", "/people/li/photos/1.jpg"),
        ("POST", "/people/li/train"),
        ("GET", "/"),
    ],
)
def test_a_bearer_s_link_opens_no_other_route_of_that_person(method: str, path: str) -> None:
    api = Api(collecting(photo()))
    link = make_link(TOKENS, Link("li", "0" * 16, NOW // 1000 + 1000))
    assert_problem(api.call(path, method=method, token=link), 401, "unauthorized")


# -- nothing of anybody else -----------------------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_link_is_no_token_for_any_route(route: Any) -> None:
    api = Api(collecting(photo()), job_in(S.SUCCEEDED, "wu", finetuned_output="the model of wu"))
    link = make_link(TOKENS, Link("li", "0" * 16, NOW // 1000 + 1000))
    path = re.sub(r"\{link\}", link, route.path)
    path = re.sub(r"\{\w+\}", "wu", path)
    response = api.call(path, method=route.method, token=link, headers={"Cookie": f"session={link}"})
    assert "the model of wu" not in str(response.body)
    assert "wu" not in api.bucket.objects
    if route.is_for_the_person:
        assert_problem(response, 404, "unknown_link")
    elif route.access is not Access.ANYONE:
        assert response.status == 401
    assert not [key for key in api.bucket.objects if not key.startswith("people/li/")]


def test_nobody_without_a_link_gets_at_anything_below_own() -> None:
    api = Api(collecting(photo()))
    for route in ROUTES:
        if route.path.startswith("/own/"):
            path = route.path.replace("{link}", "bGk.0000000000000000.9999999999.0").replace(
                "{name}", "a.jpg"
            )
            for token in (None, TOKEN, ADMIN_TOKEN):
                response = api.call(path, method=route.method, token=token, content=b"\xff\xd8\xff")
                assert_problem(response, 404, "unknown_link")
    assert api.bucket.objects == {}


def test_without_any_key_no_link_opens_anything_whoever_signed_it_with_none() -> None:
    forged = make_link(Tokens(), Link("li", "0" * 16, NOW // 1000 + 1000))
    assert read_link(forged, Tokens(), NOW) is None


def test_a_text_that_is_no_link_at_all_is_none_whatever_its_letters() -> None:
    made = make_link(TOKENS, Link("li", "0" * 16, NOW // 1000 + 1000))
    assert read_link(made, TOKENS, NOW) is not None
    assert read_link(f"{made[:-1]}é", TOKENS, NOW) is None


def test_a_revocation_is_to_be_kept_until_the_longest_link_would_have_ended() -> None:
    api = Api(collecting(photo()))
    made = link_of(api)
    api.requests.rows.clear()
    api.call(f"/people/li/links/{made['link_id']}/revoke", method="POST", token=ADMIN_TOKEN)
    until = (NOW // 1000 + MAX_DAYS * DAY_SECONDS) * 1000
    assert api.requests.revoked == {made["link_id"]: until}
    (asked,) = api.requests.rows.values()
    assert json.loads(asked.reason) == {"link_id": made["link_id"], "expires_at": until}
