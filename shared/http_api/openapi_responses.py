"""The answers of every route as ``openapi.json`` describes them. Called by ``openapi``.

Which problems a route has follows from who may call it, what it takes and whether it reads the tables; those
of its own stand in :mod:`shared.http_api.operations`. Equal answers of several routes are one component.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from shared.http_api.authentication import Access
from shared.http_api.operation_kinds import CSV, JSON, ZIP, Operation, operation_id
from shared.http_api.operator_types import ProblemDocument
from shared.http_api.outcomes import OUTCOMES
from shared.http_api.problem_catalogue import PROBLEMS
from shared.http_api.problem_kinds import TITLES
from shared.http_api.routes import OF_LINK, Route
from shared.http_api.schemas import Schema, Schemas

PROBLEM_JSON, HTML = "application/problem+json", "text/html"
MEANINGS = {
    200: "As it is now.",
    201: "It is stored.",
    202: "The request is written down.",
    206: "The part of the file that was asked for, or its beginning.",
    303: "The page that follows; browsers go there.",
    304: "The sender has this very document.",
    503: "The deployment cannot train anybody now.",
}
OF_NO_ROUTE = ("unknown_route", "method_not_allowed")
OF_EVERY_ROUTE = ("unreadable_request", "content_too_large", "misconfigured")
"""Met before the route is known."""
_TEXT: Schema = {"type": "string"}


def _header(meaning: str, **keywords: object) -> dict[str, Any]:
    return {"description": meaning, "schema": {**_TEXT, **keywords}}


_HEADERS: dict[str, dict[str, Any]] = {
    "Cache-Control": _header("Whether the answer may be kept."),
    "Content-Language": _header("The language of the answer.", enum=["en", "zh"]),
    "Vary": _header("The headers that the answer depends on."),
    "ETag": _header("What stands for this very document.", pattern='^"[0-9a-f]{32}"$'),
    "Retry-After": _header("After how many seconds to ask again.", pattern="^[1-9][0-9]*$"),
    "Location": _header(
        "The path of what was made, or of what follows; of an export a signed URL.",
        pattern="^(/|https?://)[!-~]*$",
    ),
    "Allow": _header("The methods of the path."),
    "WWW-Authenticate": _header("How to sign in.", enum=['Bearer realm="facechain-autotrain"']),
    "Link": _header("With CSV: where the lines that follow are.", pattern='^</[!-~]*>; rel="next"$'),
    "Content-Disposition": _header(
        "The name of the file.",
        pattern=r'^attachment; filename="[a-z0-9-]+[.](csv|zip|jpg|png|webp)"'
        r"(; filename[*]=UTF-8''[!-~]+)?$",
    ),
    "Accept-Ranges": _header("With a file: it can be asked for by ranges.", enum=["bytes"]),
    "Content-Range": _header("Which part of the file it is.", pattern="^bytes ([0-9]+-[0-9]+|[*])/[0-9]+$"),
    "Set-Cookie": _header("The session of a browser."),
    "Content-Security-Policy": _header("On pages: what they may load."),
    "X-Content-Type-Options": _header("On pages, styles and scripts.", enum=["nosniff"]),
    "Referrer-Policy": _header("On pages: no other site is told the address.", enum=["no-referrer"]),
    "Access-Control-Allow-Origin": _header("To pages of other origins that may call."),
    "Access-Control-Expose-Headers": _header("What such pages may read."),
}
ALWAYS = ".always"
"""Behind the name of a header: it is always there."""
HEADERS = {**_HEADERS, **{f"{name}{ALWAYS}": {**one, "required": True} for name, one in _HEADERS.items()}}
_SHARED = ("Access-Control-Allow-Origin", "Access-Control-Expose-Headers")
_OF_HTML = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")
_OF_PROBLEMS = ("Cache-Control", "Content-Language", "Vary")


def problems_of(route: Route, operation: Operation) -> dict[int, list[str]]:
    """Return the codes of the problems that a route may answer with, by status."""
    codes = [*OF_EVERY_ROUTE, *operation.problems]
    if route.access is not Access.ANYONE:
        codes.append("unauthorized")
    if route.access is Access.ADMIN:
        codes += ["admin_only", "admin_not_enabled"]
    if route.method != "GET":
        codes.append("unreadable_content")
        if f"{{{OF_LINK}}}" not in route.path:
            codes.append("not_from_a_form")
    if route.is_for_the_person:
        codes.append("unknown_link")
    if operation.reads_tables:
        codes.append("unavailable")
    found: dict[int, list[str]] = defaultdict(list)
    for code in sorted(set(codes)):
        found[PROBLEMS[code].status if code in PROBLEMS else 409].append(code)
    return found


class Responses:
    """Makes the answers of routes; ``components`` has those that several routes have, by their names."""

    def __init__(self, schemas: Schemas) -> None:
        self.schemas = schemas
        self.components: dict[str, Any] = {}
        for code in (*OF_NO_ROUTE, *OF_EVERY_ROUTE):
            self._problem(PROBLEMS[code].status, [code])

    def of(self, route: Route, operation: Operation, problems: dict[int, list[str]]) -> dict[str, Any]:
        """Return the answers of a route by status."""
        made: dict[str, Any] = {
            str(status): self._success(route, operation, status) for status in _statuses(route, operation)
        }
        for status, codes in problems.items():
            # GET /readyz alone has a document of this status; it answers with it whatever the tables do.
            if str(status) not in made:
                made[str(status)] = self._problem(status, codes)
        return dict(sorted(made.items()))

    def _success(self, route: Route, operation: Operation, status: int) -> dict[str, Any]:
        is_page = bool(route.page) and status in (200, 201, 304)
        always, sometimes = _headers_of(route, status)
        if is_page or operation.texts:
            sometimes += _OF_HTML
        if CSV in operation.texts:
            sometimes += ("Link", "Content-Disposition")
        if operation.in_parts and status in (200, 206):
            sometimes += ("Content-Disposition", "Accept-Ranges", "Content-Range", "ETag")
        if not operation.in_parts and any(one == ZIP or one.startswith("image/") for one in operation.texts):
            sometimes += ("Content-Disposition",)
        made = _response(MEANINGS[status], always, sometimes)
        if status == 304:
            return made
        content: dict[str, Any] = {}
        if status in operation.documents:
            content[JSON] = {"schema": self.schemas.of(operation.documents[status])}
        for media in operation.texts if status in (200, 206) or not operation.in_parts else ():
            content[media] = {"schema": _TEXT}
        if is_page:
            content[HTML] = {"schema": _TEXT}
        links = _links(operation) if status in (200, 201, 202) else {}
        return {**made, **({"content": content} if content else {}), **({"links": links} if links else {})}

    def _problem(self, status: int, codes: Iterable[str]) -> dict[str, Any]:
        codes = list(codes)
        name = ".".join((str(status), *codes))
        if name not in self.components:
            said = [PROBLEMS[code].meaning if code in PROBLEMS else OUTCOMES[code] for code in codes]
            always = [*_OF_PROBLEMS, *{405: ["Allow"], 503: ["Retry-After"]}.get(status, [])]
            of_status = {401: ["WWW-Authenticate"], 416: ["Content-Range"]}
            sometimes = [*_OF_HTML, *of_status.get(status, [])]
            lines = [f"- `{code}`: {words.english}" for code, words in zip(codes, said, strict=True)]
            schema = {
                "allOf": [
                    self.schemas.of(ProblemDocument),
                    {"properties": {"code": {"enum": codes}, "status": {"const": status}}},
                ]
            }
            self.components[name] = {
                **_response(f"{TITLES[status].english}.\n\n" + "\n".join(lines), always, sometimes),
                "content": {PROBLEM_JSON: {"schema": schema}, HTML: {"schema": _TEXT}},
            }
        return {"$ref": f"#/components/responses/{name}"}


def _statuses(route: Route, operation: Operation) -> list[int]:
    """The statuses of answers that are no problems."""
    found = {*operation.documents}
    if route.method == "GET":
        found |= {200, 304}
    if operation.in_parts:
        found.add(206)
    # A browser that has sent a form is led to a page; one that may not read yet, to where it signs in.
    if route.method == "POST" or (route.method == "GET" and route.access is not Access.ANYONE):
        found.add(303)
    return sorted(found)


def _headers_of(route: Route, status: int) -> tuple[list[str], list[str]]:
    """The headers that an answer always has, and those that it may have."""
    if status == 303:
        signs = ["Set-Cookie"] if route.path.startswith("/sign-") else []
        return ["Location", "Cache-Control", *signs], ["Vary", "Content-Language", "Retry-After"]
    always = ["Cache-Control", "Content-Language", "Vary"]
    if status in (200, 304):
        always.append("ETag")
    if status in (201, 202) and not route.page:
        always.append("Location")
    return always, ["Retry-After"]


def _response(meaning: str, always: Iterable[str], sometimes: Iterable[str]) -> dict[str, Any]:
    names = [*(f"{name}{ALWAYS}" for name in always), *sometimes, *_SHARED]
    headers = {name.removesuffix(ALWAYS): {"$ref": f"#/components/headers/{name}"} for name in names}
    return {"description": meaning, "headers": headers}


def _links(operation: Operation) -> dict[str, Any]:
    """The routes that an answer leads to, by what stands in it."""
    ids = [(operation_id(*one.route.split(" ", 1)), one) for one in operation.links]
    return {
        name: {"operationId": name, "parameters": {one.parameter: f"$response.body#{one.place}"}}
        for name, one in ids
    }
