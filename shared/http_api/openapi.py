"""``GET /openapi.json``: this API in the words of OpenAPI 3.1, made from its routes, types and problems.

Called by ``routes``, and loaded only when it is asked for. The routes say who may call, what they take and
which have a page; :mod:`shared.http_api.operations` the rest. The tests hold every answer against it.

HEAD and OPTIONS are no operations of it: the text of ``info`` says how every path answers them.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from shared.domain.object_keys import MAX_KEY_BYTES
from shared.domain.reasons import Language
from shared.http_api.authentication import Access
from shared.http_api.callers import COOKIE, LOCAL_COOKIE
from shared.http_api.conditional import Answer
from shared.http_api.deployment import is_local
from shared.http_api.idempotency import HEADER, KEY
from shared.http_api.openapi_responses import HEADERS, Responses, problems_of
from shared.http_api.operation_kinds import MULTIPART, Operation, operation_id
from shared.http_api.operations import OPERATIONS
from shared.http_api.operator_types import LinkId, RequestId
from shared.http_api.parameters import Parameter
from shared.http_api.portrait_types import OrderNumber
from shared.http_api.published import NAMES as PUBLISHED
from shared.http_api.resources import RouteRequest
from shared.http_api.routes import OF_LINK, OF_PAGES, ROUTES, Route
from shared.http_api.schemas import Schema, Schemas
from shared.http_api.webhook_types import MessageId
from shared.version import VERSION
from shared.view_types import JobId, PersonId, Revision

DESCRIPTION = """\
Where every person's training stands, and what administrators may ask for.

HEAD is answered like GET, without content. OPTIONS is answered with 204 and `Allow` for every path, whoever
asks. A path that is not here is answered with 404 and the problem `unknown_route`, another method with 405,
`Allow` and `method_not_allowed`. Every error is a problem (RFC 9457) with a stable `code`.

`language`, else `Accept-Language`, chooses between English and Chinese. Whoever likes `text/html` better than
`application/json` gets pages, and after a form the way to one. Parameters that a path does not name are
refused where it takes a page of a list, and overlooked elsewhere.
"""
TAGS = {
    "people": "People, their photos and their share links.",
    "jobs": "Trainings: one for each photo set.",
    "queue": "Who trains and who waits.",
    "models": "The models that were made.",
    "requests": "What administrators have asked for.",
    "webhooks": "Who is told of what happens, and what became of it.",
    "schemas": "What leaves this deployment, in the words of JSON Schema.",
    "own": "What the holder of a share link sees and sends. The link in the path is the right.",
    "browsers": "Signing in, and what pages are made of.",
    "deployment": "How the deployment is.",
}
_TAG_OF = {
    "sign-in": "browsers",
    "sign-out": "browsers",
    "assets": "browsers",
    "events": "people",
    "erasures": "people",
}
_TEXT: Schema = {"type": "string"}
_OF_PAGES: dict[str, tuple[Schema, str]] = {
    "language": (_TEXT, "The language of the answer, `en` or `zh`; any other is overlooked."),
    "asked": (_TEXT, "On pages: the id of the request that was made just now."),
}
_IN_PATHS: dict[str, object] = {
    "person_id": PersonId,
    "job_id": JobId,
    "request_id": RequestId,
    "erasure_id": RequestId,
    "link_id": LinkId,
    "message_id": MessageId,
    "number": OrderNumber,
    "revision": Revision,
}
_TEXTS_IN_PATHS: dict[str, Schema] = {
    "name": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_BYTES, "format": "photo-name"},
    "link": {
        "type": "string",
        "pattern": r"^[A-Za-z0-9_-]+\.[0-9a-f]{16}\.[0-9]+\.[0-9a-f]{40}$",
        "format": "share-link",
    },
    "schema": {"enum": list(PUBLISHED)},
}
_ASSETS: Schema = {"enum": ["style.css", "page.js"]}


def described(request: RouteRequest) -> Answer:
    """``GET /openapi.json``."""
    return Answer(
        {},
        text=_text(LOCAL_COOKIE if is_local(request.request) else COOKIE),
        headers={"Content-Language": Language.ENGLISH.value},
    )


@cache
def _text(cookie: str) -> str:
    return json.dumps(document(cookie), ensure_ascii=False, indent=1) + "\n"


def document(cookie: str = COOKIE) -> dict[str, Any]:
    """Return the description; ``cookie`` is the name of the session's cookie."""
    schemas = Schemas()
    responses = Responses(schemas)
    paths: dict[str, Any] = {}
    for route in ROUTES:
        operation = OPERATIONS[f"{route.method} {route.path}"]
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, operation, responses)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {"title": "facechain-autotrain", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": meaning} for name, meaning in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": dict(sorted(responses.components.items())),
            "headers": HEADERS,
            "securitySchemes": {
                "reader": {"type": "http", "scheme": "bearer", "description": "STATUS_TOKEN: it reads."},
                "admin": {"type": "http", "scheme": "bearer", "description": "ADMIN_TOKEN: it may ask too."},
                "link": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A share link of the person in the path: its address behind /own/.",
                },
                "session": {"type": "apiKey", "in": "cookie", "name": cookie},
            },
        },
    }


def _operation(route: Route, operation: Operation, responses: Responses) -> dict[str, Any]:
    schemas = responses.schemas
    summary = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", operation.summary)
    first = route.path.split("/")[1]
    made: dict[str, Any] = {
        "operationId": operation_id(route.method, route.path),
        "summary": summary[0].upper() + summary[1:],
        "tags": [_TAG_OF.get(first, first if first in TAGS else "deployment")],
        "security": _security(route),
        "parameters": [*_in_path(route, schemas), *_in_query(operation), *_in_headers(route, operation)],
        "responses": responses.of(route, operation, problems_of(route, operation)),
    }
    if operation.content:
        made["requestBody"] = {
            "required": operation.is_content_required,
            "content": {media: _sent(media, hint, schemas) for media, hint in operation.content.items()},
        }
    return made


def _security(route: Route) -> list[dict[str, list[str]]]:
    reads: list[dict[str, list[str]]] = [{"reader": []}, {"admin": []}, {"session": []}]
    if route.access is Access.ADMIN:
        return [*reads[1:], {"link": []}] if route.is_for_the_person else reads[1:]
    # Everybody is told whether the deployment is ready, and readers are told why.
    return reads if route.access is Access.READER else [{}, *reads] if route.path == "/readyz" else []


def _in_path(route: Route, schemas: Schemas) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", route.path)
    found = {name: _TEXTS_IN_PATHS.get(name) or schemas.of(_IN_PATHS[name]) for name in names}
    if route.path.startswith("/assets/"):
        found = dict.fromkeys(found, _ASSETS)
    return [{"name": name, "in": "path", "required": True, "schema": one} for name, one in found.items()]


def _in_query(operation: Operation) -> list[dict[str, Any]]:
    of_pages = [Parameter(name, *_OF_PAGES[name]) for name in OF_PAGES]
    return [
        {
            "name": one.name,
            "in": "query",
            "required": one.is_required,
            "schema": {**one.schema},
            "description": one.meaning,
        }
        for one in (*operation.parameters, *of_pages)
    ]


def _in_headers(route: Route, operation: Operation) -> list[dict[str, Any]]:
    found: list[tuple[str, Schema, str]] = [
        ("Accept-Language", {"type": "string"}, "The languages that the answer may have, with qualities.")
    ]
    if route.method == "GET":
        meaning = "The ETag of the document that the sender has: 304 if it is still the same."
        found.append(("If-None-Match", {"type": "string"}, meaning))
    elif f"{{{OF_LINK}}}" not in route.path:
        found.append(("X-CSRF-Token", {"type": "string"}, "For sessions: what the forms carry as `csrf`."))
    if operation.takes_key:
        meaning = "The same request with the same key within a day is the same request."
        found.append((HEADER.title(), {"type": "string", "pattern": f"^{KEY.pattern}$"}, meaning))
    return [
        {"name": name, "in": "header", "schema": schema, "description": meaning}
        for name, schema, meaning in found
    ]


def _sent(media: str, hint: object, schemas: Schemas) -> dict[str, Any]:
    """Describe what is sent; a file has no schema: it is its bytes."""
    if hint is None:
        return {}
    schema = schemas.of(hint)
    parts = {"photos": {"contentType": "image/*, application/zip"}}
    return {"schema": schema, "encoding": parts} if media == MULTIPART else {"schema": schema}
