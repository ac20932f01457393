"""Holds answers of the API against ``openapi.json``: whatever it does not describe fails its test.

Called with every answer by what sends requests in tests of units and workflows, by the sessions of end-to-end
tests, and by ``make fuzz``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from jsonschema import Draft202012Validator

from shared.http_api.openapi import document

TRANSPORT = frozenset({"date", "server", "connection", "content-length", "transfer-encoding", "keep-alive"})
"""Headers of the HTTP server in front of the function."""
OF_THE_PLATFORM = "x-fc-"
BY_THE_PLATFORM = "FcCommonError"
"""In ``X-Fc-Error-Type``: Function Compute has refused the request by itself, before the function."""
ANYWHERE = ("unreadable_request", "content_too_large", "misconfigured")
"""Problems that are met before a route is known."""


class NotDescribedError(AssertionError):
    """An answer that ``openapi.json`` does not describe."""


def check(method: str, path: str, status: int, headers: Mapping[str, str], body: str | bytes) -> None:
    """Raise :class:`NotDescribedError` unless ``openapi.json`` describes the answer to a request.

    ``path`` is as it was sent, percent-encoded, without the query; HEAD is described by GET.
    """
    sent = body.encode("utf-8") if isinstance(body, str) else body
    given = {name.lower(): value for name, value in headers.items()}
    for problem in _problems(method, path, status, given, sent):
        text = sent[:2000].decode("utf-8", "replace")
        raise NotDescribedError(f"{method} {path} {status}: {problem}\n{dict(headers)}\n{text}")


def session_to(address: str) -> requests.Session:
    """Return a session that checks every answer of the status function at ``address``, and no other's."""

    def look(answer: requests.Response, **_: object) -> None:
        url = str(answer.request.url)
        is_ours = answer.headers.get("X-Fc-Error-Type") != BY_THE_PLATFORM
        if url.startswith(address) and is_ours:
            path = urlsplit(url).path
            check(str(answer.request.method), path, answer.status_code, answer.headers, answer.content)

    session = requests.Session()
    session.trust_env = False
    session.hooks["response"].append(look)
    return session


@cache
def described() -> dict[str, Any]:
    """Return ``openapi.json``, as JSON has it."""
    made: dict[str, Any] = json.loads(json.dumps(document()))
    return made


def _problems(method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> Iterator[str]:
    item = item_of(path)
    if method == "OPTIONS" and item is not None and status == 204:
        if "allow" not in headers or body:
            yield "OPTIONS is answered by Allow, and without content"
        return
    pointer = _pointer(item, method, status, body)
    if pointer is None:
        yield "no such answer is described"
        return
    response = _at(pointer)
    yield from _of_headers(response, headers)
    if method != "HEAD":
        yield from _of_content(pointer, response, status, headers.get("content-type", ""), body)


@lru_cache(maxsize=10_000)
def item_of(path: str) -> str | None:
    """Return the path of ``openapi.json`` that a path is one of; None: there is none."""
    try:
        segments = [unquote(part, errors="strict") for part in path.split("/") if part]
    except UnicodeDecodeError:
        return None
    found = [one for one in described()["paths"] if _matches(one, segments)]
    return min(found, key=lambda one: one.count("{"), default=None)


def _matches(template: str, segments: list[str]) -> bool:
    parts = [part for part in template.split("/") if part]
    pairs = zip(parts, segments, strict=False)
    return len(parts) == len(segments) and all(
        part == segment or part.startswith("{") for part, segment in pairs
    )


def _pointer(item: str | None, method: str, status: int, body: bytes) -> str | None:
    """Return where in ``openapi.json`` the answer is described."""
    wanted = "get" if method == "HEAD" else method.lower()
    operation = described()["paths"].get(item, {}).get(wanted)
    if operation is not None and str(status) in operation["responses"]:
        escaped = str(item).replace("~", "~0").replace("/", "~1")
        reference = operation["responses"][str(status)].get("$ref")
        return reference or f"#/paths/{escaped}/{wanted}/responses/{status}"
    if operation is not None:
        return None
    expected = "unknown_route" if item is None else "method_not_allowed"
    for code in (expected, *ANYWHERE):
        name = f"{status}.{code}"
        if name in described()["components"]["responses"] and (code == expected or code.encode() in body):
            return f"#/components/responses/{name}"
    return None


@cache
def _at(pointer: str) -> dict[str, Any]:
    found: Any = described()
    for part in pointer.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    shown: dict[str, Any] = found
    return shown


def _of_headers(response: Mapping[str, Any], headers: Mapping[str, str]) -> Iterator[str]:
    named = {name.lower(): one["$ref"] for name, one in response["headers"].items()}
    for name, value in headers.items():
        if name in TRANSPORT or name.startswith(OF_THE_PLATFORM) or name == "content-type":
            continue
        if name not in named:
            yield f"the header {name} is not described"
        else:
            yield from (f"{name}: {one}" for one in _invalid(f"{named[name]}/schema", json.dumps(value)))
    for name, reference in named.items():
        if _at(reference).get("required") and name not in headers:
            yield f"the header {name} is missing"


def _of_content(
    pointer: str, response: Mapping[str, Any], status: int, content_type: str, body: bytes
) -> Iterator[str]:
    content = response.get("content", {})
    media = content_type.partition(";")[0].strip().lower()
    if not body and not content and not media:
        return
    # Function Compute gives an answer without Content-Type one of its own, and browsers get no content here.
    if not body and status in (303, 304):
        return
    if media not in content:
        yield f"the content type {content_type!r} is not described"
    elif media.endswith("json"):
        escaped = media.replace("/", "~1")
        yield from _invalid(f"{pointer}/content/{escaped}/schema", body)


@lru_cache(maxsize=10_000)
def _invalid(pointer: str, text: str | bytes) -> tuple[str, ...]:
    """Say what is wrong with a JSON text; the same answer comes again and again."""
    errors = (
        min(error.context or [error], key=lambda one: -len(one.absolute_path))
        for error in _validator(pointer).iter_errors(json.loads(text))
    )
    return tuple(f"{error.json_path}: {error.message[:500]}" for error in errors)


@cache
def _validator(pointer: str) -> Draft202012Validator:
    return Draft202012Validator(_without_references(_at(pointer)))


def _without_references(schema: Any) -> Any:
    """Put what is referred to in its place: no schema of ours contains itself, and this is twice as fast."""
    if isinstance(schema, list):
        return [_without_references(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _without_references(_at(schema["$ref"]))
    return {name: _without_references(one) for name, one in schema.items()}
