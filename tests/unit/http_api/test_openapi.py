"""``GET /openapi.json`` says of every route what the code does, and whatever it does not say fails a test."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, TypedDict

import pytest
import responses
from jsonschema import Draft202012Validator

from shared.http_api import openapi, routes
from shared.http_api.authentication import Access
from shared.http_api.openapi_responses import problems_of
from shared.http_api.operations import OPERATIONS
from shared.http_api.outcomes import OUTCOMES
from shared.http_api.problem_catalogue import PROBLEMS
from shared.http_api.schemas import Schemas
from shared.view_types import Keywords
from tests.described import NotDescribedError, check, described, session_to
from tests.unit.http_api.support import Api, document

OF_REQUESTS = ("Form", "ConsentRequest", "LinkRequest", "PauseRequest", "PortraitsRequest")
"""How the schemas of what callers send are called; all others are of answers."""
OPEN_IN_PART = "/readyz"
"""Everybody is told whether the deployment is ready, and readers are told why."""
OPERATION_OF = {
    (path, method): operation
    for path, item in described()["paths"].items()
    for method, operation in item.items()
}


def parts(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of a document, with its place."""
    if isinstance(value, dict):
        yield place, value
        for name, part in value.items():
            yield from parts(part, f"{place}/{name}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from parts(part, f"{place}/{number}")


# -- the route ------------------------------------------------------------------------------------------


def test_anybody_may_read_it_and_no_table_is_asked() -> None:
    api = Api()
    shown = document(api.call("/openapi.json", token=None))
    assert (shown["openapi"], api.connections) == ("3.1.0", 0)
    assert shown == json.loads(json.dumps(openapi.document()))


def test_whoever_has_it_is_told_so() -> None:
    first = Api().call("/openapi.json", headers={"Accept-Language": "zh"})
    again = Api().call("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status, again.status, again.body) == (200, 304, "")
    assert first.headers["Content-Language"] == "en"


@pytest.mark.parametrize(("host", "cookie"), [("127.0.0.1:9000", "session"), ("a.example", "__Host-session")])
def test_it_names_the_cookie_that_the_host_has(host: str, cookie: str) -> None:
    shown = document(Api().call("/openapi.json", headers={"Host": host}))
    assert shown["components"]["securitySchemes"]["session"]["name"] == cookie


# -- what it says ---------------------------------------------------------------------------------------


def test_it_describes_every_route_and_no_other() -> None:
    names = [f"{route.method} {route.path}" for route in routes.ROUTES]
    assert sorted(OPERATIONS) == sorted(names)
    assert {(route.path, route.method.lower()) for route in routes.ROUTES} == set(OPERATION_OF)


def test_every_operation_has_a_name_of_its_own_and_a_tag_that_is_explained() -> None:
    names = [operation["operationId"] for operation in OPERATION_OF.values()]
    assert len(set(names)) == len(names)
    tags = {tag for operation in OPERATION_OF.values() for tag in operation["tags"]}
    assert tags == {tag["name"] for tag in described()["tags"]} == set(openapi.TAGS)


def test_every_parameter_of_pages_is_one_that_the_routes_overlook() -> None:
    for operation in OPERATION_OF.values():
        named = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
        assert named[-len(routes.OF_PAGES) :] == list(routes.OF_PAGES)


@pytest.mark.parametrize("route", routes.ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_it_says_who_may_call(route: routes.Route) -> None:
    security = OPERATION_OF[route.path, route.method.lower()]["security"]
    named = {name for one in security for name in one}
    allowed = {Access.READER: {"reader", "admin", "session"}, Access.ADMIN: {"admin", "session"}}
    access = Access.READER if route.path == OPEN_IN_PART else route.access
    assert named == allowed.get(access, set()) | ({"link"} if route.is_for_the_person else set())
    assert ({} in security) == (route.path == OPEN_IN_PART)


def test_every_document_of_an_answer_is_closed() -> None:
    answered = {name for name in described()["components"]["schemas"] if not name.endswith(OF_REQUESTS)}
    open_ones = [
        place
        for place, part in parts(described()["components"]["schemas"])
        if part.get("type") == "object" and part.get("additionalProperties") is not False
    ]
    named = {place.split("/")[1] for place in open_ones} & answered
    # The form of openapi.json itself is told by its own specification.
    assert named == {"Part", "FormFields"}


def test_no_schema_lets_anything_pass() -> None:
    for place, part in parts(described()):
        if place.endswith("/schema"):
            assert part, place


def test_every_schema_is_one_of_json_schema() -> None:
    schemas = [part["schema"] for _, part in parts(described()) if isinstance(part.get("schema"), dict)]
    for schema in (*schemas, *described()["components"]["schemas"].values()):
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere() -> None:
    for place, part in parts(described()):
        if "$ref" in part:
            found: Any = described()
            for name in part["$ref"].removeprefix("#/").split("/"):
                assert name in found, (place, part)
                found = found[name]


def test_every_problem_of_the_catalogue_belongs_to_a_route() -> None:
    named = {
        code
        for route in routes.ROUTES
        for codes in problems_of(route, OPERATIONS[f"{route.method} {route.path}"]).values()
        for code in codes
    }
    assert set(PROBLEMS) - named == {"method_not_allowed"}
    assert named - set(PROBLEMS) <= set(OUTCOMES)


# -- how schemas are made of types ------------------------------------------------------------------------


def test_two_types_of_one_name_are_refused() -> None:
    schemas = Schemas()
    schemas.of(Annotated[str, Keywords("Word", maxLength=3)])
    with pytest.raises(TypeError, match="Word"):
        schemas.of(Annotated[str, Keywords("Word", maxLength=4)])


def test_a_type_that_nobody_has_thought_of_is_refused() -> None:
    class Odd(TypedDict):
        """A document."""

        moment: complex

    with pytest.raises(TypeError, match="complex"):
        Schemas().of(Odd)


# -- that the tests find what it does not say -----------------------------------------------------------

HEALTH = '{"status": "ok", "version": "1"}'
HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Language": "en",
    "Vary": "Accept-Language",
    "Cache-Control": "private, no-cache",
    "ETag": f'"{"0" * 32}"',
}


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in HEADERS.items() if key != name}


def test_an_answer_that_is_described_passes() -> None:
    check("GET", "/healthz", 200, HEADERS, HEALTH)
    check("HEAD", "/healthz", 200, HEADERS, "")


@pytest.mark.parametrize(
    ("status", "headers", "body", "told"),
    [
        (418, HEADERS, HEALTH, "no such answer"),
        (503, HEADERS, HEALTH, "no such answer"),
        (200, HEADERS, '{"status": "ok", "version": "1", "more": 1}', "'more' was unexpected"),
        (200, HEADERS, '{"status": "ok"}', "'version' is a required property"),
        (200, HEADERS, '{"status": "fine", "version": "1"}', "'fine' is not one of"),
        (200, without("ETag"), HEALTH, "etag is missing"),
        (200, {**HEADERS, "ETag": "W/1"}, HEALTH, "etag: .*does not match"),
        (200, {**HEADERS, "X-New": "1"}, HEALTH, "x-new is not described"),
        (200, {**HEADERS, "Content-Type": "text/html"}, HEALTH, "content type 'text/html' is not described"),
        (200, without("Content-Type"), "", "content type '' is not described"),
    ],
)
def test_an_answer_that_is_not_described_fails(
    status: int, headers: dict[str, str], body: str, told: str
) -> None:
    with pytest.raises(NotDescribedError, match=told):
        check("GET", "/healthz", status, headers, body)


def test_a_path_and_a_method_that_are_not_described_have_their_own_problems() -> None:
    api = Api()
    for method, path in [
        ("GET", "/nowhere"),
        ("PATCH", "/healthz"),
        ("GET", "/people/%ff"),
        ("OPTIONS", "/jobs"),
    ]:
        answered = api.call(path, method=method)
        with pytest.raises(NotDescribedError):
            check(method, path, 200, answered.headers, answered.body)


@pytest.mark.parametrize(
    ("address", "headers", "is_told"),
    [
        ("http://status.test", {}, True),
        ("http://status.test", {"X-Fc-Error-Type": "FunctionUnhandledError"}, True),
        ("http://status.test", {"X-Fc-Error-Type": "FcCommonError"}, False),
        ("http://another.test", {}, False),
    ],
)
def test_a_session_looks_at_every_answer_of_the_function_and_of_nobody_else(
    address: str, headers: dict[str, str], is_told: bool
) -> None:
    with responses.RequestsMock() as wire, session_to("http://status.test") as session:
        wire.add("GET", f"{address}/healthz", json={"status": "fine"}, headers=headers)
        if is_told:
            with pytest.raises(NotDescribedError, match="GET /healthz 200"):
                session.get(f"{address}/healthz", timeout=1)
        else:
            session.get(f"{address}/healthz", timeout=1)
